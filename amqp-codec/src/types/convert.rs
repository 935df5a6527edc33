//! Conversions between [`Value`] and Rust types.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use super::{Array, Dec32, Dec64, Dec128, Described, Map, Str, Symbol, Timestamp, Uuid, Value};

/// A type that is a variant's content: to the value, and back, or the value
/// as it was if it is of another type.
macro_rules! convert {
    ($($variant:ident $type:ty;)*) => {$(
        impl From<$type> for Value {
            #[inline]
            fn from(content: $type) -> Self {
                Self::$variant(content)
            }
        }

        impl TryFrom<Value> for $type {
            type Error = Value;

            fn try_from(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$variant(content) => Ok(content),
                    other => Err(other),
                }
            }
        }
    )*};
}

convert! {
    Boolean bool;
    Ubyte u8;
    Ushort u16;
    Uint u32;
    Ulong u64;
    Byte i8;
    Short i16;
    Int i32;
    Long i64;
    Float f32;
    Double f64;
    Decimal32 Dec32;
    Decimal64 Dec64;
    Decimal128 Dec128;
    Char char;
    Timestamp Timestamp;
    Uuid Uuid;
    Binary Bytes;
    String Str;
    Symbol Symbol;
    List Vec<Value>;
    Map Map;
}

impl From<&str> for Value {
    #[inline]
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl TryFrom<Value> for String {
    type Error = Value;

    fn try_from(value: Value) -> Result<Self, Value> {
        Str::try_from(value).map(Self::from)
    }
}

/// Octets: a binary.
impl From<Vec<u8>> for Value {
    fn from(octets: Vec<u8>) -> Self {
        Self::Binary(octets.into())
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(Box::new(array))
    }
}

impl TryFrom<Value> for Array {
    type Error = Value;

    fn try_from(value: Value) -> Result<Self, Value> {
        match value {
            Value::Array(array) => Ok(*array),
            other => Err(other),
        }
    }
}

impl From<Described> for Value {
    fn from(described: Described) -> Self {
        Self::Described(Box::new(described))
    }
}

impl TryFrom<Value> for Described {
    type Error = Value;

    fn try_from(value: Value) -> Result<Self, Value> {
        match value {
            Value::Described(described) => Ok(*described),
            other => Err(other),
        }
    }
}

/// `None` is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
