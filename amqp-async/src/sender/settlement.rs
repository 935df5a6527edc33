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
pub struct Settlement {
    state: Expected,
    limit: Limit,
}

enum Expected {
    /// Under this token, of this sender. What the sender's handles share is not at hand: each message would touch it.
    Token(Arc<SessionRoot>, SenderId, u64),
    /// The message was sent settled: there is nothing to wait for (§2.6.12).
    Nothing,
    /// It has been given out.
    Done,
}

impl Settlement {
    pub(super) fn new(
        session: &Arc<SessionRoot>,
        sender: SenderId,
        token: Option<u64>,
        limit: Option<Duration>,
    ) -> Self {
        let state = token.map_or(Expected::Nothing, |token| Expected::Token(Arc::clone(session), sender, token));
        Self { state, limit: Limit::new(limit) }
    }

    /// Whether the message was sent settled (§2.6.12), so that there is nothing to wait for.
    #[must_use]
    pub fn is_sent_settled(&self) -> bool {
        matches!(self.state, Expected::Nothing)
    }

    /// Nobody asks any more. If the outcome has been fetched, it was under the same lock: afterwards the token may be
    /// another's.
    fn give_up(limit: &mut Limit, state: &mut State, sender: SenderId, token: u64) {
        limit.cancel(state);
        state.outcomes.abandon(token);
        if state.outcomes.was_last(sender) {
            state.leftovers.forget(sender.into());
            sender.abandon(&mut state.machine);
        }
    }
}

/// The outcome, or why it will not be known.
fn look(limit: &mut Limit, state: &mut State, token: u64, waker: &Waker) -> Poll<Result<Outcome, SendError>> {
    let error = match state.outcomes.poll(token, waker) {
        Poll::Ready(Some(Ok(outcome))) => return Poll::Ready(Ok(outcome)),
        Poll::Ready(Some(Err(error))) => error,
        Poll::Ready(None) => Error::Undriven,
        Poll::Pending => match limit.poll(state, waker) {
            Poll::Ready(()) => Error::Timeout(Step::Settle),
            Poll::Pending => return Poll::Pending,
        },
    };
    Poll::Ready(Err(SendError::InDoubt(error)))
}

impl Future for Settlement {
    type Output = Result<Outcome, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { state: expected, limit } = self.get_mut();
        let (session, sender, token) = match expected {
            Expected::Nothing => return Poll::Ready(Ok(Outcome::Accepted)),
            Expected::Done => return Poll::Ready(Err(SendError::InDoubt(Error::Misuse(Misuse::StaleId)))),
            Expected::Token(session, sender, token) => (&*session, *sender, *token),
        };
        let result = session.shared().with_session(session.id, |state| {
            let result = look(limit, state, token, cx.waker());
            if result.is_ready() {
                Self::give_up(limit, state, sender, token);
            }
            result
        });
        if result.is_ready() {
            *expected = Expected::Done;
        }
        result
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        let Self { state: Expected::Token(session, sender, token), limit } = self else { return };
        session.shared().with_session(session.id, |state| Self::give_up(limit, state, *sender, *token));
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            Expected::Token(..) => "Settlement(to come)",
            Expected::Nothing => "Settlement(sent settled)",
            Expected::Done => "Settlement(given out)",
        })
    }
}
