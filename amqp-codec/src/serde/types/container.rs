//! map, array and described values.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::serde::de::{DESCRIPTOR, VALUE, decode_encoded};
use crate::serde::token::{ENCODED, Token};
use crate::types::list::ROOM;
use crate::{Array, Described, Map, Value};

/// In other formats: a map, as far as they have maps with such keys.
impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Any map whose keys differ.
impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Map;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Map, A::Error> {
                collect_map(map)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// Reads the entries of a map, and refuses equal keys.
pub(super) fn collect_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Map, A::Error> {
    let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0).min(ROOM));
    while let Some(entry) = map.next_entry::<Value, Value>()? {
        entries.push(entry);
    }
    Map::from_distinct(entries).map_err(|_| A::Error::custom("map has two equal keys"))
}

/// In other formats: a list.
///
/// What an array without elements would have for elements is not kept.
impl Serialize for Array {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Token::Array.name(), &Elements(self))
    }
}

struct Elements<'a>(&'a Array);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

/// An array, exactly as it is; or a list in another format, if its elements are all of one type.
impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnArray;

        impl<'de> Visitor<'de> for AnArray {
            type Value = Array;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, encoded: A) -> Result<Array, A::Error> {
                decode_encoded(encoded)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, list: D) -> Result<Array, D::Error> {
                list.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Array, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    values.push(value);
                }
                if values.is_empty() {
                    return Ok(Array::untyped());
                }
                Array::from_values(&values).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_newtype_struct(ENCODED, AnArray)
    }
}

/// In other formats: a struct of `descriptor` and `value`.
impl Serialize for Described {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Token::Described.name(), &Parts(self))
    }
}

struct Parts<'a>(&'a Described);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Described", 2)?;
        parts.serialize_field(DESCRIPTOR, &self.0.descriptor)?;
        parts.serialize_field(VALUE, &self.0.value)?;
        parts.end()
    }
}

/// A described value; or a map of `descriptor` and `value` in another format.
impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ADescribed;

        impl<'de> Visitor<'de> for ADescribed {
            type Value = Described;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a described value")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, encoded: A) -> Result<Described, A::Error> {
                decode_encoded(encoded)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, parts: D) -> Result<Described, D::Error> {
                parts.deserialize_map(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Described, A::Error> {
                let parts = collect_map(parts)?;
                let part = |name| parts.get(name).cloned().ok_or_else(|| A::Error::missing_field(name));
                Ok(Described { descriptor: part(DESCRIPTOR)?, value: part(VALUE)? })
            }
        }

        deserializer.deserialize_newtype_struct(ENCODED, ADescribed)
    }
}
