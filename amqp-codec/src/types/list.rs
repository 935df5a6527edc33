//! list (§1.6.22), and how containers are framed.

use alloc::vec::Vec;

use super::Value;
use super::binary::wire_len;
use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::write::put;

/// How many elements are made room for before they have been read. What a
/// count claims is not trusted, not even where the octets would suffice: every
/// level of nesting could claim them again.
pub(crate) const ROOM: usize = 32;

/// What stands before the elements of a short container: code, size and count.
pub(crate) const HEADER_8: usize = 3;

/// Appends a list, map or array of `count` elements, which `body` appends: in
/// the short form if size and count fit it.
///
/// Writes the short form and moves a long body up: the output never needs more
/// room than the container takes in the end, and most are short.
pub(crate) fn encode_container(out: &mut Vec<u8>, codes: (u8, u8), count: usize, body: impl FnOnce(&mut Vec<u8>)) {
    let start = begin_container(out);
    body(out);
    finish_container(out, start, codes, count);
}

/// Appends the head of a list, map or array whose elements have `body_len`
/// octets.
pub(crate) fn encode_header(out: &mut Vec<u8>, (code8, code32): (u8, u8), count: usize, body_len: usize) {
    if let Some(head) = short_head(code8, count, body_len) {
        put(out, head);
    } else {
        put(out, [code32]);
        encode_container_data(out, count, body_len);
    }
}

/// Appends room for the head of a list, map or array in its short form; its
/// elements follow, and then [`finish_container`] with the place returned.
#[inline]
pub(crate) fn begin_container(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    put(out, [0; HEADER_8]);
    start
}

/// Writes the head of the container that begins at `start` and holds all octets
/// behind it.
#[inline]
pub(crate) fn finish_container(out: &mut Vec<u8>, start: usize, (code8, code32): (u8, u8), count: usize) {
    let body = start.saturating_add(HEADER_8);
    let body_len = out.len().saturating_sub(body);
    match short_head(code8, count, body_len) {
        Some(head) => patch(out, start, head),
        None => widen(out, body, code32, count),
    }
}

/// Makes the long form of a container whose elements begin at `body`, behind room
/// for the head of a short one.
#[cold]
#[inline(never)]
pub(crate) fn widen(out: &mut Vec<u8>, body: usize, code32: u8, count: usize) {
    const HEADER_32: usize = 9;
    let end = out.len();
    let start = body.saturating_sub(HEADER_8);
    let size = wire_len(end.saturating_sub(body).saturating_add(4)).to_be_bytes();
    out.extend_from_slice(&[0; HEADER_32 - HEADER_8]);
    out.copy_within(body..end, start.saturating_add(HEADER_32));
    patch(out, start, [code32]);
    patch(out, start.saturating_add(1), size);
    patch(out, start.saturating_add(5), wire_len(count).to_be_bytes());
}

/// Overwrites `N` octets of `out` from `at`.
#[inline]
pub(crate) fn patch<const N: usize>(out: &mut [u8], at: usize, octets: [u8; N]) {
    let place = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
    debug_assert!(place.is_some(), "patching what has not been written");
    if let Some(place) = place {
        *place = octets;
    }
}

/// Whether count, and size with the count in it, fit one octet each.
#[inline]
fn fits_short(count: usize, body_len: usize) -> bool {
    count <= 0xff && body_len < 0xff
}

/// A number that is known to fit an octet.
#[inline]
pub(crate) fn wire_octet(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// Appends what follows the code of a list, map or array in its long form, up
/// to the elements.
pub(crate) fn encode_container_data(out: &mut Vec<u8>, count: usize, body_len: usize) {
    out.extend_from_slice(&wire_len(body_len.saturating_add(4)).to_be_bytes());
    out.extend_from_slice(&wire_len(count).to_be_bytes());
}

/// Code, size and count of a list, map or array with `len` octets of elements,
/// if size and count fit the short form.
#[inline(always)]
pub(crate) fn short_head(code8: u8, count: usize, len: usize) -> Option<[u8; 3]> {
    fits_short(count, len).then(|| [code8, wire_octet(len.saturating_add(1)), wire_octet(count)])
}

/// The length of a list, map or array with its constructor.
pub(crate) fn container_len(count: usize, body_len: usize) -> usize {
    let header = if fits_short(count, body_len) { 3 } else { 9 };
    body_len.saturating_add(header)
}

/// The length of all `values` together.
pub(crate) fn values_len<'a>(values: impl IntoIterator<Item = &'a Value>) -> usize {
    values.into_iter().fold(0, |len, value| len.saturating_add(value.encoded_len()))
}

/// Reads the elements of a list whose code has been read.
pub(super) fn decode_list(code: u8, decoder: &mut Decoder<'_>) -> Result<Vec<Value>, DecodeError> {
    let (outer, count) = decoder.enter_list(code, "list")?;
    let mut values = Vec::with_capacity(count.min(ROOM));
    for _ in 0..count {
        values.push(Value::decode(decoder)?);
    }
    decoder.leave(outer, "list")?;
    Ok(values)
}

/// A list (§1.6.22).
impl Decode for Vec<Value> {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let code = decoder.code("list")?;
        decode_list(code, decoder)
    }
}

/// A list (§1.6.22).
impl Encode for Vec<Value> {
    fn encoded_len(&self) -> usize {
        if self.is_empty() {
            return 1;
        }
        container_len(self.len(), values_len(self))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if self.is_empty() {
            return out.push(code::LIST_0);
        }
        let codes = (code::LIST_8, code::LIST_32);
        encode_container(out, codes, self.len(), |out| {
            self.iter().for_each(|value| value.encode(out));
        });
    }
}
