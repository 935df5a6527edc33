//! The future of a sent message's outcome (§2.6.12).

use crate::error::{Error, SendError};
use crate::sender::SenderRoot;
use amqp_proto::Misuse;
use amqp_proto::codec::Outcome;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The outcome of a message that was handed over, to come.
///
/// It keeps the link attached. Dropping it loses nothing but the knowledge: the message is on its way.
///
/// Its error is [`SendError::InDoubt`], if the link ended before the outcome came.
#[must_use = "the outcome says whether the message was accepted"]
pub struct Settlement {
    link: Arc<SenderRoot>,
    state: Expected,
}

enum Expected {
    /// Under this token.
    Token(u64),
    /// The message was sent settled: there is nothing to wait for (§2.6.12).
    Nothing,
    /// It has been given out.
    Done,
}

impl Settlement {
    pub(crate) fn new(link: Arc<SenderRoot>, token: Option<u64>) -> Self {
        Self { link, state: token.map_or(Expected::Nothing, Expected::Token) }
    }
}

impl Future for Settlement {
    type Output = Result<Outcome, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let result = match this.state {
            Expected::Nothing => Ok(Outcome::Accepted),
            Expected::Done => Err(SendError::InDoubt(Error::Misuse(Misuse::StaleId))),
            Expected::Token(token) => {
                let mut state = this.link.shared().lock();
                match (state.outcomes.poll(token, cx.waker()), this.link.fate.get()) {
                    (Poll::Ready(Some(outcome)), _) => {
                        this.state = Expected::Done;
                        Ok(outcome)
                    }
                    (_, Some(error)) => Err(SendError::InDoubt(error)),
                    (Poll::Ready(None), None) => Err(SendError::InDoubt(Error::Undriven)),
                    (Poll::Pending, None) => return Poll::Pending,
                }
            }
        };
        Poll::Ready(result)
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        if let Expected::Token(token) = self.state {
            let mut state = self.link.shared().lock();
            state.outcomes.abandon(token);
            if self.link.fate.get().is_some() {
                // no outcome will come to free the slot
                state.outcomes.forget(token);
            }
        }
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            Expected::Token(_) => "Settlement(to come)",
            Expected::Nothing => "Settlement(sent settled)",
            Expected::Done => "Settlement(given out)",
        })
    }
}
