//! What waits unread and closes the window (§2.5.6), and how a session gets on all the same.

use super::Session;
use crate::context::Context;
use crate::delivery::Load;
use crate::link::{End, Half, Link};
use crate::violation::Violation;

impl Session {
    /// The session window gets back what was taken of it.
    pub(crate) fn release(&mut self, ctx: &mut Context, load: Load) {
        if self.window.released(&mut ctx.memory, load) {
            self.owe_flow(ctx, false);
        } else {
            self.unjam(ctx);
        }
    }

    /// Where the window is closed and waiting for the application would not open it, or not for those links that
    /// have nothing for it: what waits no longer counts for the window, up to what the connection may hold.
    #[inline]
    pub(crate) fn unjam(&mut self, ctx: &mut Context) {
        if !self.window.admits() && !self.window.is_stopped() && self.usable() {
            self.open_window(ctx);
        }
    }

    #[cold]
    fn open_window(&mut self, ctx: &mut Context) {
        let (mut taken, mut hungry) = (false, false);
        for (_, link) in self.links.iter() {
            taken |= link.can_be_taken();
            hungry |= link.is_hungry();
        }
        if taken && !hungry {
            return;
        }
        if !self.window.dry(&ctx.memory) {
            let largest = self.hide(ctx);
            match largest.filter(|_| !self.window.dry(&ctx.memory)) {
                Some(index) if !taken => return self.fail_link(ctx, index, Violation::Unread),
                // Only the application can help now.
                Some(_) => return,
                None => {}
            }
        }
        self.owe_flow(ctx, false);
    }

    /// Nothing that waits counts for the window any more, and where it waits no more is asked for. The link of the
    /// largest delivery that is not whole.
    fn hide(&mut self, ctx: &mut Context) -> Option<u32> {
        self.window.hide(&mut ctx.memory);
        let mut largest = (0, None);
        for (index, link) in self.links.iter_mut() {
            link.pause();
            if let End::Receiver(receiver) = &mut link.end {
                receiver.incoming.hide(&mut self.arrivals);
                largest = largest.max((receiver.incoming.pieces().hidden, Some(index)));
            }
            link.list_flow(&mut self.flows);
        }
        self.mark(ctx);
        largest.1
    }
}

impl Link {
    /// Receiver: whether the application can take something, and give the window back what that took.
    fn can_be_taken(&self) -> bool {
        matches!(&self.end, End::Receiver(receiver) if receiver.incoming.can_be_taken())
    }

    /// Receiver: whether there is nothing to take and something may come.
    fn is_hungry(&self) -> bool {
        let End::Receiver(receiver) = &self.end else { return false };
        let attached = self.local == Half::Active && self.remote == Half::Active;
        attached
            && !receiver.incoming.can_be_taken()
            && (self.credit.link_credit > 0 || receiver.incoming.current().is_some())
    }

    /// Receiver: takes automatic credit back until the application has taken something of what waits.
    fn pause(&mut self) {
        let waits = self.can_be_taken() && self.credit.link_credit > 0 && !self.credit.drain;
        let End::Receiver(receiver) = &mut self.end else { return };
        if waits && matches!(receiver.mode, crate::CreditMode::Auto(_)) {
            receiver.paused = true;
            self.credit.grant(0);
            self.owe_flow();
        }
    }
}
