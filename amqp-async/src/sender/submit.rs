//! Handing messages over: who waits for credit, window and room, and in which order.

use super::{Sender, Settlement};
use crate::deadline::Limit;
use crate::error::{Error, SendError, Step};
use crate::state::State;
use crate::wait::Ticket;
use amqp_proto::codec::{DeliveryTag, Encode, Message};
use amqp_proto::{Blocked, Outgoing, Segments, SenderMut, Sent};
use std::borrow::Cow;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What the machine is given of a message.
#[derive(Debug)]
pub(crate) enum Load<'m> {
    /// Encoded into the output when it is handed over, not before: it may have to wait.
    Message(Cow<'m, Message>),
    Whole(Outgoing),
    /// More pieces follow.
    First(Outgoing),
    /// From before the link was attached again. What hands it over is said by who resumes, so that others have none of it.
    Resumed(DeliveryTag, Outgoing, Resuming),
}

/// [`SenderMut::resume_delivery`].
pub(crate) type Resuming = fn(&mut SenderMut<'_>, &DeliveryTag, Outgoing) -> Result<Sent, amqp_proto::SendError>;

impl<'m> Load<'m> {
    pub(super) fn of(message: Cow<'m, Message>) -> Self {
        if Self::is_quick(&message) { Self::Message(message) } else { Self::Whole(Outgoing::new(message.to_bytes())) }
    }

    /// Whether it may be encoded under the lock. One that takes long is encoded before, or others would wait; large data is
    /// not copied at all, so it takes no time.
    pub(super) fn is_quick(message: &Message) -> bool {
        let len = message.encoded_len();
        len < Segments::EXTERNAL || len.saturating_sub(message.shared_len(Segments::EXTERNAL)) < Segments::EXTERNAL
    }

    fn hand_over(&mut self, sender: &mut SenderMut<'_>, token: u64) -> Result<Sent, amqp_proto::SendError> {
        match self {
            Self::Message(message) => sender.send_encoded(&**message, Outgoing { token, ..Outgoing::default() }),
            Self::Whole(outgoing) => sender.send(Outgoing { token, ..mem::take(outgoing) }),
            Self::First(outgoing) => sender.start(Outgoing { token, ..mem::take(outgoing) }),
            Self::Resumed(tag, outgoing, resume) => resume(sender, tag, Outgoing { token, ..mem::take(outgoing) }),
        }
    }

    /// The machine did not take it.
    fn put_back(&mut self, given: Outgoing) {
        match self {
            Self::Message(_) => {}
            Self::Whole(outgoing) | Self::First(outgoing) | Self::Resumed(_, outgoing, _) => *outgoing = given,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.encoded_len(),
            Self::Whole(outgoing) | Self::First(outgoing) | Self::Resumed(_, outgoing, _) => outgoing.payload.len(),
        }
    }
}

/// What became of an attempt to hand a message over.
pub(super) enum Attempt {
    Taken(Option<u64>),
    NotNow(Blocked),
    Failed(Error),
}

impl Sender {
    pub(super) fn attempt(&self, state: &mut State, load: &mut Load<'_>) -> Attempt {
        let id = self.id;
        let token = state.outcomes.next_token();
        let result = match state.machine.sender(id) {
            Ok(mut sender) => load.hand_over(&mut sender, token),
            Err(misuse) => Err(misuse.into()),
        };
        match result {
            Ok(sent) => Attempt::Taken((!sent.settled).then(|| state.outcomes.expect(id))),
            Err(amqp_proto::SendError::Blocked(outgoing, blocked)) => {
                load.put_back(outgoing);
                Attempt::NotNow(blocked)
            }
            Err(amqp_proto::SendError::TooLarge(outgoing)) => {
                load.put_back(outgoing);
                Attempt::Failed(self.too_large(state, load.size()))
            }
            Err(amqp_proto::SendError::Misuse(misuse)) => Attempt::Failed(self.link.fate.explain(misuse)),
        }
    }
}

/// A place among those who wait to send, given up when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    sender: &'a Sender,
    ticket: Option<Ticket>,
}

impl<'a> Place<'a> {
    pub(super) fn new(sender: &'a Sender) -> Self {
        Self { sender, ticket: None }
    }

    pub(super) fn wait(&mut self, state: &mut State, waker: &Waker) {
        if let Some(entry) = state.links.get_mut(&self.sender.link.id.into()) {
            entry.waiting().turns.wait(&mut self.ticket, waker);
        }
    }

    /// Whoever was called lets the next one try.
    pub(super) fn leave(&mut self, state: &mut State) {
        let Some(ticket) = self.ticket.take() else { return };
        if let Some(entry) = state.links.get_mut(&self.sender.link.id.into()) {
            // the next one may find nothing, but its attempt makes the machine tell when there is
            if entry.waiting().turns.leave(ticket) {
                entry.waiting().turns.call(&mut state.wake);
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let sender = self.sender;
            sender.link.with(|state| self.leave(state));
        }
    }
}

/// A message, or its first piece, waiting to be handed over; its output is the token of the outcome.
#[derive(Debug)]
pub(super) struct HandOver<'a> {
    place: Place<'a>,
    /// Taken when it is handed over or has failed.
    load: Option<Load<'static>>,
    limit: Limit,
}

impl<'a> HandOver<'a> {
    pub(super) fn new(sender: &'a Sender, load: Load<'static>, limit: Option<Duration>) -> Self {
        Self { place: Place::new(sender), load: Some(load), limit: Limit::new(limit) }
    }

    fn attempt(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<Option<u64>, SendError>> {
        let Some(load) = &mut self.load else { return Poll::Pending };
        if state.should_push() {
            // the driver has been woken, or is about to be, and runs first
            state.pushed = true;
            state.wake.push(waker.clone());
            return Poll::Pending;
        }
        let result = match self.place.sender.attempt(state, load) {
            Attempt::Taken(token) => Ok(token),
            Attempt::Failed(error) => Err(SendError::NotSent(error)),
            Attempt::NotNow(_) => {
                if self.limit.poll(state, waker).is_pending() {
                    self.place.wait(state, waker);
                    return Poll::Pending;
                }
                Err(SendError::NotSent(Error::Timeout(Step::Send)))
            }
        };
        self.load = None;
        self.place.leave(state);
        self.limit.cancel(state);
        Poll::Ready(result)
    }
}

impl Future for HandOver<'_> {
    type Output = Result<Option<u64>, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.place.sender.link.with(|state| this.attempt(state, cx.waker()))
    }
}

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        if self.load.is_some() {
            self.place.sender.link.with(|state| {
                self.place.leave(state);
                self.limit.cancel(state);
            });
        }
    }
}

/// A message waiting to be handed over; see [`Sender::submit_encoded`].
#[must_use = "nothing is sent unless this is awaited"]
#[derive(Debug)]
pub struct Submit<'a> {
    sender: &'a Sender,
    hand_over: HandOver<'a>,
}

impl<'a> Submit<'a> {
    pub(crate) fn new(sender: &'a Sender, load: Load<'static>) -> Self {
        let limit = sender.link.shared().limit(Step::Send);
        Self { sender, hand_over: HandOver::new(sender, load, limit) }
    }
}

impl Future for Submit<'_> {
    type Output = Result<Settlement, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        Pin::new(&mut this.hand_over).poll(cx).map_ok(|token| this.sender.settlement(token))
    }
}
