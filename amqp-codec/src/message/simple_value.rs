//! Values of the simple types (§3.2.5): every primitive type but list, map and array.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Deref};

use bytes::Bytes;

use crate::types::decode_primitive;
use crate::{Dec32, Dec64, Dec128, Decode, DecodeError, Decoder, Encode, Str, Symbol, Timestamp, Uuid, Value};

/// A [`Value`] of a simple type, as [`ApplicationProperties`](super::ApplicationProperties) hold
/// it (§3.2.5): any primitive but list, map and array, and nothing described.
///
/// It converts from the Rust types that have such a counterpart, and dereferences to the value
/// with its [`as_i64`](Value::as_i64) and so on; `TryFrom<Value>` refuses what is not simple.
///
/// ```
/// use amqp_codec::{Value, message::SimpleValue};
///
/// let simple = SimpleValue::from(7_u8);
/// assert_eq!(*simple, Value::Ubyte(7));
/// assert_eq!(simple.as_i64(), Some(7));
/// assert!(SimpleValue::try_from(Value::List(vec![])).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimpleValue(Value);

/// A list, map, array or described value where only simple types may stand (§3.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lists, maps, arrays and described values are not simple types")]
pub struct NotSimple;

impl SimpleValue {
    /// No value.
    pub const NULL: Self = Self(Value::Null);
}

impl SimpleValue {
    /// Encodes the value, in a few instructions where the compiler sees of which type it is.
    #[inline(always)]
    pub(super) fn encode_known(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Value::Boolean(value) => value.encode(out),
            Value::Uint(value) => value.encode(out),
            Value::Ulong(value) => value.encode(out),
            Value::Int(value) => value.encode(out),
            Value::Long(value) => value.encode(out),
            Value::Double(value) => value.encode(out),
            Value::String(value) => value.encode_here(out),
            other => other.encode(out),
        }
    }

    /// Drops the value, which costs nothing where the compiler sees that it holds nothing.
    #[inline(always)]
    pub(super) fn discard(self) {
        match self.0 {
            Value::String(text) => drop(text),
            value @ (Value::Binary(_)
            | Value::Symbol(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Array(_)
            | Value::Described(_)) => drop(value),
            plain @ (Value::Null
            | Value::Boolean(_)
            | Value::Ubyte(_)
            | Value::Ushort(_)
            | Value::Uint(_)
            | Value::Ulong(_)
            | Value::Byte(_)
            | Value::Short(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::Decimal32(_)
            | Value::Decimal64(_)
            | Value::Decimal128(_)
            | Value::Char(_)
            | Value::Timestamp(_)
            | Value::Uuid(_)) => core::mem::forget(plain),
        }
    }
}

impl Deref for SimpleValue {
    type Target = Value;

    #[inline]
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for SimpleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Encode for SimpleValue {
    #[inline]
    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

/// A value that is not simple is refused at its constructor; nothing in it is read.
impl Decode for SimpleValue {
    #[inline]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decoder.count_value()?;
        let code = decoder.code("simple value")?;
        decode_primitive(code, decoder).map(Self)
    }
}

impl From<SimpleValue> for Value {
    #[inline]
    fn from(value: SimpleValue) -> Self {
        value.0
    }
}

impl TryFrom<Value> for SimpleValue {
    type Error = NotSimple;

    fn try_from(value: Value) -> Result<Self, NotSimple> {
        match value {
            Value::List(_) | Value::Map(_) | Value::Array(_) | Value::Described(_) => Err(NotSimple),
            simple => Ok(Self(simple)),
        }
    }
}

impl PartialEq<Value> for SimpleValue {
    fn eq(&self, other: &Value) -> bool {
        self.0 == *other
    }
}

/// Converts from types whose [`Value`] is simple.
macro_rules! from_simple {
    ($($type:ty)*) => {$(
        impl From<$type> for SimpleValue {
            #[inline]
            fn from(value: $type) -> Self {
                Self(value.into())
            }
        }
    )*};
}

from_simple! {
    bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 Dec32 Dec64 Dec128 char Timestamp Uuid
    Bytes Vec<u8> &'static [u8] Str String &str Symbol
}

/// `None` is null.
impl<T: Into<Self>> From<Option<T>> for SimpleValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::NULL, Into::into)
    }
}
