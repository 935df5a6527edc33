//! The `application-properties` section (§3.2.5).

use alloc::vec::{self, Vec};
use core::fmt;

use super::entries::Entries;
use super::key::KeyRef;
use super::{Section, SimpleValue};
use crate::{Decode, DecodeError, Decoder, Encode, Str};

/// Properties that the application defines, which intermediaries may filter and route by
/// (`application-properties`, §3.2.5).
///
/// A map from strings to values of simple types, in the order of the wire. A key occurs once:
/// [`insert`](Self::insert) replaces, decoding refuses. Lookup is linear, since properties are
/// few.
///
/// The entries are kept encoded: checked when they come, passed on as they came, and taken apart
/// one by one when asked for. What comes in a message shares its octets.
///
/// ```
/// use amqp_codec::message::ApplicationProperties;
///
/// let mut properties = ApplicationProperties::from_iter([("attempt", 1), ("shard", 7)]);
/// properties.insert("region", "north");
/// assert_eq!(properties.get("shard"), Some(7.into()));
/// assert_eq!(properties.len(), 3);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApplicationProperties(Entries<Str, SimpleValue>);

impl ApplicationProperties {
    /// No properties; allocates nothing.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self(Entries::new())
    }

    /// Number of properties.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a property: a part of the message that it came in, or copied from what was set here.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<SimpleValue> {
        self.0.get(KeyRef::Text(key.as_bytes()))
    }

    /// Sets the value of a property; returns the value that it had.
    #[inline(always)]
    pub fn insert(&mut self, key: impl AsRef<str>, value: impl Into<SimpleValue>) -> Option<SimpleValue> {
        let value = value.into();
        let old = self.0.insert(KeyRef::Text(key.as_ref().as_bytes()), &value);
        value.discard();
        old
    }

    /// Sets the value of a property, whatever it had.
    #[inline(always)]
    pub(super) fn set(&mut self, key: &str, value: impl Into<SimpleValue>) {
        let key = KeyRef::Text(key.as_bytes());
        if self.0.may_have(key) {
            drop(self.0.insert_doubtful(key, &value.into()));
        } else {
            // A value of its own, whose type and content the compiler may see.
            let value = value.into();
            value.encode_known(self.0.append_key(key));
            value.discard();
        }
    }

    /// Takes out a property.
    pub fn remove(&mut self, key: &str) -> Option<SimpleValue> {
        self.0.remove(KeyRef::Text(key.as_bytes()))
    }

    /// Reads what follows the descriptor.
    pub(super) fn decode_map(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Entries::decode_section(Section::ApplicationProperties, decoder).map(Self)
    }

    /// The properties in their order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Str, SimpleValue)> + use<> {
        self.0.iter()
    }
}

impl Encode for ApplicationProperties {
    fn encoded_len(&self) -> usize {
        self.0.section_len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode_section(Section::ApplicationProperties, out);
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
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K: AsRef<str>, V: Into<SimpleValue>> FromIterator<(K, V)> for ApplicationProperties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut properties = Self::new();
        properties.extend(iter);
        properties
    }
}

impl<K: AsRef<str>, V: Into<SimpleValue>> Extend<(K, V)> for ApplicationProperties {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        self.0
            .extend(iter, |entries, (key, value)| entries.append(KeyRef::Text(key.as_ref().as_bytes()), &value.into()));
    }
}

impl IntoIterator for ApplicationProperties {
    type Item = (Str, SimpleValue);
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}
