//! `chrono::DateTime` (feature `chrono`).

use chrono::{DateTime, TimeZone, Utc};

use super::TimestampError;
use crate::{SimpleValue, Timestamp, Value};

/// The millisecond in which the time lies, in any time zone: `chrono` has no
/// time that is out of range.
///
/// ```
/// use amqp_codec::{Timestamp, TimestampError, Value};
/// use chrono::{DateTime, FixedOffset, Utc};
///
/// let noon: DateTime<FixedOffset> = "2024-02-29T12:00:00+01:00".parse().unwrap();
/// let timestamp = Timestamp::from(noon);
/// assert_eq!(timestamp, Timestamp(1_709_204_400_000));
/// assert_eq!(DateTime::<Utc>::try_from(timestamp)?, noon);
/// assert_eq!(Value::from(noon), Value::Timestamp(timestamp));
/// # Ok::<(), TimestampError>(())
/// ```
impl<Tz: TimeZone> From<DateTime<Tz>> for Timestamp {
    #[inline]
    fn from(time: DateTime<Tz>) -> Self {
        Self(time.timestamp_millis())
    }
}

/// Fails for times outside `chrono`'s calendar, some 262,000 years from ours.
impl TryFrom<Timestamp> for DateTime<Utc> {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        Self::from_timestamp_millis(timestamp.millis()).ok_or(TimestampError)
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for Value {
    #[inline]
    fn from(time: DateTime<Tz>) -> Self {
        Timestamp::from(time).into()
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for SimpleValue {
    #[inline]
    fn from(time: DateTime<Tz>) -> Self {
        Timestamp::from(time).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: TY-1.6.17-01
    #[test]
    fn the_whole_calendar_and_nothing_else() {
        for time in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::UNIX_EPOCH] {
            let timestamp = Timestamp::from(time);
            assert_eq!(DateTime::<Utc>::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
        }
        for millis in [i64::MIN, i64::MAX, Timestamp::from(DateTime::<Utc>::MAX_UTC).millis() + 1] {
            assert_eq!(DateTime::<Utc>::try_from(Timestamp(millis)), Err(TimestampError));
        }
        assert_eq!(SimpleValue::from(DateTime::<Utc>::UNIX_EPOCH), SimpleValue::from(Timestamp(0)));
    }
}
