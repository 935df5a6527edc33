//! Deliveries that were unsettled before their link was attached again (§2.6.13): comparing what both ends know of them,
//! and resuming them. What is kept between two links is the application's; see [`unsettled`](super::unsettled).

use super::sender::SenderMut;
use super::unsettled::{Compared, Resume, Resumption, UnsettledDeliveries, UnsettledDelivery, of_sender};
use super::{End, Half, Link};
use crate::delivery::outgoing::Sending;
use crate::event::Event;
use crate::kept::Kept;
use crate::session::{Held, Session};
use crate::sorted::Sorted;
use crate::violation::Violation;
use crate::{DeliveryId, Misuse, Outgoing, SendError, Sent};
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Attach, DeliveryState, DeliveryTag, Encode, Handle, Role, Transfer, UnsettledMap};
use core::mem;

/// What a link that keeps its unsettled deliveries, or whose peer does, has beside what others have.
#[derive(Debug, Default)]
pub(crate) struct Resuming {
    /// They are handed over when the link is gone.
    keeps: bool,
    /// Our attach has a map, so the application is told what it came to.
    tells: bool,
    /// Those without a delivery-id (req: TR-2.6.13-06).
    waiting: Sorted<DeliveryTag, Waiting>,
    /// States that we have reported without settling, of those with one.
    reported: UnsettledDeliveries,
    /// Receiver: the delivery that was resumed last.
    pub(crate) latest: Option<amqp_codec::SequenceNo>,
    /// The map of the peer's attach, until ours has left.
    asked: Option<Kept<UnsettledMap>>,
    /// Our map did not fit into our attach.
    ours_incomplete: bool,
    /// The peer's did not fit into its.
    theirs_incomplete: bool,
}

/// A delivery that has no delivery-id.
#[derive(Debug)]
struct Waiting {
    delivery: UnsettledDelivery,
    /// It is in the map of our attach.
    listed: bool,
    /// What the map of the peer's attach says of it, while the two are compared.
    theirs: Option<Option<DeliveryState>>,
    /// What is to be done, once that is known.
    resumption: Option<Resumption>,
}

/// Octets that a map takes beside its entries, and its flag.
const MAP_HEADER: usize = 16;

impl Link {
    /// The peer's attach asks for a link: what it says of unsettled deliveries is kept until ours leaves.
    pub(crate) fn asked_to_resume(&mut self, attach: &Attach) {
        if attach.unsettled.is_some() || attach.incomplete_unsettled {
            let resuming = self.resuming.get_or_insert_default();
            resuming.asked = attach.unsettled.as_ref().map(Kept::of);
            resuming.theirs_incomplete = attach.incomplete_unsettled;
        }
    }

    /// Our attach is about to leave: it lists what is unsettled, as far as there is `room` (req: TR-2.7.3-10).
    pub(crate) fn list_unsettled(&mut self, attach: &mut Attach, resume: Resume, room: usize) {
        if !resume.keeps() && self.resuming.is_none() {
            return;
        }
        let resuming = self.resuming.get_or_insert_default();
        resuming.keeps = resume.keeps();
        let Resume::With(deliveries) = resume else { return };
        resuming.tells = true;
        let mut left = room.saturating_sub(attach.encoded_len() + MAP_HEADER);
        let mut map = UnsettledMap::default();
        for (tag, delivery) in deliveries {
            let len = tag.encoded_len() + delivery.state.encoded_len();
            let listed = len <= left;
            left = if listed { left - len } else { 0 };
            if listed {
                map.0.push((tag, delivery.state.clone()));
            }
            resuming.ours_incomplete |= !listed;
            resuming.waiting.insert(tag, Waiting { delivery, listed, theirs: None, resumption: None });
        }
        attach.unsettled = Some(map);
        attach.incomplete_unsettled = resuming.ours_incomplete;
        self.tags.hold(resuming.waiting.iter().map(|(tag, _)| *tag));
    }

    /// Our attach has left in answer to the peer's: what the two maps say together, if there is anybody to tell.
    pub(crate) fn compare_asked(&mut self) -> Option<Event> {
        let resuming = self.resuming.as_mut()?;
        let asked = resuming.asked.take();
        let theirs = asked.as_ref().filter(|_| !resuming.waiting.is_empty()).and_then(Kept::get);
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
        let deliveries = resuming.compare(role, theirs);
        for compared in deliveries.iter().filter(|compared| is_over(&compared.resumption)) {
            self.tags.remove(&compared.tag);
        }
        let tells = resuming.tells;
        if !resuming.keeps && !self.is_incomplete() {
            self.resuming = None;
        }
        tells.then_some(Event::Compared { link, remembers, deliveries })
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

    /// The link is gone: what it leaves behind, if it keeps that. `held` shows what it has in the tables of its session.
    pub(crate) fn suspend(&mut self, held: impl FnOnce(&mut dyn FnMut(&Held))) -> Option<Event> {
        let link = self.id();
        let role = self.role();
        let Resuming { keeps, waiting, mut reported, .. } = *self.resuming.take()?;
        if !keeps {
            return None;
        }
        let mut unsettled = UnsettledDeliveries::new();
        held(&mut |held| {
            let outcome = held.state.as_ref().filter(|state| role == Role::Sender && state.is_outcome());
            let state = reported.remove(&held.tag).and_then(|reported| reported.state).or(outcome.cloned());
            unsettled.insert(held.tag, UnsettledDelivery { state, token: held.token });
        });
        for (tag, Waiting { delivery, .. }) in waiting {
            unsettled.insert(tag, delivery);
        }
        Some(Event::Suspended { link, unsettled: Box::new(unsettled) })
    }
}

/// Whether nothing is left to do about a delivery.
fn is_over(resumption: &Resumption) -> bool {
    match resumption {
        Resumption::Unknown | Resumption::Settled => true,
        Resumption::Content { .. }
        | Resumption::Outcome { .. }
        | Resumption::Abort
        | Resumption::Awaited
        | Resumption::Pending => false,
    }
}

impl Resuming {
    /// Judges what waits by the map of the peer's, and forgets what is over by that. Costs what we hold and what the
    /// peer has sent.
    fn compare(&mut self, role: Role, theirs: Option<&UnsettledMap>) -> Vec<Compared> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        for (tag, state) in theirs.into_iter().flat_map(|map| &map.0) {
            if let Some(waiting) = self.waiting.get_mut(tag) {
                waiting.theirs = Some(state.clone());
            }
        }
        let mut deliveries = Vec::with_capacity(self.waiting.len());
        let incomplete = self.theirs_incomplete;
        self.waiting.retain(|&tag, waiting| {
            let theirs = waiting.theirs.take();
            let entry = theirs.as_ref().map(Option::as_ref);
            let resumption = match (role, entry) {
                _ if !waiting.listed => Resumption::Pending,
                (_, None) if incomplete => Resumption::Pending,
                (Role::Sender, entry) => of_sender(waiting.delivery.state.as_ref(), entry),
                (Role::Receiver, None) => Resumption::Settled,
                (Role::Receiver, Some(_)) => Resumption::Awaited,
            };
            let kept = !is_over(&resumption);
            waiting.resumption = Some(resumption.clone());
            deliveries.push(Compared { tag, token: waiting.delivery.token, remote: theirs.flatten(), resumption });
            kept
        });
        deliveries
    }

    #[cold]
    fn is_incomplete(&self) -> bool {
        self.ours_incomplete || self.theirs_incomplete
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

    /// Receiver: takes a delivery that is being resumed out of those that wait for it.
    pub(crate) fn take(&mut self, tag: &DeliveryTag) -> Option<UnsettledDelivery> {
        self.waiting.remove(tag).map(|waiting| waiting.delivery)
    }

    /// Whether a delivery waits to be resumed by the peer: its map lists it, or may not list all, and ours does.
    pub(crate) fn awaits(&self, tag: &DeliveryTag) -> bool {
        self.waiting.get(tag).is_some_and(|waiting| waiting.listed && waiting.resumption.is_some())
    }

    /// Whether not all octets of a delivery that waits are here: the application has said how far they go.
    #[cold]
    pub(crate) fn lacks(&self, tag: &DeliveryTag) -> bool {
        let state =
            self.waiting.get(tag).filter(|_| self.awaits(tag)).and_then(|waiting| waiting.delivery.state.as_ref());
        matches!(state, Some(DeliveryState::Received(_)))
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self, tag: DeliveryTag, state: &DeliveryState) {
        self.reported.insert(tag, UnsettledDelivery { state: Some(state.clone()), token: 0 });
    }

    /// A delivery is settled.
    #[cold]
    pub(crate) fn settled(&mut self, tag: &DeliveryTag) {
        self.reported.remove(tag);
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
        let waiting = link.resuming.as_ref().and_then(|resuming| resuming.waiting.get(tag));
        let due = waiting.and_then(|waiting| waiting.resumption.clone()).ok_or(Misuse::NotResumable)?;
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
        if let Some(resuming) = &mut link.resuming {
            resuming.waiting.remove(&tag);
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
