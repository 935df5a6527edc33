//! close (§2.4.3 to §2.4.6, §2.7.9): ours, the peer's, and the end of the transport.

use super::{Connection, Layer};
use crate::input::Body;
use crate::link::Half;
use crate::violation::Violation;
use crate::{CloseReason, Instant, TimeoutReason};
use amqp_codec::{Close, Error, Performative};

impl Connection {
    /// Closes the connection: once with close and its answer where open was sent, else by ending the
    /// transport. Whatever was sent before leaves before. Again, or after the peer's close, it does nothing.
    pub fn close(&mut self, now: Instant, error: Option<Error>) {
        if self.local == Half::Ended || self.gone {
            return;
        }
        // an open that left behind the login (§2.4.2) counts for nothing before the outcome has come
        let begun = self.local != Half::Idle && !matches!(self.layer, Layer::Sasl(_));
        if !begun && !matches!(self.layer, Layer::Amqp) {
            return self.cut(CloseReason::Local);
        }
        self.send_close(now, error);
    }

    /// Closes the connection because the peer broke a rule; from now on its frames are dropped (req: TR-2.4.6-02).
    pub(crate) fn fail(&mut self, now: Instant, violation: Violation) {
        if self.local == Half::Ended {
            // req: TR-2.4.6-03: no second close
            return self.cut(CloseReason::Violation(violation));
        }
        self.send_close(now, Some(violation.to_error()));
        self.gone(CloseReason::Violation(violation));
    }

    /// The peer's close (req: TR-2.4.3-05, TR-2.4.4-01).
    pub(super) fn received_close(&mut self, now: Instant, error: Option<Error>) {
        self.remote = Half::Ended;
        let reason = if self.local == Half::Ended { CloseReason::Local } else { CloseReason::Remote(error) };
        self.gone(reason);
        if self.local != Half::Ended {
            self.send_close(now, None);
        }
        self.finish();
    }

    /// After our close only the peer's matters; whatever else comes is dropped, and what is no frame of
    /// ours to read ends the transport (req: TR-2.4.6-02, TR-2.4.6-03).
    pub(crate) fn received_after_close(&mut self, now: Instant, body: &Body<'_>) {
        if let Ok(Performative::Close(close)) = body.decoder(&self.config.limits).decode::<Performative>() {
            self.received_close(now, crate::error::said(close.error));
        }
    }

    /// Where frames begin is not known any more: nothing of the peer is read, the transport ends once
    /// our close is written.
    #[cold]
    #[inline(never)]
    pub(crate) fn deafen(&mut self) {
        self.finish();
    }

    fn send_close(&mut self, now: Instant, error: Option<Error>) {
        self.send_open();
        self.sessions.iter_mut().for_each(|(_, session)| session.pump_out(&mut self.ctx));
        self.flush_sessions();
        self.ctx.output.close(Close { error });
        self.local = Half::Ended;
        // req: TR-2.4.3-02: no command may write behind it
        self.sessions.iter_mut().for_each(|(_, session)| session.silence());
        self.ctx.may_begin = false;
        self.timers.clear_all();
        self.timers.set(TimeoutReason::Close, now.saturating_add(self.config.close_timeout));
    }

    /// Nothing more comes and nothing more will be sent.
    #[cold]
    #[inline(never)]
    pub(super) fn finish(&mut self) {
        self.layer = Layer::Deaf;
        self.finished = true;
        self.timers.clear_all();
    }

    /// The transport has ended: no more input will come. Without a close before it, that is a loss
    /// (req: TR-2.4.3-07). What is left to write may be written still.
    pub fn handle_eof(&mut self, now: Instant) {
        // What came before it counts, perhaps a close.
        self.read_frames(now, usize::MAX);
        if self.finished {
            return;
        }
        self.local = Half::Ended;
        self.gone(CloseReason::Eof);
        self.finish();
    }
}
