//! string (§1.6.20).

use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;
use core::str::Utf8Error;

use bytes::Bytes;

use super::binary::{code_for, encode_sized, encode_sized_shortest, is_ascii, sized_len};
use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

const CODES: (u8, u8) = (code::STRING_8, code::STRING_32);

/// An immutable UTF-8 string (§1.6.20), cheap to clone: decoded strings share
/// the buffer they came in.
///
/// U+0000 and U+FEFF are characters like any other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Str(Bytes);

impl Str {
    /// A string that is part of the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// The text. Costs a check of its octets, for lack of unsafe code.
    #[inline]
    pub fn as_str(&self) -> &str {
        // The octets were checked when the value was made.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The octets of the text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets of the text, shared.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&'static str> for Str {
    fn from(text: &'static str) -> Self {
        Self::from_static(text)
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<Str> for String {
    fn from(text: Str) -> Self {
        text.as_str().into()
    }
}

impl TryFrom<Bytes> for Str {
    type Error = Utf8Error;

    fn try_from(octets: Bytes) -> Result<Self, Utf8Error> {
        core::str::from_utf8(&octets)?;
        Ok(Self(octets))
    }
}

// By octets, which for UTF-8 is the order of the characters.
impl Ord for Str {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// As `str`, which `Borrow` asks for.
impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<Str> for str {
    fn eq(&self, other: &Str) -> bool {
        other == self
    }
}

impl PartialEq<Str> for &str {
    fn eq(&self, other: &Str) -> bool {
        other == self
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Primitive for Str {
    const NAME: &'static str = "string";
    const WIDEST: u8 = code::STRING_32;

    #[inline]
    fn shortest(&self) -> u8 {
        code_for(self.0.len(), CODES)
    }

    #[inline]
    fn element_code(&self) -> u8 {
        self.shortest()
    }

    #[inline(always)]
    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let octets = decoder.sized(code, CODES, Self::NAME)?;
        // Most strings are ASCII, which is quicker to see.
        if !is_ascii(octets) && core::str::from_utf8(octets).is_err() {
            return Err(decoder.error(DecodeErrorKind::InvalidUtf8, Self::NAME));
        }
        Ok(Self(decoder.share(octets)))
    }

    #[inline]
    fn data_len(&self, code: u8) -> usize {
        sized_len(self.0.len(), code, CODES)
    }

    #[inline]
    fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
        encode_sized(&self.0, code, CODES, out);
    }

    #[inline]
    fn encode_shortest(&self, out: &mut Vec<u8>) {
        encode_sized_shortest(&self.0, CODES, out);
    }
}
