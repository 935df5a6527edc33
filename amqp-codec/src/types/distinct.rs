//! Keys of which no two may be equal (§1.6.23).

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::octets::below_8;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

/// A key of a map.
pub(crate) trait Key: Ord {
    /// A number that is the same of equal keys, and of few others.
    ///
    /// Whoever chooses keys of which many have the same gains nothing by it: such keys are sorted.
    fn fingerprint(&self) -> u64;
}

/// Up to how many keys are compared each with each, without memory.
const FEW: usize = 12;

/// Refuses equal keys, in `n log n` steps; the error is at the key that repeats another. `map` is
/// where the first key is.
pub(crate) fn check_keys<K: Key, V>(
    entries: &[(K, V)],
    map: Decoder<'_>,
    expected: &'static str,
) -> Result<(), DecodeError> {
    match repeated_key(entries.iter().map(|(key, _)| key)) {
        None => Ok(()),
        Some(index) => Err(error_at(map, index, expected)),
    }
}

#[cold]
fn error_at(mut map: Decoder<'_>, index: usize, expected: &'static str) -> DecodeError {
    for _ in 0..index.saturating_mul(2) {
        // They have been read before.
        if let Err(error) = map.skip() {
            return error;
        }
    }
    map.error(DecodeErrorKind::DuplicateKey, expected)
}

/// Which is the first key that equals one before it.
///
/// Few keys have equal fingerprints. The keys are sorted only where these do not tell.
pub(crate) fn repeated_key<'k, K: Key + 'k>(keys: impl ExactSizeIterator<Item = &'k K> + Clone) -> Option<usize> {
    if keys.len() <= FEW {
        let mut others = keys.clone().enumerate();
        return others.find(|&(index, key)| keys.clone().take(index).any(|other| other == key)).map(|(index, _)| index);
    }
    if all_distinct(keys.clone().map(Key::fingerprint)) { None } else { repeated_when_sorted(keys) }
}

/// How far from its place in the table a fingerprint may be.
const FAR: usize = 16;

/// Whether no two fingerprints are equal, by a table of them; not, if too many crowd one part of it.
fn all_distinct(fingerprints: impl ExactSizeIterator<Item = u64>) -> bool {
    let mut table = alloc::vec![0; fingerprints.len().saturating_mul(2).next_power_of_two()];
    fingerprints.into_iter().all(|fingerprint| take_place(&mut table, fingerprint))
}

/// Takes a place for a fingerprint, of those that are zero.
#[inline]
fn take_place(table: &mut [u32], fingerprint: u64) -> bool {
    // The upper bits of a product depend on all of its factors: the table's length times such a fraction of it.
    let last = table.len().saturating_sub(1);
    let upper = fingerprint >> 32;
    let start = (upper.wrapping_mul(table.len() as u64) >> 32) as usize;
    let taken = upper as u32 | 1;
    for step in 0..FAR {
        match table.get_mut(start.wrapping_add(step) & last) {
            Some(place) if *place == 0 => {
                *place = taken;
                return true;
            }
            Some(place) if *place != taken => {}
            _ => return false,
        }
    }
    false
}

/// A key by its place, sorted by the key and then by the place.
struct Ranked<'a> {
    place: usize,
    compare: &'a dyn Fn(usize, usize) -> Ordering,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.compare)(self.place, other.place).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked<'_> {}

#[cold]
fn repeated_when_sorted<'k, K: Key + 'k>(keys: impl Iterator<Item = &'k K>) -> Option<usize> {
    let keys: Vec<&K> = keys.collect();
    repeated_of(keys.len(), &|a, b| keys.get(a).cmp(&keys.get(b)))
}

/// Sorted as a heap, of one type for all keys: that takes a tenth of the code of the slice's sort, and this is for few.
#[inline(never)]
fn repeated_of(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Option<usize> {
    let keys: BinaryHeap<Ranked<'_>> = (0..count).map(|place| Ranked { place, compare }).collect();
    let sorted = keys.into_sorted_vec();
    let pairs = sorted.windows(2).filter_map(|pair| match pair {
        [a, b] if compare(a.place, b.place).is_eq() => Some(b.place),
        _ => None,
    });
    pairs.min()
}

/// A fingerprint of octets.
#[inline]
pub(crate) fn fingerprint(octets: &[u8]) -> u64 {
    let (mut print, mut rest) = (octets.len() as u64, octets);
    while let Some((word, behind)) = rest.split_first_chunk() {
        print = mix(print, u64::from_le_bytes(*word));
        rest = behind;
    }
    match (rest, octets.last_chunk()) {
        ([], _) => print,
        // Some octets count twice.
        (_, Some(last)) => mix(print, u64::from_le_bytes(*last)),
        (few, None) => mix(print, below_8(few)),
    }
}

/// A fingerprint of a number, and of what is known before.
#[inline]
pub(crate) fn mix(print: u64, word: u64) -> u64 {
    (print.rotate_left(25) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::cell::Cell;
    use core::cmp::Ordering;

    use super::*;

    /// A key that counts how often it is compared, and may have the fingerprint of all others.
    #[derive(Debug, Clone, Copy)]
    struct Counted<'a>(u32, bool, &'a Cell<u32>);

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.2.set(self.2.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Counted<'_> {}

    impl Key for Counted<'_> {
        fn fingerprint(&self) -> u64 {
            if self.1 { 7 } else { mix(0, self.0.into()) }
        }
    }

    /// However the keys are ordered, whatever their fingerprints, and whether two are equal or none: at most
    /// 4 n log2 n comparisons.
    #[test]
    fn equal_keys_are_found_in_n_log_n_comparisons() {
        // req: TY-1.6.23-04
        type Order = fn(u32, u32) -> u32;
        type Repeated = fn(u32) -> Option<u32>;
        let orders: [(Order, Repeated); 5] = [
            (|index, _| index, |_| None),
            (|index, count| count - index, |_| None),
            (|index, _| index.wrapping_mul(0x9e37_79b1), |_| None),
            (|index, count| index % (count / 2), |count| Some(count / 2)),
            (|_, _| 7, |_| Some(1)),
        ];
        for count in [2, 12, 13, 100, 1 << 10, 1 << 14] {
            for ((order, repeated), same) in orders.iter().flat_map(|order| [(order, false), (order, true)]) {
                let compared = Cell::new(0);
                let keys: Vec<_> = (0..count).map(|index| Counted(order(index, count), same, &compared)).collect();
                assert_eq!(repeated_key(keys.iter()), repeated(count).map(|index| index as usize));
                let bound = 4 * count * (count.ilog2() + 1);
                assert!(compared.get() <= bound, "{count} keys: {} comparisons", compared.get());
            }
        }
    }

    #[test]
    fn every_octet_counts() {
        let octets: Vec<u8> = (1..=40).collect();
        let mut prints = Vec::new();
        for len in 0..=octets.len() {
            let mut text = octets[..len].to_vec();
            prints.push(fingerprint(&text));
            for at in 0..len {
                text[at] ^= 0x80;
                prints.push(fingerprint(&text));
                text[at] ^= 0x80;
            }
        }
        let count = prints.len();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), count);
    }
}
