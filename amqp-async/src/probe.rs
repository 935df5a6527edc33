//! Round trips through a session: a flow that asks for an answer (§2.7.4), and how long that took. The driver tells the
//! time.

use amqp_proto::{Instant, SessionId};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The round trip, once it is over.
pub(crate) type RoundTrip = Arc<OnceLock<Duration>>;

/// What is asked on one connection.
#[derive(Default)]
pub(crate) struct Probes {
    /// When the driver passed last.
    pub(crate) now: Instant,
    /// One a session, and few at a time.
    asked: Vec<Asked>,
    /// The last round trip.
    pub(crate) last: Option<Duration>,
}

struct Asked {
    session: SessionId,
    /// When the question left.
    left: Option<Instant>,
    answer: RoundTrip,
}

impl Probes {
    /// A question on this session: whether it is a new one, which has to be sent, and where its answer will be.
    pub(crate) fn ask(&mut self, session: SessionId) -> (bool, RoundTrip) {
        if let Some(asked) = self.asked.iter().find(|asked| asked.session == session) {
            return (false, Arc::clone(&asked.answer));
        }
        let answer = RoundTrip::default();
        self.asked.push(Asked { session, left: None, answer: Arc::clone(&answer) });
        (true, answer)
    }

    /// What waits to be written is written now.
    pub(crate) fn leave(&mut self) {
        for asked in &mut self.asked {
            asked.left.get_or_insert(self.now);
        }
    }

    /// The answer has come.
    pub(crate) fn answered(&mut self, session: SessionId) {
        let Some(asked) = self.take(session) else { return };
        let trip = self.now.saturating_duration_since(asked.left.unwrap_or(self.now));
        self.last = Some(trip);
        // nobody else sets it
        let _ = asked.answer.set(trip);
    }

    /// The session is gone, or nobody waits any more.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.take(session);
    }

    fn take(&mut self, session: SessionId) -> Option<Asked> {
        let at = self.asked.iter().position(|asked| asked.session == session)?;
        Some(self.asked.swap_remove(at))
    }
}
