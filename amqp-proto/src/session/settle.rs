//! What the application says about deliveries (§2.6.12, §2.7.6).

use super::Session;
use crate::context::Context;
use crate::delivery::Load;
use crate::id::LinkKey;
use crate::{DeliveryId, Misuse};
use amqp_codec::{DeliveryState, Role, SequenceNo};

impl Session {
    /// Reports the state of one delivery, and settles it or not. `role` is ours.
    pub(crate) fn dispose(
        &mut self,
        ctx: &mut Context,
        (role, link): (Role, LinkKey),
        delivery: DeliveryId,
        state: Option<DeliveryState>,
        settled: bool,
    ) -> Result<(), Misuse> {
        if delivery.session != self.id || !self.usable() {
            return Err(Misuse::StaleId);
        }
        if !matches!(state, None | Some(DeliveryState::Accepted | DeliveryState::Released)) {
            ctx.output.carries(state.as_ref())?;
        }
        let number = delivery.number;
        let channel = self.channel();
        let (table, dispositions) = match role {
            Role::Sender => (&mut self.sent, &mut self.as_sender),
            Role::Receiver => (&mut self.received, &mut self.as_receiver),
        };
        let (mut released, mut renews) = (None, false);
        if settled {
            let held = table.remove_if(number, |held| held.link == link.into()).ok_or(Misuse::StaleId)?;
            if let Some(link) = self.links.get_mut(link.index) {
                link.settled(&held.tag);
                released = link.settled_here(number);
                renews = link.renews_when_settled();
            }
        } else {
            let held = table.get(number).filter(|held| held.link == link.into()).ok_or(Misuse::StaleId)?;
            if let Some(link) = self.links.get_mut(link.index) {
                link.reported(held.tag, state.as_ref());
            }
        }
        dispositions.add(ctx, channel, (number, number), state, settled);
        if renews {
            self.renew(ctx, link.index);
        }
        if settled {
            self.renew_bounded(ctx);
        }
        if let Some(released) = released {
            self.release(ctx, released);
        }
        self.mark(ctx);
        self.offer(ctx);
        Ok(())
    }

    /// The same for all unsettled deliveries of the link from `first` to `last`; says how many.
    pub(crate) fn dispose_range(
        &mut self,
        ctx: &mut Context,
        (role, key): (Role, LinkKey),
        (first, last): (DeliveryId, DeliveryId),
        state: Option<&DeliveryState>,
        settled: bool,
    ) -> Result<u32, Misuse> {
        if first.session != self.id || last.session != self.id || !self.usable() {
            return Err(Misuse::StaleId);
        }
        ctx.output.carries(state)?;
        let (first, last) = (first.number, last.number);
        if last.0.wrapping_sub(first.0) > u32::MAX / 2 {
            return Err(Misuse::NotARange);
        }
        let channel = self.channel();
        let (table, dispositions) = match role {
            Role::Sender => (&mut self.sent, &mut self.as_sender),
            Role::Receiver => (&mut self.received, &mut self.as_receiver),
        };
        let Some(link) = self.links.get_mut(key.index).filter(|link| link.key == key) else { return Ok(0) };
        let (mut count, mut released) = (0, Load::default());
        // those that follow each other are reported at once
        let mut run: Option<(SequenceNo, SequenceNo)> = None;
        table.visit(first, last, |number, held| {
            if held.link != key.into() {
                return true;
            }
            count += 1;
            match &mut run {
                Some((_, until)) if number == *until + 1 => *until = number,
                run => {
                    if let Some(over) = run.replace((number, number)) {
                        dispositions.add(ctx, channel, over, state.cloned(), settled);
                    }
                }
            }
            if settled {
                link.settled(&held.tag);
                released += link.settled_here(number).unwrap_or_default();
            } else {
                link.reported(held.tag, state);
            }
            !settled
        });
        if let Some(run) = run {
            dispositions.add(ctx, channel, run, state.cloned(), settled);
        }
        if settled {
            self.renew(ctx, key.index);
            self.renew_bounded(ctx);
        }
        if released != Load::default() {
            self.release(ctx, released);
        }
        self.mark(ctx);
        self.offer(ctx);
        Ok(count)
    }
}
