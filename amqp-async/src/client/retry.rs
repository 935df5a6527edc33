//! Whether a message is worth sending again, by what became of it.

use super::{Backoff, Classifier};
use crate::error::{Recovery, SendError};
use amqp_proto::codec::{Condition, Outcome};
use std::time::Duration;

/// When to send a message again.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How often it is sent at most, the first time included. Default 4.
    pub max_attempts: u32,
    /// How long to wait in between. Default [`Backoff::default`].
    pub backoff: Backoff,
    /// What to do when nobody knows what became of it: again, though it may arrive twice, or not. Default: not.
    pub in_doubt: InDoubt,
    /// Which errors are worth another try. Default [`classify`](super::classify).
    pub classifier: Classifier,
}

/// What to do about a message of which nobody knows what became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InDoubt {
    /// Leave it: it may have arrived.
    #[default]
    Leave,
    /// Send it again: it may arrive twice.
    Again,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            backoff: Backoff::default(),
            in_doubt: InDoubt::default(),
            classifier: Classifier::default(),
        }
    }
}

/// What to do about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: what became of it stands.
    Done,
    /// Send it again, after this wait.
    Again(Duration),
}

/// Counts the attempts to send one message.
#[derive(Clone, Debug)]
pub struct Retry {
    policy: RetryPolicy,
    attempts: u32,
}

impl Retry {
    /// Nothing has been sent.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        Self { policy, attempts: 0 }
    }

    /// What became of an attempt: released messages, and those rejected for reasons that pass, are sent again; modified
    /// ones unless they are not deliverable here; rejected ones otherwise not.
    pub fn came(&mut self, result: &Result<Outcome, SendError>, random: u64) -> Verdict {
        self.attempts = self.attempts.saturating_add(1);
        if self.attempts >= self.policy.max_attempts || !self.is_worth_it(result) {
            return Verdict::Done;
        }
        Verdict::Again(self.policy.backoff.delay(self.attempts, random))
    }

    fn is_worth_it(&self, result: &Result<Outcome, SendError>) -> bool {
        match result {
            Ok(Outcome::Released) => true,
            Ok(Outcome::Modified(modified)) => !modified.undeliverable_here,
            Ok(Outcome::Rejected(rejected)) => {
                rejected.error.as_ref().is_some_and(|error| PASSING.contains(&error.condition))
            }
            Ok(_) => false,
            Err(SendError::NotSent(error)) => self.policy.classifier.classify(error) != Recovery::GiveUp,
            Err(SendError::InDoubt(error)) => match self.policy.in_doubt {
                InDoubt::Leave => false,
                InDoubt::Again => self.policy.classifier.classify(error) != Recovery::GiveUp,
            },
        }
    }
}

/// Conditions of a rejected message that pass.
const PASSING: [Condition; 5] = [
    Condition::INTERNAL_ERROR,
    Condition::RESOURCE_LIMIT_EXCEEDED,
    Condition::RESOURCE_LOCKED,
    Condition::from_static("com.microsoft:server-busy"),
    Condition::from_static("com.microsoft:timeout"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::codec::{Modified, Rejected};

    fn rejected(condition: Condition) -> Result<Outcome, SendError> {
        Ok(Outcome::Rejected(Box::new(Rejected { error: Some(condition.into()) })))
    }

    #[test]
    fn is_sent_four_times_at_most() {
        let policy = RetryPolicy { backoff: Backoff::doubling_from_1s(), ..RetryPolicy::default() };
        let mut retry = Retry::new(policy);
        let verdicts: Vec<_> = (0..4).map(|_| retry.came(&Ok(Outcome::Released), 0)).collect();
        let again = |seconds| Verdict::Again(Duration::from_secs(seconds));
        assert_eq!(verdicts, [again(1), again(2), again(4), Verdict::Done]);
    }

    #[test]
    fn the_outcome_decides() {
        let modified = |undeliverable_here| {
            Ok(Outcome::Modified(Box::new(Modified { undeliverable_here, ..Modified::default() })))
        };
        let lost = || crate::Error::Closed(amqp_proto::CloseReason::Eof);
        for (result, again) in [
            (Ok(Outcome::Accepted), false),
            (Ok(Outcome::Released), true),
            (modified(false), true),
            (modified(true), false),
            (Ok(Outcome::Rejected(Box::default())), false),
            (rejected(Condition::NOT_ALLOWED), false),
            (rejected(Condition::RESOURCE_LIMIT_EXCEEDED), true),
            (Err(SendError::NotSent(lost())), true),
            (Err(SendError::NotSent(crate::Error::TooLarge { size: 2, limit: 1 })), false),
            (Err(SendError::InDoubt(lost())), false),
        ] {
            let verdict = Retry::new(RetryPolicy::default()).came(&result, 0);
            assert_eq!(verdict != Verdict::Done, again, "{result:?}");
        }
        let again = RetryPolicy { in_doubt: InDoubt::Again, ..RetryPolicy::default() };
        assert_ne!(Retry::new(again).came(&Err(SendError::InDoubt(lost())), 0), Verdict::Done);
    }
}
