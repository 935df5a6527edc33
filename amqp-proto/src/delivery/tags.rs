//! The delivery-tags of one link's unsettled deliveries (§2.6.12): no two are equal.
//!
//! Nearly all senders number their tags upwards. As long as they do, in up to eight octets, the highest one is enough to
//! know that the next is new. The first that is not higher makes a set of those that are held, kept as long as the link is: to
//! make it takes a look at all that the session holds, which a peer could otherwise ask for again and again. Those that we make
//! of delivery-ids differ by that, and are not even looked at until the application gives one.

use crate::sorted::Sorted;
use alloc::boxed::Box;
use amqp_codec::DeliveryTag;

#[derive(Debug, Default)]
pub(crate) enum Tags {
    /// Of all that are held nothing is known, but that we have made them.
    #[default]
    Made,
    /// All that are held are numbers, and none of them is higher.
    UpTo(u64),
    /// In a box, since most links have none.
    Known(Box<Sorted<DeliveryTag>>),
}

impl Tags {
    /// Whether a tag made of a new delivery-id needs no look: all that are held are of that kind. `unsettled`: how
    /// many are.
    #[inline]
    pub(crate) fn all_made(&mut self, unsettled: u32) -> bool {
        if unsettled == 0 && matches!(self, Self::UpTo(_)) {
            *self = Self::Made;
        }
        matches!(self, Self::Made)
    }

    /// Enters tags of deliveries that have no delivery-id yet, before there are others.
    pub(crate) fn hold(&mut self, tags: impl Iterator<Item = DeliveryTag>) {
        let known: Sorted<_> = tags.map(|tag| (tag, ())).collect();
        if !known.is_empty() {
            *self = Self::Known(Box::new(known));
        }
    }

    /// Enters a tag, unless it is there: whether it was entered. `unsettled`: how many deliveries are; `held` are
    /// their tags, which is asked only if the tags do not rise.
    #[inline(always)]
    pub(crate) fn insert(
        &mut self,
        tag: &DeliveryTag,
        unsettled: u32,
        held: impl FnOnce() -> Sorted<DeliveryTag>,
    ) -> bool {
        match (tag.as_u64(), &mut *self) {
            (Some(number), Self::UpTo(highest)) if number > *highest || unsettled == 0 => {
                *highest = number;
                true
            }
            (number, _) => self.insert_other(*tag, number, unsettled, held),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert_other(
        &mut self,
        tag: DeliveryTag,
        number: Option<u64>,
        unsettled: u32,
        held: impl FnOnce() -> Sorted<DeliveryTag>,
    ) -> bool {
        match (number, &mut *self) {
            (_, Self::Known(known)) => known.insert(tag, ()).is_none(),
            (Some(number), Self::Made | Self::UpTo(_)) if unsettled == 0 => {
                *self = Self::UpTo(number);
                true
            }
            (_, Self::Made | Self::UpTo(_)) => {
                let mut known = if unsettled == 0 { Sorted::new() } else { held() };
                let new = known.insert(tag, ()).is_none();
                *self = Self::Known(Box::new(known));
                new
            }
        }
    }

    /// A delivery is settled.
    #[inline(always)]
    pub(crate) fn remove(&mut self, tag: &DeliveryTag) {
        if let Self::Known(known) = self {
            forget(known, tag);
        }
    }
}

#[cold]
#[inline(never)]
fn forget(known: &mut Sorted<DeliveryTag>, tag: &DeliveryTag) {
    known.remove(tag);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<const N: usize>(numbers: [u32; N]) -> Sorted<DeliveryTag> {
        numbers.into_iter().map(|number| (number.into(), ())).collect()
    }

    #[test]
    fn rising_tags_need_no_set_and_others_are_found() {
        // req: TR-2.6.12-01 TR-2.6.12-02
        let mut tags = Tags::default();
        for (held, number) in [1u32, 2, 255, 256, 70_000].into_iter().enumerate() {
            assert!(tags.insert(&number.into(), held as u32, || unreachable!("they rise")));
        }
        let held = || known([2, 256, 70_000]);
        assert!(!tags.insert(&2u32.into(), 3, held));
        assert!(tags.insert(&1u32.into(), 3, || unreachable!("there is a set")), "settled meanwhile");
        tags.remove(&256u32.into());
        assert!(tags.insert(&256u32.into(), 3, Sorted::new));
        assert!(!tags.insert(&70_000u32.into(), 4, Sorted::new));
        [1u32, 2, 256, 70_000].iter().for_each(|&number| tags.remove(&number.into()));
        assert!(tags.insert(&2u32.into(), 0, || unreachable!("nothing is held")));
        assert!(tags.insert(&1u32.into(), 1, || unreachable!("it is known what is held, though none was")));
    }

    #[test]
    fn however_often_tags_fall_what_is_held_is_asked_once() {
        let (mut tags, mut asked) = (Tags::default(), 0);
        for _ in 0..100 {
            assert!(tags.insert(&2u32.into(), 0, || unreachable!("nothing is held")));
            let new = tags.insert(&1u32.into(), 1, || {
                asked += 1;
                known([2])
            });
            assert!(new);
            [1u32, 2].iter().for_each(|&number| tags.remove(&number.into()));
        }
        assert_eq!(asked, 1);
    }

    #[test]
    fn made_ones_are_looked_at_when_one_is_given() {
        // req: TR-2.6.12-01
        let mut tags = Tags::default();
        assert!(tags.all_made(0));
        let held = || known([7, 8]);
        assert!(!tags.insert(&8u32.into(), 2, held));
        assert!(!tags.all_made(2), "one may be equal from now on");
        assert!(tags.insert(&9u32.into(), 2, || unreachable!("there is a set")));
        assert!(!tags.insert(&9u32.into(), 3, || unreachable!("there is a set")), "made, but given before");
    }
}
