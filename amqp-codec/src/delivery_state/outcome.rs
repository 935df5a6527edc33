//! The final states of a delivery.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use super::{Accepted, DeliveryState, Modified, Rejected, Released};
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::EncodedValue;

/// How the processing of a message ended (§3.4).
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The message was processed (§3.4.2).
    Accepted,
    /// The message is invalid (§3.4.3).
    Rejected(Box<Rejected>),
    /// The message was not processed (§3.4.4).
    Released,
    /// The message was not processed, and is to be changed (§3.4.5).
    Modified(Box<Modified>),
    /// An outcome that this crate does not know, octet for octet as it came.
    Other(Box<EncodedValue>),
}

/// The state of a delivery that is no [`Outcome`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an outcome")]
pub struct NotAnOutcome(pub DeliveryState);

impl TryFrom<DeliveryState> for Outcome {
    type Error = NotAnOutcome;

    fn try_from(state: DeliveryState) -> Result<Self, NotAnOutcome> {
        match state {
            DeliveryState::Accepted => Ok(Self::Accepted),
            DeliveryState::Rejected(rejected) => Ok(Self::Rejected(rejected)),
            DeliveryState::Released => Ok(Self::Released),
            DeliveryState::Modified(modified) => Ok(Self::Modified(modified)),
            DeliveryState::Other(value) => Ok(Self::Other(value)),
            DeliveryState::Received(_) | DeliveryState::Declared(_) | DeliveryState::Transactional(_) => {
                Err(NotAnOutcome(state))
            }
        }
    }
}

impl Decode for Outcome {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let state = DeliveryState::decode(decoder)?;
        Self::try_from(state).map_err(|_| decoder.error(DecodeErrorKind::UnknownDescriptor, "outcome"))
    }
}

/// What the methods below need of the composite that an outcome is.
trait Composite: Encode + Debug {}

impl<T: Encode + Debug> Composite for T {}

impl Outcome {
    fn composite(&self) -> &dyn Composite {
        match self {
            Self::Accepted => &Accepted {},
            Self::Rejected(rejected) => &**rejected,
            Self::Released => &Released {},
            Self::Modified(modified) => &**modified,
            Self::Other(value) => &**value,
        }
    }
}

impl Encode for Outcome {
    fn encoded_len(&self) -> usize {
        self.composite().encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.composite().encode(out);
    }
}

impl Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.composite().fmt(f)
    }
}
