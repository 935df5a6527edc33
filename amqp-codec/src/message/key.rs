//! The keys of the maps in a message: texts, or numbers where annotations have them.

use alloc::vec::Vec;

use super::AnnotationKey;
use crate::types::binary::wire_len;
use crate::types::distinct;
use crate::types::octets::encode_text;
use crate::{Decode, DecodeError, DecodeErrorKind, Decoder, Encode, Str, code};

/// A key of a map in a message.
pub(super) trait Key: Decode + Encode {
    /// The codes of a text's short and long form.
    const CODES: (u8, u8);

    /// Reads a key, and refuses what is none.
    #[inline]
    fn check<'a>(decoder: &mut Decoder<'a>) -> Result<KeyRef<'a>, DecodeError> {
        if let Some(text) = decoder.pass_short_ascii(Self::CODES.0) {
            return Ok(KeyRef::Text(text));
        }
        decoder.apart(check_any::<Self>)
    }
}

/// Reads a key of whatever form.
fn check_any<'a, K: Key>(decoder: &mut Decoder<'a>) -> Result<KeyRef<'a>, DecodeError> {
    let start = decoder.position();
    K::decode(decoder)?;
    let octets = decoder.behind(decoder.position().saturating_sub(start));
    KeyRef::new(octets).ok_or_else(|| decoder.error(DecodeErrorKind::UnknownDescriptor, "key"))
}

/// What tells a key from others of its map, in whatever form it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyRef<'a> {
    /// The octets of a string or a symbol; there are not both in one map.
    Text(&'a [u8]),
    /// A ulong.
    Number(u64),
}

impl<'a> KeyRef<'a> {
    /// From the octets of a key, which have been checked.
    pub(super) fn new(key: &'a [u8]) -> Option<Self> {
        Some(match key {
            [code::STRING_8 | code::SYMBOL_8, _, text @ ..] => Self::Text(text),
            [code::STRING_32 | code::SYMBOL_32, _, _, _, _, text @ ..] => Self::Text(text),
            [code::ULONG_0] => Self::Number(0),
            [code::SMALL_ULONG, number] => Self::Number(u64::from(*number)),
            [code::ULONG, number @ ..] => Self::Number(u64::from_be_bytes(number.try_into().ok()?)),
            _ => return None,
        })
    }

    /// Appends the key; `codes` are those of a text.
    #[inline(always)]
    pub(super) fn encode(self, codes: (u8, u8), out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => encode_text(text, codes, out),
            Self::Number(number) => number.encode(out),
        }
    }

    /// One bit of 32. Most keys of one map end differently, or are of different lengths.
    #[inline(always)]
    pub(super) fn sketch(self) -> u32 {
        let mixed = match self {
            Self::Text(text) => {
                let end = text.last_chunk().map_or_else(|| fold(text), |end| u32::from_le_bytes(*end));
                end.wrapping_add(wire_len(text.len()))
            }
            Self::Number(number) => fold(&number.to_be_bytes()),
        };
        1 << (mixed.wrapping_mul(0x9e37_79b1) >> 27)
    }
}

impl distinct::Key for KeyRef<'_> {
    fn fingerprint(&self) -> u64 {
        match self {
            Self::Text(text) => distinct::fingerprint(text),
            Self::Number(number) => distinct::mix(0, *number),
        }
    }
}

/// The last octets as one number.
#[inline(always)]
fn fold(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |all, octet| all << 8 | u32::from(*octet))
}

impl Key for Str {
    const CODES: (u8, u8) = (code::STRING_8, code::STRING_32);
}

impl Key for AnnotationKey {
    const CODES: (u8, u8) = (code::SYMBOL_8, code::SYMBOL_32);
}

impl<'a> From<&'a AnnotationKey> for KeyRef<'a> {
    #[inline]
    fn from(key: &'a AnnotationKey) -> Self {
        match key {
            AnnotationKey::Symbol(name) => Self::Text(name.as_bytes()),
            AnnotationKey::Ulong(number) => Self::Number(*number),
        }
    }
}
