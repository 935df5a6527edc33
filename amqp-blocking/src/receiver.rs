//! The receiving end of a link (§2.6) of a thread.

use crate::handle::{convertible, end_of_link, handle, same};
use crate::pieces::DeliveryReader;
use amqp_async::proto::{CreditMode, Idle};
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
    /// never taken stay the sender's, unless it sent them settled. A delivery keeps the link, but not a
    /// [`Pump`](crate::Pump) without a thread: keep any other handle until it is settled.
    Receiver(Arc<amqp_async::Receiver>)
}

convertible!(Receiver(Arc<amqp_async::Receiver>));

impl Receiver {
    /// Waits for the next delivery, by default for ever. What had arrived before the link ended is still given out.
    ///
    /// # Errors
    /// Time-out; why no more can come: the link, its session or the connection is gone.
    pub fn recv(&self) -> Result<Delivery, Error> {
        self.waiting.wait(Step::Receive, self.inner.recv())
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

    /// Asks the sender to use up the credit or to give it back, and waits until it has (§2.6.7). What it sent meanwhile
    /// can then be taken.
    ///
    /// # Errors
    /// Time-out, after which the link is still draining; why the link is gone.
    pub fn drain(&self) -> Result<(), Error> {
        self.waiting.wait(Step::Drain, self.inner.drain())
    }
}

same! {
    Receiver {
        /// Takes the next delivery if it is here already.
        try_recv(&self) -> Result<Option<Delivery>, Error>;
        /// What becomes of deliveries of this link that are dropped unsettled; holds for those that are taken from now on.
        set_on_drop(&self, on_drop: OnDrop);
        /// How credit is granted from now on: by hand, or so much, renewed as deliveries are taken or settled.
        set_credit_mode(&self, mode: CreditMode) -> Result<(), Error>;
        /// Takes the credit back for a while: what is under way may still come, and what has come can be taken.
        pause(&self) -> Result<(), Error>;
        /// Grants credit as before [`pause`](Self::pause); without one it does nothing.
        resume(&self) -> Result<(), Error>;
        /// Grants `more` credit on top of what is left (§2.6.7). Meant for
        /// [`CreditMode::Manual`](amqp_async::proto::CreditMode::Manual).
        add_credit(&self, more: u32) -> Result<(), Error>;
        /// Sets the credit to `credit` (§2.6.7); 0 stops the sender, as far as messages are not under way already. Meant for
        /// [`CreditMode::Manual`](amqp_async::proto::CreditMode::Manual).
        set_credit(&self, credit: u32) -> Result<(), Error>;
        /// Why nothing is there to take; `None` if something is, or if the link is gone.
        #[must_use]
        why_idle(&self) -> Option<Idle>;
        /// How many more messages the sender may send (§2.6.7).
        #[must_use]
        credit(&self) -> u32;
        /// How many deliveries have been taken and not settled, or wait to be taken.
        #[must_use]
        unsettled(&self) -> u32;
    }
}

end_of_link! {
    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Deliveries that are not settled by then go
    /// back to the sender.
    Receiver
}
