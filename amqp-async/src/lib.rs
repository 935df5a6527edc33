//! AMQP 1.0, runtime-neutral: the handles that an application holds, and the future that drives one
//! connection.
//!
//! This crate names no runtime. A runtime gives it two things, a [`Transport`] and a [`Timer`], and polls the
//! [`Driver`]; for URLs, addresses, deadlines, TLS and listening it gives a [`connect::Runtime`]. That is about a hundred
//! lines; `amqp-tokio` has them for Tokio, `amqp-async-std` for async-std and smol. Whatever the
//! runtime, the handles are the same:
//!
//! | handle | is | specification |
//! | --- | --- | --- |
//! | [`Connection`] | a connection to a peer | §2.4 |
//! | [`Session`] | an ordered conversation with windows | §2.5 |
//! | [`Sender`], [`Settlement`] | a link that sends, and the outcome of one message | §2.6 |
//! | [`DeliveryWriter`] | one message that is sent in pieces | §2.6.14 |
//! | [`Receiver`], [`Delivery`], [`Batch`] | a link that receives, and what came to be settled, one by one or together | §2.6 |
//! | [`DeliveryReader`] | one message that is received in pieces | §2.6.14 |
//! | [`Confirmation`] | the sender's settlement, where the receiver settles second | §2.6.12 |
//! | [`IncomingConnection`], [`IncomingSession`], [`IncomingLink`] | what a peer asks a listener for | |
//!
//! # How it works
//!
//! One connection is one [`amqp_proto::Connection`] behind one lock, with one driver and many handles. A
//! handle locks, speaks to the machine directly, and wakes the driver only if the driver is parked and
//! there is output; no message goes through a channel. The driver reads and writes outside the lock and
//! wakes exactly those whom an event concerns. Futures use `core::task` only.
//!
//! # What holds for all handles
//!
//! * **Cancel-safe.** Any future may be dropped at any moment; its documentation says what becomes of the
//!   matter then. Nobody else on the connection notices.
//! * **Bounded in time.** Every step that waits for the peer has a deadline ([`Timeouts`], and the core's
//!   [`Config`](amqp_proto::Config)); the error names the step. Only what the peer may leave undone for ever has none:
//!   a message to come, a request of its own, the end.
//! * **Bounded in memory.** Sending waits for credit, window and room in the output; receiving opens the
//!   window only as deliveries are taken.
//! * **Dropping is closing.** The last handle of a link detaches it, of a session ends it, of the
//!   connection closes it. A delivery dropped unsettled is released, unless [`OnDrop`] says otherwise; a message in
//!   pieces dropped unfinished is aborted.
//! * **Frames can be seen.** With `AMQP_TRACE=frames` in the environment every frame is printed to standard error, one
//!   line each, secrets left out; with `AMQP_TRACE=FILE.trace` all connections of the process are recorded in that file,
//!   without their logins, for the conformance suite to play; it grows as long as frames pass. See also
//!   [`frame_tap`](amqp_proto::ConfigBuilder::frame_tap) and [`recording()`].
//! * **Errors say whose fault it was** ([`Error::fault`]), what is gone ([`Error::scope`]), and what is
//!   worth trying ([`Error::recovery`]).

pub mod client;
pub mod connect;
mod connection;
mod deadline;
mod delivery;
mod driver;
mod error;
mod events;
#[cfg(feature = "futures-io")]
mod futures_io;
mod incoming;
mod intake;
mod link;
mod links;
mod options;
mod outcomes;
#[cfg(feature = "futures-io")]
mod pieces;
mod probe;
mod published;
#[cfg(feature = "scram")]
mod random;
mod receiver;
mod recording;
mod resume;
mod sender;
mod session;
mod slots;
mod state;
mod sync;
#[cfg_attr(
    not(any(feature = "rustls-no-provider", feature = "native-tls")),
    expect(
        dead_code,
        unused_variables,
        clippy::needless_pass_by_value,
        reason = "without a TLS library there is nothing to be done"
    )
)]
pub mod tls;
mod trace;
mod transport;
mod wait;
mod watermark;

pub use amqp_proto as proto;

pub use connection::Connection;
pub use delivery::{Confirmation, Delivery, OnDrop};
pub use driver::Driver;
pub use error::{Error, Fault, Recovery, SendError, Step, TrySendError};
#[cfg(feature = "futures-io")]
pub use futures_io::FuturesIo;
pub use incoming::{IncomingConnection, IncomingLink, IncomingReceiver, IncomingSender, IncomingSession};
pub use options::{Incoming, Options, Timeouts};
pub use receiver::{Batch, BatchOptions, DeliveryReader, Receiver, ReceiverGone, ReceiverSet, Recv};
pub use recording::recording;
pub use resume::Comparison;
pub use sender::{DeliveryWriter, Sender, Sending, Settlement, Submit};
pub use session::Session;
pub use transport::{READ_SIZE, Timer, Transport};
