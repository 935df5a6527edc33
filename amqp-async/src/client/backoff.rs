//! How long to wait before trying again.

use std::time::Duration;

/// Waits that grow: `initial`, then `factor` times as long each time, never longer than `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait. Default 200 ms.
    pub initial: Duration,
    /// How many times as long each next one is. Default 2; 1 keeps them all the same.
    pub factor: u32,
    /// The longest wait. Default 30 s.
    pub max: Duration,
    /// How chance shortens them. Default [`Jitter::Full`].
    pub jitter: Jitter,
}

/// How chance shortens a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all: clients that failed together come back together.
    None,
    /// To anything between nothing and the whole: many clients come back spread out.
    #[default]
    Full,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: Duration::from_millis(200), factor: 2, max: Duration::from_secs(30), jitter: Jitter::default() }
    }
}

impl Backoff {
    /// 1, 2, 4, 8 … s, at most 60 s, without jitter: for tests and for fidelity to older code. Clients of a real server
    /// want jitter.
    #[must_use]
    pub fn doubling_from_1s() -> Self {
        Self { initial: Duration::from_secs(1), factor: 2, max: Duration::from_secs(60), jitter: Jitter::None }
    }

    /// The same wait each time, without jitter.
    #[must_use]
    pub fn fixed(wait: Duration) -> Self {
        Self { initial: wait, factor: 1, max: wait, jitter: Jitter::None }
    }

    /// How long to wait after the `failures`th failure in a row, counted from 1, given a random number.
    #[must_use]
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        let doublings = failures.saturating_sub(1);
        let grown = self.initial.saturating_mul(self.factor.saturating_pow(doublings.min(64)));
        self.jitter.of(grown.min(self.max), random)
    }

    /// How long to wait before the first attempt after a loss that follows no failure: with jitter up to `initial`,
    /// without not at all.
    #[must_use]
    pub(crate) fn spread(&self, random: u64) -> Duration {
        match self.jitter {
            Jitter::None => Duration::ZERO,
            Jitter::Full => self.jitter.of(self.initial.min(self.max), random),
        }
    }
}

impl Jitter {
    fn of(self, wait: Duration, random: u64) -> Duration {
        match self {
            Self::None => wait,
            Self::Full => {
                // the fraction random / 2^64; a wait of more than 584 years is none that matters
                let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
                let part = (u128::from(nanos) * (u128::from(random) + 1)) >> 64;
                Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Random;

    #[test]
    fn s9_2_full_jitter_is_uniform_between_nothing_and_the_cap_and_reproducible() {
        let backoff = Backoff { max: Duration::from_secs(5), ..Backoff::default() };
        for failures in 1..=8 {
            let cap = Backoff { jitter: Jitter::None, ..backoff }.delay(failures, 0);
            let delays = |seed| {
                let mut random = Random::new(seed);
                (0..10_000).map(|_| backoff.delay(failures, random.next())).collect::<Vec<_>>()
            };
            let drawn = delays(7);
            assert_eq!(drawn, delays(7), "the seed decides");
            assert_ne!(drawn, delays(8));
            assert!(drawn.iter().all(|delay| *delay <= cap));
            // ten drawers of 1,000 ± 5 standard deviations (30 each)
            let mut drawers = [0_u32; 10];
            for delay in &drawn {
                let drawer = delay.as_nanos() * 10 / (cap.as_nanos() + 1);
                drawers[usize::try_from(drawer).unwrap()] += 1;
            }
            assert!(drawers.iter().all(|count| (850..=1150).contains(count)), "{failures}: {drawers:?}");
        }
    }

    #[test]
    fn grows_to_the_cap_and_never_overflows() {
        let backoff = Backoff { jitter: Jitter::None, ..Backoff::default() };
        let millis = |failures| backoff.delay(failures, 0).as_millis();
        assert_eq!([1, 2, 3, 8, 9, u32::MAX].map(millis), [200, 400, 800, 25_600, 30_000, 30_000]);
        assert_eq!(Backoff::default().delay(9, u64::MAX), Duration::from_secs(30));
        assert_eq!(Backoff::default().delay(9, 0), Duration::ZERO);
        assert_eq!(Backoff::fixed(Duration::from_secs(3)).delay(100, 5), Duration::from_secs(3));
    }
}
