//! The `application-properties` section (§3.2.5).

use alloc::vec::{self, Vec};
use core::fmt;

use super::{Section, SimpleValue, entries};
use crate::{Decode, DecodeError, Decoder, Encode, Str};

/// Properties that the application defines, which intermediaries may filter and route by
/// (`application-properties`, §3.2.5).
///
/// A map from strings to values of simple types, in the order of the wire. A key occurs once:
/// [`insert`](Self::insert) replaces, decoding refuses. Lookup is linear, since properties are
/// few.
///
/// ```
/// use amqp_codec::message::ApplicationProperties;
///
/// let mut properties = ApplicationProperties::from_iter([("attempt", 1), ("shard", 7)]);
/// properties.insert("region", "north");
/// assert_eq!(properties.get("shard"), Some(&7.into()));
/// assert_eq!(properties.len(), 3);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApplicationProperties {
    entries: Vec<(Str, SimpleValue)>,
}

impl ApplicationProperties {
    /// No properties; allocates nothing.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Number of properties.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a property.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SimpleValue> {
        self.iter().find(|(held, _)| *held == key).map(|(_, value)| value)
    }

    /// Sets the value of a property; returns the value that it had.
    #[inline]
    pub fn insert(&mut self, key: impl Into<Str>, value: impl Into<SimpleValue>) -> Option<SimpleValue> {
        entries::insert(&mut self.entries, key.into(), value.into())
    }

    /// Takes out a property.
    pub fn remove(&mut self, key: &str) -> Option<SimpleValue> {
        let at = self.entries.iter().position(|(held, _)| held == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Reads what follows the descriptor.
    pub(super) fn decode_map(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let entries = entries::decode_map(Section::ApplicationProperties, decoder)?;
        Ok(Self { entries })
    }

    /// The properties in their order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &SimpleValue)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }
}

impl Encode for ApplicationProperties {
    fn encoded_len(&self) -> usize {
        entries::section_len(&self.entries)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        entries::encode_section(Section::ApplicationProperties, &self.entries, out);
    }
}

impl Decode for ApplicationProperties {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let section = Section::ApplicationProperties;
        decoder.expect_descriptor(section.code(), section.descriptor())?;
        Self::decode_map(decoder)
    }
}

impl fmt::Debug for ApplicationProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        entries::debug(&self.entries, f)
    }
}

impl<K: Into<Str>, V: Into<SimpleValue>> FromIterator<(K, V)> for ApplicationProperties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut properties = Self::new();
        properties.extend(iter);
        properties
    }
}

impl<K: Into<Str>, V: Into<SimpleValue>> Extend<(K, V)> for ApplicationProperties {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        for (key, value) in iter {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for ApplicationProperties {
    type Item = (Str, SimpleValue);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
