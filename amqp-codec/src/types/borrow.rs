//! Conversions that leave the [`Value`] where it is.

use super::{Array, Dec32, Dec64, Dec128, Described, Map, Str, Symbol, Timestamp, Uuid, Value};
use crate::Bytes;

/// A value of another type than the one asked for.
///
/// ```
/// use amqp_codec::Value;
///
/// let error = <&str>::try_from(&Value::Uint(1)).unwrap_err();
/// assert_eq!(error.to_string(), "expected string, found uint");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
#[non_exhaustive]
pub struct WrongType {
    /// The specification's name of the type asked for.
    pub expected: &'static str,
    /// The specification's name of the type of the value.
    pub found: &'static str,
}

/// The content of a variant: by reference, or copied where it is small.
macro_rules! borrow {
    ($($variant:ident $type:ty, $name:literal, $content:ident => $borrowed:expr;)*) => {$(
        impl<'a> TryFrom<&'a Value> for $type {
            type Error = WrongType;

            #[inline]
            fn try_from(value: &'a Value) -> Result<Self, WrongType> {
                match value {
                    Value::$variant($content) => Ok($borrowed),
                    other => Err(WrongType { expected: $name, found: other.type_name() }),
                }
            }
        }
    )*};
}

borrow! {
    Boolean bool, "boolean", content => *content;
    Ubyte u8, "ubyte", content => *content;
    Ushort u16, "ushort", content => *content;
    Uint u32, "uint", content => *content;
    Ulong u64, "ulong", content => *content;
    Byte i8, "byte", content => *content;
    Short i16, "short", content => *content;
    Int i32, "int", content => *content;
    Long i64, "long", content => *content;
    Float f32, "float", content => *content;
    Double f64, "double", content => *content;
    Decimal32 Dec32, "decimal32", content => *content;
    Decimal64 Dec64, "decimal64", content => *content;
    Decimal128 Dec128, "decimal128", content => *content;
    Char char, "char", content => *content;
    Timestamp Timestamp, "timestamp", content => *content;
    Uuid Uuid, "uuid", content => *content;
    Binary &'a [u8], "binary", content => content;
    Binary &'a Bytes, "binary", content => content;
    String &'a str, "string", content => content.as_str();
    String &'a Str, "string", content => content;
    Symbol &'a Symbol, "symbol", content => content;
    List &'a [Value], "list", content => content;
    Map &'a Map, "map", content => content;
    Array &'a Array, "array", content => content;
    Described &'a Described, "described value", content => content;
}
