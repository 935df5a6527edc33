//! binary (§1.6.19), and what all types of variable width share.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::write::put;

/// Octets (§1.6.19). Decoded binaries share the buffer they came in.
pub type Binary = Bytes;

/// The codes of binary: short form, long form.
pub(crate) const CODES: (u8, u8) = (code::BINARY_8, code::BINARY_32);

/// Which of a type's two codes fits `len` octets.
#[inline]
pub(crate) fn code_for(len: usize, (code8, code32): (u8, u8)) -> u8 {
    if len <= 0xff { code8 } else { code32 }
}

/// `len` octets and their size, of one octet or four.
#[inline]
pub(crate) fn sized_len(len: usize, code: u8, (code8, _): (u8, u8)) -> usize {
    len.saturating_add(if code == code8 { 1 } else { 4 })
}

/// A length as the wire has it. Values of 4 GiB and more cannot be sent at
/// all: no frame holds them.
#[inline]
pub(crate) fn wire_len(len: usize) -> u32 {
    debug_assert!(u32::try_from(len).is_ok(), "longer than any frame");
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Appends the size of `octets`, and `octets`.
#[inline]
pub(crate) fn encode_sized(octets: &[u8], code: u8, (code8, _): (u8, u8), out: &mut Vec<u8>) {
    let [a, b, c, len8] = wire_len(octets.len()).to_be_bytes();
    if code == code8 {
        put(out, [len8]);
    } else {
        put(out, [a, b, c, len8]);
    }
    out.extend_from_slice(octets);
}

/// Appends the short or long code, whichever fits, the size of `octets`, and `octets`.
#[inline(always)]
pub(crate) fn encode_sized_shortest(octets: &[u8], codes: (u8, u8), out: &mut Vec<u8>) {
    match u8::try_from(octets.len()) {
        Ok(len) => put(out, [codes.0, len]),
        Err(_) => encode_long_size(octets.len(), codes.1, out),
    }
    out.extend_from_slice(octets);
}

/// Appends the long code and a size: what comes before so many octets.
#[cold]
pub(crate) fn encode_long_size(len: usize, code: u8, out: &mut Vec<u8>) {
    let [a, b, c, d] = wire_len(len).to_be_bytes();
    out.extend_from_slice(&[code, a, b, c, d]);
}

/// Whether all octets are below 0x80. Looks at short runs, which most are, in
/// two loads that overlap.
#[inline(always)]
pub(crate) fn is_ascii(octets: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    if octets.len() > 32 {
        return octets.is_ascii();
    }
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        const HIGH: u128 = u128::from_ne_bytes([0x80; 16]);
        return (u128::from_ne_bytes(*first) | u128::from_ne_bytes(*last)) & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        return (u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last)) & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let both = u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last);
        return u64::from(both) & HIGH == 0;
    }
    octets.iter().fold(0, |all, octet| all | octet) < 0x80
}

impl Primitive for Bytes {
    const NAME: &'static str = "binary";
    const WIDEST: u8 = code::BINARY_32;

    #[inline]
    fn shortest(&self) -> u8 {
        code_for(self.len(), CODES)
    }

    #[inline]
    fn element_code(&self) -> u8 {
        self.shortest()
    }

    #[inline]
    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let octets = decoder.sized(code, CODES, Self::NAME)?;
        Ok(decoder.share(octets))
    }

    #[inline]
    fn data_len(&self, code: u8) -> usize {
        sized_len(self.len(), code, CODES)
    }

    #[inline]
    fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
        encode_sized(self, code, CODES, out);
    }

    #[inline]
    fn encode_shortest(&self, out: &mut Vec<u8>) {
        encode_sized_shortest(self, CODES, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_seen_wherever_it_is_not() {
        for len in 0..40 {
            let mut octets = std::vec![0x7f_u8; len];
            assert!(is_ascii(&octets));
            for at in 0..len {
                octets[at] = 0x80;
                assert!(!is_ascii(&octets), "{at} of {len}");
                octets[at] = 0x7f;
            }
        }
    }
}
