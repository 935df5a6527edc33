//! The AMQP 1.0 codec: octets to values and back.
//!
//! `no_std`, no unsafe code, no I/O and no state kept between calls. Decoding
//! never panics, whatever the input, and allocates nothing for octets that have
//! not arrived.
//!
//! # Map
//!
//! | module | what it holds | specification |
//! | --- | --- | --- |
//! | [`types`] | the primitive types and the dynamic [`Value`] | §1.6 |
//! | [`mod@composite`] | [`composite!`], which describes a composite type as the specification's tables do | §1.4 |
//! | [`frame`] | protocol header and frame header | §2.2, §2.3 |
//! | [`performative`] | the nine frame bodies from open to close | §2.7 |
//! | [`definition`] | role, settle modes, sequence numbers, error and its conditions | §2.8 |
//! | [`delivery_state`] | received, and the outcomes | §3.4 |
//! | [`terminus`] | source and target | §3.5 |
//! | [`transaction`] | coordinator, declare, discharge and their states | §4.5 |
//! | [`message`] | a message and its sections | §3.2 |
//! | [`sasl`] | the five SASL frame bodies | §5.3.3 |
//!
//! # Encoding and decoding
//!
//! Whatever has a place on the wire has [`Encode`] and [`Decode`]. Encoding
//! appends to a `Vec<u8>`, cannot fail, and needs as much room as
//! [`Encode::encoded_len`] says. A [`Decoder`] reads one value after another.
//!
//! ```
//! use amqp_codec::{Bytes, Decoder, Encode, Handle, Performative, Transfer};
//!
//! let transfer = Transfer { more: true, ..Transfer::new(Handle(3)) };
//! let mut octets = Vec::new();
//! transfer.encode(&mut octets);
//! assert_eq!(octets.len(), transfer.encoded_len());
//!
//! let octets = Bytes::from(octets);
//! let mut decoder = Decoder::new(&octets);
//! assert_eq!(decoder.decode::<Performative>()?, Performative::Transfer(transfer));
//! assert!(decoder.is_empty());
//! # Ok::<(), amqp_codec::DecodeError>(())
//! ```
//!
//! # Values
//!
//! Where the specification leaves a type open there is a [`Value`], and where a
//! value must be passed on as it came an [`EncodedValue`].
//!
//! ```
//! use amqp_codec::{Bytes, Decoder, Map, Value};
//!
//! let octets = Bytes::from_static(b"\xc1\x0a\x02\xa1\x05shard\x52\x07");
//! let map: Map = Decoder::new(&octets).decode()?;
//! assert_eq!(map.get("shard"), Some(&Value::Uint(7)));
//! # Ok::<(), amqp_codec::DecodeError>(())
//! ```
//!
//! # A described type of one's own
//!
//! [`composite!`] takes the table of a type's fields, as the specification
//! writes them, and makes a struct of it.
//!
//! ```
//! use amqp_codec::{Bytes, Decoder, Encode, Str, composite};
//!
//! composite! {
//!     /// Where a parcel is.
//!     #[derive(Clone, PartialEq)]
//!     pub struct Position = "example:position:list" 0x0000_4d2f_0000_0002 {
//!         /// The depot.
//!         depot: Str, mandatory;
//!         /// The shelf, if it is on one.
//!         shelf: Option<u16>;
//!     }
//! }
//!
//! let position = Position { depot: "north".into(), shelf: None };
//! let mut octets = Vec::new();
//! position.encode(&mut octets);
//! assert_eq!(Decoder::new(&Bytes::from(octets)).decode::<Position>()?, position);
//!
//! // An error says what was wrong, with what, and where.
//! let empty = Bytes::from_static(b"\x00\xa3\x15example:position:list\x45");
//! let error = Decoder::new(&empty).decode::<Position>().unwrap_err();
//! assert_eq!(error.to_string(), "position.depot: mandatory field is missing (at octet 25)");
//! # Ok::<(), amqp_codec::DecodeError>(())
//! ```
//!
//! # Limits
//!
//! What a hostile peer may make a decoder do beyond what the input's size
//! bounds, is bounded by [`Limits`].
//!
//! ```
//! use amqp_codec::{Bytes, DecodeErrorKind, Decoder, Limits, Value};
//!
//! let nested = Bytes::from_static(&[0xc0, 5, 1, 0xc0, 2, 1, 0x40]);
//! let limits = Limits::new().depth(1);
//! let error = Decoder::with_limits(&nested, &limits).decode::<Value>().unwrap_err();
//! assert_eq!(error.kind(), DecodeErrorKind::NestingTooDeep);
//! ```
//!
//! # Without copies
//!
//! Binary data and long strings are slices that share the octets they were
//! decoded from; short strings (up to 23 octets) are held in place. A message is
//! read section by section, only as far as it is asked for:
//! [`EncodedMessage`] finds the sections, allocates
//! nothing, and passes the bare message on octet for octet.
//!
//! ```
//! use amqp_codec::{EncodedMessage, Message};
//!
//! let octets = Message::builder().to("orders").data(vec![7; 100_000]).build().to_bytes();
//! let message = EncodedMessage::parse(octets.clone())?;
//! let body = message.body()?.to_data().unwrap();
//! assert!(octets.as_ptr_range().contains(&body.as_ptr()), "shared, not copied");
//! # Ok::<(), amqp_codec::DecodeError>(())
//! ```
//!
//! # Features
//!
//! All are off by default, and only add. All but `std` keep to `no_std`.
//!
//! | feature | adds |
//! | --- | --- |
//! | `serde` | the module `serde`: Rust types as values and bodies, described types included |
//! | `uuid` | conversions between [`Uuid`] and `uuid::Uuid` |
//! | `chrono` | conversions between [`Timestamp`] and `chrono::DateTime` |
//! | `time` | conversions between [`Timestamp`] and `time::OffsetDateTime`, `time::UtcDateTime` |
//! | `std` | conversions between [`Timestamp`] and `std::time::SystemTime` |
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod code;
mod codec;
pub mod composite;
mod conversions;
mod decoder;
pub mod definition;
pub mod delivery_state;
mod error;
pub mod frame;
mod limits;
pub mod message;
pub mod performative;
pub mod sasl;
#[cfg(feature = "serde")]
pub mod serde;
mod series;
pub mod terminus;
pub mod transaction;
pub mod types;
mod write;

#[doc(hidden)]
pub use alloc::vec::Vec as __Vec;

pub use bytes::Bytes;

pub use crate::codec::{Decode, Encode, Primitive};
pub use crate::conversions::TimestampError;
pub use crate::decoder::Decoder;
pub use crate::definition::{
    Condition, DeliveryNumber, DeliveryTag, DeliveryTagTooLong, Error, Fields, Handle, Info, ReceiverSettleMode,
    Redirect, Role, SenderSettleMode, SequenceNo, TransferNumber,
};
pub use crate::delivery_state::{DeliveryState, Modified, NotAnOutcome, Outcome, Received, Rejected};
pub use crate::error::{DecodeError, DecodeErrorKind};
pub use crate::frame::{FrameError, FrameHeader, HeaderStatus, ProtocolHeader, ProtocolId};
pub use crate::limits::Limits;
pub use crate::message::{
    Annotations, ApplicationProperties, Body, EncodedMessage, Message, MessageBatch, MessageBuilder, MessageId,
    Properties, SimpleValue,
};
pub use crate::performative::{
    Attach, Begin, Close, Detach, Disposition, End, Flow, Open, Performative, Transfer, UnsettledMap,
};
pub use crate::sasl::{SaslChallenge, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse};
pub use crate::terminus::{
    LifetimePolicy, Source, SourceTerminus, Target, TargetTerminus, TerminusDurability, TerminusExpiryPolicy,
};
pub use crate::transaction::{
    Coordinator, Declare, Declared, Discharge, TransactionId, TransactionIdTooLong, TransactionalState,
};
pub use crate::types::{
    Array, ArrayError, Binary, Dec32, Dec64, Dec128, Described, EncodedValue, Map, Multiple, Str, Symbol, SymbolError,
    Timestamp, Uuid, Value, WrongType,
};
