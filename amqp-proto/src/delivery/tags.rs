//! The delivery-tags of one link's unsettled deliveries (§2.6.12): no two are equal.
//!
//! Nearly all senders number their tags upwards. As long as they do, in up to eight octets, the highest one is enough to
//! know that the next is new. The first that is not higher makes a set of those that are held, kept until none is. Those that we
//! make of delivery-ids differ by that, and are not even looked at until the application gives one.

use alloc::collections::BTreeSet;
use amqp_codec::DeliveryTag;

#[derive(Debug, Default)]
pub(crate) enum Tags {
    /// Of all that are held nothing is known, but that we have made them.
    #[default]
    Made,
    /// All that are held are numbers, and none of them is higher.
    UpTo(u64),
    Known(BTreeSet<DeliveryTag>),
}

impl Tags {
    /// Whether a tag made of a new delivery-id needs no look: all that are held are of that kind. `unsettled`: how
    /// many are.
    #[inline]
    pub(crate) fn all_made(&mut self, unsettled: u32) -> bool {
        if unsettled == 0 && !matches!(self, Self::Made) {
            *self = Self::Made;
        }
        matches!(self, Self::Made)
    }

    /// Enters a tag, unless it is there: whether it was entered. `unsettled`: how many deliveries are; `held` are
    /// their tags, which is asked only if the tags do not rise.
    #[inline(always)]
    pub(crate) fn insert(
        &mut self,
        tag: &DeliveryTag,
        unsettled: u32,
        held: impl FnOnce() -> BTreeSet<DeliveryTag>,
    ) -> bool {
        match (tag.as_u64(), &mut *self) {
            (Some(number), Self::UpTo(highest)) if number > *highest || unsettled == 0 => {
                *highest = number;
                true
            }
            (number, _) => self.insert_other(*tag, number.filter(|_| unsettled == 0), held),
        }
    }

    /// `first`: the number that it is, if no other is held.
    #[cold]
    fn insert_other(
        &mut self,
        tag: DeliveryTag,
        first: Option<u64>,
        held: impl FnOnce() -> BTreeSet<DeliveryTag>,
    ) -> bool {
        match (first, &mut *self) {
            (_, Self::Known(known)) => return known.insert(tag),
            (Some(number), Self::Made | Self::UpTo(_)) => *self = Self::UpTo(number),
            (None, Self::Made | Self::UpTo(_)) => {
                let mut known = held();
                let new = known.insert(tag);
                *self = Self::Known(known);
                return new;
            }
        }
        true
    }

    /// A delivery is settled; `left`: how many are not.
    #[inline(always)]
    pub(crate) fn remove(&mut self, tag: &DeliveryTag, left: u32) {
        if let Self::Known(_) = self {
            self.remove_known(tag, left);
        }
    }

    #[cold]
    fn remove_known(&mut self, tag: &DeliveryTag, left: u32) {
        match self {
            Self::Known(known) if left > 0 => _ = known.remove(tag),
            Self::Made | Self::UpTo(_) | Self::Known(_) => *self = Self::Made,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rising_tags_need_no_set_and_others_are_found() {
        // req: TR-2.6.12-01 TR-2.6.12-02
        let mut tags = Tags::default();
        for (held, number) in [1u32, 2, 255, 256, 70_000].into_iter().enumerate() {
            assert!(tags.insert(&number.into(), held as u32, || unreachable!("they rise")));
        }
        let held = || [2u32, 256, 70_000].map(DeliveryTag::from).into();
        assert!(!tags.insert(&2u32.into(), 3, held));
        assert!(tags.insert(&1u32.into(), 3, || unreachable!("there is a set")), "settled meanwhile");
        tags.remove(&256u32.into(), 3);
        assert!(tags.insert(&256u32.into(), 3, BTreeSet::new));
        assert!(!tags.insert(&70_000u32.into(), 4, BTreeSet::new));
        tags.remove(&1u32.into(), 0);
        assert!(tags.insert(&1u32.into(), 0, || unreachable!("nothing is held")));
    }

    #[test]
    fn made_ones_are_looked_at_when_one_is_given() {
        // req: TR-2.6.12-01
        let mut tags = Tags::default();
        assert!(tags.all_made(0));
        let held = || [7u32, 8].map(DeliveryTag::from).into();
        assert!(!tags.insert(&8u32.into(), 2, held));
        assert!(!tags.all_made(2), "one may be equal from now on");
        assert!(tags.insert(&9u32.into(), 2, || unreachable!("there is a set")));
        assert!(!tags.insert(&9u32.into(), 3, || unreachable!("there is a set")), "made, but given before");
    }
}
