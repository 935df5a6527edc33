//! How many attempts all of us together may make: what keeps a server that comes back from being overrun.

use crate::sync::Mutex;
use amqp_proto::Instant;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// A bound on attempts, shared by all clones: so many at once, then one each interval.
///
/// All who share one must count time from the same epoch.
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<Mutex<Bucket>>);

#[derive(Debug)]
struct Bucket {
    interval: Duration,
    /// How far ahead of its time an attempt may come.
    tolerance: Duration,
    /// When the next attempt would come if all kept the interval.
    due: Instant,
}

impl RetryBudget {
    /// One attempt each `interval` in the long run, and no more than `burst` at once (0 counts as 1).
    #[must_use]
    pub fn new(interval: Duration, burst: u32) -> Self {
        let tolerance = interval.saturating_mul(burst.saturating_sub(1));
        Self(Arc::new(Mutex::new(Bucket { interval, tolerance, due: Instant::ZERO })))
    }

    /// Takes one attempt out of the budget.
    ///
    /// # Errors
    /// When to ask again, if there is none left.
    pub fn take(&self, now: Instant) -> Result<(), Instant> {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = bucket.due.max(now);
        if due.saturating_duration_since(now) > bucket.tolerance {
            let wait = due.saturating_duration_since(now).saturating_sub(bucket.tolerance);
            return Err(now.saturating_add(wait));
        }
        bucket.due = due.saturating_add(bucket.interval);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_each_interval() {
        let budget = RetryBudget::new(Duration::from_millis(100), 3);
        let other = budget.clone();
        let at = Instant::from_millis;
        assert_eq!([budget.take(at(0)), other.take(at(0)), budget.take(at(0))], [Ok(()); 3]);
        assert_eq!(other.take(at(0)), Err(at(100)));
        assert_eq!(budget.take(at(99)), Err(at(100)));
        assert_eq!(budget.take(at(100)), Ok(()));
        assert_eq!(budget.take(at(100)), Err(at(200)));
        // unused, it fills up again, and no further
        assert_eq!([0; 3].map(|_| budget.take(at(10_000))), [Ok(()); 3]);
        assert_eq!(budget.take(at(10_000)), Err(at(10_100)));
    }
}
