//! The final states of a delivery.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{DeliveryState, Modified, Rejected};
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

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
            DeliveryState::Received(_)
            | DeliveryState::Declared(_)
            | DeliveryState::Transactional(_)
            | DeliveryState::Other(_) => Err(NotAnOutcome(state)),
        }
    }
}

impl Decode for Outcome {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let state = DeliveryState::decode(decoder)?;
        Self::try_from(state).map_err(|_| decoder.error(DecodeErrorKind::UnknownDescriptor, "outcome"))
    }
}

impl Encode for Outcome {
    fn encoded_len(&self) -> usize {
        DeliveryState::from(self.clone()).encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        DeliveryState::from(self.clone()).encode(out);
    }
}

impl core::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        DeliveryState::from(self.clone()).fmt(f)
    }
}
