//! The delivery-tags of one link's unsettled deliveries (§2.6.12): no two are equal.
//!
//! Nearly all senders number their tags upwards. As long as they do, the highest one is enough to know that the
//! next is new. The first that is not higher makes a set of those that are held, kept until none is.

use alloc::collections::BTreeSet;
use amqp_codec::DeliveryTag;

#[derive(Debug, Default)]
pub(crate) struct Tags {
    highest: Option<DeliveryTag>,
    known: Option<BTreeSet<DeliveryTag>>,
}

/// Longer is higher, as of numbers without leading zeros.
fn is_higher(tag: &DeliveryTag, than: &DeliveryTag) -> bool {
    let (tag, than) = (tag.as_bytes(), than.as_bytes());
    (tag.len(), tag) > (than.len(), than)
}

impl Tags {
    /// Enters a tag, unless it is there: whether it was entered. `held` are those of all unsettled deliveries; it
    /// is asked only if the tags do not rise.
    pub(crate) fn insert(&mut self, tag: DeliveryTag, held: impl FnOnce() -> BTreeSet<DeliveryTag>) -> bool {
        if let Some(known) = &mut self.known {
            return known.insert(tag);
        }
        if self.highest.as_ref().is_none_or(|highest| is_higher(&tag, highest)) {
            self.highest = Some(tag);
            return true;
        }
        self.known.insert(held()).insert(tag)
    }

    /// A delivery is settled; `left`: how many are not.
    pub(crate) fn remove(&mut self, tag: &DeliveryTag, left: u32) {
        if left == 0 {
            *self = Self::default();
        } else if let Some(known) = &mut self.known {
            known.remove(tag);
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
        for number in [1u32, 2, 255, 256, 70_000] {
            assert!(tags.insert(number.into(), || unreachable!("they rise")));
        }
        let held = || [2u32, 256, 70_000].map(DeliveryTag::from).into();
        assert!(!tags.insert(2u32.into(), held));
        assert!(tags.insert(1u32.into(), || unreachable!("there is a set")), "settled meanwhile");
        tags.remove(&256u32.into(), 3);
        assert!(tags.insert(256u32.into(), BTreeSet::new));
        assert!(!tags.insert(70_000u32.into(), BTreeSet::new));
        tags.remove(&1u32.into(), 0);
        assert!(tags.insert(1u32.into(), || unreachable!("nothing is held")));
    }
}
