//! Rust's collections as lists, maps and binaries.
//!
//! A `Vec<T>` of any `T` cannot convert into a list with `From`, since that of
//! octets is a binary; it is collected.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Map, Value};
use crate::Bytes;

/// A list.
///
/// ```
/// use amqp_codec::Value;
///
/// let list: Value = ["north", "south"].into_iter().collect();
/// assert_eq!(list, Value::List(vec!["north".into(), "south".into()]));
/// ```
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }
}

/// A map.
impl<K: Into<Value>, V: Into<Value>> From<BTreeMap<K, V>> for Value {
    fn from(entries: BTreeMap<K, V>) -> Self {
        Self::Map(entries.into())
    }
}

impl<K: Into<Value>, V: Into<Value>> From<BTreeMap<K, V>> for Map {
    fn from(entries: BTreeMap<K, V>) -> Self {
        entries.into_iter().collect()
    }
}

/// Later values replace earlier ones of the same key.
///
/// ```
/// use amqp_codec::Map;
///
/// let map = Map::from([("attempt", 1), ("shard", 7)]);
/// assert_eq!(map.get("shard"), Some(&7.into()));
/// ```
impl<K: Into<Value>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Map {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// Octets that are part of the program: a binary.
impl From<&'static [u8]> for Value {
    fn from(octets: &'static [u8]) -> Self {
        Self::Binary(Bytes::from_static(octets))
    }
}

/// Octets that are part of the program: a binary.
impl<const N: usize> From<&'static [u8; N]> for Value {
    fn from(octets: &'static [u8; N]) -> Self {
        Self::Binary(Bytes::from_static(octets))
    }
}

/// The octets of a binary; copied, if anything else shares them.
impl TryFrom<Value> for Vec<u8> {
    type Error = Value;

    fn try_from(value: Value) -> Result<Self, Value> {
        Bytes::try_from(value).map(Self::from)
    }
}
