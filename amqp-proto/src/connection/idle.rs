//! Deadlines (§2.4.5): what the peer must keep, and what we must.

use super::{Connection, Layer};
use crate::link::Half;
use crate::violation::Violation;
use crate::{CloseReason, Instant, TimeoutReason};

impl Connection {
    /// The deadline that [`poll_timeout`](Self::poll_timeout) named has passed. Too early is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.ctx.now = now;
        while let Some(reason) = self.timers.take_expired(now) {
            match reason {
                TimeoutReason::Heartbeat => self.beat(now),
                TimeoutReason::IdleTimeOut => self.fail(now, Violation::Idle),
                TimeoutReason::Handshake | TimeoutReason::Close => self.timed_out(now, reason),
            }
        }
    }

    fn timed_out(&mut self, now: Instant, reason: TimeoutReason) {
        if reason == TimeoutReason::Handshake && matches!(self.layer, Layer::Amqp) {
            self.close(now, None);
        }
        self.cut(CloseReason::Timeout(reason));
    }

    /// An empty frame, unless something waits to be written anyway (req: TR-2.4.5-04, TR-2.4.5-07).
    fn beat(&mut self, now: Instant) {
        if self.local == Half::Active && self.ctx.output.pending() == 0 {
            self.ctx.output.heartbeat();
        }
        self.restart_heartbeat(now);
    }

    /// Something was sent: the next heartbeat is due later.
    pub(super) fn restart_heartbeat(&mut self, now: Instant) {
        if let Some(interval) = self.heartbeat.filter(|_| self.local == Half::Active) {
            self.timers.set(TimeoutReason::Heartbeat, now.saturating_add(interval));
        }
    }

    /// A frame has come: the peer is alive (req: TR-2.4.5-01).
    pub(crate) fn restart_idle(&mut self, now: Instant) {
        self.last_in = now;
        if let Some(time_out) = self.config.idle_time_out.filter(|_| self.local == Half::Active) {
            self.timers.set(TimeoutReason::IdleTimeOut, now.saturating_add(time_out));
        }
    }
}
