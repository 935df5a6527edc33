//! sequence-no (§2.8.10).

use core::cmp::Ordering;
use core::fmt;
use core::ops::{Add, AddAssign, Sub};

use super::restricted;

/// A serial number of 32 bits as in RFC 1982 (§2.8.10): it wraps from 2^32 - 1
/// to 0, and is less than the 2^31 - 1 numbers that follow it.
///
/// ```
/// use amqp_codec::SequenceNo;
///
/// let last = SequenceNo(u32::MAX);
/// assert!(last < last + 1);
/// assert_eq!(last + 2, SequenceNo(1));
/// assert_eq!((last + 2).distance_from(last), 2);
/// assert_eq!(last.serial_cmp(last + 0x8000_0000), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SequenceNo(pub u32);

/// The number of a delivery within a session and direction (§2.8.8).
pub type DeliveryNumber = SequenceNo;

/// The number of a transfer frame within a session and direction (§2.8.9).
pub type TransferNumber = SequenceNo;

restricted!(SequenceNo(u32));

impl SequenceNo {
    /// How far this number is ahead of `other`; negative if behind.
    #[inline]
    pub const fn distance_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// How many steps lead from `other` forward to this number, wrapping.
    #[inline]
    pub const fn wrapping_sub(self, other: Self) -> u32 {
        self.0.wrapping_sub(other.0)
    }

    /// The order of RFC 1982, §3.2; `None` for numbers that are 2^31 apart.
    #[inline]
    pub const fn serial_cmp(self, other: Self) -> Option<Ordering> {
        match self.distance_from(other) {
            0 => Some(Ordering::Equal),
            i32::MIN => None,
            1.. => Some(Ordering::Greater),
            _ => Some(Ordering::Less),
        }
    }
}

impl Add<u32> for SequenceNo {
    type Output = Self;

    #[inline]
    fn add(self, steps: u32) -> Self {
        Self(self.0.wrapping_add(steps))
    }
}

impl AddAssign<u32> for SequenceNo {
    #[inline]
    fn add_assign(&mut self, steps: u32) {
        self.0 = self.0.wrapping_add(steps);
    }
}

impl Sub<u32> for SequenceNo {
    type Output = Self;

    #[inline]
    fn sub(self, steps: u32) -> Self {
        Self(self.0.wrapping_sub(steps))
    }
}

/// [`serial_cmp`](SequenceNo::serial_cmp): no total order, so no `Ord`.
impl PartialOrd for SequenceNo {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.serial_cmp(*other)
    }
}

impl From<u32> for SequenceNo {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Debug for SequenceNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for SequenceNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
