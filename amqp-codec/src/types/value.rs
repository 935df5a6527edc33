//! A value of any type.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::list::{decode_list, encode_container_data, values_len};
use super::{Array, Dec32, Dec64, Dec128, Described, Map, Str, Symbol, Timestamp, Uuid};
use crate::code;
use crate::codec::{Decode, Encode, Primitive, encode_apart};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::series::Series;
use crate::write::put;

/// A value of any AMQP type, for places where the type is not known before.
///
/// Equality is by type and value (§1.6.23): `Uint(1)` and `Ulong(1)` differ.
/// Floating-point numbers are equal if their bits are, and ordered by
/// `total_cmp`; the order between types has no meaning but is stable.
///
/// ```
/// use amqp_codec::Value;
///
/// assert_eq!(Value::from(1_u32), Value::Uint(1));
/// assert_eq!(Value::from("text").as_text(), Some("text"));
/// assert_eq!(i64::try_from(Value::Long(-1)), Ok(-1));
/// ```
#[derive(Clone, Default)]
pub enum Value {
    /// null (§1.6.1).
    #[default]
    Null,
    /// boolean (§1.6.2).
    Boolean(bool),
    /// ubyte (§1.6.3).
    Ubyte(u8),
    /// ushort (§1.6.4).
    Ushort(u16),
    /// uint (§1.6.5).
    Uint(u32),
    /// ulong (§1.6.6).
    Ulong(u64),
    /// byte (§1.6.7).
    Byte(i8),
    /// short (§1.6.8).
    Short(i16),
    /// int (§1.6.9).
    Int(i32),
    /// long (§1.6.10).
    Long(i64),
    /// float (§1.6.11).
    Float(f32),
    /// double (§1.6.12).
    Double(f64),
    /// decimal32 (§1.6.13).
    Decimal32(Dec32),
    /// decimal64 (§1.6.14).
    Decimal64(Dec64),
    /// decimal128 (§1.6.15).
    Decimal128(Dec128),
    /// char (§1.6.16).
    Char(char),
    /// timestamp (§1.6.17).
    Timestamp(Timestamp),
    /// uuid (§1.6.18).
    Uuid(Uuid),
    /// binary (§1.6.19).
    Binary(Bytes),
    /// string (§1.6.20).
    String(Str),
    /// symbol (§1.6.21).
    Symbol(Symbol),
    /// list (§1.6.22).
    List(Vec<Value>),
    /// map (§1.6.23).
    Map(Map),
    /// array (§1.6.24).
    Array(Box<Array>),
    /// A value with a descriptor (§1.2).
    Described(Box<Described>),
}

/// Calls `$body` with the content of every variant that is a [`Primitive`];
/// `$other` are the arms of the rest.
macro_rules! primitive {
    ($value:expr, $content:ident => $body:expr, $($other:tt)*) => {
        match $value {
            Value::Boolean($content) => $body,
            Value::Ubyte($content) => $body,
            Value::Ushort($content) => $body,
            Value::Uint($content) => $body,
            Value::Ulong($content) => $body,
            Value::Byte($content) => $body,
            Value::Short($content) => $body,
            Value::Int($content) => $body,
            Value::Long($content) => $body,
            Value::Float($content) => $body,
            Value::Double($content) => $body,
            Value::Decimal32($content) => $body,
            Value::Decimal64($content) => $body,
            Value::Decimal128($content) => $body,
            Value::Char($content) => $body,
            Value::Timestamp($content) => $body,
            Value::Uuid($content) => $body,
            Value::Binary($content) => $body,
            Value::String($content) => $body,
            Value::Symbol($content) => $body,
            $($other)*
        }
    };
}

impl Value {
    /// The specification's name of the value's type: `"uint"`.
    pub fn type_name(&self) -> &'static str {
        fn name<T: Primitive>(_: &T) -> &'static str {
            T::NAME
        }
        primitive!(self, content => name(content),
            Self::Null => "null",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Array(_) => "array",
            Self::Described(_) => "described value",
        )
    }

    /// Reads a value that is not described, and whose code has been read.
    pub(crate) fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match code {
            code::LIST_0 | code::LIST_8 | code::LIST_32 => decode_list(code, decoder).map(Self::List),
            code::MAP_8 | code::MAP_32 => Map::decode_data(code, decoder).map(Self::Map),
            code::ARRAY_8 | code::ARRAY_32 => decode_array(code, decoder),
            _ => decode_primitive(code, decoder),
        }
    }

    /// The code that this value asks for as an element of an array.
    pub(super) fn element_code(&self) -> u8 {
        primitive!(self, content => content.element_code(),
            Self::Null => code::NULL,
            Self::List(_) => code::LIST_32,
            Self::Map(_) => code::MAP_32,
            Self::Array(_) => code::ARRAY_32,
            Self::Described(_) => code::DESCRIBED,
        )
    }

    /// Appends the value without constructor, as an element of an array whose
    /// code is an [`element_code`](Self::element_code).
    pub(super) fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
        primitive!(self, content => content.encode_data(code, out),
            Self::Null | Self::Described(_) => {}
            Self::List(list) => {
                encode_container_data(out, list.len(), values_len(list));
                list.iter().for_each(|value| value.encode(out));
            }
            Self::Map(map) => {
                let body_len = map.iter().fold(0, |len: usize, (key, value)| {
                    len.saturating_add(values_len([key, value]))
                });
                encode_container_data(out, map.len().saturating_mul(2), body_len);
                for (key, value) in map.iter() {
                    key.encode(out);
                    value.encode(out);
                }
            }
            Self::Array(array) => {
                encode_container_data(out, array.len(), array.constructed().len());
                out.extend_from_slice(array.constructed());
            }
        );
    }
}

impl Value {
    // Apart, so that the primitives have no registers to save.
    #[inline(never)]
    fn encode_compound(&self, out: &mut Vec<u8>) {
        match self {
            Self::List(list) => list.encode(out),
            Self::Map(map) => map.encode(out),
            Self::Array(array) => array.encode(out),
            Self::Described(described) => described.encode(out),
            primitive => primitive.encode(out),
        }
    }
}

// Functions of their own, because what recurses must need little stack.
#[inline(never)]
fn decode_array(code: u8, decoder: &mut Decoder<'_>) -> Result<Value, DecodeError> {
    Array::decode_data(code, decoder).map(Box::new).map(Value::Array)
}

#[inline(never)]
fn decode_described(decoder: &mut Decoder<'_>) -> Result<Value, DecodeError> {
    Described::decode_data(decoder).map(Box::new).map(Value::Described)
}

/// Reads a value that is neither described nor a list, map or array, and whose
/// code has been read.
#[inline(never)]
pub(crate) fn decode_primitive(code: u8, decoder: &mut Decoder<'_>) -> Result<Value, DecodeError> {
    fn decode<T: Primitive + Into<Value>>(code: u8, decoder: &mut Decoder<'_>) -> Result<Value, DecodeError> {
        T::decode_data(code, decoder).map(Into::into)
    }
    match code {
        code::NULL => Ok(Value::Null),
        code::TRUE | code::FALSE | code::BOOLEAN => decode::<bool>(code, decoder),
        code::UBYTE => decode::<u8>(code, decoder),
        code::USHORT => decode::<u16>(code, decoder),
        code::UINT | code::SMALL_UINT | code::UINT_0 => decode::<u32>(code, decoder),
        code::ULONG | code::SMALL_ULONG | code::ULONG_0 => decode::<u64>(code, decoder),
        code::BYTE => decode::<i8>(code, decoder),
        code::SHORT => decode::<i16>(code, decoder),
        code::INT | code::SMALL_INT => decode::<i32>(code, decoder),
        code::LONG | code::SMALL_LONG => decode::<i64>(code, decoder),
        code::FLOAT => decode::<f32>(code, decoder),
        code::DOUBLE => decode::<f64>(code, decoder),
        code::DECIMAL32 => decode::<Dec32>(code, decoder),
        code::DECIMAL64 => decode::<Dec64>(code, decoder),
        code::DECIMAL128 => decode::<Dec128>(code, decoder),
        code::CHAR => decode::<char>(code, decoder),
        code::TIMESTAMP => decode::<Timestamp>(code, decoder),
        code::UUID => decode::<Uuid>(code, decoder),
        code::BINARY_8 | code::BINARY_32 => decode::<Bytes>(code, decoder),
        code::STRING_8 | code::STRING_32 => decode::<Str>(code, decoder),
        code::SYMBOL_8 | code::SYMBOL_32 => decode::<Symbol>(code, decoder),
        _ => Err(decoder.unexpected(code, "value")),
    }
}

impl Decode for Value {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decoder.count_value()?;
        match decoder.code("value")? {
            code::DESCRIBED => decode_described(decoder),
            code => Self::decode_data(code, decoder),
        }
    }
}

impl Encode for Value {
    fn encoded_len(&self) -> usize {
        primitive!(self, content => content.encoded_len(),
            Self::Null => 1,
            Self::List(list) => list.encoded_len(),
            Self::Map(map) => map.encoded_len(),
            Self::Array(array) => array.encoded_len(),
            Self::Described(described) => described.encoded_len(),
        )
    }

    fn encode(&self, out: &mut Vec<u8>) {
        primitive!(self, content => encode_apart(content, out),
            Self::Null => put(out, [code::NULL]),
            Self::List(_) | Self::Map(_) | Self::Array(_) | Self::Described(_) => self.encode_compound(out),
        );
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Through one pointer: in place, each would be much code.
        let content: &dyn fmt::Debug = primitive!(self, content => content,
            Self::Null => return f.write_str("null"),
            Self::List(list) => {
                let mut series = Series::new(f, "[");
                for value in list {
                    series.value(value);
                }
                return series.finish("]");
            }
            Self::Map(map) => map,
            Self::Array(array) => array,
            Self::Described(described) => &**described,
        );
        content.fmt(f)
    }
}
