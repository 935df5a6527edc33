//! What was held back leaves: dispositions and flows.

use super::Session;
use crate::context::Context;
use crate::link::Half;
use alloc::collections::VecDeque;

impl Session {
    /// Lets everything leave that was held back.
    pub(crate) fn flush(&mut self, ctx: &mut Context) {
        self.dirty = false;
        if self.local != Half::Active {
            return;
        }
        self.flush_dispositions(ctx);
        self.flush_flows(ctx);
        self.queue(ctx);
    }

    pub(crate) fn flush_dispositions(&mut self, ctx: &mut Context) {
        let channel = self.channel();
        self.as_sender.flush(ctx, channel);
        self.as_receiver.flush(ctx, channel);
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
        if self.flows.get().is_some_and(|flows| !flows.is_empty()) {
            // Who has credit from now on may find the window closed by what others leave unread.
            self.unjam(ctx);
        }
        while let Some(index) = self.flows.get_mut().and_then(VecDeque::pop_front) {
            self.flush_link_flow(ctx, index);
        }
        if let Some(echo) = self.flow_due.take() {
            let mut flow = self.window.flow(&mut ctx.memory);
            flow.echo = echo;
            self.awaits_echo |= echo;
            ctx.output.frame(self.channel(), &flow);
        }
    }

    fn flush_link_flow(&mut self, ctx: &mut Context, index: u32) {
        let Some(link) = self.links.get_mut(index) else { return };
        if let Some(due) = &mut link.flow_due {
            due.listed = false;
        }
        let answered = link.remote == Half::Active || ctx.pipelining.is_on();
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
