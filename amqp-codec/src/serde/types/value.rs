//! Values of any type.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::container::collect_map;
use crate::serde::de::decode_encoded;
use crate::serde::token::ENCODED;
use crate::types::list::ROOM;
use crate::{Bytes, SimpleValue, Value};

/// In other formats: what is in it, without its type.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => value.serialize(serializer),
            Self::Ubyte(value) => value.serialize(serializer),
            Self::Ushort(value) => value.serialize(serializer),
            Self::Uint(value) => value.serialize(serializer),
            Self::Ulong(value) => value.serialize(serializer),
            Self::Byte(value) => value.serialize(serializer),
            Self::Short(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Long(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Double(value) => value.serialize(serializer),
            Self::Decimal32(value) => value.serialize(serializer),
            Self::Decimal64(value) => value.serialize(serializer),
            Self::Decimal128(value) => value.serialize(serializer),
            Self::Char(value) => value.serialize(serializer),
            Self::Timestamp(value) => value.serialize(serializer),
            Self::Uuid(value) => value.serialize(serializer),
            Self::Binary(value) => value.serialize(serializer),
            Self::String(value) => value.serialize(serializer),
            Self::Symbol(value) => value.serialize(serializer),
            Self::List(value) => value.serialize(serializer),
            Self::Map(value) => value.serialize(serializer),
            Self::Array(value) => (**value).serialize(serializer),
            Self::Described(value) => (**value).serialize(serializer),
        }
    }
}

/// An AMQP value exactly as it is, or what another format holds: integers without a width are
/// ulong, or long if they are negative.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(ENCODED, AnyValue)
    }
}

struct AnyValue;

/// Values of types that are also ours.
macro_rules! visit {
    ($($method:ident $type:ty;)*) => {$(
        fn $method<E>(self, value: $type) -> Result<Value, E> {
            Ok(value.into())
        }
    )*};
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an AMQP value")
    }

    visit! {
        visit_bool bool;
        visit_i8 i8;
        visit_i16 i16;
        visit_i32 i32;
        visit_i64 i64;
        visit_u8 u8;
        visit_u16 u16;
        visit_u32 u32;
        visit_u64 u64;
        visit_f32 f32;
        visit_f64 f64;
        visit_char char;
        visit_string String;
        visit_byte_buf Vec<u8>;
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(String::from(text).into())
    }

    fn visit_bytes<E>(self, octets: &[u8]) -> Result<Value, E> {
        Ok(Bytes::copy_from_slice(octets).into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::with_capacity(list.size_hint().unwrap_or(0).min(ROOM));
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        collect_map(map).map(Value::Map)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, encoded: A) -> Result<Value, A::Error> {
        decode_encoded(encoded)
    }
}

impl Serialize for SimpleValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// As [`Value`]; lists, maps, arrays and described values are refused.
impl<'de> Deserialize<'de> for SimpleValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
