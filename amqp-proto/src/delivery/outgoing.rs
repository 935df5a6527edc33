//! Deliveries into transfers (§2.6.14): the sending end of a link gives up its current delivery frame
//! by frame, as window and output allow.

use super::rest::Rest;
use crate::Blocked;
use crate::context::Context;
use crate::session::Window;
use amqp_codec::{SequenceNo, Transfer};
use bytes::Bytes;

/// The delivery that a link is sending.
#[derive(Debug)]
pub(crate) struct Sending {
    /// What the next transfer frame carries; `more` while the application has more to give.
    transfer: Transfer,
    rest: Rest,
    number: SequenceNo,
    settled: bool,
    /// Octets that the application has given so far.
    size: u64,
}

/// Whether a delivery has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Sent {
    /// All of it.
    Whole,
    /// Not all: window or output is full, or the application has more to give.
    Part,
}

impl Sending {
    /// What is left when the first frame did not hold all, or the application has more to give: the whole of it, before
    /// the first frame.
    pub(crate) fn new(transfer: Transfer, number: SequenceNo, settled: bool, rest: Rest) -> Self {
        let size = rest.len() as u64;
        Self { transfer, rest, number, settled, size }
    }

    /// What is left when the first frame held all that the application has given yet, `size` octets.
    pub(crate) fn started(transfer: Transfer, number: SequenceNo, settled: bool, size: usize) -> Self {
        let mut sending = Self { transfer, rest: Rest::default(), number, settled, size: size as u64 };
        sending.forget_first();
        sending
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn number(&self) -> SequenceNo {
        self.number
    }

    pub(crate) fn settled(&self) -> bool {
        self.settled
    }

    /// Whether the application may add a piece: it announced one, and the last one has left.
    pub(crate) fn wants_more(&self) -> bool {
        self.transfer.more && !self.transfer.aborted && self.rest.is_empty()
    }

    /// Whether the application has given all of it and still wants it sent.
    pub(crate) fn given_whole(&self) -> bool {
        !self.transfer.more && !self.transfer.aborted
    }

    pub(crate) fn add(&mut self, payload: Bytes, more: bool) {
        self.size = self.size.saturating_add(payload.len() as u64);
        self.rest = payload.into();
        self.transfer.more = more;
    }

    /// Gives the delivery up: what has not left is dropped (req: TR-2.6.14-03, TR-2.7.5-14).
    pub(crate) fn abort(&mut self) {
        self.rest = Rest::default();
        self.transfer.more = false;
        self.transfer.aborted = true;
        self.transfer.settled = Some(true);
    }

    /// Whether a frame is due at all: not while the application has yet to give the next piece. The first
    /// frame leaves even if it is empty, or a later delivery would overtake it (req: TR-2.7.5-05).
    fn due(&self) -> bool {
        !self.rest.is_empty() || !self.transfer.more || self.transfer.delivery_id.is_some()
    }

    /// Why it is still in progress.
    pub(crate) fn why_waiting(&self, ctx: &Context, window: &Window) -> Blocked {
        if self.wants_more() {
            Blocked::Busy
        } else if !window.can_send() {
            Blocked::WindowClosed
        } else if ctx.output.is_full() {
            Blocked::OutputFull
        } else {
            Blocked::Busy
        }
    }

    /// Lets one frame leave. The window must be open.
    pub(crate) fn frame(&mut self, ctx: &mut Context, channel: u16, window: &mut Window) -> Sent {
        if !self.due() {
            return Sent::Part;
        }
        ctx.output.transfer(channel, &mut self.transfer, &mut self.rest);
        left(ctx, window);
        if self.rest.is_empty() && !self.transfer.more {
            return Sent::Whole;
        }
        self.forget_first();
        Sent::Part
    }

    /// Lets the first frames leave until window, output or payload is at its end.
    pub(crate) fn frames(&mut self, ctx: &mut Context, channel: u16, window: &mut Window) -> Sent {
        while window.can_begin() && !ctx.output.is_full() && self.due() {
            if self.frame(ctx, channel, window) == Sent::Whole {
                return Sent::Whole;
            }
        }
        Sent::Part
    }

    /// Later transfers of a delivery do not repeat what the first one said (req: TR-2.7.5-03, TR-2.7.5-06).
    fn forget_first(&mut self) {
        let transfer = &mut self.transfer;
        transfer.delivery_id = None;
        transfer.delivery_tag = None;
        transfer.message_format = None;
        transfer.settled = None;
        transfer.rcv_settle_mode = None;
        transfer.state = None;
    }
}

/// A frame of a delivery has left.
#[inline]
pub(crate) fn left(ctx: &mut Context, window: &mut Window) {
    window.sent();
    window.note_closed(true, ctx.now);
    ctx.budget.transferred();
}
