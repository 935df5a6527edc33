//! News of a peer's silence, long before the connection is given up for it (§2.4.5).

use crate::connection::Connection;
use crate::error::{Error, Step};
use amqp_proto::Instant;
use std::task::Poll;
use std::time::Duration;

/// What a [`Watch`] tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WatchEvent {
    /// The peer has been silent for this long, which it should not be: half of what we allow is what it was told.
    HeartbeatMissed(Duration),
    /// It is heard again.
    Heard,
    /// The connection is over.
    Closed(Error),
}

/// The machine: compares when the peer was heard last with what it may take.
#[derive(Clone, Debug)]
pub struct Silence {
    limit: Duration,
    is_missed: bool,
}

impl Silence {
    /// Tells of silence that lasts `limit`.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit: limit.max(Duration::from_millis(1)), is_missed: false }
    }

    /// What there is to tell at this moment, given when a frame came last.
    pub fn look(&mut self, now: Instant, last_in: Instant) -> Option<WatchEvent> {
        let silent = now.saturating_duration_since(last_in);
        match (silent >= self.limit, self.is_missed) {
            (true, false) => {
                self.is_missed = true;
                Some(WatchEvent::HeartbeatMissed(silent))
            }
            (false, true) => {
                self.is_missed = false;
                Some(WatchEvent::Heard)
            }
            (true, true) | (false, false) => None,
        }
    }

    /// How long to wait before looking again.
    #[must_use]
    pub fn wait(&self, now: Instant, last_in: Instant) -> Duration {
        let rest = self.limit.saturating_sub(now.saturating_duration_since(last_in));
        // during a silence its end is looked for four times as often
        if rest.is_zero() { (self.limit / 4).max(Duration::from_millis(1)) } else { rest }
    }
}

/// Watches one connection; see [`Connection::watch`].
#[derive(Debug)]
pub struct Watch {
    connection: Connection,
    silence: Silence,
}

impl Connection {
    /// Watches whether the peer is heard: half of the idle time-out is what it was asked to keep, and silence for longer
    /// is told. Without an idle time-out only the end is.
    ///
    /// There is neither task nor timer: while nobody waits for [`next`](Watch::next), nothing happens.
    #[must_use]
    pub fn watch(&self) -> Watch {
        let limit = self.snapshot().idle_time_out.map_or(Duration::MAX, |time_out| time_out / 2);
        Watch { connection: self.clone(), silence: Silence::new(limit) }
    }
}

impl Watch {
    /// Waits for the next news. After [`WatchEvent::Closed`] it is that again. Cancel-safe.
    pub async fn next(&mut self) -> WatchEvent {
        loop {
            let (closed, now, last_in) = {
                let state = self.connection.shared().lock();
                (state.closed(), state.probes.now, state.machine.last_in())
            };
            if let Some(error) = closed {
                return WatchEvent::Closed(error);
            }
            if let Some(event) = self.silence.look(now, last_in) {
                return event;
            }
            let wait = Some(self.silence.wait(now, last_in)).filter(|wait| *wait < Duration::MAX / 2);
            // the end of the wait and the end of the connection are told apart above
            let _ = self
                .connection
                .shared()
                .until_after(Step::Idle, wait, |state, waker| match state.closed() {
                    Some(error) => Poll::Ready(Err::<(), _>(error)),
                    None => {
                        state.changed.register(waker);
                        Poll::Pending
                    }
                })
                .await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_each_silence_once_and_when_to_look_again() {
        let at = Instant::from_millis;
        let mut machine = Silence::new(Duration::from_millis(500));
        assert!(machine.look(at(499), at(0)).is_none());
        assert_eq!(machine.wait(at(499), at(0)), Duration::from_millis(1));
        assert!(
            matches!(machine.look(at(500), at(0)), Some(WatchEvent::HeartbeatMissed(silent)) if silent.as_millis() == 500)
        );
        assert!(machine.look(at(900), at(0)).is_none());
        assert_eq!(machine.wait(at(900), at(0)), Duration::from_millis(125));
        assert!(matches!(machine.look(at(910), at(905)), Some(WatchEvent::Heard)));
        assert_eq!(machine.wait(at(910), at(905)), Duration::from_millis(495));
    }
}
