//! Rust types as the content of messages.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::de::Input;
use super::error::{Error, ErrorKind};
use super::{from_value, read_encoded, to_value};
use crate::{ApplicationProperties, Body, EncodedMessage, Map, SimpleValue, Str, Value, WrongType};

/// Rust types as bodies (feature `serde`).
impl Body {
    /// An `amqp-value` section of whatever serde makes of `value`; see [`serde`](crate::serde).
    ///
    /// ```
    /// use amqp_codec::{Body, Message};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Order { item: String, count: u32 }
    ///
    /// let order = Order { item: "crate".into(), count: 12 };
    /// let message = Message::builder().subject("order").body(Body::from_serialize(&order)?).build();
    /// assert_eq!(message.body.deserialize::<Order>()?, order);
    /// # Ok::<(), amqp_codec::serde::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`to_value`].
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        to_value(value).map(Self::Value)
    }

    /// Reads the content of the only section: an `amqp-value`, an `amqp-sequence` as a list, or
    /// `data` as a binary.
    ///
    /// # Errors
    /// The content is not a `T`; there is no section, or there are several
    /// ([`NotOneSection`](ErrorKind::NotOneSection)).
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match self {
            Self::Value(value) => read_encoded(value),
            Self::Data(sections) => read_encoded(only(sections)?),
            Self::Sequence(lists) => read_encoded(only(lists)?),
            Self::Empty => Err(Error::new(ErrorKind::NotOneSection)),
        }
    }
}

fn only<T>(sections: &[T]) -> Result<&T, Error> {
    match sections {
        [only] => Ok(only),
        _ => Err(Error::new(ErrorKind::NotOneSection)),
    }
}

/// Rust types as bodies (feature `serde`).
impl EncodedMessage {
    /// Reads the body as [`Body::deserialize`] does, but straight from the octets of the message,
    /// of which a `T` may borrow text and binaries.
    ///
    /// ```
    /// use amqp_codec::{Body, EncodedMessage, Message};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Order<'a> { item: &'a str, count: u32 }
    ///
    /// let order = Order { item: "crate", count: 12 };
    /// let message = Message::from(Body::from_serialize(&order)?);
    /// let received = EncodedMessage::parse(message.to_bytes())?;
    /// assert_eq!(received.deserialize_body::<Order>()?, order);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Body::deserialize`], and if the octets are malformed or beyond the limits given
    /// when the message was parsed.
    pub fn deserialize_body<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Error> {
        let not_one = || Error::new(ErrorKind::NotOneSection);
        let section = self.body_section().ok_or_else(not_one)?;
        let mut decoder = self.body_decoder();
        decoder.expect_descriptor(section.code(), section.descriptor())?;
        let mut input = Input::new(decoder);
        let value = input.read()?;
        if input.is_empty() { Ok(value) } else { Err(not_one()) }
    }
}

/// Rust types as application-properties (feature `serde`).
impl ApplicationProperties {
    /// A property for each field of a struct, or for each entry of a map whose keys are text.
    ///
    /// ```
    /// use amqp_codec::{ApplicationProperties, SimpleValue};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Routing { region: String, attempt: u8 }
    ///
    /// let routing = Routing { region: "north".into(), attempt: 1 };
    /// let properties = ApplicationProperties::from_serialize(&routing)?;
    /// assert_eq!(properties.get("attempt"), Some(1_u8.into()));
    /// assert_eq!(properties.deserialize::<Routing>()?, routing);
    /// # Ok::<(), amqp_codec::serde::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`to_value`]; a value that is no map, a key that is no string, or a field that is a
    /// list, map, array or described value, which may not stand here (§3.2.5).
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        let map = Map::try_from(to_value(value)?).map_err(|other| wrong_type("map", &other))?;
        let mut properties = Self::new();
        for (key, value) in map {
            let key = Str::try_from(key).map_err(|other| wrong_type("string", &other))?;
            match SimpleValue::try_from(value) {
                Ok(value) => properties.insert(key, value),
                Err(error) => return Err(<Error as serde::ser::Error>::custom(error).in_field(&key)),
            };
        }
        Ok(properties)
    }

    /// Reads a struct or map from the properties.
    ///
    /// # Errors
    /// The properties are not a `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let entries = self.iter().map(|(key, value)| (key, Value::from(value)));
        from_value(Value::Map(entries.collect()))
    }
}

#[cold]
fn wrong_type(expected: &'static str, found: &Value) -> Error {
    WrongType { expected, found: found.type_name() }.into()
}
