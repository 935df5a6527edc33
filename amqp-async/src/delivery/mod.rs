//! A message that has arrived, and the settling of it (§2.6.12).

mod confirmation;
mod hold;

pub use confirmation::Confirmation;
pub(crate) use hold::Hold;

use crate::error::Error;
use crate::links::Links;
use crate::receiver::ReceiverRoot;
use crate::state::{Confirming, Shared, State};
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
    inner: amqp_proto::Delivery,
    hold: Hold,
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
    fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Release => Some(Outcome::Released),
            Self::Fail => Some(Outcome::Modified(Box::new(Modified { delivery_failed: true, ..Modified::default() }))),
            Self::LeaveUnsettled => None,
        }
    }
}

impl Delivery {
    /// One that is given out, under the lock.
    pub(crate) fn new(link: &Arc<ReceiverRoot>, links: &mut Links, inner: amqp_proto::Delivery) -> Self {
        let hold = if inner.settled { Hold::Held(Arc::clone(link)) } else { Hold::count(link, links) };
        Self { inner, hold }
    }

    /// The same for who has counted it.
    #[inline]
    pub(crate) fn held(hold: Hold, inner: amqp_proto::Delivery) -> Self {
        Self { inner, hold }
    }

    /// What becomes of it when it is dropped, whatever its link says.
    pub(crate) fn set_on_drop(&mut self, on_drop: OnDrop) {
        if let Hold::Counted(counted) = &mut self.hold {
            counted.on_drop = on_drop;
        }
    }

    /// The link that it came on: [`Receiver::id`](crate::Receiver::id).
    #[must_use]
    pub fn receiver(&self) -> ReceiverId {
        self.hold.id()
    }

    pub(crate) fn id(&self) -> DeliveryId {
        self.inner.id
    }

    /// What a later piece tells, under the lock; it is of this link.
    pub(crate) fn learn(&mut self, later: &amqp_proto::Delivery, link: &Arc<ReceiverRoot>, state: &mut State) {
        if later.settled {
            self.inner.settled = true;
            if self.hold.counts() {
                state.let_go(link.id, 1);
                self.hold = Hold::Held(Arc::clone(link));
            }
        }
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
        !self.hold.counts()
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
        self.set_on_drop(OnDrop::LeaveUnsettled);
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
        let Self { hold: Hold::Counted(counted), inner } = self else { return Ok(()) };
        if !mem::take(&mut counted.counts) {
            return Ok(());
        }
        let id = counted.id;
        counted.with(|state| {
            let reported = Self::report(state, id, inner, outcome);
            state.let_go(id, 1);
            reported
        })
    }

    /// Settles all with one outcome; the first error that there was.
    pub(crate) fn dispose_all(deliveries: &mut [Self], outcome: &Outcome) -> Result<(), Error> {
        let mut result = Ok(());
        for of_connection in deliveries.chunk_by_mut(|one, other| ptr::eq(one.shared(), other.shared())) {
            let Some(first) = of_connection.first() else { continue };
            let (session, id) = (Arc::clone(first.hold.session()), first.receiver());
            let is_one_link = of_connection.iter().all(|delivery| delivery.receiver() == id);
            let report = |state: &mut State| {
                for run in of_connection.chunk_by_mut(Self::is_followed_by) {
                    let reported = Self::report_run(state, run, outcome, is_one_link);
                    result = mem::replace(&mut result, Ok(())).and(reported);
                }
                if is_one_link {
                    state.show_credit(id);
                }
            };
            if is_one_link {
                session.shared().with_session(session.id, report);
            } else {
                session.shared().with(report);
            }
        }
        result
    }

    pub(crate) fn confirm(&mut self, outcome: Outcome) -> Result<Confirmation, Error> {
        let (limit, mut hold) = (self.hold.limit(), self.hold.another());
        let Self { hold: Hold::Counted(counted), inner } = self else {
            return Ok(Confirmation::new(hold, None, limit));
        };
        if !mem::take(&mut counted.counts) {
            return Ok(Confirmation::new(hold, None, limit));
        }
        let (id, number, waits) = (counted.id, inner.id.number().0, !inner.settles_at_once());
        counted.with(|state| {
            let reported = Self::report(state, id, inner, outcome);
            if reported.is_err() {
                state.let_go(id, 1);
            } else if let Some(entry) = state.links.get_mut(&id.into()).filter(|_| waits) {
                entry.waiting().confirming.insert(number, Confirming::Waiting(None));
            }
            reported
        })?;
        hold.count_instead();
        Ok(Confirmation::new(hold, waits.then_some(number), limit))
    }

    /// It is dropped unsettled.
    #[cold]
    fn give_up(&mut self) {
        let Hold::Counted(counted) = &self.hold else { return };
        if let Some(outcome) = counted.on_drop.outcome() {
            // if the link is gone, so is the duty to settle
            let _ = self.dispose(outcome);
        } else {
            self.hold.let_go();
        }
    }

    fn shared(&self) -> &Shared {
        self.hold.session().shared()
    }

    /// Whether one disposition can be of both.
    fn is_followed_by(&self, next: &Self) -> bool {
        let at_once = self.inner.settles_at_once() == next.inner.settles_at_once();
        let same_session = self.id().session() == next.id().session();
        same_session
            && self.hold.counts()
            && next.hold.counts()
            && at_once
            && next.id().number().0 == self.id().number().0.wrapping_add(1)
    }

    /// Reports deliveries that follow each other, all at once.
    fn report_run(state: &mut State, run: &mut [Self], outcome: &Outcome, is_one_link: bool) -> Result<(), Error> {
        let result = match run {
            [only] if !only.hold.counts() => return Ok(()),
            [only] => Self::report(state, only.receiver(), &only.inner, outcome.clone()),
            _ if is_one_link => Self::report_link(state, run, outcome),
            _ => Self::report_links(state, run, outcome),
        };
        if is_one_link {
            let id = run.first().map(Self::receiver);
            run.iter_mut().for_each(|delivery| delivery.hold.stop_counting());
            id.into_iter().for_each(|id| state.let_go(id, run.len() as u32));
        } else {
            for delivery in run {
                delivery.hold.stop_counting();
                state.let_go(delivery.receiver(), 1);
            }
        }
        result
    }

    /// Those of one link.
    fn report_link(state: &mut State, run: &[Self], outcome: &Outcome) -> Result<(), Error> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
        let (id, delivery) = (first.receiver(), &first.inner);
        if let Some(error) = state.closed() {
            return Err(error);
        }
        let disposed = state.machine.receiver(id).and_then(|mut receiver| {
            receiver.dispose_range(delivery.id, last.id(), Some(&outcome.clone().into()), delivery.settles_at_once())
        });
        match disposed {
            Ok(count) if count as usize == run.len() => Ok(()),
            // the sender has settled some in the meantime
            Ok(_) => Err(state.links.explain(id, Misuse::StaleId)),
            Err(misuse) => Err(state.links.explain(id, misuse)),
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
                Err(state.links.explain(missing.receiver(), Misuse::StaleId))
            }
            Err(misuse) => Err(state.links.explain(first.receiver(), misuse)),
        }
    }

    fn report(state: &mut State, id: ReceiverId, inner: &amqp_proto::Delivery, outcome: Outcome) -> Result<(), Error> {
        if let Some(error) = state.closed() {
            // the machine does not know that its driver was dropped
            return Err(error);
        }
        let receiver = state.machine.receiver(id);
        let disposed =
            receiver.and_then(|mut receiver| receiver.dispose(inner.id, Some(outcome.into()), inner.settles_at_once()));
        disposed.map_err(|misuse| state.links.explain(id, misuse))
    }
}

/// The outcome of a message that is invalid.
pub(crate) fn rejected(error: Option<codec::Error>) -> Outcome {
    Outcome::Rejected(Box::new(Rejected { error }))
}

impl Drop for Delivery {
    #[inline]
    fn drop(&mut self) {
        if self.hold.counts() {
            self.give_up();
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
