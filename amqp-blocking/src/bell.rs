//! What ends a wait in the operating system when the first timer is due, where there is something for that but the time-out
//! of each wait.

pub(crate) use system::Bell;

/// A timer of the system's, which is set seldom: a time-out is set and taken back with each wait, which took a twentieth of a
/// round trip over loopback.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use mio::unix::SourceFd;
    use mio::{Interest, Registry, Token};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::time::Duration;

    /// Rings at the time that it was set to, or earlier if an earlier one was wanted meanwhile and is not any more.
    #[derive(Debug)]
    pub(crate) struct Bell {
        /// Waits have time-outs where the system has given none.
        pub(super) timer: Option<OwnedFd>,
        /// In nanoseconds, as the reactor counts; [`u64::MAX`] if it does not ring.
        pub(super) set_to: u64,
    }

    impl Bell {
        /// One that makes the system tell of `token` when it rings.
        pub(crate) fn new(registry: &Registry, token: Token) -> Self {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags).ok();
            let is_watched = |timer: &OwnedFd| {
                registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE).is_ok()
            };
            Self { timer: timer.filter(is_watched), set_to: u64::MAX }
        }

        /// Makes sure that it rings by `at`, which is so far away as `left` says. Says whether it will.
        pub(crate) fn rings_by(&mut self, at: u64, left: impl FnOnce() -> Duration) -> bool {
            self.set_to <= at || self.set(at, left())
        }

        fn set(&mut self, at: u64, left: Duration) -> bool {
            let (Some(timer), false, Ok(tv_sec)) = (&self.timer, left.is_zero(), left.as_secs().try_into()) else {
                return false;
            };
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec { tv_sec, tv_nsec: left.subsec_nanos().into() },
            };
            let is_set = timerfd_settime(timer, TimerfdTimerFlags::empty(), &once).is_ok();
            if is_set {
                self.set_to = at;
            }
            is_set
        }

        /// It has rung: the system has told of its token.
        pub(crate) fn rang(&mut self) {
            self.set_to = u64::MAX;
        }
    }
}

/// None: waits have time-outs.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use mio::{Registry, Token};
    use std::time::Duration;

    #[derive(Debug)]
    pub(crate) struct Bell;

    impl Bell {
        pub(crate) fn new(_: &Registry, _: Token) -> Self {
            Self
        }

        pub(crate) fn rings_by(&mut self, at: u64, _: impl FnOnce() -> Duration) -> bool {
            at == u64::MAX
        }

        pub(crate) fn rang(&mut self) {}
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
#[path = "../tests/unit/bell.rs"]
mod tests;
