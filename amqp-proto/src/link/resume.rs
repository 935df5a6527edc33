//! Deliveries that were unsettled before their link was attached again (§2.6.13): comparing what both ends know of them,
//! and resuming them. What is kept between two links is the application's; see [`unsettled`](super::unsettled).

use super::keep::{Keep, Theirs};
use super::sender::SenderMut;
use super::unsettled::{Resume, Resumption};
use super::{End, Half, Link};
use crate::delivery::outgoing::Sending;
use crate::event::Event;
use crate::kept::Kept;
use crate::session::{Held, Session};
use crate::violation::Violation;
use crate::{DeliveryId, Misuse, Outgoing, SendError, Sent};
use alloc::boxed::Box;
use amqp_codec::{Attach, DeliveryState, DeliveryTag, Handle, Transfer, UnsettledMap};
use core::mem;

/// What a link that keeps its unsettled deliveries, or whose peer does, has beside what others have.
#[derive(Debug, Default)]
pub(crate) struct Resuming {
    /// What is kept, if anything is.
    pub(crate) kept: Option<Box<dyn Keep>>,
    /// Receiver: the delivery that was resumed last.
    pub(crate) latest: Option<amqp_codec::SequenceNo>,
    /// The map of the peer's attach, until ours has left.
    asked: Option<Kept<UnsettledMap>>,
    /// Our map did not fit into our attach.
    ours_incomplete: bool,
    /// The peer's did not fit into its.
    theirs_incomplete: bool,
}

impl Link {
    /// The peer's attach asks for a link: what it says of unsettled deliveries is kept until ours leaves.
    pub(crate) fn asked_to_resume(&mut self, attach: &Attach) {
        if attach.unsettled.is_some() || attach.incomplete_unsettled {
            let resuming = self.resuming.get_or_insert_default();
            resuming.asked = attach.unsettled.as_ref().map(Kept::of);
            resuming.theirs_incomplete = attach.incomplete_unsettled;
        }
    }

    /// Our attach is about to leave: it lists what is unsettled, as far as there is `room`.
    pub(crate) fn list_unsettled(&mut self, attach: &mut Attach, resume: Resume, room: usize) {
        if !resume.keeps() && self.resuming.is_none() {
            return;
        }
        let resuming = self.resuming.get_or_insert_default();
        resuming.kept = resume.0;
        if let Some(kept) = &mut resuming.kept {
            resuming.ours_incomplete = !kept.list(attach, room, &mut self.tags);
        }
    }

    /// Our attach has left in answer to the peer's: what the two maps say together, if there is anybody to tell.
    pub(crate) fn compare_asked(&mut self) -> Option<Event> {
        let resuming = self.resuming.as_mut()?;
        let asked = resuming.asked.take();
        let waits = resuming.kept.as_ref().is_some_and(|kept| kept.waits());
        let theirs = asked.as_ref().filter(|_| waits).and_then(Kept::get);
        self.compare(theirs.as_ref(), asked.is_some())
    }

    /// The peer has answered our attach: the same.
    pub(crate) fn compare_answer(&mut self, answer: &Attach) -> Option<Event> {
        if answer.incomplete_unsettled {
            self.resuming.get_or_insert_default().theirs_incomplete = true;
        }
        self.compare(answer.unsettled.as_ref(), answer.unsettled.is_some())
    }

    fn compare(&mut self, theirs: Option<&UnsettledMap>, remembers: bool) -> Option<Event> {
        let (link, role) = (self.id(), self.role());
        let resuming = self.resuming.as_mut()?;
        let theirs = Theirs { map: theirs, incomplete: resuming.theirs_incomplete };
        let deliveries = resuming.kept.as_mut().and_then(|kept| kept.compare(role, theirs, &mut self.tags));
        if resuming.kept.is_none() && !self.is_incomplete() {
            self.resuming = None;
        }
        deliveries.map(|deliveries| Event::Compared { link, remembers, deliveries })
    }

    /// Whether the maps of both ends leave something open, so that there may be no new delivery (req: TR-2.6.13-08).
    #[inline]
    pub(crate) fn is_incomplete(&self) -> bool {
        self.resuming.as_ref().is_some_and(|resuming| resuming.is_incomplete())
    }

    /// We have reported a state of a delivery and not settled it.
    #[inline]
    pub(crate) fn reported(&mut self, tag: DeliveryTag, state: Option<&DeliveryState>) {
        if let (Some(resuming), Some(state)) = (&mut self.resuming, state) {
            resuming.report(tag, state);
        }
    }

    /// What it keeps, if anything.
    pub(crate) fn kept(&self) -> Option<&dyn Keep> {
        self.resuming.as_ref()?.kept.as_deref()
    }

    /// The same, to change it.
    pub(crate) fn kept_mut(&mut self) -> Option<&mut (dyn Keep + 'static)> {
        self.resuming.as_mut()?.kept.as_deref_mut()
    }
}

impl Resuming {
    #[cold]
    fn is_incomplete(&self) -> bool {
        self.ours_incomplete || self.theirs_incomplete
    }

    /// Receiver: whether not all octets of a delivery that waits to be resumed are here.
    #[cold]
    pub(crate) fn lacks(&self, tag: &DeliveryTag) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.lacks(tag))
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self, tag: DeliveryTag, state: &DeliveryState) {
        if let Some(kept) = &mut self.kept {
            kept.report(tag, state);
        }
    }

    /// A delivery is settled.
    #[cold]
    pub(crate) fn settled(&mut self, tag: &DeliveryTag) {
        if let Some(kept) = &mut self.kept {
            kept.settled(tag);
        }
    }

    /// Receiver: whether a delivery that begins may: a new one not while a map is incomplete.
    #[cold]
    pub(crate) fn check_incomplete(&self, transfer: &Transfer) -> Result<(), Violation> {
        match transfer.resume {
            false if self.ours_incomplete => Err(Violation::ResumeOnly),
            false if self.theirs_incomplete => Err(Violation::NewWhileIncomplete),
            true | false => Ok(()),
        }
    }
}

impl SenderMut<'_> {
    /// Resumes a delivery that was unsettled before the link was attached again (§2.6.13): by its old tag, under a new
    /// delivery-id. What [`Event::Compared`](crate::Event::Compared) said of it decides what leaves: the message, the
    /// outcome alone, or that it is given up. It takes credit and window as any delivery does.
    ///
    /// Of `message` the payload is that of the whole message, or from the point on that `state` names
    /// ([`Received`](DeliveryState::Received)), which lies not beyond what the receiver holds. Where no message is
    /// due only its token counts. Its tag never does.
    ///
    /// # Errors
    /// As for [`send`](Self::send); [`Misuse::NotResumable`] if the delivery is none of those that wait to be resumed.
    pub fn resume_delivery(&mut self, tag: &DeliveryTag, mut message: Outgoing) -> Result<Sent, SendError> {
        let full = self.session.is_full(self.ctx);
        let Session { links, window, .. } = &mut *self.session;
        let link = links.get_mut(self.key.index).filter(|link| link.key == self.key).ok_or(Misuse::StaleId)?;
        if link.gone || link.local == Half::Ended || link.is_leaving() {
            return Err(Misuse::Detached.into());
        }
        self.ctx.output.carries(message.state.as_ref())?;
        let due = link.kept().and_then(|kept| kept.due(tag)).ok_or(Misuse::NotResumable)?;
        let due = Due::of(due, &mut message)?;
        let max = link.modes.max_message_size;
        if max != 0 && due.content && message.payload.len() as u64 > max {
            return Err(SendError::TooLarge(message));
        }
        if let Some(blocked) = link.why_blocked(self.ctx, window, full) {
            self.session.wait(self.ctx, self.key.index, blocked)?;
            return Err(SendError::Blocked(message, blocked));
        }
        self.begin_resumed(*tag, message, due)
    }

    fn begin_resumed(&mut self, tag: DeliveryTag, message: Outgoing, due: Due) -> Result<Sent, SendError> {
        let Session { id, links, sent, next_delivery_id, .. } = &mut *self.session;
        let link = links.get_mut(self.key.index).ok_or(Misuse::StaleId)?;
        if let Some(kept) = link.kept_mut() {
            kept.take(&tag);
        }
        let number = *next_delivery_id;
        *next_delivery_id += 1;
        let before = link.credit.link_credit;
        link.credit.used();
        link.note_empty(before, self.ctx.now);
        let transfer = Transfer {
            delivery_id: Some(number),
            delivery_tag: Some(tag),
            message_format: Some(message.message_format),
            settled: Some(due.settled),
            rcv_settle_mode: message.rcv_settle_mode,
            state: due.state.clone(),
            resume: true,
            aborted: due.aborted,
            batchable: message.batchable,
            ..Transfer::new(Handle(self.key.index))
        };
        if due.settled {
            link.tags.remove(&tag);
        } else {
            link.unsettled += 1;
            let state = due.state.filter(DeliveryState::is_outcome);
            link.reported(tag, state.as_ref());
            sent.insert(number, Held { link: self.key.into(), tag, state: None, token: message.token });
        }
        if let End::Sender(sender) = &mut link.end {
            sender.began = self.ctx.output.frames;
        }
        let delivery = DeliveryId { session: *id, number };
        let payload = if due.content { message.payload } else { bytes::Bytes::new() };
        self.send_rest(Sending::new(transfer, number, due.settled, payload.into()));
        Ok(Sent { delivery, settled: due.settled })
    }
}

/// What the transfer says that resumes a delivery.
struct Due {
    state: Option<DeliveryState>,
    settled: bool,
    aborted: bool,
    content: bool,
}

impl Due {
    fn of(resumption: Resumption, message: &mut Outgoing) -> Result<Self, Misuse> {
        let (state, settled, aborted, content) = match resumption {
            Resumption::Content { .. } => (mem::take(&mut message.state), false, false, true),
            Resumption::Outcome { outcome, agreed } => (Some(outcome), agreed, false, false),
            Resumption::Abort => (None, true, true, false),
            Resumption::Unknown | Resumption::Settled | Resumption::Awaited | Resumption::Pending => {
                return Err(Misuse::NotResumable);
            }
        };
        Ok(Self { state, settled, aborted, content })
    }
}
