//! The receiving end of a link (§2.6) of a thread.

use crate::connection::Session;
use crate::handle::handle;
use crate::pieces::DeliveryReader;
use amqp_async::proto::codec::{self, Attach};
use amqp_async::proto::{CreditMode, Idle, LinkSnapshot};
use amqp_async::{Batch, BatchOptions, Confirmation, Delivery, Error, OnDrop, Step};
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

    /// Waits for several deliveries, to be settled together or one by one.
    ///
    /// # Errors
    /// Time-out if there is none when the caller's time is over; why no more can come, if there is none to return.
    pub fn recv_batch(&self, options: BatchOptions) -> Result<Batch, Error> {
        self.waiting.wait(Step::Receive, self.inner.recv_batch(options))
    }

    /// Waits for the next delivery to begin, to be read in pieces as they come, by default for ever. Until it is read to
    /// its end or its reader is dropped nothing else can be taken from this link. See
    /// [`amqp_async::Receiver::reader`].
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub fn reader(&self) -> Result<DeliveryReader, Error> {
        Ok(DeliveryReader::new(self.waiting.wait(Step::Receive, self.inner.reader())?, &self.waiting))
    }

    /// Waits for the sender's settlement of a delivery of this receiver's
    /// ([`Delivery::settle_confirmed`]).
    ///
    /// # Errors
    /// Time-out; why it will not come.
    pub fn confirmed(&self, confirmation: Confirmation) -> Result<(), Error> {
        self.waiting.wait(Step::Settle, confirmation)
    }

    /// What becomes of deliveries of this link that are dropped unsettled; holds for those that are taken from now on.
    pub fn set_on_drop(&self, on_drop: OnDrop) {
        self.inner.set_on_drop(on_drop);
    }

    /// How credit is granted from now on: by hand, or so much, renewed as deliveries are taken or settled.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn set_credit_mode(&self, mode: CreditMode) -> Result<(), Error> {
        self.inner.set_credit_mode(mode)
    }

    /// Takes the credit back for a while: what is under way may still come, and what has come can be taken.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn pause(&self) -> Result<(), Error> {
        self.inner.pause()
    }

    /// Grants credit as before [`pause`](Self::pause); without one it does nothing.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn resume(&self) -> Result<(), Error> {
        self.inner.resume()
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

    /// State, credit and counters of the link at this moment; `None` when it is gone.
    #[must_use]
    pub fn snapshot(&self) -> Option<LinkSnapshot> {
        self.inner.snapshot()
    }

    /// The session that the link is attached to.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.inner.session(), &self.waiting.pump)
    }

    /// Detaches the link without closing it (§2.6.4): the peer keeps the terminus, as its expiry-policy says. Otherwise
    /// as [`close`](Self::close).
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub fn detach(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Detach, self.inner.detach())
    }

    /// Waits until the link is gone, by default for ever, and says why; `None` if it stands. [`Error::Misuse`] means
    /// that this side closed it.
    #[must_use]
    pub fn detached(&self) -> Option<Error> {
        self.waiting.maybe(self.inner.detached())
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
