//! The four deadlines of a connection, each with its reason.

use crate::Instant;
use core::fmt;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeoutReason {
    /// Header, SASL and open were not complete in time.
    Handshake,
    /// No frame came from the peer within our idle time-out (§2.4.5).
    IdleTimeOut,
    /// The peer did not answer close in time (§2.4.3).
    Close,
    /// Something has to be sent, lest the peer's idle time-out expires (§2.4.5).
    Heartbeat,
}

impl TimeoutReason {
    const ALL: [TimeoutReason; 4] =
        [TimeoutReason::Handshake, TimeoutReason::IdleTimeOut, TimeoutReason::Close, TimeoutReason::Heartbeat];
}

/// At most one deadline for each reason.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: [Option<Instant>; TimeoutReason::ALL.len()],
}

impl Timers {
    pub(crate) fn set(&mut self, reason: TimeoutReason, deadline: Instant) {
        self.deadlines[reason as usize] = Some(deadline);
    }

    pub(crate) fn clear(&mut self, reason: TimeoutReason) {
        self.deadlines[reason as usize] = None;
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn clear_all(&mut self) {
        self.deadlines = Default::default();
    }

    /// The earliest deadline; of equal ones the reason that comes first in the enum.
    #[inline(never)]
    pub(crate) fn next(&self) -> Option<(Instant, TimeoutReason)> {
        let mut next = None;
        // asked for several times with each message that comes alone, where iterators took more instructions
        for reason in TimeoutReason::ALL {
            let Some(deadline) = self.deadlines[reason as usize] else { continue };
            if next.is_none_or(|(earliest, _)| deadline < earliest) {
                next = Some((deadline, reason));
            }
        }
        next
    }

    /// Takes one deadline that has passed.
    pub(crate) fn take_expired(&mut self, now: Instant) -> Option<TimeoutReason> {
        let (deadline, reason) = self.next()?;
        if deadline > now {
            return None;
        }
        self.clear(reason);
        Some(reason)
    }
}

impl fmt::Display for TimeoutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeoutReason::Handshake => "the peer did not complete header, SASL and open in time",
            TimeoutReason::IdleTimeOut => "no frame came within the idle-time-out",
            TimeoutReason::Close => "the peer did not answer close in time",
            TimeoutReason::Heartbeat => "a heartbeat is due",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_first_and_the_local_expiry_wins_a_tie() {
        let mut timers = Timers::default();
        assert_eq!(timers.next(), None);
        timers.set(TimeoutReason::Heartbeat, Instant::from_millis(5));
        timers.set(TimeoutReason::IdleTimeOut, Instant::from_millis(5));
        timers.set(TimeoutReason::Close, Instant::from_millis(9));
        assert_eq!(timers.next(), Some((Instant::from_millis(5), TimeoutReason::IdleTimeOut)));
        assert_eq!(timers.take_expired(Instant::from_millis(4)), None);
        assert_eq!(timers.take_expired(Instant::from_millis(9)), Some(TimeoutReason::IdleTimeOut));
        assert_eq!(timers.take_expired(Instant::from_millis(9)), Some(TimeoutReason::Heartbeat));
        assert_eq!(timers.take_expired(Instant::from_millis(9)), Some(TimeoutReason::Close));
        assert_eq!(timers.take_expired(Instant::from_millis(9)), None);
    }
}
