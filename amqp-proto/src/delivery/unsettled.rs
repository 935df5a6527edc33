//! Unsettled deliveries of one session and direction, by delivery-id (§2.6.12).
//!
//! Delivery-ids of a session go up by one, and mostly they are settled in about that order. So they are
//! kept in buckets of [`WIDTH`] consecutive ids, the buckets in a queue ordered by serial number: adding
//! at the end and settling near the front touch one bucket, a range visits only the buckets it meets,
//! and a bucket whose last entry is settled is given up, so that memory follows what is held and not
//! how far apart the ids are.

use crate::thin::Thin;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use amqp_codec::SequenceNo;
use core::fmt;

/// Ids in a bucket; a power of two.
const WIDTH: u32 = 16;

/// Buckets whose room is kept until nothing moves: who has a thousand deliveries on their way needs none that is new.
const SPARE: usize = 64;

type Slots<T> = Box<[Option<T>]>;

struct Bucket<T> {
    /// The id of the first slot, a multiple of [`WIDTH`].
    base: u32,
    live: u32,
    slots: Slots<T>,
}

pub(crate) struct Unsettled<T> {
    /// Not there before the first delivery.
    table: Thin<Table<T>>,
}

struct Table<T> {
    buckets: VecDeque<Bucket<T>>,
    /// Slots of buckets given up, to be used again; at most [`SPARE`].
    spare: Vec<Slots<T>>,
    len: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { buckets: VecDeque::new(), spare: Vec::new(), len: 0 }
    }
}

/// Slots without entries, made where they stay.
fn empty<T>() -> Slots<T> {
    core::iter::repeat_with(|| None).take(WIDTH as usize).collect()
}

fn base_of(id: SequenceNo) -> u32 {
    id.0 & !(WIDTH - 1)
}

fn slot_of(id: SequenceNo) -> usize {
    (id.0 & (WIDTH - 1)) as usize
}

impl<T> Unsettled<T> {
    pub(crate) const fn new() -> Self {
        Self { table: Thin::new() }
    }

    /// Gives back the room that is not in use.
    pub(crate) fn rest(&mut self) {
        if let Some(table) = self.table.get_mut() {
            table.spare = Vec::new();
        }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.table.get().map_or(0, |table| table.len)
    }

    /// Adds an entry; an entry of the same id is replaced.
    #[inline(always)]
    pub(crate) fn insert(&mut self, id: SequenceNo, value: T) {
        self.table.make().insert(id, value);
    }

    pub(crate) fn get(&self, id: SequenceNo) -> Option<&T> {
        self.table.get()?.get(id)
    }

    #[cfg(test)]
    pub(crate) fn remove(&mut self, id: SequenceNo) -> Option<T>
    where
        T: Copy,
    {
        self.take(id, |value| Some(*value))
    }

    /// Removes the entry if `what` has something of it that is wanted, and returns that: all of it would be copied.
    #[inline]
    pub(crate) fn take<R>(&mut self, id: SequenceNo, what: impl FnOnce(&mut T) -> Option<R>) -> Option<R> {
        self.table.get_mut()?.take(id, what)
    }

    /// Visits the entries from `first` to `last`, both included, in serial order; those for which
    /// `keep` says false are removed. Costs what is held there, whatever the numbers (req: TR-2.7.6-04).
    #[inline]
    pub(crate) fn visit(&mut self, first: SequenceNo, last: SequenceNo, keep: impl FnMut(SequenceNo, &mut T) -> bool) {
        if let Some(table) = self.table.get_mut() {
            table.visit(first, last, keep);
        }
    }

    /// Shows the entries, the latest first, until `more` says that no more are wanted.
    pub(crate) fn show_latest(&self, more: &mut dyn FnMut(&T) -> bool) {
        if let Some(table) = self.table.get() {
            table.show_latest(more);
        }
    }

    /// Removes every entry for which `keep` says false.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(table) = self.table.get_mut() {
            table.retain(keep);
        }
    }
}

impl<T> Table<T> {
    /// Where the bucket for `id` is, or would be.
    #[inline(always)]
    fn find(&self, id: SequenceNo) -> Result<usize, usize> {
        // Mostly it is the first.
        match self.buckets.front() {
            Some(first) if first.base == base_of(id) => Ok(0),
            Some(_) | None => self.search(base_of(id)),
        }
    }

    /// Serial order: distances from the first bucket.
    #[cold]
    fn search(&self, base: u32) -> Result<usize, usize> {
        let Some(Bucket { base: first, .. }) = self.buckets.front() else { return Err(0) };
        let first = *first;
        if self.buckets.back().is_some_and(|last| last.base == base) {
            return Ok(self.buckets.len() - 1);
        }
        let distance = base.wrapping_sub(first) as i32;
        self.buckets.binary_search_by_key(&distance, |bucket| bucket.base.wrapping_sub(first) as i32)
    }

    #[inline(always)]
    fn insert(&mut self, id: SequenceNo, value: T) {
        // Mostly it goes into the last bucket.
        let last = self.buckets.back_mut().filter(|last| last.base == base_of(id));
        let bucket = match last {
            Some(last) => last,
            None => match self.make(id) {
                Some(bucket) => bucket,
                None => return,
            },
        };
        let Some(slot) = bucket.slots.get_mut(slot_of(id)) else { return };
        if slot.is_some() {
            return again(slot, value);
        }
        *slot = Some(value);
        bucket.live += 1;
        self.len += 1;
    }

    /// The bucket for `id`, in which there may be nothing yet.
    #[cold]
    fn make(&mut self, id: SequenceNo) -> Option<&mut Bucket<T>> {
        let index = self.find(id).unwrap_or_else(|index| {
            let slots = self.spare.pop().unwrap_or_else(empty);
            self.buckets.insert(index, Bucket { base: base_of(id), live: 0, slots });
            index
        });
        self.buckets.get_mut(index)
    }

    fn get(&self, id: SequenceNo) -> Option<&T> {
        let index = self.find(id).ok()?;
        self.buckets.get(index)?.slots.get(slot_of(id))?.as_ref()
    }

    #[inline]
    fn take<R>(&mut self, id: SequenceNo, what: impl FnOnce(&mut T) -> Option<R>) -> Option<R> {
        let index = self.find(id).ok()?;
        let bucket = self.buckets.get_mut(index)?;
        let slot = bucket.slots.get_mut(slot_of(id))?;
        let taken = what(slot.as_mut()?)?;
        bucket.live -= 1;
        self.len -= 1;
        *slot = None;
        if bucket.live == 0 {
            self.give_up(index);
        }
        Some(taken)
    }

    #[cold]
    fn give_up(&mut self, index: usize) {
        let removed = if index == 0 { self.buckets.pop_front() } else { self.buckets.remove(index) };
        if let Some(bucket) = removed.filter(|_| self.spare.len() < SPARE) {
            self.spare.push(bucket.slots);
        }
    }

    fn visit(&mut self, first: SequenceNo, last: SequenceNo, mut keep: impl FnMut(SequenceNo, &mut T) -> bool) {
        let width = last.0.wrapping_sub(first.0);
        let mut index = self.find(first).unwrap_or_else(|index| index);
        while let Some(bucket) = self.buckets.get_mut(index) {
            if bucket.base.wrapping_sub(base_of(first)) as i32 as i64 > i64::from(width) + i64::from(WIDTH) {
                return;
            }
            for (slot, offset) in bucket.slots.iter_mut().zip(0..) {
                let id = SequenceNo(bucket.base.wrapping_add(offset));
                let Some(value) = slot.as_mut().filter(|_| id.0.wrapping_sub(first.0) <= width) else { continue };
                if !keep(id, value) {
                    *slot = None;
                    bucket.live -= 1;
                    self.len -= 1;
                }
            }
            if bucket.live == 0 {
                self.give_up(index);
            } else {
                index += 1;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn show_latest(&self, more: &mut dyn FnMut(&T) -> bool) {
        for bucket in self.buckets.iter().rev() {
            for slot in bucket.slots.iter().rev() {
                if slot.as_ref().is_some_and(|value| !more(value)) {
                    return;
                }
            }
        }
    }

    fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        for bucket in &mut self.buckets {
            for slot in &mut bucket.slots {
                if slot.as_ref().is_some_and(|value| !keep(value)) {
                    *slot = None;
                    bucket.live -= 1;
                    self.len -= 1;
                }
            }
        }
        self.buckets.retain(|bucket| bucket.live > 0);
    }
}

/// Replaces an entry, which happens where a peer numbers a delivery as one that is held already.
#[cold]
#[inline(never)]
fn again<T>(slot: &mut Option<T>, value: T) {
    *slot = Some(value);
}

impl<T> fmt::Debug for Unsettled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsettled({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    fn ids(map: &mut Unsettled<u32>, first: u32, last: u32) -> Vec<u32> {
        let mut seen = Vec::new();
        map.visit(SequenceNo(first), SequenceNo(last), |id, _| {
            seen.push(id.0);
            true
        });
        seen
    }

    #[test]
    fn wraps_around() {
        // req: TR-2.5.6-02 TR-2.7.6-03
        let mut map = Unsettled::new();
        for n in 0..200u32 {
            map.insert(SequenceNo(n.wrapping_sub(100)), n);
        }
        assert_eq!(map.len(), 200);
        assert_eq!(ids(&mut map, u32::MAX - 1, 1), [u32::MAX - 1, u32::MAX, 0, 1]);
        for n in 0..200u32 {
            assert_eq!(map.remove(SequenceNo(n.wrapping_sub(100))), Some(n));
        }
        assert_eq!((map.len(), map.table.make().buckets.len()), (0, 0));
    }

    #[test]
    fn the_widest_range_costs_what_is_held() {
        // req: TR-2.7.6-04
        let mut map = Unsettled::new();
        map.insert(SequenceNo(7), 7);
        map.insert(SequenceNo(1 << 30), 8);
        assert_eq!(ids(&mut map, 0, u32::MAX >> 1), [7, 1 << 30]);
        assert_eq!(ids(&mut map, 7, 6), [7, 1 << 30]);
        assert_eq!(map.table.make().buckets.len(), 2);
    }

    #[test]
    fn many_cost_what_they_are_and_leave_nothing() {
        // req: TR-2.7.6-04
        let many = 200_000u32;
        let start = 0u32.wrapping_sub(many / 2);
        let mut map = Unsettled::new();
        for offset in 0..many {
            map.insert(SequenceNo(start.wrapping_add(offset)), offset);
        }
        assert!(map.table.make().buckets.len() <= (many / WIDTH) as usize + 2);
        let mut count = 0;
        map.show_latest(&mut |value| {
            count += 1;
            assert_eq!(*value, many - count);
            count < many / 2
        });
        assert_eq!(count, many / 2);
        for offset in (0..many).rev() {
            assert_eq!(map.remove(SequenceNo(start.wrapping_add(offset))), Some(offset));
        }
        assert_eq!((map.len(), map.table.make().buckets.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn like_a_tree(
            start in prop_oneof![Just(0u32), Just(u32::MAX - 300), any::<u32>()],
            steps in prop::collection::vec((0u32..600, 0u32..80, 0..4), 1..200),
        ) {
            let mut map = Unsettled::new();
            let mut model = BTreeMap::new();
            for (offset, width, what) in steps {
                let id = SequenceNo(start.wrapping_add(offset));
                match what {
                    0 | 1 => {
                        map.insert(id, offset);
                        model.insert(offset, offset);
                    }
                    2 => prop_assert_eq!(map.remove(id), model.remove(&offset)),
                    _ => {
                        let mut seen = Vec::new();
                        map.visit(id, SequenceNo(id.0.wrapping_add(width)), |_, value| {
                            seen.push(*value);
                            *value % 2 == 0
                        });
                        let expected: Vec<u32> = model.range(offset..=offset + width).map(|(key, _)| *key).collect();
                        prop_assert_eq!(&seen, &expected);
                        for key in expected.into_iter().filter(|key| key % 2 != 0) {
                            model.remove(&key);
                        }
                    }
                }
                prop_assert_eq!(map.len(), model.len());
            }
        }
    }
}
