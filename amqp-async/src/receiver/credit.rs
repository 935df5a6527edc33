//! How many messages may come (§2.6.7).

use super::Receiver;
use crate::error::{Error, Step};
use amqp_proto::{CreditMode, Misuse, ReceiverMut};
use std::task::Poll;
use std::time::Duration;

impl Receiver {
    /// Grants `more` credit on top of what is left (§2.6.7). Meant for
    /// [`CreditMode::Manual`](amqp_proto::CreditMode::Manual).
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn add_credit(&self, more: u32) -> Result<(), Error> {
        self.command(|mut receiver| receiver.add_credit(more))
    }

    /// Sets the credit to `credit` (§2.6.7); 0 stops the sender, as far as messages are not under way
    /// already. Meant for [`CreditMode::Manual`](amqp_proto::CreditMode::Manual).
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn set_credit(&self, credit: u32) -> Result<(), Error> {
        self.command(|mut receiver| receiver.set_credit(credit))
    }

    /// How credit is granted from now on: by hand, or so much, renewed as deliveries are taken or settled
    /// ([`CreditRenewal`](amqp_proto::CreditRenewal) in the link's options).
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn set_credit_mode(&self, mode: CreditMode) -> Result<(), Error> {
        self.command(|mut receiver| receiver.set_credit_mode(mode))
    }

    /// Takes the credit back for a while: what is under way may still come, and what has come can be taken.
    /// Granting credit in any way ends the pause.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn pause(&self) -> Result<(), Error> {
        self.command(|mut receiver| receiver.pause())
    }

    /// Grants credit as before [`pause`](Self::pause); without one it does nothing.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn resume(&self) -> Result<(), Error> {
        self.command(|mut receiver| receiver.resume())
    }

    /// Asks the sender to use up the credit or to give it back, and waits until it has (§2.6.7). What it
    /// sent meanwhile can then be taken. Leaves automatic credit:
    /// [`set_credit_mode`](Self::set_credit_mode) grants again.
    ///
    /// Cancel-safe: a dropped future leaves the link draining.
    ///
    /// # Errors
    /// Time-out, or why the link is gone.
    pub async fn drain(&self) -> Result<(), Error> {
        self.drain_within(self.link.shared().limit(Step::Drain)).await
    }

    /// As [`drain`](Self::drain), within `limit`, whatever [`Timeouts`](crate::Timeouts) say.
    ///
    /// # Errors
    /// As for [`drain`](Self::drain).
    pub async fn drain_timeout(&self, limit: Duration) -> Result<(), Error> {
        self.drain_within(Some(limit)).await
    }

    async fn drain_within(&self, limit: Option<Duration>) -> Result<(), Error> {
        let link = &self.link;
        link.with(|state| {
            state.link(link.id.into(), &link.fate)?.drained = false;
            let asked = state.machine.receiver(link.id).and_then(|mut receiver| receiver.drain());
            match asked {
                // Of a future that was dropped: its answer is ours too.
                Err(Misuse::Draining) => Ok(()),
                asked => asked.map_err(|misuse| link.fate.explain(misuse)),
            }
        })?;
        link.shared()
            .until_after(Step::Drain, limit, |state, waker| match state.link(link.id.into(), &link.fate) {
                Ok(entry) if entry.drained => Poll::Ready(Ok(())),
                Ok(entry) => {
                    entry.waiting().changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await
    }

    fn command(&self, command: impl FnOnce(ReceiverMut<'_>) -> Result<(), Misuse>) -> Result<(), Error> {
        let link = &self.link;
        link.with(|state| {
            let done = state.machine.receiver(link.id).and_then(command);
            done.map_err(|misuse| link.fate.explain(misuse))
        })
    }
}
