//! When rebuilding a link does not help, the session below it is rebuilt, and then the connection below that.

use super::Backoff;
use crate::error::Recovery;
use std::time::Duration;

/// What is to be built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The link alone.
    Link,
    /// The session with its links.
    Session,
    /// The connection with everything on it.
    Connection,
}

/// What to do about a link that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// What to build anew.
    pub level: Level,
    /// After which wait.
    pub after: Duration,
}

/// Counts how often a link failed in a row, and on which level that is to be mended.
#[derive(Clone, Debug)]
pub struct Escalation {
    backoff: Backoff,
    /// So many failures of one level in a row are a failure of the next.
    patience: u32,
    links: u32,
    sessions: u32,
    failures: u32,
}

impl Escalation {
    /// Three failures of a link in a row mean that its session is at fault, three of a session the connection; each new
    /// try waits as `backoff` says.
    #[must_use]
    pub fn new(backoff: Backoff) -> Self {
        Self { backoff, patience: 3, links: 0, sessions: 0, failures: 0 }
    }

    /// The link failed, or could not be attached; `None`: it is not to be tried again.
    pub fn failed(&mut self, recovery: Recovery, random: u64) -> Option<Again> {
        let level = match recovery {
            Recovery::GiveUp => return None,
            Recovery::Retry | Recovery::Reattach => self.link_failed(),
            Recovery::Rebegin => self.session_failed(),
            Recovery::Reconnect => Level::Connection,
        };
        self.failures = self.failures.saturating_add(1);
        let after = match recovery {
            // how long to wait is for the connection to say
            Recovery::Reconnect => Duration::ZERO,
            // the first time chance alone decides, if it does at all
            _ if self.failures == 1 => self.backoff.spread(random),
            _ => self.backoff.delay(self.failures - 1, random),
        };
        if level == Level::Connection {
            (self.links, self.sessions) = (0, 0);
        }
        Some(Again { level, after })
    }

    fn link_failed(&mut self) -> Level {
        self.links += 1;
        if self.links < self.patience {
            return Level::Link;
        }
        self.session_failed()
    }

    fn session_failed(&mut self) -> Level {
        self.links = 0;
        self.sessions += 1;
        if self.sessions < self.patience { Level::Session } else { Level::Connection }
    }

    /// The link did what it is for: a message came or went.
    pub fn succeeded(&mut self) {
        (self.links, self.sessions, self.failures) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_4_three_failures_of_a_link_are_one_of_its_session_and_three_of_those_one_of_the_connection() {
        let mut machine = Escalation::new(Backoff::doubling_from_1s());
        let again: Vec<Again> = (0..9).map_while(|_| machine.failed(Recovery::Reattach, 0)).collect();
        use Level::{Connection, Link, Session};
        assert_eq!(
            again.iter().map(|again| again.level).collect::<Vec<_>>(),
            [Link, Link, Session, Link, Link, Session, Link, Link, Connection]
        );
        assert_eq!(
            again.iter().map(|again| again.after.as_secs()).collect::<Vec<_>>(),
            [0, 1, 2, 4, 8, 16, 32, 60, 60]
        );
        machine.succeeded();
        assert_eq!(machine.failed(Recovery::Reattach, 0), Some(Again { level: Link, after: Duration::ZERO }));
    }

    #[test]
    fn what_is_known_to_be_gone_is_not_tried_from_below() {
        let mut machine = Escalation::new(Backoff::default());
        assert_eq!(machine.failed(Recovery::Rebegin, u64::MAX).map(|again| again.level), Some(Level::Session));
        let again = machine.failed(Recovery::Reconnect, u64::MAX);
        assert_eq!(again, Some(Again { level: Level::Connection, after: Duration::ZERO }));
        assert_eq!(machine.failed(Recovery::GiveUp, 0), None);
    }
}
