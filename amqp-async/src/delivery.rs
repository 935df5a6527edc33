//! A message that has arrived, and the settling of it (§2.6.12).

use crate::error::Error;
use crate::receiver::ReceiverRoot;
use amqp_proto::Payload;
use amqp_proto::codec::message::EncodedMessage;
use amqp_proto::codec::{self, DecodeError, DeliveryTag, Message, Modified, Outcome, Rejected};
use std::fmt;
use std::sync::Arc;

/// A message that has arrived, to be settled with an outcome (§2.6.12, §3.4).
///
/// Settling is a call, not a wait: it is noted, and leaves together with what else is to be said. It may
/// be done in any order and from any task.
///
/// **Dropped unsettled, a delivery is released**: the sender may deliver it again, here or elsewhere.
/// That is the safe reading of a task that failed or was cancelled half-way. Who wants a delivery to
/// stay unsettled until the link ends calls [`leave_unsettled`](Self::leave_unsettled).
///
/// The content is decoded only when asked for. A delivery whose content cannot be decoded can be settled
/// like any other, [`reject`](Self::reject) being what the specification suggests.
#[must_use = "a delivery that is dropped unsettled is released to the sender"]
pub struct Delivery {
    link: Arc<ReceiverRoot>,
    inner: amqp_proto::Delivery,
    to_settle: bool,
}

impl Delivery {
    pub(crate) fn new(link: Arc<ReceiverRoot>, inner: amqp_proto::Delivery) -> Self {
        Self { link, to_settle: !inner.settled, inner }
    }

    /// Decodes the message.
    ///
    /// # Errors
    /// What is wrong with it, and where. The delivery is not settled by that.
    pub fn message(&self) -> Result<Message, DecodeError> {
        self.encoded()?.to_message()
    }

    /// Finds the sections of the message, to be decoded one by one. Copies only if the message came in
    /// several frames.
    ///
    /// # Errors
    /// What is wrong with their order, and where. The delivery is not settled by that.
    pub fn encoded(&self) -> Result<EncodedMessage, DecodeError> {
        EncodedMessage::from_payloads(self.inner.payload.chunks())
    }

    /// The octets of the message, in the pieces in which they came.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.inner.payload
    }

    /// The sender's name for the delivery (§2.6.12).
    #[must_use]
    pub fn tag(&self) -> DeliveryTag {
        self.inner.tag
    }

    /// What kind of message it is; 0 is that of §3.2.
    #[must_use]
    pub fn message_format(&self) -> u32 {
        self.inner.message_format
    }

    /// Whether there is nothing to settle, because the sender sent it settled (§2.6.12).
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.to_settle
    }

    /// The message has been processed (§3.4.2).
    ///
    /// # Errors
    /// Why the link is gone; the sender may then deliver the message again.
    pub fn accept(self) -> Result<(), Error> {
        self.settle(Outcome::Accepted)
    }

    /// The message is invalid and cannot be processed (§3.4.3), for this reason.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn reject(self, error: impl Into<Option<codec::Error>>) -> Result<(), Error> {
        self.settle(Outcome::Rejected(Box::new(Rejected { error: error.into() })))
    }

    /// The message was not and will not be processed here (§3.4.4).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn release(self) -> Result<(), Error> {
        self.settle(Outcome::Released)
    }

    /// As [`release`](Self::release), with changes to the message (§3.4.5).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn modify(self, modified: Modified) -> Result<(), Error> {
        self.settle(Outcome::Modified(Box::new(modified)))
    }

    /// Settles with any outcome. A delivery that the sender had settled needs none, and takes any.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn settle(mut self, outcome: Outcome) -> Result<(), Error> {
        self.dispose(outcome)
    }

    /// Lets go of the delivery without settling it: it stays unsettled until the link ends.
    pub fn leave_unsettled(mut self) {
        self.to_settle = false;
    }

    fn dispose(&mut self, outcome: Outcome) -> Result<(), Error> {
        if !std::mem::take(&mut self.to_settle) {
            return Ok(());
        }
        let (link, id) = (&self.link, self.inner.id);
        link.shared().with(|state| {
            let receiver = state.machine.receiver(link.id);
            let disposed = receiver.and_then(|mut receiver| receiver.dispose(id, Some(outcome.into()), true));
            disposed.map_err(|misuse| link.fate.explain(misuse))
        })
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // if the link is gone, so is the duty to settle
        let _ = self.dispose(Outcome::Released);
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
