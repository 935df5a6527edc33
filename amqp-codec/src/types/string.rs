//! string (§1.6.20).

use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;
use core::str::Utf8Error;

use bytes::Bytes;

use super::binary::is_ascii;
use super::octets::{Octets, Short};
use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

const CODES: (u8, u8) = (code::STRING_8, code::STRING_32);

/// An immutable UTF-8 string (§1.6.20), cheap to clone: up to 23 octets are
/// held in place, longer strings that are decoded share the buffer they came
/// in.
///
/// U+0000 and U+FEFF are characters like any other.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
// By octets, which for UTF-8 is the order of the characters.
pub struct Str(Octets);

impl Str {
    /// A string that is part of the program; never copied.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Octets::from_static(text.as_bytes()))
    }

    /// Reads what follows the code, whatever its size.
    #[inline(never)]
    fn decode_any(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let octets = decoder.sized(code, CODES, Self::NAME)?;
        if !is_ascii(octets) && core::str::from_utf8(octets).is_err() {
            return Err(decoder.error(DecodeErrorKind::InvalidUtf8, Self::NAME));
        }
        Ok(Self(Octets::decoded(octets, decoder)))
    }

    /// The text. Costs a check of its octets, for lack of unsafe code.
    #[inline]
    pub fn as_str(&self) -> &str {
        // The octets were checked when the value was made.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The octets of the text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// [`encode`](crate::Encode::encode), where the compiler sees which octets there are.
    #[inline(always)]
    pub(crate) fn encode_here(&self, out: &mut Vec<u8>) {
        self.0.encode_shortest(CODES, out);
    }

    /// The octets of the text: shared, or copied if they are few.
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
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

/// Copies the text; [`Str::from_static`] does not.
impl From<&str> for Str {
    #[inline]
    fn from(text: &str) -> Self {
        Self(Octets::copy_from(text.as_bytes()))
    }
}

impl From<String> for Str {
    #[inline]
    fn from(text: String) -> Self {
        Self(Bytes::from(text).into())
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
        Ok(Self(octets.into()))
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
        self.0.shortest(CODES)
    }

    #[inline]
    fn element_code(&self) -> u8 {
        self.shortest()
    }

    #[inline(never)]
    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        // Most strings are short and ASCII, which is quick to see.
        let short = if code == code::STRING_8 { decoder.short_ascii() } else { None };
        match short {
            Some(short) => Ok(Self(Octets::Short(short))),
            None => Self::decode_any(code, decoder),
        }
    }

    const QUICK: bool = true;

    #[inline(always)]
    fn quick_data(code: u8, data: &[u8]) -> Option<(Self, &[u8])> {
        if code != code::STRING_8 {
            return None;
        }
        let (short, rest) = Short::read_ascii(data)?;
        Some((Self(Octets::Short(short)), rest))
    }

    #[inline]
    fn data_len(&self, code: u8) -> usize {
        self.0.data_len(code, CODES)
    }

    #[inline]
    fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
        self.0.encode_data(code, CODES, out);
    }

    #[inline]
    fn encode_shortest(&self, out: &mut Vec<u8>) {
        self.encode_here(out);
    }
}
