//! `time::OffsetDateTime` and `time::UtcDateTime` (feature `time`).

use time::{OffsetDateTime, UtcDateTime};

use super::{TimestampError, values_from};
use crate::{SimpleValue, Timestamp, Value};

/// To the millisecond in which the time lies, and back.
macro_rules! convert {
    ($($(#[$doc:meta])* $type:ident)*) => {$(
        $(#[$doc])*
        impl From<$type> for Timestamp {
            #[inline]
            fn from(time: $type) -> Self {
                // Nowhere near saturating: years have six digits at most.
                let millis = time.unix_timestamp().saturating_mul(1_000);
                Self(millis.saturating_add(time.millisecond().into()))
            }
        }

        /// Fails for times outside the calendar of the crate `time`: beyond the year 9999,
        /// unless its feature `large-dates` is on.
        impl TryFrom<Timestamp> for $type {
            type Error = TimestampError;

            fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
                let nanos = i128::from(timestamp.millis()).checked_mul(1_000_000);
                let time = nanos.and_then(|nanos| Self::from_unix_timestamp_nanos(nanos).ok());
                time.ok_or(TimestampError)
            }
        }
    )*};
}

convert! {
    /// The millisecond in which the time lies: `time` has no time that is out of range.
    ///
    /// ```
    /// use amqp_codec::{Timestamp, TimestampError, Value};
    /// use time::{OffsetDateTime, UtcOffset};
    ///
    /// let time = OffsetDateTime::from_unix_timestamp(1_709_204_400).unwrap();
    /// let elsewhere = time.to_offset(UtcOffset::from_hms(5, 30, 0).unwrap());
    /// let timestamp = Timestamp::from(elsewhere);
    /// assert_eq!(timestamp, Timestamp(1_709_204_400_000));
    /// assert_eq!(OffsetDateTime::try_from(timestamp)?, time);
    /// assert_eq!(Value::from(time), Value::Timestamp(timestamp));
    /// # Ok::<(), TimestampError>(())
    /// ```
    OffsetDateTime
    /// The millisecond in which the time lies: `time` has no time that is out of range.
    UtcDateTime
}

values_from!(OffsetDateTime as Timestamp for Value SimpleValue);
values_from!(UtcDateTime as Timestamp for Value SimpleValue);

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    /// req: TY-1.6.17-01
    #[test]
    fn the_whole_calendar_and_nothing_else() {
        for time in [UtcDateTime::MIN, UtcDateTime::MAX, UtcDateTime::UNIX_EPOCH] {
            let timestamp = Timestamp::from(time);
            assert_eq!(UtcDateTime::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
            assert_eq!(OffsetDateTime::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
        }
        for millis in [i64::MIN, i64::MAX, Timestamp::from(UtcDateTime::MAX).millis() + 1] {
            assert_eq!(UtcDateTime::try_from(Timestamp(millis)), Err(TimestampError));
            assert_eq!(OffsetDateTime::try_from(Timestamp(millis)), Err(TimestampError));
        }
    }

    #[test]
    fn before_the_epoch_the_millisecond_begins_earlier() {
        let time = OffsetDateTime::UNIX_EPOCH - Duration::microseconds(1);
        assert_eq!(Timestamp::from(time), Timestamp(-1));
        assert_eq!(SimpleValue::from(time), SimpleValue::from(Timestamp(-1)));
    }
}
