//! handle (§2.8.4).

use core::fmt;

use super::restricted;

/// The number of a link within a session, for one direction (§2.8.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Handle(pub u32);

restricted!(Handle(u32));

impl From<u32> for Handle {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
