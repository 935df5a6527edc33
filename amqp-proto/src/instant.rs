//! Time as the caller tells it. The core reads no clock (design, "The boundary").

use core::fmt;
use core::time::Duration;

/// A point in time: how long after an epoch that the caller chooses.
///
/// The core only compares instants and adds durations to them, so any monotonic clock serves, and a
/// test can make time pass by adding to a number. Arithmetic saturates; it never panics.
///
/// ```
/// use amqp_proto::Instant;
/// use core::time::Duration;
///
/// let later = Instant::ZERO.saturating_add(Duration::from_millis(250));
/// assert_eq!(later.saturating_duration_since(Instant::ZERO), Duration::from_millis(250));
/// assert_eq!(Instant::ZERO.saturating_duration_since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The epoch itself.
    pub const ZERO: Instant = Instant(Duration::ZERO);

    /// The instant that lies `since_epoch` after the epoch.
    #[must_use]
    pub const fn from_duration(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The instant that lies `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// How long after the epoch this instant lies.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }

    /// This instant moved by `duration` into the future, or the last one representable.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is in fact later.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
