//! Frames into bytes, in the order of the calls; knows the peer's max-frame-size and what waits to be
//! written (§2.3). Splits a payload over as many transfers as it takes (§2.6.14).

use crate::delivery::rest::Rest;
use crate::segments::Segments;
use crate::{Direction, FrameTap, Instant, Misuse, Secret};
use alloc::string::String;
use alloc::vec::Vec;
use amqp_codec::frame::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, MIN_MAX_FRAME_SIZE, begin_frame, finish_frame};
use amqp_codec::{Close, Detach, Encode, End, Error, ProtocolHeader, Str, Transfer};
use core::time::Duration;

/// Octets of an error description that fit into any frame (§2.8.19).
const MAX_DESCRIPTION: usize = 256;

/// Octets that a transfer, disposition or flow has at most beside what the application puts into it.
const OWN_FIELDS: usize = 128;

/// How long the room for output, and for events, is kept while there is none.
pub(crate) const REST: Duration = Duration::from_secs(1);

/// Octets of a frame before its body.
pub(crate) const FRAME_HEADER: usize = 8;

#[derive(Debug)]
pub(crate) struct Output {
    segments: Segments,
    /// The largest frame that the peer takes; 512 until its open says otherwise (§2.4.1).
    max_frame_size: usize,
    high_water: usize,
    /// When something was written last.
    used: Instant,
    pub(crate) frames: u64,
    pub(crate) octets: u64,
}

/// Whether a frame would have exceeded the peer's max-frame-size; it was not written then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Output {
    pub(crate) fn new(high_water: usize) -> Self {
        Self {
            segments: Segments::new(),
            max_frame_size: MIN_MAX_FRAME_SIZE as usize,
            high_water,
            used: Instant::ZERO,
            frames: 0,
            octets: 0,
        }
    }

    pub(crate) fn set_max_frame_size(&mut self, octets: u32) {
        self.max_frame_size = octets as usize;
    }

    /// The octets of the largest performative that the peer takes.
    pub(crate) fn max_body(&self) -> usize {
        self.max_frame_size.saturating_sub(FRAME_HEADER)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.segments.len() >= self.high_water
    }

    /// No delivery leaves until there is another mark.
    pub(crate) fn is_stopped(&self) -> bool {
        self.high_water == 0
    }

    /// Sets the mark above which the output counts as full; returns the one before.
    pub(crate) fn replace_high_water(&mut self, octets: usize) -> usize {
        core::mem::replace(&mut self.high_water, octets)
    }

    /// Raises the mark so that half of it is free; returns the one before.
    pub(crate) fn make_room(&mut self) -> usize {
        let half = (self.high_water / 2).max(1);
        self.replace_high_water(self.high_water.max(self.segments.len().saturating_add(half)))
    }

    pub(crate) fn pending(&self) -> usize {
        self.segments.len()
    }

    pub(crate) fn drain_into(&mut self, now: Instant, out: &mut Segments) {
        self.used = now;
        self.octets = self.octets.wrapping_add(self.segments.len() as u64);
        out.append(&mut self.segments);
    }

    /// Nothing is to be written. If that has been so for a while, no room is kept for it. Whether that is so.
    pub(crate) fn rest(&mut self, now: Instant) -> bool {
        let rests = now.saturating_duration_since(self.used) >= REST;
        if rests {
            self.segments.release();
        }
        rests
    }

    /// Lets the tap see what waits; it is whole frames.
    pub(crate) fn show(&self, tap: &FrameTap) {
        tap.show_pieces(Direction::Out, self.segments.chunks());
    }

    #[inline(never)]
    pub(crate) fn header(&mut self, header: ProtocolHeader) {
        self.segments.write(|out| out.extend_from_slice(&header.to_bytes()));
    }

    /// A SASL frame, in a buffer of its own that is overwritten when it has left: there may be a secret in it.
    pub(crate) fn sasl(&mut self, body: &impl Encode) {
        self.sasl_by(body.encoded_len(), &|out| body.encode(out));
    }

    #[inline(never)]
    fn sasl_by(&mut self, len: usize, encode: &dyn Fn(&mut Vec<u8>)) {
        let mut frame = Vec::with_capacity(FRAME_HEADER + len);
        let start = begin_frame(&mut frame, FRAME_TYPE_SASL, 0);
        encode(&mut frame);
        finish_frame(&mut frame, start, 0);
        self.frames = self.frames.wrapping_add(1);
        self.segments.push(Secret::from(frame).into_bytes());
    }

    /// A frame without a body (§2.4.5).
    pub(crate) fn heartbeat(&mut self) {
        self.write(|out| {
            let start = begin_frame(out, FRAME_TYPE_AMQP, 0);
            finish_frame(out, start, 0);
        });
    }

    /// A frame whose size is bounded by what it holds: flow, disposition, begin of ours and the like.
    pub(crate) fn frame(&mut self, channel: u16, performative: &impl Encode) {
        self.write(|out| {
            let start = begin_frame(out, FRAME_TYPE_AMQP, channel);
            performative.encode(out);
            finish_frame(out, start, 0);
        });
    }

    /// The same of a performative that is seldom sent: in code that all of those share.
    pub(crate) fn seldom(&mut self, channel: u16, performative: &impl Encode) {
        self.seldom_by(channel, &|out| performative.encode(out));
    }

    #[inline(never)]
    fn seldom_by(&mut self, channel: u16, encode: &dyn Fn(&mut Vec<u8>)) {
        self.write(|out| {
            let start = begin_frame(out, FRAME_TYPE_AMQP, channel);
            encode(out);
            finish_frame(out, start, 0);
        });
    }

    /// A frame that holds what the application gave, unless it is larger than the peer takes.
    pub(crate) fn checked_frame(&mut self, channel: u16, performative: &impl Encode) -> Result<(), TooLarge> {
        if performative.encoded_len() + FRAME_HEADER > self.max_frame_size {
            return Err(TooLarge);
        }
        self.seldom(channel, performative);
        Ok(())
    }

    /// Whether a frame can carry this beside its own fields: what the application puts into dispositions,
    /// transfers and flows (req: TR-2.7.1-03).
    pub(crate) fn carries(&self, part: Option<&impl Encode>) -> Result<(), Misuse> {
        let octets = part.map_or(0, Encode::encoded_len);
        if octets > self.max_frame_size.saturating_sub(OWN_FIELDS) { Err(Misuse::FrameSize) } else { Ok(()) }
    }

    pub(crate) fn detach(&mut self, channel: u16, mut detach: Detach) {
        self.fit(&mut detach, |detach| &mut detach.error);
        self.seldom(channel, &detach);
    }

    pub(crate) fn end(&mut self, channel: u16, mut end: End) {
        self.fit(&mut end, |end| &mut end.error);
        self.seldom(channel, &end);
    }

    pub(crate) fn close(&mut self, mut close: Close) {
        self.fit(&mut close, |close| &mut close.error);
        self.seldom(0, &close);
    }

    /// Shortens the error of a frame that would be too large: it has to leave whatever the
    /// application wrote into it.
    fn fit<T: Encode>(&self, performative: &mut T, error: impl Fn(&mut T) -> &mut Option<Error>) {
        if performative.encoded_len() + FRAME_HEADER <= self.max_frame_size {
            return;
        }
        let Some(error) = error(performative) else { return };
        error.info = None;
        if let Some(description) = error.description.take() {
            let text = description.as_str();
            let cut = (0..=MAX_DESCRIPTION.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            error.description = text.get(..cut.unwrap_or(0)).map(|text| Str::from(String::from(text)));
        }
    }

    /// One transfer frame with as much of `rest` as fits; what does not fit stays there, and the frame
    /// says more=true. `transfer.more` as given says whether the application has more to come.
    pub(crate) fn transfer(&mut self, channel: u16, transfer: &mut Transfer, rest: &mut Rest) {
        let more = transfer.more;
        let max = self.max_frame_size;
        let mut part = self.write(|out| {
            let start = begin_frame(out, FRAME_TYPE_AMQP, channel);
            transfer.encode(out);
            let mut room = max.saturating_sub(out.len() - start);
            if rest.len() > room && !more {
                out.truncate(start + FRAME_HEADER);
                transfer.more = true;
                transfer.encode(out);
                transfer.more = more;
                room = max.saturating_sub(out.len() - start);
            }
            let part = rest.len().min(room);
            finish_frame(out, start, part);
            part
        });
        while part > 0 {
            let piece = rest.take(part);
            part -= piece.len();
            self.segments.append_piece(piece);
        }
    }

    /// One transfer frame with all of a payload of `len` octets that is yet to be encoded, its large pieces uncopied.
    /// Whether it has left: not if it is too large for one frame, or is to be encoded into room of its own.
    #[inline]
    pub(crate) fn whole_transfer(
        &mut self,
        channel: u16,
        transfer: &Transfer,
        content: &impl Encode,
        len: usize,
    ) -> bool {
        if len >= self.max_frame_size {
            return false;
        }
        let large = len >= Segments::EXTERNAL;
        if large && len.saturating_sub(content.shared_len(Segments::EXTERNAL)) >= Segments::EXTERNAL {
            return false;
        }
        let max = self.max_frame_size;
        let begun = self.segments.write(|out| {
            let start = begin_frame(out, FRAME_TYPE_AMQP, channel);
            transfer.encode(out);
            if len > max.saturating_sub(out.len() - start) {
                out.truncate(start);
                return None;
            }
            if !large {
                content.encode(out);
                finish_frame(out, start, 0);
            }
            Some(start)
        });
        if let Some(start) = begun.filter(|_| large) {
            let shared = self.segments.encode_sharing(content);
            self.segments.write(|out| finish_frame(out, start, shared));
        }
        self.frames = self.frames.wrapping_add(u64::from(begun.is_some()));
        begun.is_some()
    }

    fn write<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.frames = self.frames.wrapping_add(1);
        self.segments.write(write)
    }
}
