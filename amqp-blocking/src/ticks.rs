//! A clock that whoever never waits reads for every message: cheap, and up to a tick of the system's late or early.

pub(crate) use system::Ticks;

/// Where the system keeps the time of its last tick, 1 to 10 ms ago, beside the time itself: reading that costs a few
/// nanoseconds, and looking at the hardware 20 to 40, which was 15 % of what sending a message of 100 octets takes.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use rustix::time::{ClockId, clock_gettime};

    /// Counts from when it was made.
    pub(crate) struct Ticks {
        epoch: u64,
    }

    impl Ticks {
        pub(crate) fn begin() -> Self {
            Self { epoch: last_tick().unwrap_or(0) }
        }

        /// In nanoseconds; all there can be if the system does not say.
        pub(crate) fn elapsed(&self) -> u64 {
            last_tick().map_or(u64::MAX, |tick| tick.saturating_sub(self.epoch))
        }
    }

    /// Nanoseconds of the monotonic clock at the last tick.
    fn last_tick() -> Option<u64> {
        let time = clock_gettime(ClockId::MonotonicCoarse);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).ok()?))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use std::time::Instant;

    /// Counts from when it was made.
    pub(crate) struct Ticks {
        epoch: Instant,
    }

    impl Ticks {
        pub(crate) fn begin() -> Self {
            Self { epoch: Instant::now() }
        }

        /// In nanoseconds.
        pub(crate) fn elapsed(&self) -> u64 {
            u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ticks;
    use std::iter;
    use std::time::{Duration, Instant};

    /// Whether it was at most a tick off, for a while.
    fn holds() -> bool {
        let (ticks, started, tick) = (Ticks::begin(), Instant::now(), Duration::from_millis(11));
        let look = || (started.elapsed(), Duration::from_nanos(ticks.elapsed()), started.elapsed());
        let mut looks = iter::repeat_with(look).take_while(|(before, ..)| *before < Duration::from_millis(50));
        looks.all(|(before, said, after)| said + tick > before && said < after + tick)
    }

    #[test]
    fn it_is_a_tick_off_at_most() {
        // a machine that stood still between two looks is not the clock's fault, and does not do so all the time
        assert!((0..20).any(|_| holds()));
    }
}
