//! How deliveries are settled by what became of their processing, without a word for each.

use super::ResilientReceiver;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::receiver::Receiver;
use amqp_proto::codec::{self, Condition, Modified, Outcome, Rejected};
use std::future::Future;

/// What is said of a message whose processing failed (§3.4). One that was processed is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It may be delivered again, here or elsewhere.
    #[default]
    Release,
    /// It may be delivered again, and this counts as a failed attempt.
    Fail,
    /// It may be delivered again, but not here, and this counts as a failed attempt.
    FailHere,
    /// It cannot be processed; the text of the error says why.
    Reject,
}

impl OnFailure {
    /// The outcome for a processing that ended so.
    #[must_use]
    pub fn outcome<E: std::fmt::Display>(self, result: &Result<(), E>) -> Outcome {
        let Err(error) = result else { return Outcome::Accepted };
        let failed = |undeliverable_here| {
            let modified = Modified { delivery_failed: true, undeliverable_here, ..Modified::default() };
            Outcome::Modified(Box::new(modified))
        };
        match self {
            Self::Release => Outcome::Released,
            Self::Fail => failed(false),
            Self::FailHere => failed(true),
            Self::Reject => {
                let error = codec::Error::new(Condition::INTERNAL_ERROR, error.to_string());
                Outcome::Rejected(Box::new(Rejected { error: Some(error) }))
            }
        }
    }
}

impl Receiver {
    /// Gives each delivery to `handler` and settles it by what that says, until the link is gone; why.
    ///
    /// One at a time; several such futures may run at once. Dropped in between, a delivery that is being handled is
    /// released.
    pub async fn process<F, E>(&self, on_failure: OnFailure, mut handler: impl FnMut(&Delivery) -> F) -> Error
    where
        F: Future<Output = Result<(), E>>,
        E: std::fmt::Display,
    {
        loop {
            match self.recv().await {
                Ok(delivery) => handle(delivery, on_failure, &mut handler).await,
                Err(error) => return error,
            }
        }
    }
}

impl ResilientReceiver {
    /// As [`Receiver::process`], on one link after the other, until there will be none; why.
    pub async fn process<F, E>(&self, on_failure: OnFailure, mut handler: impl FnMut(&Delivery) -> F) -> Error
    where
        F: Future<Output = Result<(), E>>,
        E: std::fmt::Display,
    {
        loop {
            match self.recv().await {
                Ok(delivery) => handle(delivery, on_failure, &mut handler).await,
                Err(error) => return error,
            }
        }
    }
}

async fn handle<F, E>(delivery: Delivery, on_failure: OnFailure, handler: &mut impl FnMut(&Delivery) -> F)
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let result = handler(&delivery).await;
    // where the link is gone the peer delivers it again
    let _ = delivery.settle(on_failure.outcome(&result));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_accepted_and_failure_is_what_was_chosen() {
        let failed = Err("no space");
        for policy in [OnFailure::Release, OnFailure::Fail, OnFailure::FailHere, OnFailure::Reject] {
            assert_eq!(policy.outcome(&Ok::<(), &str>(())), Outcome::Accepted);
        }
        assert_eq!(OnFailure::Release.outcome(&failed), Outcome::Released);
        let Outcome::Modified(modified) = OnFailure::FailHere.outcome(&failed) else { panic!("modified") };
        assert!(modified.delivery_failed && modified.undeliverable_here);
        let Outcome::Modified(modified) = OnFailure::Fail.outcome(&failed) else { panic!("modified") };
        assert!(modified.delivery_failed && !modified.undeliverable_here);
        let Outcome::Rejected(rejected) = OnFailure::Reject.outcome(&failed) else { panic!("rejected") };
        assert!(rejected.error.unwrap().to_string().contains("no space"));
    }
}
