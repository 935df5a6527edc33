//! Any state of a delivery.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::{Accepted, Modified, Outcome, Received, Rejected, Released};
use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::transaction::{Declared, TransactionalState};
use crate::types::EncodedValue;
use crate::write::put;

/// The state of a delivery at one of the link's ends (§3.4).
#[derive(Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// A part has been received (§3.4.1).
    Received(Received),
    /// The message was processed (§3.4.2).
    Accepted,
    /// The message is invalid (§3.4.3).
    Rejected(Box<Rejected>),
    /// The message was not processed (§3.4.4).
    Released,
    /// The message was not processed, and is to be changed (§3.4.5).
    Modified(Box<Modified>),
    /// A transaction was declared (§4.5.5).
    Declared(Box<Declared>),
    /// The delivery is part of a transaction (§4.5.6).
    Transactional(Box<TransactionalState>),
    /// A state that this crate does not know, octet for octet as it came.
    Other(Box<EncodedValue>),
}

impl DeliveryState {
    /// Whether the state is final: accepted, rejected, released, modified, or
    /// declared (§3.4, §4.5.5).
    pub const fn is_outcome(&self) -> bool {
        match self {
            Self::Accepted | Self::Rejected(_) | Self::Released | Self::Modified(_) | Self::Declared(_) => true,
            Self::Received(_) | Self::Transactional(_) | Self::Other(_) => false,
        }
    }
}

/// The symbolic and numeric descriptors of the states.
const TABLE: &[(&str, u64)] = &[
    (Received::NAME, Received::CODE),
    (Accepted::NAME, Accepted::CODE),
    (Rejected::NAME, Rejected::CODE),
    (Released::NAME, Released::CODE),
    (Modified::NAME, Modified::CODE),
    (Declared::NAME, Declared::CODE),
    (TransactionalState::NAME, TransactionalState::CODE),
];

const NAME: &str = "delivery-state";

impl Decode for DeliveryState {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let value = decoder.rest_slice();
        match decoder.descriptor(TABLE, NAME) {
            Ok(Received::CODE) => Received::decode_as(decoder, Self::Received),
            Ok(Accepted::CODE) => Accepted::decode_as(decoder, |_: Accepted| Self::Accepted),
            Ok(Rejected::CODE) => Rejected::decode_as(decoder, Self::Rejected),
            Ok(Released::CODE) => Released::decode_as(decoder, |_: Released| Self::Released),
            Ok(Modified::CODE) => Modified::decode_as(decoder, Self::Modified),
            Ok(Declared::CODE) => Declared::decode_as(decoder, Self::Declared),
            Ok(TransactionalState::CODE) => TransactionalState::decode_as(decoder, Self::Transactional),
            Err(error) if error.kind() != DecodeErrorKind::UnknownDescriptor => Err(error),
            Ok(_) | Err(_) => {
                decoder.set_rest(value);
                EncodedValue::decode(decoder).map(Box::new).map(Self::Other)
            }
        }
    }

    const QUICK: bool = true;

    /// Most deliveries are accepted, and most of the others released.
    #[inline(always)]
    fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
        let [code::DESCRIBED, code::SMALL_ULONG, state, code::LIST_0, rest @ ..] = input else {
            return None;
        };
        match u64::from(*state) {
            Accepted::CODE => Some((Self::Accepted, rest)),
            Released::CODE => Some((Self::Released, rest)),
            _ => None,
        }
    }
}

/// Calls `$body` with the composite of whatever state it is.
macro_rules! composite_of {
    ($state:expr, $composite:ident => $body:expr) => {
        match $state {
            DeliveryState::Received($composite) => $body,
            DeliveryState::Accepted => {
                let $composite = &Accepted {};
                $body
            }
            DeliveryState::Rejected($composite) => $body,
            DeliveryState::Released => {
                let $composite = &Released {};
                $body
            }
            DeliveryState::Modified($composite) => $body,
            DeliveryState::Declared($composite) => $body,
            DeliveryState::Transactional($composite) => $body,
            DeliveryState::Other($composite) => $body,
        }
    };
}

/// A composite without fields, whose descriptor fits an octet.
#[inline(always)]
const fn without_fields(descriptor: u64) -> [u8; 4] {
    [code::DESCRIBED, code::SMALL_ULONG, descriptor as u8, code::LIST_0]
}

#[inline(never)]
fn encode_other(state: &DeliveryState, out: &mut Vec<u8>) {
    composite_of!(state, composite => composite.encode(out));
}

impl Encode for DeliveryState {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Accepted | Self::Released => without_fields(0).len(),
            other => composite_of!(other, composite => composite.encoded_len()),
        }
    }

    /// Most deliveries are accepted, and most of the others released: those are four octets.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Accepted => put(out, without_fields(Accepted::CODE)),
            Self::Released => put(out, without_fields(Released::CODE)),
            other => encode_other(other, out),
        }
    }
}

impl fmt::Debug for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        composite_of!(self, composite => fmt::Debug::fmt(composite, f))
    }
}

impl From<Outcome> for DeliveryState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted => Self::Accepted,
            Outcome::Rejected(rejected) => Self::Rejected(rejected),
            Outcome::Released => Self::Released,
            Outcome::Modified(modified) => Self::Modified(modified),
            Outcome::Other(value) => Self::Other(value),
        }
    }
}

/// A composite that is a state.
macro_rules! from {
    ($($Composite:ident => $state:expr;)*) => {$(
        impl From<$Composite> for DeliveryState {
            fn from(composite: $Composite) -> Self {
                $state(composite.into())
            }
        }
    )*};
}

from! {
    Received => Self::Received;
    Rejected => Self::Rejected;
    Modified => Self::Modified;
    Declared => Self::Declared;
    TransactionalState => Self::Transactional;
}
