//! Rust types as AMQP values, by way of [serde] (feature `serde`).
//!
//! ```
//! use amqp_codec::serde::{from_bytes, to_bytes};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Order<'a> {
//!     item: &'a str,
//!     count: u32,
//!     express: Option<bool>,
//! }
//!
//! let order = Order { item: "crate", count: 12, express: None };
//! let octets = to_bytes(&order)?;
//! assert_eq!(from_bytes::<Order>(&octets)?, order); // item is borrowed
//! # Ok::<(), amqp_codec::serde::Error>(())
//! ```
//!
//! [`Body::from_serialize`](crate::Body::from_serialize),
//! [`Body::deserialize`](crate::Body::deserialize),
//! [`EncodedMessage::deserialize_body`](crate::EncodedMessage::deserialize_body) and
//! [`ApplicationProperties::from_serialize`](crate::ApplicationProperties::from_serialize) do the
//! same for messages.
//!
//! # What becomes what
//!
//! | Rust | AMQP | also read from |
//! | --- | --- | --- |
//! | `bool`, `char`, `f32`, `f64` | boolean, char, float, double | for numbers: any |
//! | `u8` … `u64`, `i8` … `i64` | ubyte … ulong, byte … long | integers of any width that fit; timestamp |
//! | `String`, `&str`, unit variant of an enum | string | symbol |
//! | bytes: [`Bytes`], `serde_bytes` | binary | uuid, decimals |
//! | `None`, `()`, unit struct | null | |
//! | `Vec<T>`, slice, tuple, tuple struct | list | array; of octets: binary |
//! | map, struct | map | struct: list, in the order of the fields |
//! | newtype | what is in it | |
//! | other variants of an enum | map of one entry: name and content | |
//! | [`Symbol`], [`Timestamp`], [`Uuid`], [`Dec32`] … [`Dec128`] | what they are | string, integer, binary |
//! | [`Value`], [`Array`], [`Described`], [`Map`] | what they are | |
//!
//! A struct is a map with strings for keys, because every peer can read that without knowing the
//! type, and because fields can be added and reordered. Where the two sides have agreed on a
//! composite type, make it a [described list](#described-types), which is smaller.
//!
//! Fields of other types than these take a `#[serde(with = "amqp_codec::serde::array")]`: see
//! [`mod@array`], [`symbol`], [`timestamp`] and [`uuid`]. AMQP has no integers of 128 bits.
//!
//! # Described types
//!
//! A type whose serde name begins with `@` is described (§1.2). The name is a form and one or more
//! descriptors: the first is written, any of them is read. A descriptor that begins with a digit
//! is a number, as the specification writes it (`0x00000000:0x00000070`) or as Rust does; others
//! are symbols. A value without the descriptor is not read.
//!
//! | form | of | is described |
//! | --- | --- | --- |
//! | `@list` | struct, tuple struct, unit struct | a list of the fields in their order, without trailing nulls: a composite type (§1.4) |
//! | `@map` | struct | a map of the fields by their names |
//! | `@value` | newtype | its content |
//!
//! ```
//! use amqp_codec::{Described, Symbol, Value, serde::{from_value, to_value}};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! #[serde(rename = "@list example:order:list 0x4d2f:0x1")]
//! struct Order {
//!     item: String,
//!     count: u32,
//!     express: Option<bool>,
//! }
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! enum Event {
//!     #[serde(rename = "@value example:ordered")]
//!     Ordered(Order),
//!     #[serde(rename = "@list example:cancelled:list")]
//!     Cancelled { number: u64, reason: Option<String> },
//! }
//!
//! let order = Order { item: "crate".into(), count: 12, express: None };
//! let list = vec![Value::from("crate"), Value::from(12_u32)];
//! let value = Value::from(Described::new(Symbol::from_static("example:order:list"), list));
//! assert_eq!(to_value(&order)?, value);
//! assert_eq!(from_value::<Order>(value)?, order);
//!
//! let event = Event::Cancelled { number: 7, reason: None };
//! assert_eq!(from_value::<Event>(to_value(&event)?)?, event);
//! # Ok::<(), amqp_codec::serde::Error>(())
//! ```
//!
//! Each variant of an enum may be described so, and is then told by its descriptor; the enum as
//! a whole may not. In a described list, a null and a missing field are the same (§1.4): a field
//! that may be null is an `Option`, or has a `#[serde(default)]`. Its fields are known by their
//! place, so that `#[serde(alias)]` and `#[serde(flatten)]` are out of place there. Where the
//! descriptor is not known before, use [`Described`].
//!
//! # Other formats
//!
//! Through other formats, JSON for one, our types are what comes closest: a [`Symbol`] is text, a
//! [`Timestamp`] the number of milliseconds, a [`Uuid`] text, an [`Array`] a list, a [`Described`]
//! an object of `descriptor` and `value`, a [`Value`] what is in it. All but `Value` are read back
//! as they were, if the values in them are; a `Value` has the type that the other format gives it.
//! The same holds where serde itself keeps a value for later: in `flatten`, `untagged` and
//! internally tagged enums. The `@` name of a struct does not show in JSON; that of a variant does.
//!
//! # What a peer may send
//!
//! Decoding never panics and keeps to [`Limits`], where whatever becomes a Rust value counts as
//! a [`Value`]. Maps with two equal keys are refused (§1.6.23). Fields that a type ignores are
//! read over and not looked into.

mod de;
mod descriptor;
mod error;
mod message;
mod ser;
mod token;
mod types;
mod with;

use alloc::vec::Vec;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use self::de::Input;
use self::ser::Serializer;
#[cfg(doc)]
use crate::{Array, Dec32, Dec128, Described, Map, Symbol, Timestamp, Uuid};
use crate::{Bytes, Decoder, Encode, Limits, Value};

pub use self::error::{Error, ErrorKind};
pub use self::with::{array, symbol, timestamp, uuid};

/// The octets of a value (§1.2).
///
/// # Errors
/// The Rust value has no AMQP value: see [`ErrorKind`].
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, Error> {
    let mut octets = Vec::new();
    value.serialize(Serializer::new(&mut octets))?;
    Ok(octets.into())
}

/// The AMQP value of a Rust value. Its texts and binaries share one buffer.
///
/// # Errors
/// As for [`to_bytes`]; also if two keys of a map are equal, or values nest deeper than 255 levels.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    let octets = to_bytes(value)?;
    Ok(Decoder::with_limits(&octets, &Limits::CHECKED).decode()?)
}

/// Reads a Rust value from octets that are one AMQP value, with the default [`Limits`].
///
/// A `&str` or `&[u8]` is borrowed from the octets; our own types are copies, other than those that
/// a [`Decoder`] makes.
///
/// # Errors
/// The octets are no AMQP value or beyond the limits, octets follow it, or the value is not
/// a `T`.
pub fn from_bytes<'de, T: Deserialize<'de>>(octets: &'de Bytes) -> Result<T, Error> {
    from_bytes_with_limits(octets, const { &Limits::new() })
}

/// Reads a Rust value from octets that are one AMQP value.
///
/// # Errors
/// As for [`from_bytes`].
pub fn from_bytes_with_limits<'de, T: Deserialize<'de>>(octets: &'de Bytes, limits: &'de Limits) -> Result<T, Error> {
    Input::new(Decoder::with_limits(octets, limits)).read_all()
}

/// Reads a Rust value from an AMQP value, which is encoded for that.
///
/// # Errors
/// The value is not a `T`.
#[expect(clippy::needless_pass_by_value, reason = "as serde_json and others have it")]
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    read_encoded(&value)
}

/// Reads a Rust value from what has been decoded before.
fn read_encoded<T: DeserializeOwned>(value: &impl Encode) -> Result<T, Error> {
    let mut octets = Vec::with_capacity(value.encoded_len());
    value.encode(&mut octets);
    from_bytes_with_limits(&octets.into(), &Limits::CHECKED)
}
