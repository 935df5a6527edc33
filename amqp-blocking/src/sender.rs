//! The sending end of a link (§2.6) of a thread, and the outcome of a message.

use crate::handle::{Waiting, convertible, end_of_link, handle, same};
use crate::pieces::DeliveryWriter;
use crate::pump::glance;
use amqp_async::proto::codec::{Message, Outcome};
use amqp_async::proto::{Blocked, Outgoing};
use amqp_async::{Error, SendError, Step, TrySendError};
use std::fmt;

handle! {
    /// Sends messages to one address (§2.6). Cheap to clone; all clones are the same link, and any number of threads may
    /// send on it.
    ///
    /// Sending waits as [`Timeouts`](crate::Timeouts) says, and no longer than [`within`](Self::within) or
    /// [`until`](Self::until) does.
    ///
    /// When the last clone and the last [`Settlement`] are dropped the link is detached, behind the messages that were
    /// handed over. Whether they were accepted only their outcomes tell.
    Sender(amqp_async::Sender)
}

convertible!(Sender(amqp_async::Sender));

impl Sender {
    /// Sends a message and waits until the receiver has settled it (§2.6.12).
    ///
    /// Waits for the link's credit, the session's window and room in the output first. On a link of snd-settle-mode
    /// `settled` there is nothing to wait for afterwards: the outcome is then [`Outcome::Accepted`].
    ///
    /// # Errors
    /// [`SendError::NotSent`] or [`SendError::InDoubt`], with the cause; on a time-out as well.
    pub fn send(&self, message: impl Into<Message>) -> Result<Outcome, SendError> {
        let mut sending = self.inner.sending(message.into());
        self.waiting.maybe(&mut sending).unwrap_or_else(|| Err(sending.out_of_time()))
    }

    /// Hands a message over, and returns what its outcome can be learnt from later: many messages can be on their way.
    ///
    /// Waits for the link's credit, the session's window and room in the output.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub fn submit(&self, message: impl Into<Message>) -> Result<Settlement, SendError> {
        let message = message.into();
        // mostly it can leave at once, and then no future is made of it
        let submitted = match self.inner.submit_at_once(&message) {
            Some(submitted) => {
                self.waiting.pump.keep_time();
                submitted
            }
            None => self.waiting.send(self.inner.submit(message)),
        };
        Ok(Settlement::new(submitted?, &self.waiting))
    }

    /// Hands over a message that is encoded already, with everything a transfer can say about it (§2.7.5).
    ///
    /// `token` in `outgoing` is not the caller's to use: it is overwritten.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub fn submit_encoded(&self, outgoing: Outgoing) -> Result<Settlement, SendError> {
        Ok(Settlement::new(self.waiting.send(self.inner.submit_encoded(outgoing))?, &self.waiting))
    }

    /// Hands a message over if that is possible this moment.
    ///
    /// # Errors
    /// [`TrySendError::Blocked`] gives the message back and says what is missing.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<Settlement, TrySendError> {
        Ok(Settlement::new(self.inner.try_send(message)?, &self.waiting))
    }

    /// Waits until a message could be sent. By the time it is sent another thread may have been quicker; then sending
    /// waits.
    ///
    /// # Errors
    /// Time-out; why the link is gone.
    pub fn ready(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Send, self.inner.ready())
    }

    /// Begins a message that is given piece by piece, for messages larger than memory (§2.6.14). `first` holds the first
    /// piece, which may be empty, and everything that a transfer can say. Until the writer is finished or dropped no
    /// other message can be sent on this link.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause.
    pub fn writer(&self, first: Outgoing) -> Result<DeliveryWriter, SendError> {
        Ok(DeliveryWriter::new(self.waiting.send(self.inner.writer(first))?, &self.waiting))
    }

    /// Waits until the receiver wants the link drained (§2.6.7), by default for ever: send what there is, as far as the
    /// credit goes, then call [`drained`](Self::drained). It never does without [`hold_drains`](Self::hold_drains).
    ///
    /// # Errors
    /// Time-out; why the link is gone.
    pub fn drain_wanted(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Drain, self.inner.drain_wanted())
    }

    /// Waits until no message that this link sent is unsettled, whoever waits for its outcome.
    ///
    /// # Errors
    /// Time-out; why the link is gone.
    pub fn flush(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Settle, self.inner.flush())
    }
}

same! {
    Sender {
        /// What keeps a message from being sent this moment; `None` if nothing does, or if the link is gone.
        #[must_use]
        why_blocked(&self) -> Option<Blocked>;
        /// How many messages the receiver is ready to take (§2.6.7).
        #[must_use]
        credit(&self) -> u32;
        /// How many messages are on their way: sent and not settled.
        #[must_use]
        unsettled(&self) -> u32;
        /// From now on a drain (§2.6.7) is answered by [`drained`](Self::drained) only.
        hold_drains(&self);
        /// There is no more to send: what credit is left goes back to a receiver that drains (§2.6.7).
        drained(&self) -> Result<(), Error>;
    }
}

end_of_link! {
    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Messages whose outcome has not come by then
    /// are in doubt; those handed over leave before the detach, as the peer's window admits.
    Sender
}

/// The outcome of a message that was handed over, to come.
///
/// It waits as long as the sender that it came from. It keeps the link attached. Dropping it loses nothing but the
/// knowledge: the message is on its way.
#[must_use = "the outcome says whether the message was accepted"]
pub struct Settlement {
    inner: amqp_async::Settlement,
    /// `None` if there is nothing to wait for.
    waiting: Option<Waiting>,
}

impl Settlement {
    pub(crate) fn new(inner: amqp_async::Settlement, waiting: &Waiting) -> Self {
        let waiting = (!inner.is_sent_settled()).then(|| waiting.clone());
        Self { inner, waiting }
    }

    /// Waits for the outcome, which is given out once. When the time that the caller has set is over it can be waited for
    /// again; when that of [`Timeouts::settle`](crate::Timeouts::settle) is, nothing more is said.
    ///
    /// # Errors
    /// [`SendError::InDoubt`] if the link ended before the outcome came, or it takes too long.
    pub fn outcome(&mut self) -> Result<Outcome, SendError> {
        // mostly it is here already: then nobody waits, and time is kept by whoever hands over the next message
        match glance(&mut self.inner) {
            Some(Ok(outcome)) => Ok(outcome),
            Some(Err(error)) => Err(error),
            None => self.wait(),
        }
    }

    #[cold]
    fn wait(&mut self) -> Result<Outcome, SendError> {
        let outcome = self.waiting.as_ref().and_then(|waiting| waiting.maybe(&mut self.inner));
        outcome.unwrap_or(Err(SendError::InDoubt(Error::Timeout(Step::Settle))))
    }

    /// The outcome, if it is here already.
    ///
    /// # Errors
    /// [`SendError::InDoubt`] if the link ended before the outcome came.
    pub fn try_outcome(&mut self) -> Result<Option<Outcome>, SendError> {
        glance(&mut self.inner).transpose()
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
