//! The receiving end of a link (§2.6) of a thread.

use crate::handle::handle;
use amqp_async::proto::Idle;
use amqp_async::proto::codec::{self, Attach};
use amqp_async::{Delivery, Error, Step};
use std::sync::Arc;

handle! {
    /// Receives messages from one address (§2.6). Cheap to clone; all clones are the same link, and any number of
    /// threads may receive on it: each delivery goes to one of them.
    ///
    /// A [`Delivery`] is settled by itself, from any thread; that never waits. No more deliveries wait here than credit
    /// was granted for, and no more octets than the session's incoming-window allows; taking deliveries is what opens
    /// both again.
    ///
    /// When the last clone and the last delivery taken from it are dropped the link is detached. Deliveries that were
    /// never taken stay the sender's, unless it sent them settled.
    Receiver(Arc<amqp_async::Receiver>)
}

impl Receiver {
    /// Waits for the next delivery, by default for ever. What had arrived before the link ended is still given out.
    ///
    /// # Errors
    /// Time-out; why no more can come: the link, its session or the connection is gone.
    pub fn recv(&self) -> Result<Delivery, Error> {
        self.waiting.wait(Step::Receive, self.inner.recv())
    }

    /// Takes the next delivery if it is here already.
    ///
    /// # Errors
    /// Why no more can come.
    pub fn try_recv(&self) -> Result<Option<Delivery>, Error> {
        self.inner.try_recv()
    }

    /// Waits for the next delivery as [`recv`](Self::recv) does, and takes what is here besides, `max` in all.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub fn recv_batch(&self, max: usize) -> Result<Vec<Delivery>, Error> {
        let mut batch = Vec::new();
        while batch.len() < max {
            match batch.is_empty() {
                true => batch.push(self.recv()?),
                // an error that comes behind deliveries is told when they have been given out
                false => match self.try_recv() {
                    Ok(Some(delivery)) => batch.push(delivery),
                    Ok(None) | Err(_) => break,
                },
            }
        }
        Ok(batch)
    }

    /// The deliveries as they come, each waited for as [`recv`](Self::recv) does. Ends when the link does; an error is
    /// given out before that, unless nothing went wrong ([`Error::is_clean`]).
    pub fn iter(&self) -> impl Iterator<Item = Result<Delivery, Error>> + '_ {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = self.recv();
            ended = next.is_err();
            match next {
                Err(error) if error.is_clean() => None,
                next => Some(next),
            }
        })
    }

    /// Grants `more` credit on top of what is left (§2.6.7). Meant for
    /// [`CreditMode::Manual`](amqp_async::proto::CreditMode::Manual).
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn add_credit(&self, more: u32) -> Result<(), Error> {
        self.inner.add_credit(more)
    }

    /// Sets the credit to `credit` (§2.6.7); 0 stops the sender, as far as messages are not under way already. Meant for
    /// [`CreditMode::Manual`](amqp_async::proto::CreditMode::Manual).
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn set_credit(&self, credit: u32) -> Result<(), Error> {
        self.inner.set_credit(credit)
    }

    /// Asks the sender to use up the credit or to give it back, and waits until it has (§2.6.7). What it sent meanwhile
    /// can then be taken.
    ///
    /// # Errors
    /// Time-out, after which the link is still draining; why the link is gone.
    pub fn drain(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Drain, self.inner.drain())
    }

    /// Why nothing is there to take; `None` if something is, or if the link is gone.
    #[must_use]
    pub fn why_idle(&self) -> Option<Idle> {
        self.inner.why_idle()
    }

    /// How many more messages the sender may send (§2.6.7).
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.inner.credit()
    }

    /// How many deliveries have been taken and not settled, or wait to be taken.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        self.inner.unsettled()
    }

    /// The peer's attach (§2.7.3); `None` when the link is gone.
    #[must_use]
    pub fn remote_attach(&self) -> Option<Attach> {
        self.inner.remote_attach()
    }

    /// Waits until the link is gone, by default for ever, and says why; `None` if it stands. [`Error::Misuse`] means
    /// that this side closed it.
    #[must_use]
    pub fn detached(&self) -> Option<Error> {
        self.waiting.maybe(None, self.inner.detached())
    }

    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Deliveries that are not settled by then go
    /// back to the sender.
    ///
    /// # Errors
    /// How it ended instead; time-out.
    pub fn close(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Detach, self.inner.close())
    }

    /// As [`close`](Self::close), and tells the peer why.
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.waiting.wait(Step::Detach, self.inner.close_with(error))
    }
}
