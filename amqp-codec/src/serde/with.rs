//! For `#[serde(with = "…")]`: fields of ordinary Rust types as AMQP types that serde does not know.

/// Sequences as an array (§1.6.24) instead of a list: elements of one type, with one constructor.
///
/// For a `Vec<T>`, `[T]` and whatever else is a sequence, or an `Option` of it. Reads a list too.
///
/// ```
/// use amqp_codec::{Array, Map, Value, serde::{from_value, to_value}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Samples {
///     #[serde(with = "amqp_codec::serde::array")]
///     celsius: Vec<f32>,
/// }
///
/// let samples = Samples { celsius: vec![20.5, 21.0] };
/// let value = to_value(&samples)?;
/// assert_eq!(value, Value::from(Map::from([("celsius", Array::of(&[20.5_f32, 21.0]))])));
/// assert_eq!(from_value::<Samples>(value)?, samples);
/// # Ok::<(), amqp_codec::serde::Error>(())
/// ```
pub mod array {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::serde::token::Token;

    /// Writes an array.
    ///
    /// # Errors
    /// The elements are not all of one type.
    pub fn serialize<T: Serialize + ?Sized, S: Serializer>(elements: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Token::Array.name(), elements)
    }

    /// Reads an array or a list.
    ///
    /// # Errors
    /// As for the type itself.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// Text as a symbol (§1.6.21) instead of a string.
///
/// For a `String`, `&str`, an enum of variants without content, or an `Option` of them. Reads a string too.
///
/// ```
/// use amqp_codec::{Symbol, Value, serde::to_value};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Route {
///     #[serde(with = "amqp_codec::serde::symbol")]
///     policy: &'static str,
/// }
///
/// let value = to_value(&Route { policy: "fan-out" })?;
/// let policy = value.as_map().and_then(|route| route.get("policy"));
/// assert_eq!(policy, Some(&Value::from(Symbol::from_static("fan-out"))));
/// # Ok::<(), amqp_codec::serde::Error>(())
/// ```
pub mod symbol {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::serde::token::Token;

    /// Writes a symbol.
    ///
    /// # Errors
    /// The text is not ASCII, or the value no text.
    pub fn serialize<T: Serialize + ?Sized, S: Serializer>(text: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Token::Symbol.name(), text)
    }

    /// Reads a symbol or a string.
    ///
    /// # Errors
    /// As for the type itself.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// Points in time as a timestamp (§1.6.17).
///
/// For all types that convert into a [`Timestamp`](crate::Timestamp) and back: `core::time::Duration` since the epoch
/// and, with the features `std`, `chrono` and `time`, the types that they name.
///
/// ```
/// use amqp_codec::{Map, Timestamp, Value, serde::{from_value, to_value}};
/// use core::time::Duration;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Sample {
///     #[serde(with = "amqp_codec::serde::timestamp")]
///     taken: Duration,
/// }
///
/// let value = to_value(&Sample { taken: Duration::from_secs(7) })?;
/// assert_eq!(value, Value::from(Map::from([("taken", Timestamp(7_000))])));
/// assert_eq!(from_value::<Sample>(value)?, Sample { taken: Duration::from_secs(7) });
/// # Ok::<(), amqp_codec::serde::Error>(())
/// ```
pub mod timestamp {
    use core::fmt::Display;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    use crate::Timestamp;

    /// Writes a timestamp.
    ///
    /// # Errors
    /// The point in time is out of range.
    pub fn serialize<T, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Clone + TryInto<Timestamp, Error: Display>,
    {
        time.clone().try_into().map_err(ser::Error::custom)?.serialize(serializer)
    }

    /// Reads a timestamp, or an integer of milliseconds since the epoch.
    ///
    /// # Errors
    /// The point in time is out of the type's range.
    pub fn deserialize<'de, T, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<Timestamp, Error: Display>,
    {
        Timestamp::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

/// Identifiers as a uuid (§1.6.18): `uuid::Uuid` would be a binary of its own accord.
///
/// For all types that convert into a [`Uuid`](crate::Uuid) and back: with the feature `uuid`, `uuid::Uuid`; also
/// `[u8; 16]`.
///
/// ```
/// use amqp_codec::{Uuid, Value, serde::to_value};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Order {
///     #[serde(with = "amqp_codec::serde::uuid")]
///     id: [u8; 16],
/// }
///
/// let value = to_value(&Order { id: [7; 16] })?;
/// assert_eq!(value.as_map().and_then(|order| order.get("id")), Some(&Value::from(Uuid([7; 16]))));
/// # Ok::<(), amqp_codec::serde::Error>(())
/// ```
pub mod uuid {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Uuid;

    /// Writes a uuid.
    ///
    /// # Errors
    /// As for the serializer.
    pub fn serialize<T: Clone + Into<Uuid>, S: Serializer>(id: &T, serializer: S) -> Result<S::Ok, S::Error> {
        id.clone().into().serialize(serializer)
    }

    /// Reads a uuid, a binary of 16 octets, or hyphenated text.
    ///
    /// # Errors
    /// A value of another type.
    pub fn deserialize<'de, T: From<Uuid>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        Uuid::deserialize(deserializer).map(T::from)
    }
}
