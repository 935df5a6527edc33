//! The sending end of a link (§2.6) as an application holds it: [`submit`] hands messages over, [`writer`] hands
//! one over in pieces, [`settlement`] waits for outcomes, [`sending`] does both.

mod drain;
mod sending;
mod settlement;
mod submit;
mod writer;

pub(crate) use drain::DrainAnswer;
pub use sending::Sending;
pub use settlement::Settlement;
pub use submit::Submit;
pub use writer::DeliveryWriter;

use crate::deadline::RunningLimit;
use crate::error::{Error, SendError, Step, TrySendError};
use crate::link::LinkRoot;
use crate::session::{Session, SessionRoot};
use crate::state::State;
use amqp_proto::codec::{self, Attach, Message, Outcome};
use amqp_proto::{Blocked, LinkSnapshot, Outgoing, SenderId};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
pub(crate) use submit::Load;
use submit::{Attempt, HandOver, Place};

/// Sends messages to one address (§2.6). Cheap to clone; all clones are the same link, and any number of
/// tasks may send on it.
///
/// When the last clone and the last [`Settlement`] are dropped the link is detached, behind the messages that
/// were handed over. Whether they were accepted only an awaited outcome tells.
#[derive(Clone)]
pub struct Sender {
    pub(crate) link: Arc<SenderRoot>,
    /// The link's own, at hand: what all handles share each message would have to fetch from wherever it lies.
    session: Arc<SessionRoot>,
    id: SenderId,
}

pub(crate) type SenderRoot = LinkRoot<SenderId>;

impl Sender {
    pub(crate) fn new(link: SenderRoot) -> Self {
        Self { session: Arc::clone(link.session_root()), id: link.id, link: Arc::new(link) }
    }

    /// Sends a message and waits until the receiver has settled it (§2.6.12).
    ///
    /// Waits for the link's credit, the session's window and room in the output first. On a link of
    /// snd-settle-mode `settled` there is nothing to wait for afterwards: the outcome is then
    /// [`Outcome::Accepted`] as soon as the message is handed over. Either wait has its deadline in
    /// [`Timeouts`](crate::Timeouts).
    ///
    /// Cancel-safe: dropped before the hand-over, nothing of the message is sent; dropped after it, the
    /// message is on its way and only its outcome goes unseen.
    ///
    /// # Errors
    /// [`SendError::NotSent`] or [`SendError::InDoubt`], with the cause.
    pub async fn send(&self, message: impl Into<Message>) -> Result<Outcome, SendError> {
        self.sending(message.into()).await
    }

    /// As [`send`](Self::send), as a future that says how far it has come: for whoever gives up waiting, and is to know whether
    /// the message is on its way. Cancel-safe as that.
    ///
    /// # Errors
    /// As for [`send`](Self::send). Polled again after its end it says [`SendError::InDoubt`] with [`Error::Misuse`],
    /// whatever it had said.
    pub fn sending(&self, message: Message) -> Sending<'_> {
        Sending::new(self, message)
    }

    /// As [`send`](Self::send), within `limit` for all of it, whatever [`Timeouts`](crate::Timeouts) say.
    ///
    /// # Errors
    /// As for [`send`](Self::send). Out of time is [`Error::Timeout`]: of [`Step::Send`] if nothing was sent, of
    /// [`Step::Settle`] if the message is on its way.
    pub async fn send_timeout(&self, message: impl Into<Message>, limit: Duration) -> Result<Outcome, SendError> {
        let mut limit = RunningLimit::new(self.link.shared(), Some(limit));
        let mut sending = Sending::untimed(self, message.into());
        let outcome = limit.run(&mut sending).await;
        outcome.unwrap_or_else(|| Err(sending.out_of_time()))
    }

    /// Hands a message over and returns a future of its outcome: many messages can be on their way.
    ///
    /// Waits for the link's credit, the session's window and room in the output, at most as long as
    /// [`Timeouts::send`](crate::Timeouts::send). Whoever hands over much without waiting lets the driver have a turn about
    /// every 80 KiB, so that the peer has something to do meanwhile. Cancel-safe: dropped before the hand-over, nothing of
    /// the message is sent.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub async fn submit(&self, message: impl Into<Message>) -> Result<Settlement, SendError> {
        let message = message.into();
        // mostly it can leave at once, and then it is not moved to where it would wait
        match self.submit_at_once(&message) {
            Some(submitted) => submitted,
            None => Submit::new(self, Load::of(Cow::Owned(message))).await,
        }
    }

    /// Begins as [`submit`](Self::submit) does: hands the message over if nothing has to be waited for. `None` if something
    /// has, or if encoding takes long, or if it is the driver's turn; then nothing was done, and `submit` does it.
    ///
    /// For adapters that do not want to make a future of every message.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit).
    #[inline]
    pub fn submit_at_once(&self, message: &Message) -> Option<Result<Settlement, SendError>> {
        match self.at_once(message, |_, attempt| attempt)? {
            Attempt::Taken(token) => Some(Ok(self.settlement(token))),
            Attempt::Failed(error) => Some(Err(SendError::NotSent(error))),
            Attempt::NotNow(_) => None,
        }
    }

    /// Attempts to hand a message over, if that is quick and not the driver's turn. `then` goes on under the same lock.
    #[inline]
    fn at_once<T>(&self, message: &Message, then: impl FnOnce(&mut State, Attempt) -> T) -> Option<T> {
        if !Load::is_quick(message) {
            return None;
        }
        let mut load = Load::Message(Cow::Borrowed(message));
        let attempt = |state: &mut State| {
            (!state.should_push()).then(|| {
                let attempt = self.attempt(state, &mut load);
                then(state, attempt)
            })
        };
        self.link.with_session(&self.session, attempt)
    }

    /// Hands over a message that is encoded already, with everything a transfer can say about it (§2.7.5).
    ///
    /// `token` in `outgoing` is not the caller's to use: it is overwritten. Cancel-safe, as
    /// [`submit`](Self::submit).
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub fn submit_encoded(&self, outgoing: Outgoing) -> Submit<'_> {
        Submit::new(self, Load::Whole(outgoing))
    }

    /// Begins a message that is given piece by piece, for messages larger than memory (§2.6.14).
    ///
    /// `first` holds the first piece, which may be empty, and everything that a transfer can say. The pieces
    /// together are the encoded message; [`write_data`](DeliveryWriter::write_data) makes a section of each. Until
    /// the writer is finished or dropped no other message can be sent on this link.
    ///
    /// Cancel-safe, as [`submit`](Self::submit).
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub async fn writer(&self, first: Outgoing) -> Result<DeliveryWriter, SendError> {
        let limit = self.link.shared().limit(Step::Send);
        let token = HandOver::new(self, Load::First(first), limit).await?;
        Ok(DeliveryWriter::new(self.clone(), token))
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
        let mut load = Load::of(Cow::Borrowed(&message));
        match self.link.with_session(&self.session, |state| self.attempt(state, &mut load)) {
            Attempt::Taken(token) => Ok(self.settlement(token)),
            Attempt::NotNow(blocked) => Err(TrySendError::Blocked(Box::new(message), blocked)),
            Attempt::Failed(error) => Err(TrySendError::Failed(error)),
        }
    }

    /// Waits until a message could be sent: for whoever takes a message from somewhere only when it can
    /// leave. By the time it is sent another task may have been quicker; then sending waits.
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// Time-out ([`Step::Send`]), or why the link is gone.
    pub async fn ready(&self) -> Result<(), Error> {
        let link = &self.link;
        let mut place = Place::new(self);
        link.shared()
            .until(Step::Send, |state, waker| {
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

    /// Waits until no message that this link sent is unsettled, whoever waits for its outcome. Messages that are
    /// handed over meanwhile are waited for too, those that were sent settled are not.
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// Time-out ([`Step::Settle`]), or why the link is gone.
    pub async fn flush(&self) -> Result<(), Error> {
        let link = &self.link;
        link.shared()
            .until(Step::Settle, |state, waker| {
                let unsettled = state.machine.sender(link.id).map(|sender| sender.unsettled());
                match (link.fate.get(), unsettled) {
                    (Some(error), _) => Poll::Ready(Err(error)),
                    (None, Err(misuse)) => Poll::Ready(Err(Error::Misuse(misuse))),
                    (None, Ok(0)) => Poll::Ready(Ok(())),
                    (None, Ok(_)) => {
                        state.flushing.register(waker);
                        Poll::Pending
                    }
                }
            })
            .await
    }

    /// What keeps a message from being sent this moment; `None` if nothing does, or if the link is gone.
    #[must_use]
    pub fn why_blocked(&self) -> Option<Blocked> {
        let mut state = self.link.shared().lock();
        state.machine.sender(self.link.id).ok().and_then(|sender| sender.why_blocked())
    }

    /// How many messages the receiver is ready to take (§2.6.7), as the driver or a handle of this link left it last; 0
    /// when the link is gone.
    ///
    /// Cheap enough to be asked for every message: only the first call on a link waits for the lock that the driver takes
    /// too, all others read a number that is kept up to date from then on.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.link.credit()
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

    /// The octets of the largest message that the peer takes (§2.7.3); `None` if it takes any, or when the link is gone.
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        let mut state = self.link.shared().lock();
        state.machine.sender(self.link.id).ok()?.max_message_size()
    }

    /// State, credit and counters of the link at this moment; `None` when it is gone.
    #[must_use]
    pub fn snapshot(&self) -> Option<LinkSnapshot> {
        self.link.shared().lock().machine.sender(self.link.id).ok()?.snapshot()
    }

    /// The session that the link is attached to.
    #[must_use]
    pub fn session(&self) -> Session {
        self.link.session()
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

    /// Detaches the link without closing it (§2.6.4): the peer keeps the terminus, as its expiry-policy says, and a
    /// link of the same name can be attached to it again. Otherwise as [`close`](Self::close).
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn detach(&self) -> Result<(), Error> {
        self.link.detach(false, None).await
    }

    /// As [`close`](Self::close), and tells the peer why.
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.link.detach(true, Some(error)).await
    }

    fn settlement(&self, token: Option<u64>) -> Settlement {
        Settlement::new(&self.session, self.id, token, self.session.shared().limit(Step::Settle))
    }

    fn too_large(&self, state: &mut State, size: usize) -> Error {
        let limit = state.machine.sender(self.link.id).ok().and_then(|sender| sender.max_message_size());
        Error::TooLarge { size: size as u64, limit: limit.unwrap_or_default() }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.link.id.fmt(f)
    }
}
