//! The peer's frames on a session, led to what they concern.

use super::{Held, Session};
use crate::DeliveryId;
use crate::context::Context;
use crate::delivery::Load;
use crate::delivery::unsettled::Unsettled;
use crate::event::Event;
use crate::id::LinkKey;
use crate::link::transfer::Arrival;
use crate::link::{Half, Link};
use crate::sorted::Sorted;
use crate::violation::{Scope, Violation, supported};
use amqp_codec::{DeliveryTag, Disposition, Flow, Role, Transfer};
use bytes::Bytes;
use core::mem;
use smallvec::SmallVec;

impl Session {
    /// Whether what the peer sends is dropped: all but its end, once ours has left (§2.5.4).
    pub(crate) fn discards(&self) -> bool {
        self.local == Half::Ended || self.gone
    }

    pub(crate) fn received_flow(&mut self, ctx: &mut Context, flow: &Flow) -> Result<(), Violation> {
        let was_closed = !self.window.can_send();
        self.window.received_flow(flow)?;
        self.window.note_closed(!was_closed, ctx.now);
        if was_closed && self.window.can_send() {
            self.window_opened(ctx);
        }
        let Some(handle) = flow.handle else {
            if flow.delivery_count.is_some() || flow.link_credit.is_some() || flow.available.is_some() || flow.drain {
                return Err(Violation::FlowWithoutHandle);
            }
            if flow.echo {
                self.owe_flow(ctx, false);
            }
            if mem::take(&mut self.awaits_echo) {
                ctx.events.push(Event::Echo { session: self.id });
            }
            return Ok(());
        };
        let index = self.handles.get(handle.0).ok_or(Violation::UnattachedHandle)?;
        let Some(link) = self.links.get_mut(index).filter(|link| link.local != Half::Ended) else { return Ok(()) };
        match link.received_flow(ctx, flow) {
            Err(violation) => return self.breach_of_link(ctx, index, violation),
            Ok(()) => {
                // A sender may give credit back that nobody drained.
                self.renew(ctx, index);
                self.wake(ctx, index);
            }
        }
        Ok(())
    }

    pub(crate) fn received_transfer(
        &mut self,
        ctx: &mut Context,
        transfer: &Transfer,
        payload: Bytes,
    ) -> Result<(), Violation> {
        let load = Load::one(payload.len());
        self.window.received(&mut ctx.memory, payload.len())?;
        ctx.budget.transferred();
        let taken = self.deliver(ctx, transfer, payload, load);
        if taken.is_err() {
            self.window.released(&mut ctx.memory, load);
        }
        taken
    }

    /// A transfer that the window admits goes to its link.
    fn deliver(&mut self, ctx: &mut Context, transfer: &Transfer, payload: Bytes, load: Load) -> Result<(), Violation> {
        let index = self.handles.get(transfer.handle.0).ok_or(Violation::UnattachedHandle)?;
        let Some(link) = self.links.get_mut(index) else { return Ok(()) };
        if link.local == Half::Ended || link.gone {
            // It crossed our detach on the wire (req: TR-2.6.5-03).
            self.pass_over(ctx, transfer, load);
            return Ok(());
        }
        let tag = link.begins_unsettled(transfer);
        if tag.is_some_and(|tag| !claim(link, &self.received, tag)) {
            self.pass_over(ctx, transfer, load);
            self.fail_link(ctx, index, Violation::TagInUse);
            return Ok(());
        }
        let resumed = transfer.resume && link.resumes(transfer);
        match link.received_transfer(
            (self.id, &mut self.arrivals),
            &mut self.next_remote_delivery_id,
            transfer,
            payload,
        ) {
            Ok(arrival) => {
                if resumed {
                    self.resumed(ctx, index, transfer, &arrival);
                }
                self.arrived(ctx, index, tag, &arrival);
            }
            Err(violation) => return self.refuse(ctx, index, load, violation),
        }
        Ok(())
    }

    /// A transfer that breaks a rule ends its link, or more.
    #[cold]
    #[inline(never)]
    fn refuse(&mut self, ctx: &mut Context, index: u32, load: Load, violation: Violation) -> Result<(), Violation> {
        if violation.scope() == Scope::Link {
            self.release(ctx, load);
        }
        self.breach_of_link(ctx, index, violation)
    }

    /// A frame of a link breaks a rule, which ends that link, or more.
    #[cold]
    #[inline(never)]
    fn breach_of_link(&mut self, ctx: &mut Context, index: u32, violation: Violation) -> Result<(), Violation> {
        if violation.scope() != Scope::Link {
            return Err(violation);
        }
        self.fail_link(ctx, index, violation);
        Ok(())
    }

    /// A transfer that nobody takes: it counts for the session alone.
    #[cold]
    #[inline(never)]
    fn pass_over(&mut self, ctx: &mut Context, transfer: &Transfer, load: Load) {
        self.next_remote_delivery_id = transfer.delivery_id.map(|id| id + 1).or(self.next_remote_delivery_id);
        self.release(ctx, load);
    }

    /// [`release`](Self::release) of what nobody will take.
    #[cold]
    #[inline(never)]
    fn give_back(&mut self, ctx: &mut Context, load: Load) {
        self.release(ctx, load);
    }

    /// Enters in the tables what a transfer amounted to, and tells the application. `tag` is that of a delivery which
    /// begins and is to be settled.
    fn arrived(&mut self, ctx: &mut Context, index: u32, tag: Option<&DeliveryTag>, arrival: &Arrival) {
        let Some(link) = self.links.get_mut(index) else { return };
        if let Some(&tag) = tag.filter(|_| arrival.unsettled) {
            self.received.insert(arrival.number, Held { link: link.key.into(), tag, state: None, token: 0 });
            link.unsettled += 1;
        }
        if arrival.settled {
            settled_after_all(ctx, link, &mut self.received, DeliveryId { session: self.id, number: arrival.number });
        }
        if arrival.arrived {
            ctx.events.push_arrived(crate::ReceiverId(link.key));
        }
        if arrival.last_credit {
            link.drain_progress(ctx);
        }
        if arrival.released.transfers > 0 {
            // Aborted or unwanted: nobody will take it, but it has used credit.
            self.renew(ctx, index);
            self.give_back(ctx, arrival.released);
        }
        if arrival.settled {
            self.renew_bounded(ctx);
        }
        self.unjam(ctx);
    }

    pub(crate) fn received_disposition(
        &mut self,
        ctx: &mut Context,
        disposition: &Disposition,
    ) -> Result<(), Violation> {
        let Disposition { role, first, settled, .. } = *disposition;
        let last = disposition.last.unwrap_or(first);
        if last.0.wrapping_sub(first.0) > u32::MAX / 2 {
            return Err(Violation::DispositionRange);
        }
        supported(disposition.state.as_ref())?;
        let Self { id: session, links, sent, received, .. } = self;
        let mut settled_on: SmallVec<[u32; 4]> = SmallVec::new();
        let held = if role == Role::Receiver { sent } else { received };
        held.visit(first, last, |number, held| {
            let state = if settled {
                held.last(disposition.state.as_ref())
            } else if held.report(disposition.state.as_ref()) {
                held.state.clone()
            } else {
                return true;
            };
            let delivery = DeliveryId { session: *session, number };
            if let Some(link) = links.get_mut(held.link.index).filter(|link| held.link == link.key.into()) {
                let state = state.or_else(|| link.default_outcome().filter(|_| settled).cloned());
                ctx.event(Event::Disposition { delivery, link: link.id(), state, settled, token: held.token });
                if settled {
                    link.settled(&held.tag);
                }
                // ours to renew is only the credit of receivers
                if settled && role == Role::Sender && settled_on.last() != Some(&held.link.index) {
                    settled_on.push(held.link.index);
                }
            }
            !settled
        });
        for index in settled_on {
            self.renew(ctx, index);
        }
        if settled {
            self.renew_bounded(ctx);
            self.offer(ctx);
        }
        Ok(())
    }
}

/// The sender has settled a delivery that it had begun unsettled, or has aborted it.
#[cold]
#[inline(never)]
fn settled_after_all(ctx: &mut Context, link: &mut Link, received: &mut Unsettled<Held>, delivery: DeliveryId) {
    let Some((tag, state)) = received.take(delivery.number, |held| Some((held.tag, held.state.take()))) else { return };
    link.settled(&tag);
    if link.resuming.as_ref().is_some_and(|resuming| resuming.latest == Some(delivery.number)) {
        // Nobody will take it, and see that.
        ctx.event(Event::Disposition { delivery, link: link.id(), state, settled: true, token: 0 });
    }
}

/// Enters the tag of a delivery that begins among those of its link (req: TR-2.6.12-02). Whether it was new.
#[inline(always)]
pub(crate) fn claim(link: &mut Link, held: &Unsettled<Held>, tag: &DeliveryTag) -> bool {
    let key = link.key;
    let unsettled = link.unsettled;
    link.tags.insert(tag, unsettled, || tags_of(key, unsettled, held))
}

/// The tags of so many deliveries of one link.
#[cold]
fn tags_of(key: LinkKey, count: u32, held: &Unsettled<Held>) -> Sorted<DeliveryTag> {
    let mut tags = Sorted::new();
    let mut left = count;
    // the latest first: those of a link that does as it likes are not looked for behind all that others hold
    held.show_latest(&mut |held| {
        if held.link == key.into() {
            tags.insert(held.tag, ());
            left = left.saturating_sub(1);
        }
        left > 0
    });
    tags
}
