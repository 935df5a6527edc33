//! A sorted map in little code: the standard library's tree takes 5 to 10 KB of it for each pair of types, this one 1 to 3.

use alloc::vec::{self, Vec};
use core::iter::Flatten;
use core::mem;

/// Entries in a run. Few enough to be moved at once when one comes or goes between them.
const RUN: usize = 64;

/// Entries in the order of their keys: short runs in a row. Whatever the order in which they come and go, adding and
/// removing moves at most a run, and now and then the row, of which there is a 16th as many; any two neighbours
/// together hold more than half of a run, so that room follows what is held.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Sorted<K, V = ()> {
    /// None of them is empty.
    runs: Vec<Vec<(K, V)>>,
    len: usize,
}

impl<K: PartialEq, V: PartialEq> PartialEq for Sorted<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Sorted<K, V> {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: Vec::new(), len: 0 }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry with the lowest key.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Takes the entry with the lowest key.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        self.take(0, 0)
    }

    /// All entries, in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { entries: Entries { runs: &self.runs, index: 0 }, left: self.len }
    }

    /// All entries, in order, to change their values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.runs.iter_mut().flatten().map(|(key, value)| (&*key, value))
    }

    /// Removes the entries for which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for run in &mut self.runs {
            run.retain_mut(|(key, value)| keep(key, value));
        }
        self.runs.retain(|run| !run.is_empty());
        self.len = self.runs.iter().map(Vec::len).sum();
        for at in (0..self.runs.len()).rev() {
            self.join(at);
        }
    }

    #[inline(never)]
    fn take(&mut self, at: usize, index: usize) -> Option<(K, V)> {
        let run = self.runs.get_mut(at)?;
        let taken = run.remove(index);
        self.len -= 1;
        if run.is_empty() {
            self.runs.remove(at);
        } else {
            self.join(at);
            self.join(at.wrapping_sub(1));
        }
        Some(taken)
    }

    /// Makes one run of this and the next, if they are no more than half of one.
    fn join(&mut self, at: usize) {
        if let Some([run, next]) = self.runs.get_mut(at..).and_then(|runs| runs.first_chunk_mut()) {
            if run.len() + next.len() <= RUN / 2 {
                run.append(next);
                self.runs.remove(at + 1);
            }
        }
    }
}

impl<K: Ord, V> Sorted<K, V> {
    /// Where the key is, or would be: the run, and the place in it.
    #[inline(never)]
    fn find(&self, key: &K) -> (usize, Result<usize, usize>) {
        // the run before the first that begins behind the key
        let behind = self.runs.partition_point(|run| run.first().is_some_and(|(first, _)| first <= key));
        let at = behind.saturating_sub(1);
        (at, self.runs.get(at).map_or(Err(0), |run| run.binary_search_by(|(other, _)| other.cmp(key))))
    }

    /// Adds an entry; returns the value that was there by that key.
    #[inline(never)]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (at, index) = match self.find(&key) {
            (at, Ok(index)) => return Some(mem::replace(&mut self.runs.get_mut(at)?.get_mut(index)?.1, value)),
            (at, Err(index)) => (at, index),
        };
        let (at, index) = self.make_room(at, index);
        self.runs.get_mut(at)?.insert(index, (key, value));
        self.len += 1;
        self.join(at);
        None
    }

    /// Splits the run if it is full; where the place is then.
    fn make_room(&mut self, at: usize, index: usize) -> (usize, usize) {
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(Vec::new());
            return (at, index);
        };
        if run.len() < RUN {
            return (at, index);
        }
        // they mostly come in order, which leaves full runs
        let kept = if index == RUN { RUN } else { RUN / 2 };
        let next = run.split_off(kept);
        self.runs.insert(at + 1, next);
        index.checked_sub(kept).map_or((at, index), |index| (at + 1, index))
    }

    /// The value of that key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let (at, index) = self.find(key);
        Some(&self.runs.get(at)?.get(index.ok()?)?.1)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (at, index) = self.find(key);
        Some(&mut self.runs.get_mut(at)?.get_mut(index.ok()?)?.1)
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.find(key).1.is_ok()
    }

    /// Takes the value of that key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (at, index) = self.find(key);
        Some(self.take(at, index.ok()?)?.1)
    }

    /// The entries whose keys are not lower, in order.
    pub fn from<'a>(&'a self, key: &K) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V> {
        let (at, index) = self.find(key);
        let (runs, index) = (self.runs.get(at..).unwrap_or_default(), index.unwrap_or_else(|index| index));
        Entries { runs, index }
    }
}

impl<K: Ord, V> Extend<(K, V)> for Sorted<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Sorted<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut all = Self::new();
        all.extend(entries);
        all
    }
}

impl<K, V> IntoIterator for Sorted<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter { entries: self.runs.into_iter().flatten(), left: self.len }
    }
}

/// The entries of a [`Sorted`], in order.
#[doc(hidden)]
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    entries: Entries<'a, K, V>,
    left: usize,
}

/// The entries from one on.
#[derive(Debug)]
struct Entries<'a, K, V> {
    /// The run that it is in, and those behind it.
    runs: &'a [Vec<(K, V)>],
    index: usize,
}

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (run, rest) = self.runs.split_first()?;
            if let Some((key, value)) = run.get(self.index) {
                self.index += 1;
                return Some((key, value));
            }
            (self.runs, self.index) = (rest, 0);
        }
    }
}

/// What was in a [`Sorted`], in order.
#[doc(hidden)]
#[derive(Debug)]
pub struct IntoIter<K, V> {
    entries: Flatten<vec::IntoIter<Vec<(K, V)>>>,
    left: usize,
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.left -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.entries.next()?;
        self.left -= 1;
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    /// None is empty, none has more than there may be, two neighbours are more than half of one.
    fn check(map: &Sorted<u16, u32>, model: &BTreeMap<u16, u32>) {
        assert!(map.iter().eq(model));
        assert_eq!((map.len(), map.iter().len(), map.is_empty()), (model.len(), model.len(), model.is_empty()));
        assert!(map.runs.iter().all(|run| (1..=RUN).contains(&run.len())));
        assert!(map.runs.windows(2).all(|pair| pair.iter().map(Vec::len).sum::<usize>() > RUN / 2));
    }

    #[test]
    fn what_comes_in_order_fills_its_runs() {
        let mut map = Sorted::new();
        map.extend((0..10 * RUN).map(|n| (n, ())));
        assert_eq!(map.runs.len(), 10);
        for n in 0..10 * RUN {
            assert_eq!(map.pop_first(), Some((n, ())));
        }
        assert_eq!((map.pop_first(), map.runs.len()), (None, 0));
    }

    #[test]
    fn room_follows_what_is_held() {
        let mut map = Sorted::new();
        map.extend((0..100 * RUN as u16).map(|n| (n, 0)));
        for n in (0..100 * RUN as u16).filter(|n| n % 50 != 0) {
            map.remove(&n);
        }
        check(&map, &(0..100 * RUN as u16).step_by(50).map(|n| (n, 0)).collect());
    }

    proptest! {
        #[test]
        fn like_a_tree(steps in prop::collection::vec((0u16..400, 0u16..60, 0..8), 1..400)) {
            let (mut map, mut model) = (Sorted::new(), BTreeMap::new());
            for (step, (key, width, what)) in (0u32..).zip(steps) {
                match what {
                    0..=2 => for key in key..key + width {
                        prop_assert_eq!(map.insert(key, step), model.insert(key, step));
                    },
                    3 => prop_assert_eq!(map.insert(key, step), model.insert(key, step)),
                    4 => for key in key..key + width {
                        prop_assert_eq!(map.remove(&key), model.remove(&key));
                    },
                    5 => prop_assert_eq!(map.pop_first(), model.pop_first()),
                    6 => {
                        map.retain(|key, value| (u32::from(*key) + *value) % 3 != 0);
                        model.retain(|key, value| (u32::from(*key) + *value) % 3 != 0);
                    }
                    _ => {
                        prop_assert!(map.from(&key).eq(model.range(key..)));
                        prop_assert_eq!(map.get(&key).copied(), model.get(&key).copied());
                        prop_assert_eq!(map.get_mut(&key).copied(), model.get(&key).copied());
                        prop_assert_eq!(map.contains(&key), model.contains_key(&key));
                    }
                }
                check(&map, &model);
                prop_assert_eq!(map.first().map(|entry| *entry.0), model.first_key_value().map(|entry| *entry.0));
            }
            prop_assert!(map.into_iter().eq(model));
        }
    }
}
