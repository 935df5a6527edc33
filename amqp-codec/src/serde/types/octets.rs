//! uuid and the decimals: types of a fixed number of octets.

use core::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::serde::token::Token;
use crate::{Dec32, Dec64, Dec128, Uuid};

/// Written with a token as octets, or as text where people read it.
fn serialize<S: Serializer>(
    token: Token,
    octets: &[u8],
    text: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.collect_str(text);
    }
    serializer.serialize_newtype_struct(token.name(), &Octets(octets))
}

struct Octets<'a>(&'a [u8]);

impl Serialize for Octets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Reads octets, or text.
struct Fixed<const N: usize> {
    expecting: &'static str,
    parse: fn(&str) -> Option<[u8; N]>,
}

impl<const N: usize> Visitor<'_> for Fixed<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<[u8; N], E> {
        octets.try_into().map_err(|_| E::invalid_length(octets.len(), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<[u8; N], E> {
        (self.parse)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<const N: usize> Fixed<N> {
    fn deserialize<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<[u8; N], D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(self);
        }
        deserializer.deserialize_bytes(self)
    }
}

/// In formats that people read: hyphenated text.
impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(Token::Uuid, &self.0, self, serializer)
    }
}

/// A uuid, 16 octets, or text as [`FromStr`](core::str::FromStr) takes it.
impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| text.parse::<Self>().ok().map(<[u8; 16]>::from);
        Fixed { expecting: "a uuid", parse }.deserialize(deserializer).map(Self)
    }
}

/// Octets in hexadecimal.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

macro_rules! decimals {
    ($($type:ident, $expecting:literal, $token:ident;)*) => {$(
        /// In formats that people read: `0x` and the octets in hexadecimal.
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(Token::$token, &self.0, &Hex(&self.0), serializer)
            }
        }

        /// A decimal of this width, or as many octets.
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let parse = |text: &str| crate::types::from_hex(text.strip_prefix("0x")?);
                Fixed { expecting: $expecting, parse }.deserialize(deserializer).map(Self)
            }
        }
    )*};
}

decimals! {
    Dec32, "a decimal32", Decimal32;
    Dec64, "a decimal64", Decimal64;
    Dec128, "a decimal128", Decimal128;
}
