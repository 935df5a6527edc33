//! AMQP 1.0 as a pure state machine: bytes in, events and bytes out.
//!
//! No sockets, no clock, no threads, no locks, no `async`, no randomness; `no_std`, no `unsafe`. One
//! [`Connection`] is one end of one transport, client or listener. The caller reads and writes the
//! transport and says what time it is; tests say what they like.
//!
//! # The loop
//!
//! Two ends of a connection, wired to each other instead of to a network:
//!
//! ```
//! use amqp_proto::{Config, Connection, Event, Instant, LinkId, LinkOptions, Outgoing, Segments, SessionOptions};
//! use bytes::{Buf, BytesMut};
//!
//! /// What a driver does: moves bytes until both ends are at rest.
//! fn pump(a: &mut Connection, b: &mut Connection) {
//!     let (now, mut wire) = (Instant::ZERO, Segments::new());
//!     loop {
//!         let _ = a.poll_transmit(now, &mut wire);
//!         let to_b = wire.copy_to_bytes(wire.remaining());
//!         b.handle_input(now, &mut BytesMut::from(&to_b[..]));
//!         let _ = b.poll_transmit(now, &mut wire);
//!         let to_a = wire.copy_to_bytes(wire.remaining());
//!         a.handle_input(now, &mut BytesMut::from(&to_a[..]));
//!         if to_a.is_empty() && to_b.is_empty() {
//!             return;
//!         }
//!     }
//! }
//!
//! let config = |name| Config::builder(name).build().expect("defaults are valid");
//! let mut client = Connection::client(config("client"), None, Instant::ZERO);
//! let mut listener = Connection::listener(config("listener"), None, Instant::ZERO);
//!
//! let session = client.begin(SessionOptions::default())?;
//! let sender = client.session(session)?.attach_sender(LinkOptions::sender("out", "queue"))?;
//! let mut receiver = None;
//! for _ in 0..3 {
//!     pump(&mut client, &mut listener);
//!     while let Some(event) = listener.poll_event() {
//!         match event {
//!             Event::BeginRequested { session, .. } => {
//!                 listener.session(session)?.accept(SessionOptions::default())?;
//!             }
//!             Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
//!                 listener.receiver(id)?.accept(LinkOptions::answering(&attach))?;
//!                 receiver = Some(id);
//!             }
//!             _ => {}
//!         }
//!     }
//! }
//!
//! client.sender(sender)?.send(Outgoing::new(&b"\x00\x53\x77\xa1\x05hello"[..])).expect("there is credit");
//! pump(&mut client, &mut listener);
//! let mut receiver = listener.receiver(receiver.expect("attached"))?;
//! let delivery = receiver.recv().expect("arrived");
//! receiver.accept_delivery(delivery.id)?;
//! assert_eq!(&delivery.payload.into_bytes()[5..], b"hello");
//!
//! pump(&mut client, &mut listener);
//! let settled = std::iter::from_fn(|| client.poll_event())
//!     .any(|event| matches!(event, Event::Disposition { settled: true, .. }));
//! assert!(settled);
//! # Ok::<(), amqp_proto::Misuse>(())
//! ```
//!
//! # The modules, as data walks
//!
//! ```text
//! bytes in ─► input ─► header │ frame ─► sasl │ performative
//!                                         │
//!                      connection (channels, open/close, idle)
//!                         └─► session (windows, handles)
//!                               └─► link (attach/detach, credit)
//!                                     └─► delivery (transfer, settle) ─► event queue ─► poll_event
//! commands: connection/session/sender/receiver views ─► the same machines ─► output ─► bytes out
//! ```
//!
//! A layer calls downwards and returns upwards. What a peer does wrong is a [`Violation`], which knows
//! its section, the condition that answers it, and its [`Scope`].

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod budget;
mod config;
mod connection;
mod context;
mod delivery;
mod error;
mod event;
mod header;
mod id;
mod input;
mod instant;
mod kept;
mod link;
mod output;
mod peer_limits;
mod sasl;
mod segments;
mod session;
mod snapshot;
mod sorted;
mod store;
mod tap;
mod thin;
mod timer;
mod violation;

/// The codec that this core speaks: types, frames, performatives, messages.
pub use amqp_codec as codec;

pub use config::{Config, ConfigBuilder, ConfigError, Pipelining};
pub use connection::{Connection, Transmit};
pub use delivery::{Chunk, Delivery, Outgoing, Payload, Progress, Sent};
pub use error::{Blocked, CloseReason, DetachReason, EndReason, HeaderMismatch, Idle, Misuse, SaslFailure, SendError};
pub use event::{Event, LinkFlow};
pub use id::{DeliveryId, LinkId, ReceiverId, SenderId, SessionId};
pub use instant::Instant;
pub use link::Half;
pub use link::options::{CreditMode, CreditRenewal, CreditUntil, LinkOptions, SettleModes};
pub use link::receiver::{ReceiverFlow, ReceiverMut};
pub use link::sender::{SenderFlow, SenderMut};
pub use link::unsettled::{Compared, Resume, Resumption, UnsettledDeliveries, UnsettledDelivery};
pub use peer_limits::PeerLimits;
pub use sasl::{
    ClientMechanism, Exposure, ListenerMechanism, Mechanism, MechanismError, Oauthbearer, SaslAnswer, SaslClient,
    SaslListener, SaslReply, SaslRequest, SaslStart, Secret,
};
#[cfg(feature = "scram")]
pub use sasl::{Scram, ScramCredential, ScramHash, ScramListener};
pub use segments::Segments;
pub use session::SessionOptions;
pub use session::view::SessionMut;
pub use session::window::Windows;
pub use snapshot::{LinkSnapshot, SessionSnapshot, Snapshot};
#[doc(hidden)]
pub use sorted::Sorted;
pub use tap::{Direction, FrameTap, RecordedAt, RecordedFrame, TappedFrame};
pub use timer::TimeoutReason;
pub use violation::{Scope, Violation};
