//! The future of a sent message's outcome (§2.6.12).

use crate::deadline::Limit;
use crate::error::{Error, SendError, Step};
use crate::link::Link;
use crate::session::SessionRoot;
use crate::state::State;
use amqp_proto::codec::Outcome;
use amqp_proto::{Misuse, SenderId};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The outcome of a message that was handed over, to come.
///
/// It keeps the link attached until then, unless the message was sent settled. Dropping it loses nothing but the knowledge: the message is on its way.
///
/// Its error is [`SendError::InDoubt`], if the link ended before the outcome came, or if that did not come in time
/// ([`Timeouts::settle`](crate::Timeouts::settle), counted from the first poll). It says either once: what comes
/// later of a message that was in doubt goes unseen.
#[must_use = "the outcome says whether the message was accepted"]
pub struct Settlement(Expected);

enum Expected {
    /// From this sender. What the sender's handles share is not at hand: each message would touch it.
    Outcome(Arc<SessionRoot>, Awaited),
    /// The message was sent settled: there is nothing to wait for (§2.6.12).
    Nothing,
    /// It has been given out.
    Done,
}

/// An outcome to come, for whoever waits for it. Who has one gives it up when the wait is over.
pub(super) struct Awaited {
    sender: SenderId,
    token: u64,
    limit: Limit,
}

impl Awaited {
    pub(super) fn new(sender: SenderId, token: u64, limit: Option<Duration>) -> Self {
        Self { sender, token, limit: Limit::new(limit) }
    }

    /// Begins to wait under the lock that the message was handed over under, when nothing can have come of it.
    pub(super) fn begin(mut self, state: &mut State, waker: &Waker) -> Self {
        let _ = self.look(state, waker);
        self
    }

    /// The outcome, or why it will not be known. Either ends the wait.
    pub(super) fn poll(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<Outcome, SendError>> {
        let result = self.look(state, waker);
        if result.is_ready() {
            self.give_up(state);
        }
        result
    }

    fn look(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<Outcome, SendError>> {
        let error = match state.outcomes.poll(self.token, waker) {
            Poll::Ready(Some(Ok(outcome))) => return Poll::Ready(Ok(outcome)),
            Poll::Ready(Some(Err(error))) => error,
            Poll::Ready(None) => Error::Undriven,
            Poll::Pending => match self.limit.poll(state, waker) {
                Poll::Ready(()) => Error::Timeout(Step::Settle),
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Err(SendError::InDoubt(error)))
    }

    /// Nobody asks any more. If the outcome has been fetched, it was under the same lock: afterwards the token may be
    /// another's.
    pub(super) fn give_up(&mut self, state: &mut State) {
        self.limit.cancel(state);
        state.outcomes.abandon(self.token);
        if state.outcomes.was_last(self.sender) {
            state.leftovers.forget(self.sender.into());
            self.sender.abandon(&mut state.machine);
        }
    }
}

impl Settlement {
    pub(super) fn new(
        session: &Arc<SessionRoot>,
        sender: SenderId,
        token: Option<u64>,
        limit: Option<Duration>,
    ) -> Self {
        Self(token.map_or(Expected::Nothing, |token| {
            Expected::Outcome(Arc::clone(session), Awaited::new(sender, token, limit))
        }))
    }

    /// Whether the message was sent settled (§2.6.12), so that there is nothing to wait for.
    #[must_use]
    pub fn is_sent_settled(&self) -> bool {
        matches!(self.0, Expected::Nothing)
    }
}

impl Future for Settlement {
    type Output = Result<Outcome, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self(expected) = self.get_mut();
        let result = match expected {
            Expected::Nothing => return Poll::Ready(Ok(Outcome::Accepted)),
            Expected::Done => return Poll::Ready(Err(SendError::InDoubt(Error::Misuse(Misuse::StaleId)))),
            Expected::Outcome(session, awaited) => {
                session.shared().with_session(session.id, |state| awaited.poll(state, cx.waker()))
            }
        };
        if result.is_ready() {
            *expected = Expected::Done;
        }
        result
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        let Self(Expected::Outcome(session, awaited)) = self else { return };
        session.shared().with_session(session.id, |state| awaited.give_up(state));
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Expected::Outcome(..) => "Settlement(to come)",
            Expected::Nothing => "Settlement(sent settled)",
            Expected::Done => "Settlement(given out)",
        })
    }
}
