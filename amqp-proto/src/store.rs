//! Two small tables: [`Store`] gives each thing the lowest free index, which doubles as its channel
//! (§2.5.1) or handle (§2.6.2); [`Numbers`] maps the numbers that the peer chose to our indexes and
//! costs what is used, whatever number the peer picks.

use crate::id::Generation;
use crate::sorted::Sorted;
use crate::thin::Thin;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

/// Things by index; a new one gets the lowest free index.
#[derive(Debug)]
pub(crate) struct Store<T> {
    // In a row, so that who goes through many finds them in the caches. With little more room than is used: a table that
    // doubles would double what each costs. What is large goes into a box.
    slots: Vec<Option<T>>,
    free: Thin<Tree>,
}

/// Numbers to numbers; of one type, for the sake of little code.
type Tree = Sorted<u32, u32>;

impl<T> Store<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: Thin::new() }
    }

    /// The index that the next [`insert`](Self::insert) will use.
    pub(crate) fn next_index(&self) -> u32 {
        let lowest = self.free.get().and_then(Tree::first);
        lowest.map_or_else(|| u32::try_from(self.slots.len()).unwrap_or(u32::MAX), |(index, _)| *index)
    }

    /// The lowest free index from this one on.
    pub(crate) fn next_index_from(&self, least: u32) -> u32 {
        let freed = self.free.get().and_then(|free| free.from(&least).next()).map(|(index, _)| *index);
        freed.unwrap_or_else(|| u32::try_from(self.slots.len()).unwrap_or(u32::MAX).max(least))
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        let index = self.next_index();
        self.insert_at(index, value);
        index
    }

    /// Puts it into a free place, behind the last one too: what is left between is free.
    pub(crate) fn insert_at(&mut self, index: u32, value: T) {
        while self.slots.len() < index as usize {
            let index = self.slots.len() as u32;
            self.free.make().insert(index, index);
            self.make_room();
            self.slots.push(None);
        }
        match self.slots.get_mut(index as usize) {
            Some(slot) => {
                *slot = Some(value);
                self.free.get_mut().map(|free| free.remove(&index));
            }
            None => {
                self.make_room();
                self.slots.push(Some(value));
            }
        }
    }

    /// Room for one more, and then for an eighth of what is there.
    fn make_room(&mut self) {
        if self.slots.len() == self.slots.capacity() {
            self.slots.reserve_exact(self.slots.len() / 8 + 1);
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        self.slots.get(index as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.slots.get_mut(index as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<T> {
        let value = self.slots.get_mut(index as usize)?.take()?;
        let free = self.free.make();
        free.insert(index, index);
        while let Some(None) = self.slots.last() {
            self.slots.pop();
            free.remove(&(self.slots.len() as u32));
        }
        if self.slots.len() < self.slots.capacity() / 2 {
            self.slots.shrink_to_fit();
        }
        Some(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.get().map_or(0, Tree::len)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.slots.iter().zip(0u32..).filter_map(|(slot, index)| slot.as_ref().map(|value| (index, value)))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        self.slots.iter_mut().zip(0u32..).filter_map(|(slot, index)| slot.as_mut().map(|value| (index, value)))
    }
}

/// Indexes in the order in which what they lead to was made. Sorted as a heap, and of one type wherever that is needed:
/// the slice's sort takes ten times the code.
pub(crate) fn oldest_first(made: impl Iterator<Item = (Generation, u32)>) -> Vec<(Generation, u32)> {
    in_order(made.collect())
}

#[inline(never)]
fn in_order(made: Vec<(Generation, u32)>) -> Vec<(Generation, u32)> {
    BinaryHeap::from(made).into_sorted_vec()
}

/// Numbers below this are looked up in a vector, others in a tree.
const DENSE: u32 = 1024;

/// Maps the peer's channel or handle numbers to our indexes.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// `index + 1`, or 0 where nothing is mapped.
    dense: Vec<u32>,
    sparse: Thin<Tree>,
}

impl Numbers {
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<u32> {
        if number < DENSE {
            self.dense.get(number as usize)?.checked_sub(1)
        } else {
            self.sparse.get()?.get(&number).copied()
        }
    }

    pub(crate) fn insert(&mut self, number: u32, index: u32) {
        if number < DENSE {
            if self.dense.len() <= number as usize {
                self.dense.resize(number as usize + 1, 0);
            }
            if let Some(entry) = self.dense.get_mut(number as usize) {
                *entry = index.saturating_add(1);
            }
        } else {
            self.sparse.make().insert(number, index);
        }
    }

    pub(crate) fn remove(&mut self, number: u32) {
        if number < DENSE {
            if let Some(entry) = self.dense.get_mut(number as usize) {
                *entry = 0;
            }
        } else {
            self.sparse.get_mut().and_then(|sparse| sparse.remove(&number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_free_index_first() {
        // req: TR-2.5.1-03 TR-2.6.2-02
        let mut store = Store::new();
        for expected in 0..4 {
            assert_eq!(store.insert(expected), expected);
        }
        store.remove(2);
        store.remove(1);
        assert_eq!((store.len(), store.next_index()), (2, 1));
        assert_eq!(store.insert(9), 1);
        assert_eq!(store.insert(9), 2);
        assert_eq!(store.insert(9), 4);
    }

    #[test]
    fn the_lowest_free_index_from_one_on() {
        let mut store = Store::new();
        assert_eq!((store.next_index_from(0), store.next_index_from(3)), (0, 3));
        for n in 0..6 {
            store.insert(n);
        }
        for free in [1, 3, 4] {
            store.remove(free);
        }
        let from: Vec<u32> = (0..8).map(|least| store.next_index_from(least)).collect();
        assert_eq!(from, [1, 1, 3, 3, 4, 6, 6, 7]);
    }

    #[test]
    fn what_is_left_free_below_is_used_and_given_back() {
        let mut store = Store::new();
        store.insert_at(3, 3);
        store.insert_at(1, 1);
        assert_eq!((store.len(), store.iter().map(|(index, _)| index).collect::<Vec<_>>()), (2, [1, 3].to_vec()));
        assert_eq!((store.insert(0), store.insert(2), store.insert(4)), (0, 2, 4));
        for n in 0..5 {
            assert_eq!(store.remove(n), Some(n));
        }
        assert_eq!((store.len(), store.slots.len(), store.free.get().map_or(0, Tree::len)), (0, 0, 0));
    }

    #[test]
    fn a_removed_tail_leaves_no_trace() {
        let mut store = Store::new();
        for n in 0..1000 {
            store.insert(n);
        }
        for n in (0..1000).rev() {
            assert_eq!(store.remove(n), Some(n));
        }
        assert_eq!((store.len(), store.slots.len(), store.free.get().map_or(0, Tree::len)), (0, 0, 0));
        assert_eq!(store.remove(5), None);
    }

    #[test]
    fn numbers_cost_what_is_used() {
        // req: TR-2.7.2-04
        let mut numbers = Numbers::default();
        numbers.insert(u32::MAX, 7);
        numbers.insert(0, 3);
        assert_eq!((numbers.get(u32::MAX), numbers.get(0), numbers.get(1)), (Some(7), Some(3), None));
        assert_eq!(numbers.dense.len(), 1);
        numbers.remove(u32::MAX);
        numbers.remove(0);
        assert_eq!((numbers.get(u32::MAX), numbers.get(0)), (None, None));
    }
}
