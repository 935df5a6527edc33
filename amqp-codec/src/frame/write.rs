//! Writing frames (§2.3).

use alloc::vec::Vec;

use super::FrameHeader;
use crate::codec::Encode;
use crate::types::binary::wire_len;
use crate::types::list::patch;

/// Appends a frame: header, body, payload.
pub fn encode_frame(out: &mut Vec<u8>, frame_type: u8, channel: u16, body: &impl Encode, payload: &[u8]) {
    let start = begin_frame(out, frame_type, channel);
    body.encode(out);
    out.extend_from_slice(payload);
    finish_frame(out, start, 0);
}

/// Appends a frame header without its size; returns where it starts, for
/// [`finish_frame`]. Without anything between the two, the frame is empty: a
/// keep-alive (§2.4.5).
#[inline]
pub fn begin_frame(out: &mut Vec<u8>, frame_type: u8, channel: u16) -> usize {
    let start = out.len();
    let [high, low] = channel.to_be_bytes();
    out.extend_from_slice(&[0, 0, 0, 0, 2, frame_type, high, low]);
    start
}

/// Writes the size of the frame that began at `start` and goes on to the end
/// of `out`, and `external_payload_len` octets beyond, which the caller writes
/// from elsewhere. Returns the size of the whole frame.
#[inline]
pub fn finish_frame(out: &mut [u8], start: usize, external_payload_len: usize) -> usize {
    debug_assert!(out.len() >= start.saturating_add(FrameHeader::LEN), "no frame begun there");
    let size = out.len().saturating_sub(start).saturating_add(external_payload_len);
    patch(out, start, wire_len(size).to_be_bytes());
    size
}
