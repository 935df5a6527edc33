//! What a peer may do so often: pairs of begin and end or of attach and detach in a second, and violations in the
//! life of the connection.

use crate::violation::Violation;
use crate::{Instant, PeerLimits};
use core::time::Duration;

/// The time over which churn is counted.
const PERIOD: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    /// When the period began.
    since: Instant,
    /// begin and attach of the peer in this period, less the transfers.
    requests: u32,
    /// end and detach in this period: the peer's, and ours for its violations.
    ends: u32,
    violations: u32,
}

impl Budget {
    /// A frame has come: perhaps in another period than the one before.
    #[inline]
    pub(crate) fn tick(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= PERIOD {
            *self = Self { since: now, violations: self.violations, ..Self::default() };
        }
    }

    /// The peer asks for a session or a link.
    pub(crate) fn requested(&mut self) {
        self.requests = self.requests.saturating_add(1);
    }

    /// The peer ends a session or detaches a link.
    pub(crate) fn ended(&mut self) {
        self.ends = self.ends.saturating_add(1);
    }

    /// A transfer of either side: a link that carried one served a purpose.
    pub(crate) fn transferred(&mut self) {
        self.requests = self.requests.saturating_sub(1);
    }

    /// The peer made us end a session or detach a link: a reset too, only by another way.
    pub(crate) fn violated(&mut self) {
        self.violations = self.violations.saturating_add(1);
        self.ended();
    }

    /// Whether it was too much.
    #[inline]
    pub(crate) fn check(&self, limits: &PeerLimits) -> Result<(), Violation> {
        if self.violations > limits.max_violations {
            return Err(Violation::TooManyViolations);
        }
        // Only what has replaced something is churn: all links of an application may be attached, or detached,
        // in one second.
        if self.requests.min(self.ends) > limits.max_churn {
            return Err(Violation::Churn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> PeerLimits {
        PeerLimits { max_churn: 2, max_violations: 1, ..PeerLimits::default() }
    }

    #[test]
    fn pairs_in_a_second_are_churn_and_one_sided_bursts_are_not() {
        let mut budget = Budget::default();
        (0..100).for_each(|_| budget.requested());
        assert_eq!(budget.check(&limits()), Ok(()));
        budget.ended();
        budget.ended();
        budget.tick(Instant::from_millis(999));
        assert_eq!(budget.check(&limits()), Ok(()));
        budget.ended();
        assert_eq!(budget.check(&limits()), Err(Violation::Churn));
        (0..98).for_each(|_| budget.transferred());
        assert_eq!(budget.check(&limits()), Ok(()));
    }

    #[test]
    fn the_next_second_begins_anew_but_violations_stay() {
        let mut budget = Budget::default();
        for second in 1..10 {
            budget.tick(Instant::from_millis(1000 * second));
            (0..2).for_each(|_| budget.requested());
            (0..2).for_each(|_| budget.ended());
            assert_eq!(budget.check(&limits()), Ok(()));
        }
        budget.violated();
        budget.tick(Instant::from_millis(20_000));
        assert_eq!(budget.check(&limits()), Ok(()));
        budget.violated();
        assert_eq!(budget.check(&limits()), Err(Violation::TooManyViolations));
    }
}
