//! What was held back leaves: the rest of deliveries, dispositions, flows.

use super::Session;
use crate::config::Pipelining;
use crate::context::Context;
use crate::delivery::outgoing::Sent;
use crate::link::{End, Half};

impl Session {
    /// Lets everything leave that may; the session marks itself again if the output was the obstacle.
    pub(crate) fn flush(&mut self, ctx: &mut Context) {
        self.dirty = false;
        if self.local != Half::Active {
            return;
        }
        self.pump(ctx);
        self.flush_dispositions(ctx);
        self.flush_flows(ctx);
        if !self.sending.is_empty() && self.window.can_send() && !ctx.output.is_stopped() {
            self.mark(ctx);
        }
    }

    pub(crate) fn flush_dispositions(&mut self, ctx: &mut Context) {
        let channel = self.channel();
        self.as_sender.flush(ctx, channel);
        self.as_receiver.flush(ctx, channel);
    }

    /// Lets leave what the window admits, however full the output is: end or close comes next.
    pub(crate) fn pump_out(&mut self, ctx: &mut Context) {
        let high_water = ctx.output.replace_high_water(usize::MAX);
        if self.local == Half::Active {
            self.pump(ctx);
        }
        ctx.output.replace_high_water(high_water);
    }

    /// A frame for each link in turn, until window or output is at its end.
    fn pump(&mut self, ctx: &mut Context) {
        let channel = self.channel();
        while self.window.can_send() && !ctx.output.is_full() {
            let Some(index) = self.sending.pop_front() else { return };
            let Some(link) = self.links.get_mut(index) else { continue };
            let End::Sender(sender) = &mut link.end else { continue };
            let Some(sending) = &mut sender.sending else { continue };
            match sending.frame(ctx, channel, &mut self.window) {
                Sent::Whole => {
                    link.sent_whole(ctx, channel);
                    self.flow_if_due(ctx, index);
                    self.wake(ctx, index);
                }
                Sent::Part if sending.wants_more() => self.wake(ctx, index),
                Sent::Part => self.sending.push_back(index),
            }
        }
    }

    /// A session flow is to leave.
    pub(crate) fn owe_flow(&mut self, ctx: &mut Context, echo: bool) {
        self.flow_due = Some(echo || self.flow_due == Some(true));
        self.mark(ctx);
    }

    /// Enters a link that owes a flow in the list of those.
    pub(crate) fn flow_if_due(&mut self, ctx: &mut Context, index: u32) {
        let Self { links, flows, .. } = self;
        if links.get_mut(index).is_some_and(|link| link.list_flow(flows)) {
            self.mark(ctx);
        }
    }

    fn flush_flows(&mut self, ctx: &mut Context) {
        while let Some(index) = self.flows.pop_front() {
            self.flush_link_flow(ctx, index);
        }
        if let Some(echo) = self.flow_due.take() {
            let mut flow = self.window.flow(&mut ctx.memory);
            flow.echo = echo;
            ctx.output.frame(self.channel(), &flow);
        }
    }

    fn flush_link_flow(&mut self, ctx: &mut Context, index: u32) {
        let Some(link) = self.links.get_mut(index) else { return };
        if let Some(due) = &mut link.flow_due {
            due.listed = false;
        }
        let answered = link.remote == Half::Active || ctx.pipelining == Pipelining::On;
        if link.local != Half::Active || !answered {
            return;
        }
        let Some(due) = link.flow_due.take() else { return };
        let mut flow = self.window.flow(&mut ctx.memory);
        link.fill_flow(&mut flow, due);
        ctx.output.frame(self.channel(), &flow);
        // It carries the session's fields too (req: TR-2.7.4-03).
        if self.flow_due == Some(false) {
            self.flow_due = None;
        }
    }
}
