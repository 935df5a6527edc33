//! Values kept as they came.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::Value;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::DecodeError;

/// A value of any type, octet for octet as it came (§1.2).
///
/// A [`Value`] is written in its shortest form, whatever form it was read in.
/// This is what passes on values that it does not know: checked when it is
/// decoded, the same octets when it is encoded, and taken apart when asked.
/// Two are equal if their octets are.
///
/// ```
/// use amqp_codec::{Bytes, Decoder, Encode, EncodedValue, Value};
///
/// // The uint 1, in four octets where one would do.
/// let long = Bytes::from_static(&[0x70, 0, 0, 0, 1]);
/// let value: EncodedValue = Decoder::new(&long).decode()?;
/// assert_eq!(value.to_value(), Value::Uint(1));
///
/// let mut octets = Vec::new();
/// value.encode(&mut octets);
/// assert_eq!(octets, long);
/// # Ok::<(), amqp_codec::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EncodedValue(Bytes);

impl EncodedValue {
    /// Encodes a value.
    pub fn new(value: &impl Encode) -> Self {
        let mut octets = Vec::with_capacity(value.encoded_len());
        value.encode(&mut octets);
        Self(octets.into())
    }

    /// The octets, with the constructor.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The value as one of a known type.
    ///
    /// # Errors
    /// It is not of that type.
    pub fn decode_as<T: Decode>(&self) -> Result<T, DecodeError> {
        Decoder::checked(&self.0, 0..self.0.len()).decode()
    }

    /// The value, taken apart.
    pub fn to_value(&self) -> Value {
        // Checked when it was made.
        self.decode_as().unwrap_or_default()
    }
}

impl fmt::Debug for EncodedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

impl Decode for EncodedValue {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let start = decoder.position();
        Value::decode(decoder)?;
        Ok(Self(decoder.since(start)))
    }
}

impl Encode for EncodedValue {
    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn is_null(&self) -> bool {
        *self.0 == [crate::code::NULL]
    }
}
