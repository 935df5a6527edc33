//! The four types of a message-id (§3.2.11 to §3.2.14).

use alloc::{string::String, vec::Vec};
use core::fmt;

use bytes::Bytes;

use crate::{Decode, DecodeError, Decoder, Encode, Primitive, Str, Uuid, Value, code};

/// A message-id or correlation-id: a ulong, a uuid, a binary or a string (§3.2.4).
///
/// Ids of different types are different, even where they print alike: the ulong 1 is not the
/// string `"1"`. An answer has to repeat the id in the type in which it came.
///
/// ```
/// use amqp_codec::message::MessageId;
///
/// assert_eq!(MessageId::from(7), MessageId::Ulong(7));
/// assert_ne!(MessageId::from(7), MessageId::from("7"));
/// assert_eq!(MessageId::from("order-7").as_str(), Some("order-7"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageId {
    /// `message-id-ulong` (§3.2.11).
    Ulong(u64),
    /// `message-id-uuid` (§3.2.12).
    Uuid(Uuid),
    /// `message-id-binary` (§3.2.13).
    Binary(Bytes),
    /// `message-id-string` (§3.2.14).
    String(Str),
}

impl MessageId {
    /// The text, if the id is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_str()),
            Self::Ulong(_) | Self::Uuid(_) | Self::Binary(_) => None,
        }
    }

    /// The number, if the id is a ulong.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Ulong(number) => Some(*number),
            Self::Uuid(_) | Self::Binary(_) | Self::String(_) => None,
        }
    }

    /// The identifier, if the id is a uuid.
    #[must_use]
    pub const fn as_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Ulong(_) | Self::Binary(_) | Self::String(_) => None,
        }
    }

    /// The octets, if the id is a binary.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(octets) => Some(octets),
            Self::Ulong(_) | Self::Uuid(_) | Self::String(_) => None,
        }
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ulong(id) => fmt::Debug::fmt(id, f),
            Self::Uuid(id) => fmt::Debug::fmt(id, f),
            Self::Binary(id) => fmt::Debug::fmt(id, f),
            Self::String(id) => fmt::Debug::fmt(id, f),
        }
    }
}

/// The id as people write it: a number, a hyphenated uuid, `0x` and hexadecimal octets, or text.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ulong(id) => fmt::Display::fmt(id, f),
            Self::Uuid(id) => fmt::Display::fmt(id, f),
            Self::Binary(id) => write!(f, "0x{id:x}"),
            Self::String(id) => fmt::Display::fmt(id, f),
        }
    }
}

/// Any other type than these four is refused (§3.2.4).
impl Decode for MessageId {
    #[inline]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match decoder.code("message-id")? {
            code @ (code::ULONG | code::SMALL_ULONG | code::ULONG_0) => {
                u64::decode_data(code, decoder).map(Self::Ulong)
            }
            code @ code::UUID => Uuid::decode_data(code, decoder).map(Self::Uuid),
            code @ (code::BINARY_8 | code::BINARY_32) => Bytes::decode_data(code, decoder).map(Self::Binary),
            code @ (code::STRING_8 | code::STRING_32) => Str::decode_data(code, decoder).map(Self::String),
            code => Err(decoder.unexpected(code, "message-id")),
        }
    }

    const QUICK: bool = true;

    /// Most ids are short strings.
    #[inline(always)]
    fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
        Str::quick(input).map(|(id, rest)| (Self::String(id), rest))
    }
}

impl MessageId {
    #[inline(never)]
    fn encode_other(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ulong(id) => id.encode(out),
            Self::Uuid(id) => id.encode(out),
            Self::Binary(id) => id.encode(out),
            Self::String(id) => id.encode(out),
        }
    }
}

impl Encode for MessageId {
    #[inline]
    fn encoded_len(&self) -> usize {
        match self {
            Self::Ulong(id) => id.encoded_len(),
            Self::Uuid(id) => id.encoded_len(),
            Self::Binary(id) => id.encoded_len(),
            Self::String(id) => id.encoded_len(),
        }
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        // Most ids are strings.
        match self {
            Self::String(id) => id.encode(out),
            other => other.encode_other(out),
        }
    }
}

impl From<u64> for MessageId {
    #[inline]
    fn from(id: u64) -> Self {
        Self::Ulong(id)
    }
}

impl From<Uuid> for MessageId {
    #[inline]
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}

impl From<Bytes> for MessageId {
    #[inline]
    fn from(id: Bytes) -> Self {
        Self::Binary(id)
    }
}

impl From<Vec<u8>> for MessageId {
    #[inline]
    fn from(id: Vec<u8>) -> Self {
        Self::Binary(id.into())
    }
}

impl From<Str> for MessageId {
    #[inline]
    fn from(id: Str) -> Self {
        Self::String(id)
    }
}

impl From<String> for MessageId {
    #[inline]
    fn from(id: String) -> Self {
        Self::String(id.into())
    }
}

impl From<&str> for MessageId {
    #[inline]
    fn from(id: &str) -> Self {
        Self::String(id.into())
    }
}

impl From<MessageId> for Value {
    fn from(id: MessageId) -> Self {
        match id {
            MessageId::Ulong(id) => Self::Ulong(id),
            MessageId::Uuid(id) => Self::Uuid(id),
            MessageId::Binary(id) => Self::Binary(id),
            MessageId::String(id) => Self::String(id),
        }
    }
}

/// Refuses a value of another type than those four, and gives it back.
impl TryFrom<Value> for MessageId {
    type Error = Value;

    fn try_from(value: Value) -> Result<Self, Value> {
        match value {
            Value::Ulong(id) => Ok(Self::Ulong(id)),
            Value::Uuid(id) => Ok(Self::Uuid(id)),
            Value::Binary(id) => Ok(Self::Binary(id)),
            Value::String(id) => Ok(Self::String(id)),
            other => Err(other),
        }
    }
}
