//! The table of links: handles both ways, attach and detach as far as they concern more than one link
//! (§2.6.1 to §2.6.6).

use super::Session;
use crate::context::Context;
use crate::delivery::Load;
use crate::delivery::tags::Tags;
use crate::error::said;
use crate::id::LinkKey;
use crate::link::{End, Half, Link};
use crate::store::oldest_first;
use crate::violation::{Scope, Violation};
use crate::{DetachReason, LinkId, LinkOptions, Misuse};
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Attach, Condition, Detach, Role};

impl Session {
    /// Attaches a link of ours.
    pub(crate) fn attach(&mut self, ctx: &mut Context, role: Role, options: LinkOptions) -> Result<LinkKey, Misuse> {
        if !self.usable() {
            return Err(Misuse::SessionEnded);
        }
        if self.links.named(role, &options.name).any(|link| link.local != Half::Ended) {
            return Err(Misuse::NameInUse);
        }
        if self.links.next_index() > self.remote_handle_max {
            return Err(Misuse::HandleMax);
        }
        let key = self.new_key(ctx);
        let mut link = Link::new(key, options.name.clone(), role);
        link.prepare(options);
        self.insert_link(ctx, link);
        self.try_attach(ctx, key.index)?;
        Ok(key)
    }

    fn new_key(&self, ctx: &mut Context) -> LinkKey {
        LinkKey { generation: ctx.generation.next(), session: self.id, index: self.links.next_index() }
    }

    /// Lets an attach of ours leave if it waits and may.
    pub(crate) fn try_attach(&mut self, ctx: &mut Context, index: u32) -> Result<(), Misuse> {
        let (may_attach, channel) = (self.may_attach(ctx), self.channel());
        let remote_max = self.remote_handle_max;
        let Some(link) = self.links.get_mut(index).filter(|_| may_attach) else { return Ok(()) };
        let sent = link.send_attach(ctx, channel, remote_max);
        match sent {
            // A request of the peer stays one: its handle is in use, and it has to be answered.
            Err(_) if link.remote == Half::Active => {}
            Err(_) => {
                self.remove_link(ctx, index);
            }
            Ok(()) => {
                self.first_credit(ctx, index);
                self.flow_if_due(ctx, index);
                self.wake(ctx, index);
            }
        }
        sent
    }

    /// Lets all attaches leave that waited, in the order in which they were asked for, and before them refusals.
    pub(crate) fn try_attach_all(&mut self, ctx: &mut Context) {
        self.send_refusals(ctx);
        let waiting = self.links.iter().filter(|(_, link)| link.cold.waiting.is_some());
        for (_, index) in oldest_first(waiting.map(|(index, link)| (link.key.generation, index))) {
            let Some(link) = self.links.get_mut(index).map(|link| link.id()) else { continue };
            if let Err(misuse) = self.try_attach(ctx, index) {
                self.refuse_locally(ctx, index, link, misuse);
            }
        }
    }

    /// What was refused before our begin could leave.
    fn send_refusals(&mut self, ctx: &mut Context) {
        let channel = self.channel();
        let refused: Vec<_> =
            self.links.iter().filter(|(_, link)| link.cold.refusal.is_some()).map(|(index, _)| index).collect();
        for index in refused {
            if let Some(link) = self.links.get_mut(index) {
                link.send_refusal(ctx, channel);
            }
            self.reap(ctx, index);
        }
    }

    /// An attach that was held back turned out impossible when the peer's limits came.
    fn refuse_locally(&mut self, ctx: &mut Context, index: u32, id: LinkId, misuse: Misuse) {
        let reason = match misuse {
            Misuse::FrameSize => DetachReason::FrameSize,
            _ => DetachReason::HandleMax,
        };
        let channel = self.channel();
        if let Some(link) = self.links.get_mut(index) {
            link.refuse(ctx, Some(channel), Some(Condition::FRAME_SIZE_TOO_SMALL.into()));
            link.gone(ctx, reason);
            self.suspended(ctx, index);
        } else {
            ctx.seldom(crate::Event::Detached { link: id, reason: Box::new(reason) });
        }
    }

    /// The peer's attach: a request, or the answer to ours (§2.6.3).
    pub(crate) fn received_attach(&mut self, ctx: &mut Context, attach: Attach) -> Result<(), Violation> {
        let handle = attach.handle.0;
        if handle > self.handle_max {
            return Err(Violation::HandleTooHigh);
        }
        if self.handles.get(handle).is_some() {
            return Err(Violation::HandleInUse);
        }
        let role = !attach.role;
        // The oldest: a link that we detached without waiting may have a successor of its name.
        let waits = self.links.named(role, &attach.name).find(|link| link.remote == Half::Idle);
        if let Some(index) = waits.map(|link| link.key.index) {
            self.handles.insert(handle, index);
            return self.received_answer(ctx, index, attach);
        }
        if ctx.links >= ctx.limits.max_links as usize {
            return Err(Violation::LinkLimit);
        }
        ctx.budget.requested();
        if self.links.next_index() > self.remote_handle_max {
            return Err(Violation::NoHandleLeft);
        }
        let in_use = self.links.named(role, &attach.name).any(|link| !link.gone && link.local != Half::Ended);
        let key = self.new_key(ctx);
        let mut link = Link::new(key, attach.name.clone(), role);
        let request = link
            .received_request(ctx, attach)
            .and_then(|attach| if in_use { Err(Violation::NameInUse) } else { Ok(attach) });
        self.handles.insert(handle, key.index);
        self.insert_link(ctx, link);
        match request {
            Ok(attach) => {
                if let Some(link) = self.links.get(key.index) {
                    ctx.seldom(crate::Event::AttachRequested { link: link.id(), attach });
                }
                Ok(())
            }
            Err(violation) => {
                self.fail_link(ctx, key.index, violation);
                Ok(())
            }
        }
    }

    fn received_answer(&mut self, ctx: &mut Context, index: u32, attach: Attach) -> Result<(), Violation> {
        let Some(link) = self.links.get_mut(index) else { return Ok(()) };
        match link.received_answer(ctx, attach) {
            Err(violation) if violation.scope() == Scope::Link => self.fail_link(ctx, index, violation),
            Err(violation) => return Err(violation),
            Ok(()) => {
                // By what it is now known that the sender settles.
                self.renew(ctx, index);
                // Its credit may have left before.
                self.unjam(ctx);
            }
        }
        Ok(())
    }

    /// The peer's detach (§2.6.4 to §2.6.6).
    pub(crate) fn received_detach(&mut self, ctx: &mut Context, detach: Detach) -> Result<(), Violation> {
        let index = self.handles.get(detach.handle.0).ok_or(Violation::UnattachedHandle)?;
        self.handles.remove(detach.handle.0);
        ctx.budget.ended();
        self.flush_dispositions(ctx);
        let channel = self.begun_channel();
        if let Some(link) = self.links.get_mut(index) {
            let error = said(detach.error);
            let closed = detach.closed || error.is_some();
            link.received_detach(ctx, channel, closed, error);
            self.dropped(ctx, index);
        }
        Ok(())
    }

    /// Detaches a link because the peer broke a rule; from now on its input is dropped (§2.6.5).
    #[cold]
    #[inline(never)]
    pub(crate) fn fail_link(&mut self, ctx: &mut Context, index: u32, violation: Violation) {
        ctx.budget.violated();
        self.flush_dispositions(ctx);
        let channel = self.begun_channel();
        if let Some(link) = self.links.get_mut(index) {
            link.fail(ctx, channel, violation);
            self.dropped(ctx, index);
        }
    }

    /// What is due when a link is gone: its deliveries are forgotten, its place may be free.
    /// Those of a suspended link too: its id is gone, so nobody could settle them or hear of them.
    #[cold]
    #[inline(never)]
    pub(crate) fn dropped(&mut self, ctx: &mut Context, index: u32) {
        self.forget_waiting(index);
        self.suspended(ctx, index);
        let Some(link) = self.links.get_mut(index) else { return };
        let key = link.key;
        let partial = match &mut link.end {
            End::Sender(_) => Load::default(),
            End::Receiver(receiver) => receiver.incoming.drop_partial(),
        };
        link.tags = Tags::default();
        if core::mem::take(&mut link.unsettled) > 0 {
            match link.end {
                End::Sender(_) => self.sent.retain(|held| held.link != key.into()),
                End::Receiver(_) => self.received.retain(|held| held.link != key.into()),
            }
            self.renew_bounded(ctx);
            self.offer(ctx);
        }
        self.mark(ctx);
        self.reap(ctx, index);
        if partial != Load::default() {
            self.release(ctx, partial);
        }
    }

    /// Frees the place of a link that nobody needs any more.
    #[inline]
    pub(crate) fn reap(&mut self, ctx: &mut Context, index: u32) {
        if self.links.get(index).is_some_and(Link::finished) {
            self.remove_link(ctx, index);
        }
    }

    /// Gives a link its place: that of its key.
    fn insert_link(&mut self, ctx: &mut Context, link: Link) {
        self.links.insert(link);
        ctx.links += 1;
    }

    /// Frees the place of a link that is there.
    pub(crate) fn remove_link(&mut self, ctx: &mut Context, index: u32) {
        self.links.remove(index);
        ctx.links -= 1;
    }

    /// Whether the session has this link, with this role of ours.
    pub(crate) fn has(&self, key: LinkKey, role: Role) -> bool {
        self.links.get(key.index).is_some_and(|link| link.key == key && link.role() == role)
    }

    /// A link by its key, if it is still that link.
    pub(crate) fn link_mut(&mut self, key: LinkKey) -> Option<&mut Link> {
        self.links.get_mut(key.index).filter(|link| link.key.generation == key.generation)
    }
}
