//! Automatic credit (§2.6.7) of all receivers, within what may be unsettled on the session.
//!
//! No link is granted more than there are places left. Links that share the places may be granted them twice: which
//! of their senders has messages is not known here.

use super::{Held, Session};
use crate::CreditMode;
use crate::context::Context;
use crate::delivery::unsettled::Unsettled;
use crate::link::{End, Link};

impl Session {
    /// Renews the automatic credit of a link, if it is due.
    pub(crate) fn renew(&mut self, ctx: &mut Context, index: u32) {
        let Self { links, received, flows, .. } = self;
        let Some(link) = links.get_mut(index) else { return };
        let bounded = link.renew(|| places(ctx, received));
        if link.list_flow(flows) {
            self.mark(ctx);
        }
        if bounded {
            self.list_bounded(index);
        }
    }

    /// The first credit of a link whose attach leaves.
    pub(crate) fn first_credit(&mut self, ctx: &Context, index: u32) {
        let places = places(ctx, &self.received);
        let Some(link) = self.links.get_mut(index) else { return };
        let End::Receiver(receiver) = &link.end else { return };
        let CreditMode::Auto(window) = receiver.mode else { return };
        if link.grant_within(window, places) {
            self.list_bounded(index);
        }
    }

    /// Places have become free: for those that were granted less.
    #[inline]
    pub(crate) fn renew_bounded(&mut self, ctx: &mut Context) {
        if self.bounded.get().is_some_and(|bounded| !bounded.is_empty()) {
            self.renew_all_bounded(ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn renew_all_bounded(&mut self, ctx: &mut Context) {
        for index in core::mem::take(self.bounded.make()) {
            if self.links.get_mut(index).is_some_and(|link| link.set_bounded(false)) {
                self.renew(ctx, index);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn list_bounded(&mut self, index: u32) {
        if self.links.get_mut(index).is_some_and(|link| !link.set_bounded(true)) {
            self.bounded.make().push(index);
        }
    }
}

/// Deliveries that may yet become unsettled.
fn places(ctx: &Context, received: &Unsettled<Held>) -> u32 {
    ctx.max_unsettled.saturating_sub(u32::try_from(received.len()).unwrap_or(u32::MAX))
}

impl Link {
    /// Receiver: whether it is in the list of those that were granted less; returns whether it was.
    fn set_bounded(&mut self, bounded: bool) -> bool {
        match &mut self.end {
            End::Sender(_) => false,
            End::Receiver(receiver) => core::mem::replace(&mut receiver.bounded, bounded),
        }
    }
}
