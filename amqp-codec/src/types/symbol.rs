//! symbol (§1.6.21).

use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::Bytes;

use super::binary::is_ascii;
use super::distinct::{Key, fingerprint};
use super::octets::Octets;
use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

const CODES: (u8, u8) = (code::SYMBOL_8, code::SYMBOL_32);

/// A name from a constrained domain (§1.6.21): seven-bit ASCII.
///
/// Up to 23 octets are held in place; longer symbols that are decoded share the
/// buffer they came in. They are not interned.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol(Octets);

/// Text that cannot be a symbol, because it is not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a symbol is made of ASCII characters only")]
pub struct SymbolError;

impl Symbol {
    /// A symbol that is part of the program.
    ///
    /// # Panics
    /// If the text is not ASCII: in a constant, when it is compiled.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(text.is_ascii(), "a symbol is made of ASCII characters only");
        Self(Octets::from_static(text.as_bytes()))
    }

    /// Reads what follows the code, whatever its size.
    #[inline(never)]
    fn decode_any(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let octets = decoder.sized(code, CODES, Self::NAME)?;
        if u32::try_from(octets.len()).is_ok_and(|len| len > decoder.limits().symbol_len) {
            return Err(decoder.error(DecodeErrorKind::TooLong, Self::NAME));
        }
        if !is_ascii(octets) {
            return Err(decoder.error(DecodeErrorKind::InvalidAscii, Self::NAME));
        }
        Ok(Self(Octets::decoded(octets, decoder)))
    }

    /// The text.
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
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl TryFrom<&str> for Symbol {
    type Error = SymbolError;

    fn try_from(text: &str) -> Result<Self, SymbolError> {
        if text.is_ascii() { Ok(Self(Octets::copy_from(text.as_bytes()))) } else { Err(SymbolError) }
    }
}

impl TryFrom<String> for Symbol {
    type Error = SymbolError;

    fn try_from(text: String) -> Result<Self, SymbolError> {
        Self::try_from(Bytes::from(text))
    }
}

impl TryFrom<Bytes> for Symbol {
    type Error = SymbolError;

    fn try_from(octets: Bytes) -> Result<Self, SymbolError> {
        if octets.is_ascii() { Ok(Self(octets.into())) } else { Err(SymbolError) }
    }
}

// As `str`, which `Borrow` asks for.
impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `:name`; in quotes if it is not made of what names are made of, so that nothing a peer says looks like something else.
impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:+*".contains(&byte);
        if !text.is_empty() && text.bytes().all(plain) && !text.ends_with(':') {
            write!(f, ":{text}")
        } else {
            write!(f, ":{text:?}")
        }
    }
}

impl Key for Symbol {
    #[inline]
    fn fingerprint(&self) -> u64 {
        fingerprint(self.as_bytes())
    }
}

impl Primitive for Symbol {
    const NAME: &'static str = "symbol";
    const WIDEST: u8 = code::SYMBOL_32;

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
        let short = if code == code::SYMBOL_8 { decoder.short_ascii() } else { None };
        match short {
            Some(short) if u32::try_from(short.len()).is_ok_and(|len| len <= decoder.limits().symbol_len) => {
                Ok(Self(Octets::Short(short)))
            }
            Some(_) => Err(decoder.error(DecodeErrorKind::TooLong, Self::NAME)),
            None => Self::decode_any(code, decoder),
        }
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
        self.0.encode_shortest(CODES, out);
    }
}
