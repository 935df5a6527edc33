//! The future of a sent message's outcome (§2.6.12).

use super::SenderRoot;
use crate::deadline::Limit;
use crate::error::{Error, SendError, Step};
use crate::state::State;
use amqp_proto::Misuse;
use amqp_proto::codec::Outcome;
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
    /// Under this token.
    Token(Arc<SenderRoot>, u64),
    /// The message was sent settled: there is nothing to wait for (§2.6.12).
    Nothing,
    /// It has been given out.
    Done,
}

impl Settlement {
    pub(crate) fn new(link: &Arc<SenderRoot>, token: Option<u64>, limit: Option<Duration>) -> Self {
        let state = token.map_or(Expected::Nothing, |token| Expected::Token(Arc::clone(link), token));
        Self { state, limit: Limit::new(limit) }
    }

    /// Whether the message was sent settled (§2.6.12), so that there is nothing to wait for.
    #[must_use]
    pub fn is_sent_settled(&self) -> bool {
        matches!(self.state, Expected::Nothing)
    }

    /// Nobody asks any more. If the outcome has been fetched, it was under the same lock: afterwards the token may be
    /// another's.
    fn give_up(link: &SenderRoot, limit: &mut Limit, state: &mut State, token: u64) {
        limit.cancel(state);
        if state.outcomes.abandon(token) && link.fate.get().is_some() {
            // no outcome will come to free the slot
            state.outcomes.forget(token);
        }
    }
}

/// The outcome, or why it will not be known.
fn look(
    link: &SenderRoot,
    limit: &mut Limit,
    state: &mut State,
    token: u64,
    waker: &Waker,
) -> Poll<Result<Outcome, SendError>> {
    let outcome = match state.outcomes.poll(token, waker) {
        Poll::Ready(Some(outcome)) => return Poll::Ready(Ok(outcome)),
        Poll::Ready(None) => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    };
    let error = match (link.fate.get(), outcome) {
        (Some(error), _) => error,
        (None, Poll::Ready(())) => Error::Undriven,
        (None, Poll::Pending) => match limit.poll(state, waker) {
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
        let (link, token) = match expected {
            Expected::Nothing => return Poll::Ready(Ok(Outcome::Accepted)),
            Expected::Done => return Poll::Ready(Err(SendError::InDoubt(Error::Misuse(Misuse::StaleId)))),
            Expected::Token(link, token) => (&*link, *token),
        };
        let result = link.with(|state| {
            let result = look(link, limit, state, token, cx.waker());
            if result.is_ready() {
                Self::give_up(link, limit, state, token);
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
        let Self { state: Expected::Token(link, token), limit } = self else { return };
        Self::give_up(link, limit, &mut link.shared().lock(), *token);
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
