//! The unsettled deliveries that a link keeps (§2.6.13): listing them, comparing them with what the peer knows, and handing
//! them over when the link is gone.

use super::Link;
use super::unsettled::{Compared, Resumption, UnsettledDeliveries, UnsettledDelivery, of_sender};
use crate::delivery::tags::Tags;
use crate::delivery::unsettled::Unsettled;
use crate::session::Held;
use crate::sorted::Sorted;
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Attach, DeliveryState, DeliveryTag, Encode, Role, UnsettledMap};
use core::fmt::Debug;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// The unsettled deliveries that a link keeps. Only [`Resume`](super::unsettled::Resume) makes one, and links know it by this
/// alone: a program that keeps none has none of the code.
pub(crate) trait Keep: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    fn again(&self) -> Box<dyn Keep>;

    /// What the link is to go on with, until our attach leaves.
    fn before(&self) -> Option<&UnsettledDeliveries>;

    /// Lists them in our attach, as far as there is `room` (req: TR-2.7.3-10), and holds their tags. Whether there was.
    fn list(&mut self, attach: &mut Attach, room: usize, tags: &mut Tags) -> bool;

    /// Whether there are any that a map of the peer's could say something of.
    fn waits(&self) -> bool;

    /// What the maps say together, if there is anybody to tell. What is over by that is forgotten.
    fn compare(&mut self, role: Role, theirs: Theirs<'_>, tags: &mut Tags) -> Option<Vec<Compared>>;

    /// Receiver: whether a delivery waits to be resumed by the peer: its map lists it, or may not list all, and ours does.
    fn awaits(&self, tag: &DeliveryTag) -> bool;

    /// Receiver: whether not all octets of a delivery that waits are here: the application has said how far they go.
    fn lacks(&self, tag: &DeliveryTag) -> bool;

    /// What is to be done with a delivery that waits to be resumed.
    fn due(&self, tag: &DeliveryTag) -> Option<Resumption>;

    /// Takes a delivery that is being resumed out of those that wait for it.
    fn take(&mut self, tag: &DeliveryTag) -> Option<UnsettledDelivery>;

    /// We have reported a state of a delivery and not settled it.
    fn report(&mut self, tag: DeliveryTag, state: &DeliveryState);

    /// A delivery is settled.
    fn settled(&mut self, tag: &DeliveryTag);

    /// The link is gone: what it leaves behind. `held` is the table of its session that its deliveries are in.
    fn leave(self: Box<Self>, link: &Link, held: &Unsettled<Held>) -> Box<UnsettledDeliveries>;
}

/// What the peer's attach says.
#[derive(Clone, Copy)]
pub(crate) struct Theirs<'a> {
    pub(crate) map: Option<&'a UnsettledMap>,
    pub(crate) incomplete: bool,
}

/// What a link keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keeping {
    /// Those that it is to go on with, until our attach leaves.
    before: Option<UnsettledDeliveries>,
    /// Our attach has a map, so the application is told what it came to.
    tells: bool,
    /// Those without a delivery-id (req: TR-2.6.13-06).
    waiting: Sorted<DeliveryTag, Waiting>,
    /// States that we have reported without settling, of those with one.
    reported: UnsettledDeliveries,
}

/// A delivery that has no delivery-id.
#[derive(Clone, Debug)]
struct Waiting {
    delivery: UnsettledDelivery,
    /// It is in the map of our attach.
    listed: bool,
    /// What the map of the peer's attach says of it, while the two are compared.
    theirs: Option<Option<DeliveryState>>,
    /// What is to be done, once that is known.
    resumption: Option<Resumption>,
}

/// Octets that a map takes beside its entries, and its flag.
const MAP_HEADER: usize = 16;

impl Keep for Keeping {
    fn again(&self) -> Box<dyn Keep> {
        Box::new(self.clone())
    }

    fn before(&self) -> Option<&UnsettledDeliveries> {
        self.before.as_ref()
    }

    fn list(&mut self, attach: &mut Attach, room: usize, tags: &mut Tags) -> bool {
        let Some(deliveries) = self.before.take() else { return true };
        self.tells = true;
        let mut left = room.saturating_sub(attach.encoded_len() + MAP_HEADER);
        let mut map = UnsettledMap::default();
        for (tag, delivery) in deliveries {
            let len = tag.encoded_len() + delivery.state.encoded_len();
            let listed = len <= left;
            left = if listed { left - len } else { 0 };
            if listed {
                map.0.push((tag, delivery.state.clone()));
            }
            attach.incomplete_unsettled |= !listed;
            self.waiting.insert(tag, Waiting { delivery, listed, theirs: None, resumption: None });
        }
        attach.unsettled = Some(map);
        tags.hold(self.waiting.iter().map(|(tag, _)| *tag));
        !attach.incomplete_unsettled
    }

    fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn compare(&mut self, role: Role, theirs: Theirs<'_>, tags: &mut Tags) -> Option<Vec<Compared>> {
        let deliveries = self.judge(role, theirs);
        for compared in deliveries.iter().filter(|compared| is_over(&compared.resumption)) {
            tags.remove(&compared.tag);
        }
        self.tells.then_some(deliveries)
    }

    fn awaits(&self, tag: &DeliveryTag) -> bool {
        self.waiting.get(tag).is_some_and(|waiting| waiting.listed && waiting.resumption.is_some())
    }

    fn lacks(&self, tag: &DeliveryTag) -> bool {
        let state =
            self.waiting.get(tag).filter(|_| self.awaits(tag)).and_then(|waiting| waiting.delivery.state.as_ref());
        matches!(state, Some(DeliveryState::Received(_)))
    }

    fn due(&self, tag: &DeliveryTag) -> Option<Resumption> {
        self.waiting.get(tag)?.resumption.clone()
    }

    fn take(&mut self, tag: &DeliveryTag) -> Option<UnsettledDelivery> {
        self.waiting.remove(tag).map(|waiting| waiting.delivery)
    }

    fn report(&mut self, tag: DeliveryTag, state: &DeliveryState) {
        self.reported.insert(tag, UnsettledDelivery { state: Some(state.clone()), token: 0 });
    }

    fn settled(&mut self, tag: &DeliveryTag) {
        self.reported.remove(tag);
    }

    fn leave(self: Box<Self>, link: &Link, held: &Unsettled<Held>) -> Box<UnsettledDeliveries> {
        let Self { waiting, mut reported, .. } = *self;
        let mut unsettled = UnsettledDeliveries::new();
        // one that has not come whole is as if it had not begun (§2.6.14)
        let partial = link.partial().and_then(|number| held.get(number)).map(|held| held.tag);
        let any = link.unsettled > 0;
        held.show_latest(&mut |held| {
            if any && held.link == link.key.into() && Some(held.tag) != partial {
                let outcome = held.state.as_ref().filter(|state| link.role() == Role::Sender && state.is_outcome());
                let state = reported.remove(&held.tag).and_then(|reported| reported.state).or(outcome.cloned());
                unsettled.insert(held.tag, UnsettledDelivery { state, token: held.token });
            }
            any
        });
        for (tag, Waiting { delivery, .. }) in waiting {
            unsettled.insert(tag, delivery);
        }
        Box::new(unsettled)
    }
}

impl Keeping {
    pub(crate) fn new(before: Option<UnsettledDeliveries>) -> Self {
        Self { before, ..Self::default() }
    }

    /// Judges what waits by the map of the peer's, and forgets what is over by that. Costs what we hold and what the
    /// peer has sent.
    fn judge(&mut self, role: Role, theirs: Theirs<'_>) -> Vec<Compared> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        for (tag, state) in theirs.map.into_iter().flat_map(|map| &map.0) {
            if let Some(waiting) = self.waiting.get_mut(tag) {
                waiting.theirs = Some(state.clone());
            }
        }
        let mut deliveries = Vec::with_capacity(self.waiting.len());
        let incomplete = theirs.incomplete;
        self.waiting.retain(|&tag, waiting| {
            let theirs = waiting.theirs.take();
            let entry = theirs.as_ref().map(Option::as_ref);
            let resumption = match (role, entry) {
                _ if !waiting.listed => Resumption::Pending,
                (_, None) if incomplete => Resumption::Pending,
                (Role::Sender, entry) => of_sender(waiting.delivery.state.as_ref(), entry),
                (Role::Receiver, None) => Resumption::Settled,
                (Role::Receiver, Some(_)) => Resumption::Awaited,
            };
            let kept = !is_over(&resumption);
            waiting.resumption = Some(resumption.clone());
            deliveries.push(Compared { tag, token: waiting.delivery.token, remote: theirs.flatten(), resumption });
            kept
        });
        deliveries
    }
}

/// Whether nothing is left to do about a delivery.
fn is_over(resumption: &Resumption) -> bool {
    match resumption {
        Resumption::Unknown | Resumption::Settled => true,
        Resumption::Content { .. }
        | Resumption::Outcome { .. }
        | Resumption::Abort
        | Resumption::Awaited
        | Resumption::Pending => false,
    }
}
