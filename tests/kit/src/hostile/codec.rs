//! The cases about the codec, without a connection around it that might refuse, or hide, what it does.

use super::case::Case;
use super::on_small_stack;
use crate::heap::measure;
use amqp_proto::codec::{Decoder, FrameHeader, Performative};
use bytes::Bytes;

/// What a decoded octet may cost at most, in octets of memory: a null is a value of 40 octets, and a vector that grows
/// holds twice as many as before and, for a moment, those before.
const PER_OCTET: usize = 3 * 40;

/// What may be allocated besides, for elements that are announced and have not come: room for 32 pairs of values, at each
/// of 32 levels.
const BASE: usize = 32 * 32 * 2 * 40;

/// Decodes the frame on a small stack; judges result and memory.
pub(super) fn play(case: &Case) -> Result<(), String> {
    let frame = Bytes::from(case.pieces().concat());
    on_small_stack(|| {
        let header =
            FrameHeader::parse(&frame, u32::MAX).map_err(|fault| fault.to_string())?.ok_or("no whole frame")?;
        let body = frame.slice(header.body_offset()..);
        let (result, heap) = measure(|| Decoder::new(&body).decode::<Performative>());
        let grown = heap.peak;
        let strict = if case.must_not("alloc>64KiB") { 64 * 1024 } else { usize::MAX };
        let bound = (PER_OCTET * body.len() + BASE).min(strict);
        if grown > bound {
            return Err(format!("{grown} octets of memory for {} on the wire", body.len()));
        }
        let condition = result.as_ref().err().map(|error| error.condition().to_string());
        let scope = if condition.is_some() { "connection" } else { "none" };
        let right = case.reactions.iter().any(|right| right.scope == scope && right.condition == condition);
        if right { Ok(()) } else { Err(format!("decoded as {result:?}")) }
    })
}
