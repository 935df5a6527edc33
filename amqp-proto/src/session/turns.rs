//! Who gets on when there is not enough for all: window, output, places for unsettled deliveries (§2.5.6).
//!
//! Deliveries in progress take turns of one frame, link by link and session by session. Who was refused is told when
//! there is room again: first whoever began a delivery longest ago, since who is told first may take all. They are told
//! one by one, as the application asks for events: once the room is used up the others are not told in vain. Of a window
//! that opens, and of the output, those in progress and those that are told get a half each.

use super::Session;
use crate::context::Context;
use crate::delivery::outgoing::{Sending, Sent};
use crate::link::{End, Half, Link};
use crate::sorted::Sorted;
use crate::{Blocked, Misuse};
use alloc::collections::VecDeque;

/// A sender that was refused: when it began a delivery last, and its handle.
pub(crate) type Waiting = (u64, u32);

/// Sessions that have room for senders that were refused, by when the first of those began a delivery last; each once.
pub(crate) type Offers = Sorted<Waiting>;

impl Session {
    /// Enters a link whose delivery has frames to leave.
    pub(crate) fn send_on(&mut self, ctx: &mut Context, index: u32) {
        self.sending.make().push_back(index);
        self.queue(ctx);
    }

    /// Whether a delivery in progress has frames to leave.
    fn is_sending(&self) -> bool {
        self.sending.get().is_some_and(|sending| !sending.is_empty())
    }

    /// Whether a sender waits for something of the session's.
    #[inline(always)]
    fn has_blocked(&self) -> bool {
        self.blocked.get().is_some_and(|blocked| !blocked.is_empty())
    }

    /// Enters the session among those whose deliveries take turns, once, if the window admits a frame.
    pub(crate) fn queue(&mut self, ctx: &mut Context) {
        if !self.queued && self.is_sending() && self.window.can_send() {
            self.queued = true;
            ctx.turns.push_back(self.id.index);
        }
    }

    /// One frame of the link whose turn it is.
    pub(crate) fn take_turn(&mut self, ctx: &mut Context) {
        self.queued = false;
        if self.local != Half::Active || !self.window.can_send() {
            return;
        }
        if !self.window.take_share() {
            // After this poll the rest is for anybody. It may be more than there was when the window opened.
            self.offer(ctx);
            return self.mark(ctx);
        }
        if let Some(index) = self.sending.get_mut().and_then(VecDeque::pop_front) {
            self.send_frame(ctx, index);
        }
        if !self.is_sending() && self.window.unshare() {
            self.offer(ctx);
        }
        self.queue(ctx);
    }

    /// Lets leave what the window admits until the output is full.
    pub(crate) fn pump(&mut self, ctx: &mut Context) {
        while self.window.can_send() && !ctx.output.is_full() {
            let Some(index) = self.sending.get_mut().and_then(VecDeque::pop_front) else { return };
            self.send_frame(ctx, index);
        }
        self.queue(ctx);
    }

    /// Lets leave what the window admits, however full the output is: end or close comes next.
    pub(crate) fn pump_out(&mut self, ctx: &mut Context) {
        let high_water = ctx.output.replace_high_water(usize::MAX);
        if self.local == Half::Active {
            self.pump(ctx);
        }
        ctx.output.replace_high_water(high_water);
    }

    fn send_frame(&mut self, ctx: &mut Context, index: u32) {
        let channel = self.channel();
        let Some(link) = self.links.get_mut(index) else { return };
        let End::Sender(sender) = &mut link.end else { return };
        let Some(sending) = &mut sender.sending else { return };
        match sending.frame(ctx, channel, &mut self.window) {
            Sent::Whole => {
                link.sent_whole(ctx, channel);
                self.flow_if_due(ctx, index);
                self.wake(ctx, index);
            }
            Sent::Part if sending.wants_more() => self.wake(ctx, index),
            Sent::Part => self.sending.make().push_back(index),
        }
    }

    /// The peer's window has opened.
    pub(crate) fn window_opened(&mut self, ctx: &mut Context) {
        self.window.unshare();
        if self.is_sending() && self.has_blocked() {
            self.window.share();
        }
        self.queue(ctx);
        self.offer(ctx);
    }

    /// Remembers that the application waits to send on this link, and where the reason is looked after.
    pub(crate) fn wait(&mut self, ctx: &mut Context, index: u32, blocked: Blocked) -> Result<(), Misuse> {
        let link = self.links.get_mut(index).ok_or(Misuse::StaleId)?;
        link.set_wants();
        // Else the link itself knows when that has passed.
        let of_session = matches!(blocked, Blocked::WindowClosed | Blocked::OutputFull | Blocked::Unsettled);
        if of_session && !link.in_progress() {
            if let Some(began) = link.list() {
                self.blocked.make().insert((began, index), ());
                self.offer(ctx);
            }
        }
        Ok(())
    }

    /// What was in the way of a sender that waits may have passed: tells it, or lets it wait behind others, or for what is
    /// in the way by now.
    pub(crate) fn wake(&mut self, ctx: &mut Context, index: u32) {
        let Some(link) = self.links.get(index).filter(|link| link.wants() && link.listed().is_none()) else {
            return;
        };
        if !self.has_blocked() || link.wants_piece() {
            self.tell(ctx, index);
        } else {
            let _ = self.wait(ctx, index, Blocked::WindowClosed);
        }
    }

    /// Tells a sender that it may send, if nothing is in its way.
    fn tell(&mut self, ctx: &mut Context, index: u32) {
        let full = self.is_full(ctx);
        let Some(link) = self.links.get_mut(index).filter(|link| link.wants()) else { return };
        match link.why_blocked(ctx, &self.window, full).filter(|_| !link.wants_piece()) {
            None => link.writable(ctx),
            Some(blocked) => {
                let _ = self.wait(ctx, index, blocked);
            }
        }
    }

    /// Enters the session among those that have room for senders that were refused, if it has.
    #[inline(always)]
    pub(crate) fn offer(&mut self, ctx: &mut Context) {
        if self.has_blocked() {
            self.offer_first(ctx);
        }
    }

    #[cold]
    fn offer_first(&mut self, ctx: &mut Context) {
        let Some((&(began, _), ())) = self.blocked.get().and_then(Sorted::first) else { return };
        if self.offered == Some(began) || !self.may_begin(ctx) {
            return;
        }
        self.withdraw(ctx);
        self.offered = Some(began);
        ctx.offers.insert((began, self.id.index.into()), ());
    }

    fn withdraw(&mut self, ctx: &mut Context) {
        if let Some(began) = self.offered.take() {
            ctx.offers.remove(&(began, self.id.index.into()));
        }
    }

    /// Tells the first of those that were refused that the reason has passed, if it has.
    pub(crate) fn tell_first(&mut self, ctx: &mut Context) {
        self.offered = None;
        if !self.may_begin(ctx) {
            return;
        }
        let Some(((began, index), ())) = self.blocked.get_mut().and_then(Sorted::pop_first) else { return };
        if let Some(link) = self.links.get_mut(index) {
            link.unlist();
            // It may have begun one since, unasked: others come first then.
            if link.began() == began {
                self.tell(ctx, index);
            } else {
                self.wake(ctx, index);
            }
        }
        self.offer(ctx);
    }

    /// Forgets that a sender waits.
    pub(crate) fn forget_waiting(&mut self, index: u32) {
        if let (Some(began), Some(blocked)) = (self.links.get(index).and_then(Link::listed), self.blocked.get_mut()) {
            blocked.remove(&(began, index));
        }
    }

    /// Forgets all of them.
    pub(crate) fn forget_all_waiting(&mut self, ctx: &mut Context) {
        self.withdraw(ctx);
        self.blocked.take();
    }

    /// Whether the session has nothing against a new delivery.
    pub(crate) fn may_begin(&self, ctx: &Context) -> bool {
        self.window.can_begin() && !self.is_full(ctx)
    }
}

impl Link {
    /// Sender: whether a delivery is in progress; those of one link do not interleave (req: TR-2.6.14-02).
    pub(crate) fn in_progress(&self) -> bool {
        matches!(&self.end, End::Sender(sender) if sender.sending.is_some())
    }

    /// Sender: whether the application is to give the next piece of the delivery in progress.
    pub(crate) fn wants_piece(&self) -> bool {
        let End::Sender(sender) = &self.end else { return false };
        sender.sending.as_deref().is_some_and(Sending::wants_more)
    }
}
