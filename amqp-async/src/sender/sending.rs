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
use std::time::Duration;

/// A message that is sent and waited for; see [`Sender::sending`].
#[must_use = "nothing is sent unless this is awaited"]
pub struct Sending<'a> {
    sender: &'a Sender,
    /// Whether it ends by itself as [`Timeouts`](crate::Timeouts) say; otherwise somebody else counts its time.
    is_timed: bool,
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
        Self { sender, is_timed: true, stage: Stage::Fresh(message) }
    }

    /// As long as whoever polls it likes.
    pub(super) fn untimed(sender: &'a Sender, message: Message) -> Self {
        Self { sender, is_timed: false, stage: Stage::Fresh(message) }
    }

    /// Whether the message is on its way and its outcome has not come: dropping this, or being out of time, then leaves the
    /// message in doubt. Before, nothing of it was sent.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent(_))
    }

    /// What it means for the message that the caller waits no longer: [`SendError::NotSent`] with [`Error::Timeout`] of
    /// [`Step::Send`] before it is [on its way](Self::is_sent), and [`SendError::InDoubt`] with that of [`Step::Settle`] from
    /// then on. Where this has ended already, what it said then counts.
    #[must_use]
    pub fn out_of_time(&self) -> SendError {
        match self.stage {
            Stage::Fresh(_) | Stage::Waits(_) => SendError::NotSent(Error::Timeout(Step::Send)),
            Stage::Sent(_) | Stage::Done => SendError::InDoubt(Error::Timeout(Step::Settle)),
        }
    }

    fn limit(&self, step: Step) -> Option<Duration> {
        self.is_timed.then(|| self.sender.session.shared().limit(step))?
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
    fn send_at_once(&self, message: &Message, limit: Option<Duration>, waker: &Waker) -> Option<HandedOver> {
        self.at_once(message, |state, attempt| match attempt {
            Attempt::Taken(token) => {
                Some(Ok(token.map(|token| Awaited::new(self.id, token, limit).begin(state, waker))))
            }
            Attempt::Failed(error) => Some(Err(SendError::NotSent(error))),
            Attempt::NotNow(_) => None,
        })?
    }
}

impl Future for Sending<'_> {
    type Output = Result<Outcome, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let (sender, settles) = (this.sender, this.limit(Step::Settle));
        if let Stage::Fresh(message) = &mut this.stage {
            match sender.send_at_once(message, settles, cx.waker()) {
                Some(handed_over) => return this.advance(handed_over).unwrap_or(Poll::Pending),
                None => {
                    let load = Load::of(Cow::Owned(mem::take(message)));
                    this.stage = Stage::Waits(HandOver::new(sender, load, this.limit(Step::Send)));
                }
            }
        }
        if let Stage::Waits(hand_over) = &mut this.stage {
            let handed_over = ready!(Pin::new(hand_over).poll(cx));
            let handed_over = handed_over.map(|token| token.map(|token| Awaited::new(sender.id, token, settles)));
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
        let Self { sender, stage: Stage::Sent(awaited), .. } = self else { return };
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
