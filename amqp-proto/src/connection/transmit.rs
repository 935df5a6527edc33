//! The way out: what was held back is let go, then all output changes hands.

use super::Connection;
use crate::Instant;
use crate::segments::Segments;

/// What to do after [`poll_transmit`](Connection::poll_transmit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Transmit {
    /// Write what there is; nothing comes after it until something happens.
    Idle,
    /// Write what there is, then ask again: more waits.
    More,
    /// Write what there is, then end the transport's sending side: nothing will come after it.
    Closing,
}

impl Connection {
    /// Moves everything that is to be written to the end of `out`. Dispositions and flows that were held
    /// back to be put together leave now.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Segments) -> Transmit {
        self.ctx.now = now;
        self.flush_sessions();
        if self.ctx.output.pending() > 0 {
            if let Some(tap) = &self.config.frame_tap {
                self.ctx.output.show(tap);
            }
            self.ctx.output.drain_into(out);
            self.answers = 0;
            self.restart_heartbeat(now);
        }
        if core::mem::take(&mut self.ctx.starved) {
            for (_, session) in self.sessions.iter_mut() {
                session.wake_all(&mut self.ctx);
            }
        }
        if self.finished {
            Transmit::Closing
        } else if self.ctx.dirty.is_empty() {
            Transmit::Idle
        } else {
            Transmit::More
        }
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) would have anything to say: octets, or that nothing more comes.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.ctx.output.pending() > 0 || !self.ctx.dirty.is_empty() || self.finished
    }

    /// One round of all sessions with something to flush; who is stopped by full output comes again.
    pub(super) fn flush_sessions(&mut self) {
        for _ in 0..self.ctx.dirty.len() {
            let Some(index) = self.ctx.dirty.pop_front() else { return };
            if let Some(session) = self.sessions.get_mut(u32::from(index)) {
                session.flush(&mut self.ctx);
            }
            self.reap(u32::from(index));
        }
    }
}
