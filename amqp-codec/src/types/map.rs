//! map (§1.6.23).

use alloc::vec::Vec;
use core::fmt;

use super::Value;
use super::distinct::{Key, check_keys, repeated_key};
use super::list::{ROOM, container_len, encode_container};
use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::series::Series;

const CODES: (u8, u8) = (code::MAP_8, code::MAP_32);

/// A map (§1.6.23): entries in their order, which is part of the value; no two
/// keys are equal in type and value.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// An empty map.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value whose key is this string or symbol.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let wanted = |(found, _): &&(Value, Value)| found.as_text() == Some(key);
        self.0.iter().find(wanted).map(|(_, value)| value)
    }

    /// The value whose key is this value.
    pub fn get_value(&self, key: &Value) -> Option<&Value> {
        let entry = self.0.iter().find(|(found, _)| found == key);
        entry.map(|(_, value)| value)
    }

    /// Sets the value of a key, at the end if the key is new; returns the
    /// value it had. Looks at every entry.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some((_, old)) = self.0.iter_mut().find(|(found, _)| *found == key) {
            return Some(core::mem::replace(old, value));
        }
        self.0.push((key, value));
        None
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// A map of these entries, which are given back if two keys are equal.
    pub(crate) fn from_distinct(entries: Vec<(Value, Value)>) -> Result<Self, Vec<(Value, Value)>> {
        match repeated_key(entries.iter().map(|(key, _)| key)) {
            Some(_) => Err(entries),
            None => Ok(Self(entries)),
        }
    }

    /// Reads the entries of a map whose code has been read.
    pub(super) fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decode_entries_by(code, decoder, ROOM, "map", Value::decode).map(Self)
    }
}

/// Later values replace earlier ones of the same key.
impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self::from_distinct(entries.collect()).unwrap_or_else(|entries| {
            let mut map = Self::new();
            map.extend(entries);
            map
        })
    }
}

/// Later values replace earlier ones of the same key. Looks at every entry for each new one.
impl<K: Into<Value>, V: Into<Value>> Extend<(K, V)> for Map {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Map {
    type Item = (Value, Value);
    type IntoIter = alloc::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = Series::new(f, "{");
        for (key, value) in self.iter() {
            map.entry(key, value);
        }
        map.finish("}")
    }
}

impl Decode for Map {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let code = decoder.code("map")?;
        Self::decode_data(code, decoder)
    }
}

impl Encode for Map {
    fn encoded_len(&self) -> usize {
        entries_len(&self.0)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_entries(&self.0, out);
    }
}

/// Reads the entries of a map whose code has been read, the keys by `key`, and refuses equal keys. Room is made for up to
/// so many entries before they have been read.
pub(crate) fn decode_entries_by<K: Key, V: Decode>(
    code: u8,
    decoder: &mut Decoder<'_>,
    room: usize,
    expected: &'static str,
    key: fn(&mut Decoder<'_>) -> Result<K, DecodeError>,
) -> Result<Vec<(K, V)>, DecodeError> {
    let (outer, count) = decoder.enter(code, CODES, expected)?;
    let count = decoder.check_count(count, expected)?;
    if count % 2 != 0 {
        return Err(decoder.error(DecodeErrorKind::OddMap, expected));
    }
    let (start, count) = (decoder.clone(), count / 2);
    let mut entries = Vec::with_capacity(count.min(room));
    for _ in 0..count {
        entries.push((key(decoder)?, V::decode(decoder)?));
    }
    decoder.leave(outer, expected)?;
    check_keys(&entries, start, expected)?;
    Ok(entries)
}

/// The length of a map with these entries.
pub(crate) fn entries_len<K: Encode, V: Encode>(entries: &[(K, V)]) -> usize {
    let body_len = entries
        .iter()
        .fold(0_usize, |len, (key, value)| len.saturating_add(key.encoded_len()).saturating_add(value.encoded_len()));
    container_len(entries.len().saturating_mul(2), body_len)
}

/// Appends a map with these entries.
pub(crate) fn encode_entries<K: Encode, V: Encode>(entries: &[(K, V)], out: &mut Vec<u8>) {
    encode_container(out, CODES, entries.len().saturating_mul(2), |out| {
        for (key, value) in entries {
            key.encode(out);
            value.encode(out);
        }
    });
}
