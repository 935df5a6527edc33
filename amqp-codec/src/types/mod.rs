//! The primitive types (§1.6) and values of any type.
//!
//! | AMQP | Rust |
//! | --- | --- |
//! | null | [`Value::Null`], and `None` of an optional field |
//! | boolean, ubyte … long, float, double | `bool`, `u8` … `i64`, `f32`, `f64` |
//! | decimal32, decimal64, decimal128 | [`Dec32`], [`Dec64`], [`Dec128`] |
//! | char | `char` |
//! | timestamp, uuid | [`Timestamp`], [`Uuid`] |
//! | binary, string, symbol | [`Binary`], [`Str`], [`Symbol`] |
//! | list, map, array | `Vec<Value>`, [`Map`], [`Array`] |
//! | described value | [`Described`] |
//! | any value, as it came | [`EncodedValue`] |
//!
//! A Rust value becomes a [`Value`] with `From`, and a list is collected. Back, `TryFrom<Value>` gives the value itself
//! as its error, `TryFrom<&Value>` borrows and says what it found ([`WrongType`]); both take the very type only, while
//! [`Value::as_i64`] and [`Value::as_u64`] read integers of any width that fit.

mod access;
mod array;
pub(crate) mod binary;
mod borrow;
mod collect;
mod compare;
mod convert;
mod described;
pub(crate) mod distinct;
mod encoded;
mod fixed;
mod integer;
pub(crate) mod list;
mod map;
mod multiple;
pub(crate) mod octets;
mod parse;
mod string;
mod symbol;
mod value;

pub use self::array::{Array, ArrayError, ArrayIter};
pub use self::binary::Binary;
pub use self::borrow::WrongType;
pub use self::described::Described;
pub use self::encoded::EncodedValue;
pub use self::fixed::{Dec32, Dec64, Dec128, Timestamp, Uuid};
pub(crate) use self::list::ROOM;
pub use self::map::Map;
pub(crate) use self::map::{decode_entries_by, encode_entries, entries_len};
pub use self::multiple::Multiple;
pub use self::parse::UuidError;
#[cfg(feature = "serde")]
pub(crate) use self::parse::from_hex;
pub use self::string::Str;
pub use self::symbol::{Symbol, SymbolError};
pub use self::value::Value;
pub(crate) use self::value::decode_primitive;
