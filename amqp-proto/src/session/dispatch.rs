//! The peer's frames on a session, led to what they concern.

use super::{Held, Session};
use crate::Blocked;
use crate::context::Context;
use crate::delivery::Load;
use crate::delivery::unsettled::Unsettled;
use crate::event::Event;
use crate::link::transfer::Arrival;
use crate::link::{End, Half, Link};
use crate::violation::{Scope, Violation, supported};
use amqp_codec::{DeliveryTag, Disposition, Flow, Performative, Role, Transfer};
use bytes::Bytes;
use smallvec::SmallVec;

impl Session {
    /// One frame of the peer, other than begin and end. A session that we have ended drops it
    /// (req: TR-2.5.4-01).
    pub(crate) fn received(
        &mut self,
        ctx: &mut Context,
        performative: Performative,
        payload: Bytes,
    ) -> Result<(), Violation> {
        if self.local == Half::Ended || self.gone {
            return Ok(());
        }
        match performative {
            Performative::Attach(attach) => self.received_attach(ctx, *attach),
            Performative::Flow(flow) => self.received_flow(ctx, &flow),
            Performative::Transfer(transfer) => self.received_transfer(ctx, &transfer, payload),
            Performative::Disposition(disposition) => self.received_disposition(ctx, &disposition),
            Performative::Detach(detach) => self.received_detach(ctx, detach),
            Performative::Open(_) | Performative::Begin(_) | Performative::End(_) | Performative::Close(_) => Ok(()),
        }
    }

    fn received_flow(&mut self, ctx: &mut Context, flow: &Flow) -> Result<(), Violation> {
        let was_closed = !self.window.can_send();
        self.window.received_flow(flow)?;
        self.window.note_closed(!was_closed, ctx.now);
        if was_closed && self.window.can_send() {
            self.wake_all(ctx);
            self.mark(ctx);
        }
        let Some(handle) = flow.handle else {
            if flow.delivery_count.is_some() || flow.link_credit.is_some() || flow.available.is_some() || flow.drain {
                return Err(Violation::FlowWithoutHandle);
            }
            if flow.echo {
                self.owe_flow(ctx, false);
            }
            return Ok(());
        };
        let index = self.handles.get(handle.0).ok_or(Violation::UnattachedHandle)?;
        let Some(link) = self.links.get_mut(index).filter(|link| link.local != Half::Ended) else { return Ok(()) };
        match link.received_flow(ctx, flow) {
            Err(violation) if violation.scope() == Scope::Link => self.fail_link(ctx, index, violation),
            Err(violation) => return Err(violation),
            Ok(()) => {
                self.flow_if_due(ctx, index);
                self.wake(ctx, index);
            }
        }
        Ok(())
    }

    fn received_transfer(&mut self, ctx: &mut Context, transfer: &Transfer, payload: Bytes) -> Result<(), Violation> {
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
            self.next_remote_delivery_id = transfer.delivery_id.map(|id| id + 1).or(self.next_remote_delivery_id);
            self.release(ctx, load);
            return Ok(());
        }
        let tag = link.begins_unsettled(transfer);
        if tag.is_some_and(|tag| !claim(link, &self.received, tag)) {
            self.next_remote_delivery_id = transfer.delivery_id.map(|id| id + 1).or(self.next_remote_delivery_id);
            self.release(ctx, load);
            self.fail_link(ctx, index, Violation::TagInUse);
            return Ok(());
        }
        match link.received_transfer(self.id, &mut self.next_remote_delivery_id, transfer, payload) {
            Ok(arrival) => self.arrived(ctx, index, &arrival),
            Err(violation) if violation.scope() == Scope::Link => {
                self.release(ctx, load);
                self.fail_link(ctx, index, violation);
            }
            Err(violation) => return Err(violation),
        }
        Ok(())
    }

    /// Enters in the tables what a transfer amounted to, and tells the application.
    fn arrived(&mut self, ctx: &mut Context, index: u32, arrival: &Arrival) {
        let Some(link) = self.links.get_mut(index) else { return };
        if arrival.unsettled {
            self.received.insert(arrival.number, Held { link: link.key, tag: arrival.tag, state: None, token: 0 });
            link.unsettled += 1;
        }
        if let Some(held) = arrival.settled.then(|| self.received.remove(arrival.number)).flatten() {
            link.settled(&held.tag);
        }
        if arrival.arrived {
            ctx.event(Event::Arrived { receiver: crate::ReceiverId(link.key) });
        }
        if arrival.last_credit {
            link.drain_progress(ctx);
        }
        if arrival.released.transfers > 0 {
            // Aborted or unwanted: nobody will take it, but it has used credit.
            link.renew();
            self.flow_if_due(ctx, index);
            self.release(ctx, arrival.released);
        }
        self.unjam(ctx);
    }

    /// Where the window is closed by pieces of deliveries alone, no whole one can be taken, and none will ever
    /// be whole: those pieces no longer count for it, up to what the connection may hold.
    pub(crate) fn unjam(&mut self, ctx: &mut Context) {
        if self.window.view().incoming_window > 0 || self.window.is_stopped() || self.can_be_taken() {
            return;
        }
        if !self.window.dry(&ctx.memory) {
            self.window.hide(&mut ctx.memory);
            let mut largest = (0, None);
            for (index, link) in self.links.iter_mut() {
                let End::Receiver(receiver) = &mut link.end else { continue };
                receiver.incoming.hide_pieces();
                largest = largest.max((receiver.incoming.pieces().hidden, Some(index)));
            }
            if let (false, (_, Some(index))) = (self.window.dry(&ctx.memory), largest) {
                return self.fail_link(ctx, index, Violation::Unread);
            }
        }
        self.owe_flow(ctx, false);
    }

    /// Whether the application can take something, and give the window back what that took.
    fn can_be_taken(&self) -> bool {
        self.links.iter().any(|(_, link)| match &link.end {
            End::Sender(_) => false,
            End::Receiver(receiver) => receiver.incoming.can_be_taken(),
        })
    }

    /// The session window gets back what was taken of it. Where the peer has run dry and the application could
    /// take nothing more, there is nothing to wait for.
    pub(crate) fn release(&mut self, ctx: &mut Context, load: Load) {
        if self.window.released(&mut ctx.memory, load) {
            self.owe_flow(ctx, false);
        }
        self.unjam(ctx);
    }

    fn received_disposition(&mut self, ctx: &mut Context, disposition: &Disposition) -> Result<(), Violation> {
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
            if !held.report(disposition.state.as_ref()) && !settled {
                return true;
            }
            let delivery = crate::DeliveryId { session: *session, number };
            if let Some(link) = links.get_mut(held.link.index).filter(|link| link.key == held.link) {
                let state = held.state.clone().or_else(|| link.default_outcome().filter(|_| settled).cloned());
                ctx.event(Event::Disposition { delivery, link: link.id(), state, settled, token: held.token });
                if settled {
                    link.settled(&held.tag);
                }
                if settled && settled_on.last() != Some(&held.link.index) {
                    settled_on.push(held.link.index);
                }
            }
            !settled
        });
        for index in settled_on {
            if let Some(link) = self.links.get_mut(index) {
                link.renew();
            }
            self.flow_if_due(ctx, index);
        }
        if settled {
            self.wake_all(ctx);
        }
        Ok(())
    }

    /// Tells a sender that waits that it may send; if only the session or the output is in its way by
    /// now, it is woken when that has passed.
    pub(crate) fn wake(&mut self, ctx: &mut Context, index: u32) {
        let full = self.is_full(ctx);
        let Some(link) = self.links.get_mut(index).filter(|link| link.wants()) else { return };
        match link.why_blocked(ctx, &self.window, full) {
            None => link.writable(ctx),
            Some(blocked) => self.wait(ctx, index, blocked),
        }
    }

    /// Enters a sender that waits where the reason is looked after, once.
    pub(crate) fn wait(&mut self, ctx: &mut Context, index: u32, blocked: Blocked) {
        if matches!(blocked, Blocked::NotAttached | Blocked::Busy | Blocked::NoCredit) {
            return; // the link itself knows when that has passed
        }
        ctx.starved |= blocked == Blocked::OutputFull;
        if self.links.get_mut(index).is_some_and(Link::list) {
            self.blocked.push_back(index);
        }
    }

    /// Tells those that were refused for a reason of the session's that it has passed.
    pub(crate) fn wake_all(&mut self, ctx: &mut Context) {
        let full = self.is_full(ctx);
        if full || !self.window.can_send() || self.blocked.is_empty() {
            return;
        }
        if ctx.output.is_full() {
            ctx.starved = true;
            return;
        }
        for index in core::mem::take(&mut self.blocked) {
            if let Some(link) = self.links.get_mut(index) {
                link.unlist();
                self.wake(ctx, index);
            }
        }
    }
}

/// Enters the tag of a delivery that begins among those of its link (req: TR-2.6.12-02). Whether it was new.
pub(crate) fn claim(link: &mut Link, held: &Unsettled<Held>, tag: DeliveryTag) -> bool {
    let key = link.key;
    link.tags.insert(tag, || held.iter().filter(|held| held.link == key).map(|held| held.tag).collect())
}
