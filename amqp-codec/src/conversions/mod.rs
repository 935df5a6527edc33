//! Conversions between our types and those of other crates for points in time and identifiers.
//!
//! | feature | types |
//! | --- | --- |
//! | | [`core::time::Duration`] since the epoch |
//! | `std` | `std::time::SystemTime` |
//! | `chrono` | `chrono::DateTime` |
//! | `time` | `time::OffsetDateTime`, `time::UtcDateTime` |
//! | `uuid` | `uuid::Uuid` |

#[cfg(feature = "chrono")]
mod chrono;
mod duration;
#[cfg(feature = "std")]
mod system_time;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

/// A point in time that the type converted to cannot hold.
///
/// An AMQP [`Timestamp`](crate::Timestamp) may lie 292 million years from now
/// (§1.6.17), further than calendars go; other types hold times that are no
/// 64-bit number of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("point in time is out of range")]
pub struct TimestampError;

/// Values out of a type of another crate, by way of ours.
#[cfg(any(feature = "time", feature = "uuid"))]
macro_rules! values_from {
    ($type:ty as $ours:ident for $($target:ty)*) => {$(
        impl From<$type> for $target {
            #[inline]
            fn from(value: $type) -> Self {
                $ours::from(value).into()
            }
        }
    )*};
}
#[cfg(any(feature = "time", feature = "uuid"))]
use values_from;
