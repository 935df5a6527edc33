//! Virtual time: it moves when told, and never backwards.

use amqp_proto::Instant;
use std::time::Duration;

/// A clock that a test moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    now: Instant,
}

impl Clock {
    /// The present.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The moment that lies `time` ahead.
    pub fn after(&self, time: Duration) -> Instant {
        self.now.saturating_add(time)
    }

    /// Moves on to `then`; a moment in the past changes nothing.
    pub fn set(&mut self, then: Instant) {
        self.now = self.now.max(then);
    }

    /// Moves on by `time`.
    pub fn advance(&mut self, time: Duration) {
        self.now = self.after(time);
    }
}
