//! The AMQP 1.0 codec: octets to values and back.
//!
//! `no_std`, no unsafe code, no I/O and no state kept between calls. Decoding
//! never panics, whatever the input; binary data, strings and symbols are
//! slices of the octets they were decoded from.
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
//! # Decoding and encoding
//!
//! ```
//! use amqp_codec::{Bytes, Decoder, Encode, Handle, Transfer};
//!
//! let transfer = Transfer { more: true, ..Transfer::new(Handle(3)) };
//! let mut octets = Vec::new();
//! transfer.encode(&mut octets);
//! assert_eq!(octets.len(), transfer.encoded_len());
//!
//! let octets = Bytes::from(octets);
//! let mut decoder = Decoder::new(&octets);
//! assert_eq!(decoder.decode::<Transfer>()?, transfer);
//! assert!(decoder.is_empty());
//! # Ok::<(), amqp_codec::DecodeError>(())
//! ```
//!
//! What a hostile peer may make a decoder do is bounded by [`Limits`].
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
#[cfg(test)]
extern crate std;

pub mod code;
mod codec;
pub mod composite;
mod decoder;
pub mod definition;
pub mod delivery_state;
mod error;
pub mod frame;
mod limits;
pub mod message;
pub mod performative;
pub mod sasl;
pub mod terminus;
pub mod transaction;
pub mod types;
mod write;

#[doc(hidden)]
pub use alloc::vec::Vec as __Vec;

pub use bytes::Bytes;

pub use crate::codec::{Decode, Encode, Primitive};
pub use crate::decoder::Decoder;
pub use crate::definition::{
    Condition, DeliveryNumber, DeliveryTag, DeliveryTagTooLong, Error, Fields, Handle, Info, ReceiverSettleMode, Role,
    SenderSettleMode, SequenceNo, TransferNumber,
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
pub use crate::terminus::{LifetimePolicy, Source, Target, TargetTerminus, TerminusDurability, TerminusExpiryPolicy};
pub use crate::transaction::{Coordinator, Declare, Declared, Discharge, TransactionalState};
pub use crate::types::{
    Array, ArrayError, Binary, Dec32, Dec64, Dec128, Described, Map, Multiple, Str, Symbol, SymbolError, Timestamp,
    Uuid, Value,
};
