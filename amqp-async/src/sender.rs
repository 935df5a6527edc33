//! The sending end of a link (§2.6) as an application holds it.

mod drain;

use crate::error::{Error, SendError, TrySendError};
use crate::link::LinkRoot;
use crate::settlement::Settlement;
use crate::state::State;
use crate::wait::Ticket;
use amqp_proto::codec::{self, Attach, Message, Outcome};
use amqp_proto::{Blocked, Outgoing, SenderId};
pub(crate) use drain::DrainAnswer;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Sends messages to one address (§2.6). Cheap to clone; all clones are the same link, and any number of
/// tasks may send on it.
///
/// When the last clone and the last [`Settlement`] are dropped the link is detached, behind the messages that
/// were handed over. Whether they were accepted only an awaited outcome tells.
#[derive(Clone)]
pub struct Sender {
    link: Arc<SenderRoot>,
}

pub(crate) type SenderRoot = LinkRoot<SenderId>;

/// What became of an attempt to hand a message over.
enum Attempt {
    Taken(Option<u64>),
    NotNow(Outgoing, Blocked),
    Failed(Error),
}

impl Sender {
    pub(crate) fn new(link: SenderRoot) -> Self {
        Self { link: Arc::new(link) }
    }

    /// Sends a message and waits until the receiver has settled it (§2.6.12).
    ///
    /// Waits for the link's credit, the session's window and room in the output first. On a link of
    /// snd-settle-mode `settled` there is nothing to wait for afterwards: the outcome is then
    /// [`Outcome::Accepted`] as soon as the message is handed over.
    ///
    /// Cancel-safe: dropped before the hand-over, nothing of the message is sent; dropped after it, the
    /// message is on its way and only its outcome goes unseen.
    ///
    /// # Errors
    /// [`SendError::NotSent`] or [`SendError::InDoubt`], with the cause.
    pub async fn send(&self, message: impl Into<Message>) -> Result<Outcome, SendError> {
        self.submit(message).await?.await
    }

    /// Hands a message over and returns a future of its outcome: many messages can be on their way.
    ///
    /// Waits for the link's credit, the session's window and room in the output. Cancel-safe: dropped
    /// before the hand-over, nothing of the message is sent.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub async fn submit(&self, message: impl Into<Message>) -> Result<Settlement, SendError> {
        self.submit_encoded(Outgoing::new(message.into().to_bytes())).await
    }

    /// Hands over a message that is encoded already, with everything a transfer can say about it (§2.7.5).
    ///
    /// `token` in `outgoing` is not the caller's to use: it is overwritten. Cancel-safe, as
    /// [`submit`](Self::submit).
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub fn submit_encoded(&self, outgoing: Outgoing) -> Submit<'_> {
        Submit { place: Place { sender: self, ticket: None }, outgoing: Some(outgoing) }
    }

    /// Hands a message over if that is possible this moment.
    ///
    /// # Errors
    /// [`TrySendError::Blocked`] gives the message back and says what is missing.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<Settlement, TrySendError> {
        let message = message.into();
        if let Some(blocked) = self.why_blocked() {
            return Err(TrySendError::Blocked(Box::new(message), blocked));
        }
        let outgoing = Outgoing::new(message.to_bytes());
        match self.link.shared().with(|state| self.attempt(state, outgoing)) {
            Attempt::Taken(token) => Ok(self.settlement(token)),
            Attempt::NotNow(_, blocked) => Err(TrySendError::Blocked(Box::new(message), blocked)),
            Attempt::Failed(error) => Err(TrySendError::Failed(error)),
        }
    }

    /// Waits until a message could be sent: for whoever takes a message from somewhere only when it can
    /// leave. By the time it is sent another task may have been quicker; then sending waits.
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// Why the link is gone.
    pub async fn ready(&self) -> Result<(), Error> {
        let link = &self.link;
        let mut place = Place { sender: self, ticket: None };
        link.shared()
            .wait(|state, waker| {
                let ready = state.machine.sender(link.id).map(|mut sender| sender.ready().is_ok());
                let result = match (link.fate.get(), ready) {
                    (Some(error), _) => Err(error),
                    (None, Err(misuse)) => Err(Error::Misuse(misuse)),
                    (None, Ok(true)) => Ok(()),
                    (None, Ok(false)) => {
                        place.wait(state, waker);
                        return Poll::Pending;
                    }
                };
                place.leave(state);
                Poll::Ready(result)
            })
            .await
    }

    /// What keeps a message from being sent this moment; `None` if nothing does, or if the link is gone.
    #[must_use]
    pub fn why_blocked(&self) -> Option<Blocked> {
        let mut state = self.link.shared().lock();
        state.machine.sender(self.link.id).ok().and_then(|sender| sender.why_blocked())
    }

    /// How many messages the receiver is ready to take (§2.6.7).
    #[must_use]
    pub fn credit(&self) -> u32 {
        let mut state = self.link.shared().lock();
        state.machine.sender(self.link.id).map_or(0, |sender| sender.credit())
    }

    /// How many messages are on their way: sent and not settled.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        let mut state = self.link.shared().lock();
        state.machine.sender(self.link.id).map_or(0, |sender| sender.unsettled())
    }

    /// The peer's attach (§2.7.3); `None` when the link is gone.
    #[must_use]
    pub fn remote_attach(&self) -> Option<Attach> {
        self.link.remote_attach()
    }

    /// Waits until the link is gone and says why; [`Error::Misuse`] means that this side closed it.
    /// Cancel-safe.
    pub async fn detached(&self) -> Error {
        self.link.gone().await
    }

    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Messages whose outcome has
    /// not come by then are in doubt; those handed over leave before the detach, as the peer's window admits.
    ///
    /// Cancel-safe: once polled the detach takes its course; a dropped future only does not see it.
    ///
    /// # Errors
    /// How it ended instead; time-out.
    pub async fn close(&self) -> Result<(), Error> {
        self.link.detach(true, None).await
    }

    /// As [`close`](Self::close), and tells the peer why.
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.link.detach(true, Some(error)).await
    }

    fn settlement(&self, token: Option<u64>) -> Settlement {
        Settlement::new(Arc::clone(&self.link), token)
    }

    fn attempt(&self, state: &mut State, mut outgoing: Outgoing) -> Attempt {
        let id = self.link.id;
        let token = state.outcomes.expect(id);
        outgoing.token = token;
        let result = match state.machine.sender(id) {
            Ok(mut sender) => sender.send(outgoing),
            Err(misuse) => Err(misuse.into()),
        };
        let error = match result {
            Ok(sent) if !sent.settled => return Attempt::Taken(Some(token)),
            Ok(_) => Attempt::Taken(None),
            Err(amqp_proto::SendError::Blocked(outgoing, blocked)) => Attempt::NotNow(outgoing, blocked),
            Err(amqp_proto::SendError::TooLarge(outgoing)) => Attempt::Failed(self.too_large(state, &outgoing)),
            Err(amqp_proto::SendError::Misuse(misuse)) => Attempt::Failed(self.link.fate.explain(misuse)),
        };
        state.outcomes.forget(token);
        error
    }

    fn too_large(&self, state: &mut State, outgoing: &Outgoing) -> Error {
        let sender = state.machine.sender(self.link.id).ok();
        let limit = sender.and_then(|sender| sender.remote_attach()?.max_message_size);
        Error::TooLarge { size: outgoing.payload.len() as u64, limit: limit.unwrap_or_default() }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.link.id.fmt(f)
    }
}

/// A place among those who wait to send, given up when dropped.
#[derive(Debug)]
struct Place<'a> {
    sender: &'a Sender,
    ticket: Option<Ticket>,
}

impl Place<'_> {
    fn wait(&mut self, state: &mut State, waker: &Waker) {
        if let Some(entry) = state.links.get_mut(&self.sender.link.id.into()) {
            entry.turns.wait(&mut self.ticket, waker);
        }
    }

    /// Whoever was called lets the next one try.
    fn leave(&mut self, state: &mut State) {
        let Some(ticket) = self.ticket.take() else { return };
        if let Some(entry) = state.links.get_mut(&self.sender.link.id.into()) {
            // the next one may find nothing, but its attempt makes the machine tell when there is
            if entry.turns.leave(ticket) {
                entry.turns.call(&mut state.wake);
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let sender = self.sender;
            sender.link.shared().with(|state| self.leave(state));
        }
    }
}

/// A message waiting to be handed over; see [`Sender::submit_encoded`].
#[must_use = "nothing is sent unless this is awaited"]
#[derive(Debug)]
pub struct Submit<'a> {
    place: Place<'a>,
    /// Taken when it is handed over or has failed.
    outgoing: Option<Outgoing>,
}

impl Submit<'_> {
    fn attempt(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<Option<u64>, SendError>> {
        let Some(outgoing) = self.outgoing.take() else { return Poll::Pending };
        let result = match self.place.sender.attempt(state, outgoing) {
            Attempt::Taken(token) => Ok(token),
            Attempt::Failed(error) => Err(SendError::NotSent(error)),
            Attempt::NotNow(outgoing, _) => {
                self.outgoing = Some(outgoing);
                self.place.wait(state, waker);
                return Poll::Pending;
            }
        };
        self.place.leave(state);
        Poll::Ready(result)
    }
}

impl Future for Submit<'_> {
    type Output = Result<Settlement, SendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let sender = this.place.sender;
        let attempt = sender.link.shared().with(|state| this.attempt(state, cx.waker()));
        attempt.map_ok(|token| sender.settlement(token))
    }
}
