//! What all maps in a message share: entries with distinct keys, kept encoded.
//!
//! They are checked when they come, and share the octets of the message until one is changed.
//! They go out as they came, in whatever form their sender chose, at the cost of a copy; one is
//! taken apart when it is asked for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::{fmt, marker::PhantomData, ops::Range};

use bytes::Bytes;

use super::key::{Key, KeyRef};
use super::section::{DESCRIPTOR_LEN, Section};
use crate::decoder::{error_at, split_value};
use crate::series::Series;
use crate::types::distinct::repeated_key;
use crate::types::list::{container_len, encode_container_data, short_head};
use crate::write::put;
use crate::{Decode, DecodeError, DecodeErrorKind, Decoder, Encode, code};

/// The entries of a map, in their order.
pub(super) struct Entries<K, V> {
    octets: Octets,
    count: u32,
    /// A bit for each key, which several keys may share: a key whose bit is not set is new.
    sketch: u32,
    typed: PhantomData<fn() -> (K, V)>,
}

#[derive(Clone)]
enum Octets {
    Own(Vec<u8>),
    /// A part of the message that they came in.
    Shared(Bytes),
}

impl Octets {
    /// The octets, to be changed.
    #[inline(always)]
    fn own(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Own(octets) => {
                if octets.capacity() == 0 {
                    make_room(octets);
                }
                octets
            }
            Self::Shared(_) => self.copied(),
        }
    }

    /// Octets of one's own, and room for more.
    #[cold]
    #[inline(never)]
    fn copied(&mut self) -> &mut Vec<u8> {
        let mut octets = Vec::with_capacity(ROOM);
        if let Self::Shared(shared) = self {
            octets.extend_from_slice(shared);
        }
        *self = Self::Own(octets);
        self.own()
    }
}

#[cold]
#[inline(never)]
fn make_room(octets: &mut Vec<u8>) {
    // Not reserved, which is slower.
    *octets = Vec::with_capacity(ROOM);
}

/// The room that is made for entries at the first, in octets: maps of a message hold a handful.
const ROOM: usize = 128;

/// How a map is framed, and what errors call it.
const CODES: (u8, u8) = (code::MAP_8, code::MAP_32);
const MAP: &str = "map";

impl<K, V> Entries<K, V> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { octets: Octets::Own(Vec::new()), count: 0, sketch: 0, typed: PhantomData }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        match &self.octets {
            Octets::Own(octets) => octets,
            Octets::Shared(octets) => octets,
        }
    }

    /// The octets, to be read with a decoder.
    fn to_bytes(&self, part: Range<usize>) -> Bytes {
        match &self.octets {
            Octets::Own(octets) => octets.get(part).map(Bytes::copy_from_slice).unwrap_or_default(),
            Octets::Shared(octets) => octets.slice(part),
        }
    }

    fn walk(&self) -> Walk<'_> {
        Walk { rest: self.as_slice(), at: 0 }
    }

    /// Where the entry with this key is.
    fn find(&self, key: KeyRef<'_>) -> Option<Place> {
        if self.sketch & key.sketch() == 0 {
            return None;
        }
        self.walk().find(|&(found, _)| found == key).map(|(_, place)| place)
    }

    /// Where a key begins that repeats one before it, in `n log n` steps.
    #[cold]
    fn repeated_key(&self) -> Option<usize> {
        let (keys, places): (Vec<_>, Vec<_>) = self.walk().unzip();
        let place = places.get(repeated_key(keys.iter())?);
        place.map(|place: &Place| place.key)
    }

    /// The length of a section that is a map of these entries.
    pub(super) fn section_len(&self) -> usize {
        container_len(self.len().saturating_mul(2), self.as_slice().len()).saturating_add(DESCRIPTOR_LEN)
    }

    /// Appends a section that is a map of these entries.
    #[inline]
    pub(super) fn encode_section(&self, section: Section, out: &mut Vec<u8>) {
        let octets = self.as_slice();
        let [described, small, descriptor] = section.descriptor_octets();
        match short_head(CODES.0, self.len().saturating_mul(2), octets.len()) {
            Some([code, size, count]) => put(out, [described, small, descriptor, code, size, count]),
            None => self.encode_long_head(section, out),
        }
        out.extend_from_slice(octets);
    }

    #[cold]
    fn encode_long_head(&self, section: Section, out: &mut Vec<u8>) {
        put(out, section.descriptor_octets());
        out.push(code::MAP_32);
        encode_container_data(out, self.len().saturating_mul(2), self.as_slice().len());
    }
}

impl<K: Key, V: Decode + Encode> Entries<K, V> {
    /// The value of a key.
    pub(super) fn get(&self, key: KeyRef<'_>) -> Option<V> {
        self.find(key).and_then(|place| self.value(place))
    }

    fn value(&self, place: Place) -> Option<V> {
        let octets = self.to_bytes(place.value..place.end);
        Decoder::checked(&octets, 0..octets.len()).decode().ok()
    }

    /// Whether there may be an entry of that key.
    #[inline(always)]
    pub(super) fn may_have(&self, key: KeyRef<'_>) -> bool {
        self.sketch & key.sketch() != 0
    }

    /// Sets the value of a key; returns the value that it had.
    #[inline(always)]
    pub(super) fn insert(&mut self, key: KeyRef<'_>, value: &V) -> Option<V> {
        if self.may_have(key) {
            return self.insert_doubtful(key, value);
        }
        value.encode(self.append_key(key));
        None
    }

    /// [`insert`](Self::insert) of a key that there may be already.
    #[cold]
    #[inline(never)]
    pub(super) fn insert_doubtful(&mut self, key: KeyRef<'_>, value: &V) -> Option<V> {
        if let Some(place) = self.find(key) {
            return self.replace(place, value);
        }
        value.encode(self.append_key(key));
        None
    }

    /// Adds the key of an entry; its value is to be appended to what is returned.
    #[inline(always)]
    pub(super) fn append_key(&mut self, key: KeyRef<'_>) -> &mut Vec<u8> {
        self.sketch |= key.sketch();
        // There is no memory for as many.
        self.count = self.count.wrapping_add(1);
        let octets = self.octets.own();
        key.encode(K::CODES, octets);
        octets
    }

    /// Adds an entry; whether there may be one of that key already.
    #[inline]
    pub(super) fn append(&mut self, key: KeyRef<'_>, value: &V) -> bool {
        let doubtful = self.may_have(key);
        value.encode(self.append_key(key));
        doubtful
    }

    /// Adds entries one by one; `append` is [`append`](Self::append) of one of them. Of equal keys the last value
    /// counts, at the place of the first.
    pub(super) fn extend<T>(&mut self, entries: impl IntoIterator<Item = T>, append: impl Fn(&mut Self, T) -> bool) {
        let mut doubtful = false;
        for entry in entries {
            doubtful |= append(self, entry);
        }
        if doubtful {
            self.unite_equal_keys();
        }
    }

    /// Of entries with equal keys keeps the place of the first and the value of the last, in `n log n` steps.
    #[cold]
    fn unite_equal_keys(&mut self) {
        let mut values = BTreeMap::new();
        for (key, place) in self.walk() {
            values.insert(key, place);
        }
        let all = self.as_slice();
        let mut octets = Vec::with_capacity(all.len());
        let mut count = 0;
        for (key, place) in self.walk() {
            if let Some(last) = values.remove(&key) {
                octets.extend_from_slice(all.get(place.key..place.value).unwrap_or_default());
                octets.extend_from_slice(all.get(last.value..last.end).unwrap_or_default());
                count = u32::saturating_add(count, 1);
            }
        }
        (self.octets, self.count) = (Octets::Own(octets), count);
    }

    #[cold]
    fn replace(&mut self, place: Place, value: &V) -> Option<V> {
        let old = self.value(place);
        let octets = self.octets.own();
        let behind = octets.split_off(place.end.min(octets.len()));
        octets.truncate(place.value);
        value.encode(octets);
        octets.extend_from_slice(&behind);
        old
    }

    /// Takes out the value of a key.
    pub(super) fn remove(&mut self, key: KeyRef<'_>) -> Option<V> {
        let place = self.find(key)?;
        let value = self.value(place);
        self.octets.own().drain(place.key..place.end);
        self.count = self.count.saturating_sub(1);
        value
    }

    /// The entries in their order.
    pub(super) fn iter(&self) -> Iter<K, V> {
        Iter { octets: self.to_bytes(0..self.as_slice().len()), at: 0, left: self.len(), typed: PhantomData }
    }

    /// Reads the map that a section consists of, and refuses equal keys; the descriptor has been
    /// read.
    pub(super) fn decode_section(section: Section, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::decode_map(decoder).map_err(|error| error.in_section(section))
    }

    fn decode_map(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let code = decoder.code(MAP)?;
        let (outer, count) = decoder.enter(code, CODES, MAP)?;
        decoder.check_count(count, MAP)?;
        if count % 2 != 0 {
            return Err(decoder.error(DecodeErrorKind::OddMap, MAP));
        }
        let start = decoder.position();
        let (sketch, doubtful) = Self::check(count / 2, decoder)?;
        let octets = Octets::Shared(decoder.since(start));
        let entries = Self { octets, count: count / 2, sketch, typed: PhantomData };
        decoder.leave(outer, MAP)?;
        let repeated = if doubtful { entries.repeated_key() } else { None };
        match repeated {
            Some(key) => Err(error_at(start.saturating_add(key), DecodeErrorKind::DuplicateKey, MAP)),
            None => Ok(entries),
        }
    }
}

/// What checks entries.
impl<K: Key, V: Decode> Entries<K, V> {
    /// Reads over entries; returns the sketch of their keys, and whether two may be equal.
    fn check(count: u32, decoder: &mut Decoder<'_>) -> Result<(u32, bool), DecodeError> {
        let mut cursor = decoder.clone();
        let (mut all, mut doubtful, mut plain) = (0, false, 0_u32);
        for _ in 0..count {
            let sketch = K::check(&mut cursor)?.sketch();
            doubtful |= all & sketch != 0;
            all |= sketch;
            if cursor.pass_plain() {
                plain = plain.saturating_add(1);
            } else {
                cursor.apart(|decoder| V::decode(decoder))?;
            }
        }
        if cursor.count_values(plain).is_err() {
            return Err(Self::too_many(count, decoder));
        }
        *decoder = cursor;
        Ok((all, doubtful))
    }

    /// The error of entries that are too many, at the value that is.
    #[cold]
    fn too_many(count: u32, decoder: &mut Decoder<'_>) -> DecodeError {
        for _ in 0..count {
            if let Err(error) = K::decode(decoder).and_then(|_| V::decode(decoder)) {
                return error;
            }
        }
        decoder.error(DecodeErrorKind::TooManyValues, MAP)
    }
}

impl<K, V> Clone for Entries<K, V> {
    fn clone(&self) -> Self {
        Self { octets: self.octets.clone(), ..*self }
    }
}

impl<K, V> Default for Entries<K, V> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

/// The same entries in the same order, in whatever form they are written.
impl<K: Key + PartialEq, V: Decode + Encode + PartialEq> PartialEq for Entries<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && (self.as_slice() == other.as_slice() || self.iter().eq(other.iter()))
    }
}

impl<K: Key + Eq, V: Decode + Encode + Eq> Eq for Entries<K, V> {}

impl<K: Key + fmt::Debug, V: Decode + Encode + fmt::Debug> fmt::Debug for Entries<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = Series::new(f, "{");
        for (key, value) in self.iter() {
            map.entry(&key, &value);
        }
        map.finish("}")
    }
}

/// Where an entry is: where its key begins, where its value does, and where that ends.
#[derive(Clone, Copy)]
struct Place {
    key: usize,
    value: usize,
    end: usize,
}

/// Goes over entries that have been checked, and looks at their keys only.
struct Walk<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Walk<'a> {
    type Item = (KeyRef<'a>, Place);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = split_value(self.rest)?;
        let (value, rest) = split_value(rest)?;
        let start = self.at;
        let middle = start.saturating_add(key.len());
        self.at = middle.saturating_add(value.len());
        self.rest = rest;
        Some((KeyRef::new(key)?, Place { key: start, value: middle, end: self.at }))
    }
}

/// The entries of a map, taken apart one after another.
pub(super) struct Iter<K, V> {
    octets: Bytes,
    at: usize,
    left: usize,
    typed: PhantomData<fn() -> (K, V)>,
}

impl<K: Decode, V: Decode> Iterator for Iter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        self.left = self.left.checked_sub(1)?;
        let mut decoder = Decoder::checked(&self.octets, self.at..self.octets.len());
        // They were checked when they came.
        let entry = (decoder.decode().ok()?, decoder.decode().ok()?);
        self.at = decoder.position();
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K: Decode, V: Decode> ExactSizeIterator for Iter<K, V> {}
