//! The info of an error (§2.8.14).

use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

use super::Fields;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::{Str, Symbol};

/// Particulars of an error: [`Fields`], read with patience.
///
/// Programs on rhea and Proton write string keys where symbols are due, and a
/// refused link should not cost the connection: here, and only here, a string
/// key of seven-bit characters is read as a symbol.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Info(pub Fields);

/// A symbol, or a string that could be one.
fn decode_key(decoder: &mut Decoder<'_>) -> Result<Symbol, DecodeError> {
    if !matches!(decoder.peek(), Some(0xa1 | 0xb1)) {
        return Symbol::decode(decoder);
    }
    let text = Str::decode(decoder)?;
    Symbol::try_from(text.as_str()).map_err(|_| decoder.error(DecodeErrorKind::InvalidAscii, "error.info"))
}

impl Decode for Info {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Fields::decode_by(decoder, "error.info", decode_key).map(Self)
    }
}

impl Encode for Info {
    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Deref for Info {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl DerefMut for Info {
    fn deref_mut(&mut self) -> &mut Fields {
        &mut self.0
    }
}

impl From<Fields> for Info {
    fn from(fields: Fields) -> Self {
        Self(fields)
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn string_keys_are_read_as_symbols_but_nothing_else_is() {
        // req: TR-2.8.14-02
        let info = |octets: &'static [u8]| Decoder::new(&Bytes::from_static(octets)).decode::<Info>();
        let expected = Info([(Symbol::from_static("k"), true)].into_iter().collect());
        assert_eq!(info(b"\xc1\x05\x02\xa1\x01k\x41"), Ok(expected.clone()));
        assert_eq!(info(b"\xc1\x05\x02\xa3\x01k\x41"), Ok(expected));
        assert!(info(b"\xc1\x06\x02\xa1\x02\xc3\xa9\x41").is_err(), "not ASCII");
        assert!(info(b"\xc1\x03\x02\x43\x41").is_err(), "a number");
        assert!(info(b"\xc1\x09\x04\xa1\x01k\x41\xa3\x01k\x41").is_err(), "equal keys");
    }
}
