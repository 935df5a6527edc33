//! What the application says about deliveries (§2.6.12, §2.7.6).

use super::Session;
use crate::context::Context;
use crate::delivery::Load;
use crate::id::LinkKey;
use crate::{DeliveryId, Misuse};
use amqp_codec::{DeliveryState, Role, SequenceNo};
use smallvec::SmallVec;

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
            let tag =
                table.take(number, |held| (held.link == link.into()).then_some(held.tag)).ok_or(Misuse::StaleId)?;
            if let Some(link) = self.links.get_mut(link.index) {
                link.settled(&tag);
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
        let (first, last) = self.range(ctx, (first, last), state)?;
        let channel = self.channel();
        let (table, dispositions) = match role {
            Role::Sender => (&mut self.sent, &mut self.as_sender),
            Role::Receiver => (&mut self.received, &mut self.as_receiver),
        };
        let Some(link) = self.links.get_mut(key.index).filter(|link| link.key == key) else { return Ok(0) };
        let (mut count, mut released) = (0, Load::default());
        let mut run = Run::default();
        table.visit(first, last, |number, held| {
            if held.link != key.into() {
                return true;
            }
            count += 1;
            if let Some(over) = run.take_in(number) {
                dispositions.add(ctx, channel, over, state.cloned(), settled);
            }
            if settled {
                link.settled(&held.tag);
                released += link.settled_here(number).unwrap_or_default();
            } else {
                link.reported(held.tag, state);
            }
            !settled
        });
        if let Run(Some(run)) = run {
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

    /// The same for all that have come on the session, whichever their links are; returns the first number that is of none.
    pub(crate) fn dispose_received(
        &mut self,
        ctx: &mut Context,
        range: (DeliveryId, DeliveryId),
        state: Option<&DeliveryState>,
        settled: bool,
    ) -> Result<Option<DeliveryId>, Misuse> {
        let (first, last) = self.range(ctx, range, state)?;
        let channel = self.channel();
        let (mut next, mut missing, mut released) = (first, None, Load::default());
        let mut renewed: SmallVec<[u32; 4]> = SmallVec::new();
        let Self { id: session, links, received, as_receiver, .. } = self;
        let mut run = Run::default();
        received.visit(first, last, |number, held| {
            if number != next {
                missing.get_or_insert(next);
            }
            next = number + 1;
            if let Some(over) = run.take_in(number) {
                as_receiver.add(ctx, channel, over, state.cloned(), settled);
            }
            let Some(link) = links.get_mut(held.link.index).filter(|link| held.link == link.key.into()) else {
                return !settled;
            };
            if settled {
                link.settled(&held.tag);
                released += link.settled_here(number).unwrap_or_default();
                if link.renews_when_settled() && renewed.last() != Some(&held.link.index) {
                    renewed.push(held.link.index);
                }
            } else {
                link.reported(held.tag, state);
            }
            !settled
        });
        if let Run(Some(run)) = run {
            as_receiver.add(ctx, channel, run, state.cloned(), settled);
        }
        if next != last + 1 {
            missing.get_or_insert(next);
        }
        let session = *session;
        for index in renewed {
            self.renew(ctx, index);
        }
        if settled {
            self.renew_bounded(ctx);
        }
        if released != Load::default() {
            self.release(ctx, released);
        }
        self.mark(ctx);
        self.offer(ctx);
        Ok(missing.map(|number| DeliveryId { session, number }))
    }

    /// The numbers of a range that can be reported with this state.
    fn range(
        &self,
        ctx: &Context,
        (first, last): (DeliveryId, DeliveryId),
        state: Option<&DeliveryState>,
    ) -> Result<(SequenceNo, SequenceNo), Misuse> {
        if first.session != self.id || last.session != self.id || !self.usable() {
            return Err(Misuse::StaleId);
        }
        ctx.output.carries(state)?;
        if last.number.0.wrapping_sub(first.number.0) > u32::MAX / 2 {
            return Err(Misuse::NotARange);
        }
        Ok((first.number, last.number))
    }
}

/// Numbers that follow each other, first and last: they are reported at once.
#[derive(Default)]
struct Run(Option<(SequenceNo, SequenceNo)>);

impl Run {
    /// One more; the run before, if this one begins another.
    fn take_in(&mut self, number: SequenceNo) -> Option<(SequenceNo, SequenceNo)> {
        match &mut self.0 {
            Some((_, last)) if number == *last + 1 => {
                *last = number;
                None
            }
            run => run.replace((number, number)),
        }
    }
}
