//! Flow frames of one link (§2.6.7, §2.7.4): what the peer's mean, and what ours say.

use super::credit::Credit;
use super::{End, FlowDue, Half, Link};
use crate::context::Context;
use crate::event::{Event, LinkFlow};
use crate::thin::Thin;
use crate::violation::Violation;
use crate::{CreditMode, CreditUntil, Instant, ReceiverId, SenderId};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use amqp_codec::{Fields, Flow, Handle, SenderSettleMode};

impl Link {
    /// The peer's flow.
    pub(crate) fn received_flow(&mut self, ctx: &mut Context, flow: &Flow) -> Result<(), Violation> {
        let Credit { link_credit, available, drain, .. } = self.credit;
        match &self.end {
            End::Sender(_) => self.credit.received_by_sender(flow, self.cold.initial_delivery_count),
            End::Receiver(_) => self.credit.received_by_receiver(flow)?,
        }
        self.note_empty(link_credit, ctx.now);
        if flow.echo {
            self.owe_flow();
        }
        let properties = self.changed_properties(flow);
        let same =
            (link_credit, available, drain) == (self.credit.link_credit, self.credit.available, self.credit.drain);
        if !same || properties.is_some() {
            ctx.event(Event::Flow { link: self.id(), flow: self.seen(properties) });
        }
        match &self.end {
            End::Sender(_) if self.credit.drain && self.credit.link_credit == 0 => self.owe_flow(),
            // Said once, however often the receiver says the same.
            End::Sender(_) if self.credit.drain && !same => ctx.seldom(Event::Drain { sender: SenderId(self.key) }),
            End::Sender(_) => {}
            End::Receiver(_) => self.drain_progress(ctx),
        }
        Ok(())
    }

    /// The link state properties of the peer's flow, if they are others than those of the flow before
    /// (req: TR-2.7.4-10).
    fn changed_properties(&mut self, flow: &Flow) -> Option<Fields> {
        let properties = flow.properties.as_ref()?;
        if self.cold.remote_properties.as_deref() == Some(properties) {
            return None;
        }
        self.cold.remote_properties = Some(Box::new(properties.clone()));
        Some(properties.clone())
    }

    /// What the application is told of the state after a flow.
    fn seen(&self, properties: Option<Fields>) -> LinkFlow {
        let Credit { link_credit, available, drain, .. } = self.credit;
        match self.end {
            // Only the sender knows what is available, only the receiver wants to drain (req: TR-2.6.7-09, TR-2.6.7-10).
            End::Sender(_) => LinkFlow { link_credit, available: None, drain, properties },
            End::Receiver(_) => LinkFlow { link_credit, available: Some(available), drain: false, properties },
        }
    }

    /// The drain that we asked for is over once no credit is left (req: TR-2.6.7-14): after a flow of the sender, or
    /// a delivery that used the last. Where there was none from the start, deliveries may be under way that were
    /// granted before, and only the sender can tell that there are no more.
    pub(crate) fn drain_progress(&mut self, ctx: &mut Context) {
        if self.credit.drain && self.credit.link_credit == 0 && self.flow_due.is_none() {
            self.credit.drain = false;
            ctx.seldom(Event::Drained { receiver: ReceiverId(self.key) });
        }
    }

    /// Sender, after a change: remembers since when there has been no credit; `before` is what there was.
    #[inline]
    pub(crate) fn note_empty(&mut self, before: u32, now: Instant) {
        if before > 0 && self.credit.link_credit == 0 {
            self.cold.empty_since = now;
        }
    }

    /// The application has sent what there was (req: TR-2.6.7-12). Not before the delivery in progress
    /// has left (req: TR-2.6.7-17).
    pub(crate) fn drained(&mut self, now: Instant) {
        let before = self.credit.link_credit;
        let End::Sender(sender) = &mut self.end else { return };
        sender.drained = sender.sending.is_some();
        if !sender.drained && self.credit.drain {
            self.credit.drained();
            self.note_empty(before, now);
            self.owe_flow();
        }
    }

    /// A flow is to leave for this link.
    pub(crate) fn owe_flow(&mut self) {
        if self.local != Half::Ended {
            self.flow_due.get_or_insert_default();
        }
    }

    /// The link fields of our flow.
    pub(crate) fn fill_flow(&mut self, flow: &mut Flow, due: FlowDue) {
        flow.handle = Some(Handle(self.key.index));
        flow.delivery_count = match self.end {
            End::Sender(_) => Some(self.credit.delivery_count),
            // req: TR-2.7.4-07
            End::Receiver(_) => (self.remote == Half::Active).then_some(self.credit.delivery_count),
        };
        flow.link_credit = Some(self.credit.link_credit);
        if let End::Sender(_) = self.end {
            flow.available = Some(self.credit.available);
        }
        flow.drain = self.credit.drain;
        flow.echo = due.echo;
        flow.properties = self.cold.flow_properties.take().map(|properties| *properties);
    }

    /// Receiver: whether automatic credit has come down to the low-water mark.
    #[inline]
    pub(crate) fn may_renew(&self) -> bool {
        let End::Receiver(receiver) = &self.end else { return false };
        let CreditMode::Auto(window) = receiver.mode else { return false };
        self.credit.link_credit <= receiver.renewal.low_water.unwrap_or(window / 2)
    }

    /// Receiver: something has been taken, or settled; renews automatic credit at the low-water mark. `room`: how many
    /// more deliveries of the session may be unsettled. Whether that was less than it would have granted.
    pub(crate) fn renew(&mut self, room: impl FnOnce() -> u32) -> bool {
        let End::Receiver(receiver) = &self.end else { return false };
        let CreditMode::Auto(window) = receiver.mode else { return false };
        // The first is what is so most of the time.
        if !self.may_renew() || receiver.paused || self.credit.drain || self.local == Half::Ended || self.gone {
            return false;
        }
        let low_water = receiver.renewal.low_water.unwrap_or(window / 2);
        let held = match receiver.renewal.until {
            CreditUntil::Taken => receiver.incoming.buffered(),
            CreditUntil::Settled => receiver.incoming.buffered_settled().saturating_add(self.unsettled as usize),
        };
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        let open = self.credit.link_credit.saturating_add(held);
        if open >= window || open > low_water {
            return false;
        }
        self.grant_within(window.saturating_sub(held), room())
    }

    /// Receiver: whether a delivery takes up credit until it is settled.
    pub(crate) fn renews_when_settled(&self) -> bool {
        matches!(&self.end, End::Receiver(receiver) if receiver.renewal.until == CreditUntil::Settled)
    }

    /// Receiver: grants so much, or what there is room for. Whether that is less.
    pub(crate) fn grant_within(&mut self, wanted: u32, room: u32) -> bool {
        let bounded = self.modes.snd != SenderSettleMode::Settled && room < wanted;
        let credit = if bounded { room } else { wanted };
        // At the bound: not a flow for each place that becomes free.
        if !bounded || (credit > self.credit.link_credit && credit / 2 >= self.credit.link_credit) {
            self.credit.grant(credit);
            self.owe_flow();
        }
        bounded
    }

    /// Enters the link in the session's list of those that owe a flow, if it does and is not there. Whether it was
    /// entered.
    pub(crate) fn list_flow(&mut self, flows: &mut Thin<VecDeque<u32>>) -> bool {
        let Some(due) = self.flow_due.as_mut().filter(|due| !due.listed) else { return false };
        due.listed = true;
        flows.make().push_back(self.key.index);
        true
    }
}
