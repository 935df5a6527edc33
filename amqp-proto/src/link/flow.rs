//! Flow frames of one link (§2.6.7, §2.7.4): what the peer's mean, and what ours say.

use super::{End, FlowDue, Half, Link};
use crate::context::Context;
use crate::event::{Event, LinkFlow};
use crate::violation::Violation;
use crate::{CreditMode, ReceiverId, SenderId};
use amqp_codec::{Flow, Handle};

impl Link {
    /// The peer's flow.
    pub(crate) fn received_flow(&mut self, ctx: &mut Context, flow: &Flow) -> Result<(), Violation> {
        match &self.end {
            End::Sender(sender) => self.credit.received_by_sender(flow, sender.initial_delivery_count),
            End::Receiver(_) => self.credit.received_by_receiver(flow)?,
        }
        if flow.echo {
            self.owe_flow();
        }
        let seen = LinkFlow {
            link_credit: self.credit.link_credit,
            available: flow.available,
            drain: flow.drain,
            echo: flow.echo,
            properties: flow.properties.clone(),
        };
        ctx.event(Event::Flow { link: self.id(), flow: seen });
        match &self.end {
            End::Sender(_) if self.credit.drain => self.drain_requested(ctx),
            End::Sender(_) => {}
            End::Receiver(_) => {
                self.drain_progress(ctx);
                // A sender may give credit back that nobody drained.
                self.taken();
            }
        }
        Ok(())
    }

    /// The receiver wants its credit used up (req: TR-2.6.7-12, TR-2.6.7-13).
    fn drain_requested(&mut self, ctx: &mut Context) {
        if self.credit.link_credit > 0 {
            ctx.event(Event::Drain { sender: SenderId(self.key) });
        } else {
            self.owe_flow();
        }
    }

    /// The drain that we asked for is over once no credit is left (req: TR-2.6.7-14).
    pub(crate) fn drain_progress(&mut self, ctx: &mut Context) {
        if self.credit.drain && self.credit.link_credit == 0 && self.flow_due.is_none() {
            self.credit.drain = false;
            ctx.event(Event::Drained { receiver: ReceiverId(self.key) });
        }
    }

    /// The application has sent what there was (req: TR-2.6.7-12). Not before the delivery in progress
    /// has left (req: TR-2.6.7-17).
    pub(crate) fn drained(&mut self) {
        let End::Sender(sender) = &mut self.end else { return };
        sender.drained = sender.sending.is_some();
        if !sender.drained && self.credit.drain {
            self.credit.drained();
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
        flow.properties = due.properties;
    }

    /// Receiver: the application has taken a delivery; renews the credit at half.
    pub(crate) fn taken(&mut self) {
        let End::Receiver(receiver) = &self.end else { return };
        let CreditMode::Auto(window) = receiver.mode else { return };
        if self.credit.drain || self.local == Half::Ended || self.gone {
            return;
        }
        let waiting = u32::try_from(receiver.incoming.buffered()).unwrap_or(u32::MAX);
        let open = self.credit.link_credit.saturating_add(waiting);
        if window.saturating_sub(open) >= window.div_ceil(2).max(1) {
            self.credit.grant(window.saturating_sub(waiting));
            self.owe_flow();
        }
    }
}
