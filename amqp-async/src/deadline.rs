//! Deadlines of the steps an application waits for (begin, attach, detach, end …).
//!
//! A handle reads no clock: it says how long it will wait, and the driver counts from its next pass. One
//! alarm, the driver's, serves all of them.

use crate::slots::Slots;
use amqp_proto::Instant;
use std::task::{Poll, Waker};
use std::time::Duration;

/// All deadlines of one connection.
#[derive(Default)]
pub(crate) struct Deadlines {
    slots: Slots<Deadline>,
    /// Not later than the earliest that is running.
    earliest: Option<Instant>,
    /// Whether some have been asked for and do not run yet.
    fresh: bool,
}

struct Deadline {
    due: Due,
    waker: Waker,
}

enum Due {
    /// Asked for; runs from the driver's next pass.
    After(Duration),
    At(Instant),
    Passed,
}

impl Deadlines {
    /// Asks to be woken `after` the driver's next pass.
    pub(crate) fn start(&mut self, after: Duration, waker: &Waker) -> usize {
        self.fresh = true;
        self.slots.insert(Deadline { due: Due::After(after), waker: waker.clone() })
    }

    /// Ready once the time is over.
    pub(crate) fn poll(&mut self, key: usize, waker: &Waker) -> Poll<()> {
        match self.slots.get_mut(key) {
            Some(Deadline { due: Due::Passed, .. }) | None => Poll::Ready(()),
            Some(deadline) => {
                deadline.waker.clone_from(waker);
                Poll::Pending
            }
        }
    }

    /// The wait is over, one way or the other.
    pub(crate) fn cancel(&mut self, key: usize) {
        self.slots.remove(key);
    }

    /// Whether the driver should come by to let new ones run.
    pub(crate) fn wants_driver(&self) -> bool {
        self.fresh
    }

    /// The driver's pass: lets new ones run, and calls those whose time is over.
    pub(crate) fn advance(&mut self, now: Instant, wake: &mut Vec<Waker>) {
        let due = self.earliest.is_some_and(|earliest| earliest <= now);
        if !self.fresh && !due {
            return;
        }
        self.fresh = false;
        self.earliest = None;
        for (_, deadline) in self.slots.iter_mut() {
            if let Due::After(after) = deadline.due {
                deadline.due = Due::At(now.saturating_add(after));
            }
            let Due::At(at) = deadline.due else { continue };
            if at <= now {
                deadline.due = Due::Passed;
                wake.push(deadline.waker.clone());
            } else {
                self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
            }
        }
    }

    /// When the driver must pass again.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.earliest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_from_the_drivers_pass_and_passes_once() {
        let mut deadlines = Deadlines::default();
        let key = deadlines.start(Duration::from_secs(2), Waker::noop());
        assert!(deadlines.wants_driver());
        let mut wake = Vec::new();
        deadlines.advance(Instant::from_millis(10_000), &mut wake);
        assert_eq!(deadlines.next(), Some(Instant::from_millis(12_000)));
        deadlines.advance(Instant::from_millis(11_999), &mut wake);
        assert!(wake.is_empty() && deadlines.poll(key, Waker::noop()).is_pending());
        deadlines.advance(Instant::from_millis(12_000), &mut wake);
        assert_eq!(wake.len(), 1);
        assert!(deadlines.poll(key, Waker::noop()).is_ready());
        deadlines.cancel(key);
        assert_eq!(deadlines.next(), None);
    }
}
