//! A message that has arrived, and the settling of it (§2.6.12).

mod confirmation;

pub use confirmation::Confirmation;

use crate::error::{Error, Step};
use crate::receiver::ReceiverRoot;
use crate::state::{Confirming, State};
use amqp_proto::codec::message::{EncodedMessage, MessagePieces};
use amqp_proto::codec::{self, DecodeError, DeliveryTag, Message, Modified, Outcome, Rejected};
use amqp_proto::{DeliveryId, Misuse, Payload, ReceiverId};
use std::fmt;
use std::sync::Arc;
use std::{mem, ptr};

/// A message that has arrived, to be settled with an outcome (§2.6.12, §3.4).
///
/// Settling is a call, not a wait: it is noted, and leaves together with what else is to be said. It may
/// be done in any order and from any task.
///
/// **Dropped unsettled, a delivery is released**: the sender may deliver it again, here or elsewhere.
/// That is the safe reading of a task that failed or was cancelled half-way. [`OnDrop`] has other answers, and who
/// wants one delivery to stay unsettled until the link ends calls [`leave_unsettled`](Self::leave_unsettled).
///
/// Where the receiver settles second (§2.6.12), an outcome is reported first and settled when the sender has settled;
/// that needs nothing more here, and [`settle_confirmed`](Self::settle_confirmed) tells when it has come.
///
/// The content is decoded only when asked for. A delivery whose content cannot be decoded can be settled
/// like any other, [`reject`](Self::reject) being what the specification suggests.
#[must_use = "a delivery that is dropped unsettled is released to the sender"]
pub struct Delivery {
    link: Arc<ReceiverRoot>,
    inner: amqp_proto::Delivery,
    to_settle: bool,
    on_drop: OnDrop,
}

/// What becomes of a delivery that is dropped unsettled; see
/// [`Receiver::set_on_drop`](crate::Receiver::set_on_drop).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnDrop {
    /// It is released (§3.4.4): it was not processed, and may be delivered again, here too.
    #[default]
    Release,
    /// It is modified with delivery-failed (§3.4.5): it counts as an attempt that failed, so that a broker can set a
    /// message aside that nobody survives.
    Fail,
    /// It stays unsettled until the link ends.
    LeaveUnsettled,
}

impl OnDrop {
    /// The one that `as u8` made this number of.
    pub(crate) fn from_number(number: u8) -> Self {
        [Self::Fail, Self::LeaveUnsettled].into_iter().find(|it| *it as u8 == number).unwrap_or_default()
    }

    fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Release => Some(Outcome::Released),
            Self::Fail => Some(Outcome::Modified(Box::new(Modified { delivery_failed: true, ..Modified::default() }))),
            Self::LeaveUnsettled => None,
        }
    }
}

impl Delivery {
    pub(crate) fn new(link: Arc<ReceiverRoot>, inner: amqp_proto::Delivery, on_drop: OnDrop) -> Self {
        Self { link, to_settle: !inner.settled, inner, on_drop }
    }

    /// The link that it came on: [`Receiver::id`](crate::Receiver::id).
    #[must_use]
    pub fn receiver(&self) -> ReceiverId {
        self.link.id
    }

    pub(crate) fn id(&self) -> DeliveryId {
        self.inner.id
    }

    /// What a later piece tells.
    pub(crate) fn learn(&mut self, later: &amqp_proto::Delivery) {
        self.to_settle &= !later.settled;
        self.inner.settled |= later.settled;
    }

    /// Decodes the message.
    ///
    /// # Errors
    /// What is wrong with it, and where. The delivery is not settled by that.
    pub fn message(&self) -> Result<Message, DecodeError> {
        self.encoded()?.to_message()
    }

    /// Finds the sections of the message, to be decoded one by one. Copies only if the message came in
    /// several frames; [`pieces`](Self::pieces) does not then.
    ///
    /// # Errors
    /// What is wrong with their order, and where. The delivery is not settled by that.
    pub fn encoded(&self) -> Result<EncodedMessage, DecodeError> {
        EncodedMessage::from_payloads(self.inner.payload.chunks())
    }

    /// Finds the sections of the message, and leaves its data where it came: nothing large is copied, in however many
    /// frames the message came.
    ///
    /// # Errors
    /// What is wrong with their order, and where. The delivery is not settled by that.
    pub fn pieces(&self) -> Result<MessagePieces, DecodeError> {
        MessagePieces::parse(self.inner.payload.chunks())
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
    /// Why the link is gone; the sender may then deliver the message again. Misuse if the sender has settled it in the
    /// meantime: it does not want to know.
    pub fn accept(self) -> Result<(), Error> {
        self.settle(Outcome::Accepted)
    }

    /// The message is invalid and cannot be processed (§3.4.3), for this reason.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn reject(self, error: impl Into<Option<codec::Error>>) -> Result<(), Error> {
        self.settle(rejected(error.into()))
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

    /// As [`settle`](Self::settle), and tells when the sender has settled too (§2.6.12): from then on the delivery is
    /// not delivered again. Where the receiver settles first there is nothing to wait for.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn settle_confirmed(mut self, outcome: Outcome) -> Result<Confirmation, Error> {
        self.confirm(outcome)
    }

    pub(crate) fn dispose(&mut self, outcome: Outcome) -> Result<(), Error> {
        if !mem::take(&mut self.to_settle) {
            return Ok(());
        }
        self.link.with(|state| self.report(state, outcome))
    }

    /// Settles all with one outcome; the first error that there was.
    pub(crate) fn dispose_all(deliveries: &mut [Self], outcome: &Outcome) -> Result<(), Error> {
        let mut result = Ok(());
        for of_connection in deliveries.chunk_by_mut(|one, other| ptr::eq(one.link.shared(), other.link.shared())) {
            let Some(link) = of_connection.first().map(|delivery| Arc::clone(&delivery.link)) else { continue };
            let is_one_link = of_connection.iter().all(|delivery| Arc::ptr_eq(&delivery.link, &link));
            let report = |state: &mut State| {
                for run in of_connection.chunk_by_mut(Self::is_followed_by) {
                    let reported = Self::report_run(state, run, outcome, is_one_link);
                    result = mem::replace(&mut result, Ok(())).and(reported);
                }
            };
            if is_one_link { link.with(report) } else { link.shared().with(report) }
        }
        result
    }

    pub(crate) fn confirm(&mut self, outcome: Outcome) -> Result<Confirmation, Error> {
        let to_settle = mem::take(&mut self.to_settle);
        let (link, number) = (&self.link, self.inner.id.number().0);
        let limit = link.shared().limit(Step::Settle);
        if !to_settle {
            return Ok(Confirmation::new(link, None, limit));
        }
        let waits = link.with(|state| {
            self.report(state, outcome)?;
            let waits = !self.inner.settles_at_once();
            if let Some(entry) = state.links.get_mut(&link.id.into()).filter(|_| waits) {
                entry.waiting().confirming.insert(number, Confirming::Waiting(None));
            }
            Ok::<_, Error>(waits)
        })?;
        Ok(Confirmation::new(link, waits.then_some(number), limit))
    }

    /// Whether one disposition can be of both.
    fn is_followed_by(&self, next: &Self) -> bool {
        let at_once = self.inner.settles_at_once() == next.inner.settles_at_once();
        let same_session = self.id().session() == next.id().session();
        same_session
            && self.to_settle
            && next.to_settle
            && at_once
            && next.id().number().0 == self.id().number().0.wrapping_add(1)
    }

    /// Reports deliveries that follow each other, all at once.
    fn report_run(state: &mut State, run: &mut [Self], outcome: &Outcome, is_one_link: bool) -> Result<(), Error> {
        if let [only] = run {
            let reports = mem::take(&mut only.to_settle);
            return if reports { only.report(state, outcome.clone()) } else { Ok(()) };
        }
        let result =
            if is_one_link { Self::report_link(state, run, outcome) } else { Self::report_links(state, run, outcome) };
        run.iter_mut().for_each(|delivery| delivery.to_settle = false);
        result
    }

    /// Those of one link.
    fn report_link(state: &mut State, run: &[Self], outcome: &Outcome) -> Result<(), Error> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
        let (link, delivery) = (&first.link, &first.inner);
        if let Some(error) = state.closed() {
            return Err(error);
        }
        let disposed = state.machine.receiver(link.id).and_then(|mut receiver| {
            receiver.dispose_range(delivery.id, last.id(), Some(&outcome.clone().into()), delivery.settles_at_once())
        });
        match disposed {
            Ok(count) if count as usize == run.len() => Ok(()),
            // the sender has settled some in the meantime
            Ok(_) => Err(link.fate.explain(Misuse::StaleId)),
            Err(misuse) => Err(link.fate.explain(misuse)),
        }
    }

    /// Those of several links of one session: they are all that have come on it from the first to the last.
    fn report_links(state: &mut State, run: &[Self], outcome: &Outcome) -> Result<(), Error> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
        if let Some(error) = state.closed() {
            return Err(error);
        }
        let delivery = &first.inner;
        let disposed = state.machine.session(delivery.id.session()).and_then(|mut session| {
            session.dispose_received(delivery.id, last.id(), Some(&outcome.clone().into()), delivery.settles_at_once())
        });
        match disposed {
            Ok(None) => Ok(()),
            // its link is gone, or the sender has settled it in the meantime
            Ok(Some(missing)) => {
                let missing = run.iter().find(|delivery| delivery.id() == missing).unwrap_or(first);
                Err(missing.link.fate.explain(Misuse::StaleId))
            }
            Err(misuse) => Err(first.link.fate.explain(misuse)),
        }
    }

    fn report(&self, state: &mut State, outcome: Outcome) -> Result<(), Error> {
        if let Some(error) = state.closed() {
            // the machine does not know that its driver was dropped
            return Err(error);
        }
        let (link, inner) = (&self.link, &self.inner);
        let receiver = state.machine.receiver(link.id);
        let disposed =
            receiver.and_then(|mut receiver| receiver.dispose(inner.id, Some(outcome.into()), inner.settles_at_once()));
        disposed.map_err(|misuse| link.fate.explain(misuse))
    }
}

/// The outcome of a message that is invalid.
pub(crate) fn rejected(error: Option<codec::Error>) -> Outcome {
    Outcome::Rejected(Box::new(Rejected { error }))
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.to_settle {
            return;
        }
        if let Some(outcome) = self.on_drop.outcome() {
            // if the link is gone, so is the duty to settle
            let _ = self.dispose(outcome);
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
