//! [`Duration`] since 1970-01-01T00:00:00Z.

use core::time::Duration;

use super::TimestampError;
use crate::Timestamp;

/// The time that has passed since the epoch; what is below a millisecond is cut off.
impl TryFrom<Duration> for Timestamp {
    type Error = TimestampError;

    fn try_from(since_epoch: Duration) -> Result<Self, TimestampError> {
        i64::try_from(since_epoch.as_millis()).map(Self).map_err(|_| TimestampError)
    }
}

/// The time that has passed since the epoch; an earlier time is an error.
///
/// ```
/// use amqp_codec::{Timestamp, TimestampError};
/// use core::time::Duration;
///
/// assert_eq!(Duration::try_from(Timestamp(1_500)), Ok(Duration::from_millis(1_500)));
/// assert_eq!(Duration::try_from(Timestamp(-1)), Err(TimestampError));
/// ```
impl TryFrom<Timestamp> for Duration {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        u64::try_from(timestamp.millis()).map(Self::from_millis).map_err(|_| TimestampError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: TY-1.6.17-01
    #[test]
    fn out_of_range_is_an_error() {
        let last = Duration::from_millis(i64::MAX.unsigned_abs());
        assert_eq!(Timestamp::try_from(last), Ok(Timestamp(i64::MAX)));
        assert_eq!(Duration::try_from(Timestamp(i64::MAX)), Ok(last));
        assert_eq!(Timestamp::try_from(last + Duration::from_millis(1)), Err(TimestampError));
        assert_eq!(Timestamp::try_from(Duration::MAX), Err(TimestampError));
        assert_eq!(Duration::try_from(Timestamp(i64::MIN)), Err(TimestampError));
        assert_eq!(Timestamp::try_from(Duration::from_micros(1_999)), Ok(Timestamp(1)));
    }
}
