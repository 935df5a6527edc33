//! Values that serde's data model cannot hold, as the octets that they are.
//!
//! Our deserializer answers a newtype struct of the name [`ENCODED`](super::ENCODED) with an enum,
//! which no other format does for a newtype struct; its content are the octets.

use alloc::vec::Vec;

use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeSeed, Deserializer as SerdeDeserializer, EnumAccess, Error as _, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Deserializer, input};
use crate::serde::error::Error;
use crate::{Bytes, Decode, DecodeError, Decoder, Limits, Value};

impl<'de> Deserializer<'_, 'de> {
    /// Reads a value, within the limits, and gives its octets.
    pub(super) fn encoded<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let octets = self.octets()?;
        visitor.visit_enum(Encoded(octets))
    }

    #[inline(never)]
    fn octets(mut self) -> Result<Vec<u8>, DecodeError> {
        let Some(constructor) = &mut self.constructor else {
            let decoder = &mut self.input.decoder;
            let start = decoder.position();
            Value::decode(decoder)?;
            return Ok(decoder.since(start).into());
        };
        // The constructor that it shares with the other elements, and its own data.
        let start = constructor.position();
        let code = input::skip_constructor(constructor)?;
        let mut octets = Vec::from(constructor.since(start));
        let decoder = &mut self.input.decoder;
        let start = decoder.position();
        Value::decode_data(code, decoder)?;
        octets.extend_from_slice(&decoder.since(start));
        Ok(octets)
    }
}

/// Takes the octets, and reads a value from them.
pub(in crate::serde) fn decode<'de, T: Decode, A: EnumAccess<'de>>(encoded: A) -> Result<T, A::Error> {
    let ((), content) = encoded.variant()?;
    let octets: Bytes = content.newtype_variant()?;
    // They have been read before, within the limits.
    let mut decoder = Decoder::with_limits(&octets, &Limits::CHECKED);
    decoder.decode().map_err(A::Error::custom)
}

struct Encoded(Vec<u8>);

impl<'de> EnumAccess<'de> for Encoded {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        seed.deserialize(UnitDeserializer::<Error>::new()).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Encoded {
    type Error = Error;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::custom("octets of a value are no unit"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("octets of a value are no tuple"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Err(Error::custom("octets of a value are no struct"))
    }
}

impl<'de> SerdeDeserializer<'de> for Encoded {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_byte_buf(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
