//! `std::time::SystemTime` (feature `std`).

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use super::TimestampError;
use crate::Timestamp;

/// The millisecond in which the time lies, also before the epoch.
///
/// ```
/// use amqp_codec::{Timestamp, TimestampError};
/// use std::time::SystemTime;
///
/// let now = Timestamp::try_from(SystemTime::now())?;
/// let back = SystemTime::try_from(now)?;
/// assert!(back <= SystemTime::now());
/// # Ok::<(), TimestampError>(())
/// ```
impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => since.try_into(),
            Err(before) => {
                // To the start of the millisecond, as behind the epoch.
                let whole = before.duration().checked_add(Duration::from_nanos(999_999));
                let millis = whole.and_then(|before| i64::try_from(before.as_millis()).ok());
                millis.and_then(i64::checked_neg).map(Self).ok_or(TimestampError)
            }
        }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        let distance = Duration::from_millis(timestamp.millis().unsigned_abs());
        let time =
            if timestamp.millis() < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.ok_or(TimestampError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: TY-1.6.17-01
    #[test]
    fn both_sides_of_the_epoch() {
        for millis in [0, 1, -1, 1_500, -1_500, i64::from(i32::MAX) * 1_000, -62_135_596_800_000] {
            let time = SystemTime::try_from(Timestamp(millis)).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(Timestamp(millis)));
        }
        let microsecond = Duration::from_micros(1);
        assert_eq!(Timestamp::try_from(UNIX_EPOCH - microsecond), Ok(Timestamp(-1)));
        assert_eq!(Timestamp::try_from(UNIX_EPOCH + microsecond), Ok(Timestamp(0)));
        // Whether the platform can hold the extremes is its own affair.
        for millis in [i64::MIN, i64::MAX] {
            if let Ok(time) = SystemTime::try_from(Timestamp(millis)) {
                let back = Timestamp::try_from(time);
                assert!(back == Ok(Timestamp(millis)) || back == Err(TimestampError));
            }
        }
    }
}
