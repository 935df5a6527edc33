//! Bytes in: protocol headers, then frames (§2.3), each to the layer that is its due.

use crate::connection::{Connection, Layer};
use crate::link::Half;
use crate::violation::Violation;
use crate::{CloseReason, Direction, Instant, SaslFailure, Secret};
use amqp_codec::frame::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, FrameError, FrameHeader};
use amqp_codec::{DecodeError, Decoder, Limits};
use bytes::{Bytes, BytesMut};
use core::ops::Range;

impl Connection {
    /// Takes whole frames from the front of `input` and leaves the rest, for when more has come. Payloads
    /// are slices of `input`'s buffer, not copies.
    ///
    /// Once [`max_events`](crate::PeerLimits::max_events) events wait, frames wait, too: [`poll_event`](Self::poll_event)
    /// goes on with them, and until then nothing more is taken from `input`.
    ///
    /// What the peer does wrong is answered as the specification says, and shown as an event; nothing
    /// has to be done about it but [`poll_transmit`](Self::poll_transmit).
    pub fn handle_input(&mut self, now: Instant, input: &mut BytesMut) {
        self.ctx.now = now;
        if !self.held_back.is_empty() && !self.awaits_application() {
            // A frame that was cut off while the application judged the client.
            self.held_back.unsplit(input.split());
            core::mem::swap(&mut self.held_back, input);
        }
        if !self.unread.is_empty() {
            self.read_frames(now, self.max_events());
            self.restart_idle(now);
            if !self.unread.is_empty() {
                return;
            }
        }
        while !input.is_empty() {
            let again = match self.layer {
                Layer::Header(_) => self.received_header(now, input),
                Layer::Sasl(_) if self.awaits_application() => {
                    self.hold_back(input);
                    false
                }
                Layer::Sasl(_) => self.input_sasl(input),
                Layer::Amqp => self.input_amqp(now, input),
                Layer::Deaf => {
                    input.clear();
                    false
                }
            };
            if !again {
                return;
            }
        }
    }

    /// What a client pipelines behind its sasl-init, up to a bound: nobody knows yet who it is.
    fn hold_back(&mut self, input: &mut BytesMut) {
        self.held_back.unsplit(input.split());
        if self.held_back.len() > self.ctx.limits.max_octets_before_outcome {
            self.held_back = BytesMut::new();
            self.cut(CloseReason::Sasl(SaslFailure::Unexpected));
        }
    }

    /// One SASL frame, if there is a whole one.
    fn input_sasl(&mut self, input: &mut BytesMut) -> bool {
        match FrameHeader::parse(input, self.config.sasl_max_frame_size) {
            Ok(None) => return false,
            Ok(Some(header)) if header.frame_type != FRAME_TYPE_SASL => self.sasl_violation(Violation::FrameType),
            Ok(Some(header)) => {
                if input.len() < header.size as usize {
                    return false;
                }
                let frame = take_secret(input, &header);
                self.tap(&frame);
                let body = frame.slice(header.body_offset().min(frame.len())..);
                if self.count(&header) > self.ctx.limits.max_frames_before_open.into() {
                    self.sasl_violation(Violation::FramesBeforeOpen);
                    return true;
                }
                self.received_sasl(&body);
            }
            Err(error) => self.sasl_violation(error.into()),
        }
        true
    }

    /// All whole AMQP frames at once: they share one buffer.
    fn input_amqp(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        let max = self.config.max_frame_size();
        let whole = whole_frames(input, max);
        if whole == 0 {
            return match FrameHeader::parse(input, max) {
                Err(error) => {
                    self.fail_framing(now, error.into());
                    true
                }
                Ok(_) => false,
            };
        }
        let frames = input.split_to(whole).freeze();
        self.tap(&frames);
        self.unread = frames;
        self.read_frames(now, self.max_events());
        if self.frames_in > 0 {
            self.restart_idle(now);
        }
        self.unread.is_empty()
    }

    pub(crate) fn max_events(&self) -> usize {
        self.ctx.limits.max_events.max(1)
    }

    /// Frames that have come, until so many events wait; the others then wait, too. Of a connection that reads no
    /// more they are dropped.
    pub(crate) fn read_frames(&mut self, now: Instant, max_events: usize) {
        let max = self.config.max_frame_size();
        let frames = core::mem::take(&mut self.unread);
        self.ctx.budget.tick(now);
        let mut at = 0;
        while let Some(rest) = frames.get(at..).filter(|rest| !rest.is_empty()) {
            if !matches!(self.layer, Layer::Amqp) {
                return;
            }
            if self.ctx.events.len() >= max_events {
                self.unread = frames.slice(at..);
                return;
            }
            let header = match FrameHeader::parse(rest, max) {
                Ok(Some(header)) => header,
                Ok(None) => return,
                Err(error) => return self.fail_framing(now, error.into()),
            };
            self.count(&header);
            let end = at + header.size as usize;
            self.input_frame(now, &header, &Body { frames: &frames, part: at + header.body_offset()..end });
            at = end;
        }
    }

    fn input_frame(&mut self, now: Instant, header: &FrameHeader, body: &Body<'_>) {
        if header.frame_type != FRAME_TYPE_AMQP {
            return self.fail_framing(now, Violation::FrameType);
        }
        if self.local == Half::Ended {
            // Only the peer's close matters now (req: TR-2.4.6-02).
            return self.received_after_close(now, body);
        }
        if self.remote == Half::Idle && self.frames_in > self.ctx.limits.max_frames_before_open.into() {
            return self.fail(now, Violation::FramesBeforeOpen);
        }
        if body.part.is_empty() {
            return; // a heartbeat (req: TR-2.3.2-04)
        }
        let before = self.ctx.output.pending();
        let received = self.received_frame(now, header.channel, body);
        if let Err(violation) = received.and_then(|()| self.ctx.budget.check(&self.ctx.limits)) {
            return self.fail(now, violation);
        }
        self.answers += self.ctx.output.pending().saturating_sub(before);
        if self.answers > self.ctx.limits.max_answers {
            self.fail(now, Violation::AnswersUnread);
        }
    }

    #[cold]
    #[inline(never)]
    fn fail_framing(&mut self, now: Instant, violation: Violation) {
        self.fail(now, violation);
        // Where one frame ends and the next begins is not known any more.
        self.deafen();
    }

    /// Lets the tap see what has come: whole frames, or a protocol header.
    pub(crate) fn tap(&self, octets: &Bytes) {
        if let Some(tap) = &self.config.frame_tap {
            tap.show(Direction::In, octets);
        }
    }

    /// Says how many frames there are now.
    fn count(&mut self, header: &FrameHeader) -> u64 {
        self.frames_in = self.frames_in.wrapping_add(1);
        self.octets_in = self.octets_in.wrapping_add(u64::from(header.size));
        self.frames_in
    }
}

/// A SASL frame, in which there may be a secret: in a buffer that is overwritten after use, and no longer
/// where it was read into.
fn take_secret(input: &mut BytesMut, header: &FrameHeader) -> Bytes {
    let mut frame = input.split_to(header.size as usize);
    let secret = Secret::from(frame.to_vec());
    frame.fill(0);
    secret.into_bytes()
}

/// The body of a frame, among the frames that came with it.
pub(crate) struct Body<'a> {
    frames: &'a Bytes,
    part: Range<usize>,
}

impl Body<'_> {
    pub(crate) fn decoder<'a>(&'a self, limits: &'a Limits) -> Decoder<'a> {
        Decoder::within(self.frames, self.part.clone(), limits)
    }

    /// What is wrong with the body, its offset counted from where that begins.
    #[cold]
    pub(crate) fn violation(&self, error: DecodeError) -> Violation {
        error.counted_from(u32::try_from(self.part.start).unwrap_or(u32::MAX)).into()
    }
}

/// How many octets at the front of `input` are frames of sizes that may be: they are read when their turn comes.
fn whole_frames(input: &[u8], max: u32) -> usize {
    let mut whole = 0;
    while let Some((size, _)) = input.get(whole..).and_then(<[u8]>::split_first_chunk) {
        let size = u32::from_be_bytes(*size);
        let end = whole + size as usize;
        if size < FrameHeader::LEN as u32 || size > max || end > input.len() {
            break;
        }
        whole = end;
    }
    whole
}

impl From<FrameError> for Violation {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge { .. } => Violation::FrameTooLarge,
            FrameError::TooSmall { .. } => Violation::FrameTooSmall,
            FrameError::DataOffset { .. } => Violation::DataOffset,
            FrameError::UnknownType { .. } => Violation::FrameType,
        }
    }
}
