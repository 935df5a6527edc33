//! A message from hand-over to outcome, for whoever waits for both.

use super::Sender;
use super::settlement::Awaited;
use super::submit::{Attempt, HandOver, Load};
use crate::error::{Error, SendError, Step};
use amqp_proto::Misuse;
use amqp_proto::codec::{Message, Outcome};
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// A message that is sent and waited for; see [`Sender::sending`].
#[must_use = "nothing is sent unless this is awaited"]
pub struct Sending<'a> {
    sender: &'a Sender,
    stage: Stage<'a>,
}

enum Stage<'a> {
    Fresh(Message),
    /// Something has to be waited for before it can be handed over.
    Waits(HandOver<'a>),
    /// It is on its way.
    Sent(Awaited),
    /// What became of it has been said.
    Done,
}

/// Nothing to wait for any more, if the message was sent settled.
type HandedOver = Result<Option<Awaited>, SendError>;

impl<'a> Sending<'a> {
    pub(super) fn new(sender: &'a Sender, message: Message) -> Self {
        Self { sender, stage: Stage::Fresh(message) }
    }

    /// Whether the message is on its way and its outcome has not come: dropping this, or being out of time, then leaves the
    /// message in doubt. Before, nothing of it was sent.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent(_))
    }

    /// It was handed over, or cannot be: whether that was all.
    fn advance(&mut self, handed_over: HandedOver) -> Option<Poll<Result<Outcome, SendError>>> {
        match handed_over {
            Ok(Some(awaited)) => {
                self.stage = Stage::Sent(awaited);
                None
            }
            Ok(None) => Some(self.end(Ok(Outcome::Accepted))),
            Err(error) => Some(self.end(Err(error))),
        }
    }

    fn end(&mut self, result: Result<Outcome, SendError>) -> Poll<Result<Outcome, SendError>> {
        self.stage = Stage::Done;
        Poll::Ready(result)
    }
}

impl Sender {
    /// Hands the message over and begins to wait for its outcome under the same lock, unless something has to be waited for
    /// before.
    fn send_at_once(&self, message: &Message, waker: &Waker) -> Option<HandedOver> {
        self.at_once(message, |state, attempt| match attempt {
            Attempt::Taken(token) => Some(Ok(token.map(|token| self.awaited(token).begin(state, waker)))),
            Attempt::Failed(error) => Some(Err(SendError::NotSent(error))),
            Attempt::NotNow(_) => None,
        })?
    }

    fn awaited(&self, token: u64) -> Awaited {
        Awaited::new(self.id, token, self.session.shared().limit(Step::Settle))
    }
}

impl Future for Sending<'_> {
    type Output = Result<Outcome, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let sender = this.sender;
        if let Stage::Fresh(message) = &mut this.stage {
            match sender.send_at_once(message, cx.waker()) {
                Some(handed_over) => return this.advance(handed_over).unwrap_or(Poll::Pending),
                None => {
                    let load = Load::of(Cow::Owned(mem::take(message)));
                    let limit = sender.session.shared().limit(Step::Send);
                    this.stage = Stage::Waits(HandOver::new(sender, load, limit));
                }
            }
        }
        if let Stage::Waits(hand_over) = &mut this.stage {
            let handed_over = ready!(Pin::new(hand_over).poll(cx));
            let handed_over = handed_over.map(|token| token.map(|token| sender.awaited(token)));
            if let Some(ended) = this.advance(handed_over) {
                return ended;
            }
        }
        let Stage::Sent(awaited) = &mut this.stage else {
            return Poll::Ready(Err(SendError::InDoubt(Error::Misuse(Misuse::StaleId))));
        };
        let session = &sender.session;
        let result = ready!(session.shared().with_session(session.id, |state| awaited.poll(state, cx.waker())));
        this.end(result)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        let Self { sender, stage: Stage::Sent(awaited) } = self else { return };
        sender.session.shared().with_session(sender.session.id, |state| awaited.give_up(state));
    }
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Fresh(_) | Stage::Waits(_) => "Sending(not yet)",
            Stage::Sent(_) => "Sending(on its way)",
            Stage::Done => "Sending(done)",
        })
    }
}
