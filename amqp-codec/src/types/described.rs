//! Described values (§1.2).

use alloc::vec::Vec;
use core::fmt;

use super::Value;
use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::DecodeError;

/// A value with a descriptor, which says what the value means (§1.2). Either
/// may be of any type, described again too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Described {
    /// A symbol or ulong; other types are reserved (§1.5).
    pub descriptor: Value,
    /// The value described.
    pub value: Value,
}

impl Described {
    /// A value and its descriptor.
    pub fn new(descriptor: impl Into<Value>, value: impl Into<Value>) -> Self {
        Self { descriptor: descriptor.into(), value: value.into() }
    }

    /// Reads what follows the octet [`code::DESCRIBED`].
    pub(super) fn decode_data(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decoder.descend("described value")?;
        let descriptor = Value::decode(decoder)?;
        let value = Value::decode(decoder)?;
        decoder.ascend();
        Ok(Self { descriptor, value })
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:?} {:?}", self.descriptor, self.value)
    }
}

impl Decode for Described {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decoder.described("described value")?;
        Self::decode_data(decoder)
    }
}

impl Encode for Described {
    fn encoded_len(&self) -> usize {
        self.descriptor.encoded_len().saturating_add(self.value.encoded_len()).saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(code::DESCRIBED);
        self.descriptor.encode(out);
        self.value.encode(out);
    }
}
