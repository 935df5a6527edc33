//! A clock that whoever never waits reads for every message: cheap, and up to a tick of the system's late or early.

pub(crate) use system::Ticks;

/// Where the system keeps the time of its last tick, 1 to 10 ms ago, beside the time itself: reading that costs a few
/// nanoseconds, and looking at the hardware 20 to 40, which was 15 % of what sending a message of 100 octets takes.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
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

    /// Nanoseconds of `CLOCK_MONOTONIC` at the last tick.
    #[expect(unsafe_code, reason = "the standard library does not have this clock")]
    fn last_tick() -> Option<u64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a timespec of ours, valid and writable for the whole call, which writes at most that
        // and keeps no pointer.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) } != 0;
        let seconds = u64::try_from(time.tv_sec).ok().filter(|_| !failed)?;
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
    use std::time::{Duration, Instant};

    #[test]
    fn it_is_a_tick_off_at_most() {
        let (ticks, started) = (Ticks::begin(), Instant::now());
        while started.elapsed() < Duration::from_millis(50) {
            let (before, said) = (started.elapsed(), Duration::from_nanos(ticks.elapsed()));
            let after = started.elapsed();
            assert!(said + Duration::from_millis(11) > before, "{said:?} at {before:?}");
            assert!(said < after + Duration::from_millis(11), "{said:?} at {after:?}");
        }
    }
}
