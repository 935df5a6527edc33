//! The receiving end of a link (§2.6) as an application holds it.

use crate::delivery::Delivery;
use crate::error::{Error, Step};
use crate::link::LinkRoot;
use crate::state::State;
use crate::wait::Ticket;
use amqp_proto::codec::{self, Attach};
use amqp_proto::{Idle, Misuse, ReceiverId, ReceiverMut};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Receives messages from one address (§2.6).
///
/// Every method takes `&self`, and a [`Delivery`] is settled by itself, from any task: receiving and
/// settling do not exclude each other. Several tasks may receive at once through an
/// [`Arc`](std::sync::Arc); each delivery goes to one of them.
///
/// No more deliveries wait here than credit was granted for, and no more octets than the session's
/// incoming-window allows; taking deliveries is what opens both again.
///
/// When this and the last [`Delivery`] taken from it are dropped the link is detached. Deliveries that
/// were never taken stay the sender's, unless it sent them settled.
pub struct Receiver {
    link: Arc<ReceiverRoot>,
}

pub(crate) type ReceiverRoot = LinkRoot<ReceiverId>;

impl Receiver {
    pub(crate) fn new(link: ReceiverRoot) -> Self {
        Self { link: Arc::new(link) }
    }

    /// Waits for the next delivery. What had arrived before the link ended is still given out.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why no more can come: the link, its session or the connection is gone.
    pub fn recv(&self) -> Recv<'_> {
        Recv { receiver: self, ticket: None }
    }

    /// Takes the next delivery if it is here already.
    ///
    /// # Errors
    /// Why no more can come.
    pub fn try_recv(&self) -> Result<Option<Delivery>, Error> {
        let taken = self.link.shared().with(|state| self.take(state))?;
        Ok(taken.map(|delivery| Delivery::new(Arc::clone(&self.link), delivery)))
    }

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

    /// Asks the sender to use up the credit or to give it back, and waits until it has (§2.6.7). What it
    /// sent meanwhile can then be taken.
    ///
    /// Cancel-safe: a dropped future leaves the link draining.
    ///
    /// # Errors
    /// Time-out, or why the link is gone.
    pub async fn drain(&self) -> Result<(), Error> {
        let link = &self.link;
        link.shared().with(|state| {
            state.link(link.id.into(), &link.fate)?.drained = false;
            let asked = state.machine.receiver(link.id).and_then(|mut receiver| receiver.drain());
            match asked {
                // Of a future that was dropped: its answer is ours too.
                Err(Misuse::Draining) => Ok(()),
                asked => asked.map_err(|misuse| link.fate.explain(misuse)),
            }
        })?;
        link.shared()
            .until(Step::Drain, |state, waker| match state.link(link.id.into(), &link.fate) {
                Ok(entry) if entry.drained => Poll::Ready(Ok(())),
                Ok(entry) => {
                    entry.changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await
    }

    /// Why nothing is there to take; `None` if something is, or if the link is gone.
    #[must_use]
    pub fn why_idle(&self) -> Option<Idle> {
        let mut state = self.link.shared().lock();
        state.machine.receiver(self.link.id).ok().and_then(|receiver| receiver.why_idle())
    }

    /// How many more messages the sender may send (§2.6.7).
    #[must_use]
    pub fn credit(&self) -> u32 {
        let mut state = self.link.shared().lock();
        state.machine.receiver(self.link.id).map_or(0, |receiver| receiver.credit())
    }

    /// How many deliveries have been taken and not settled, or wait to be taken.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        let mut state = self.link.shared().lock();
        state.machine.receiver(self.link.id).map_or(0, |receiver| receiver.unsettled())
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

    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Deliveries that are not
    /// settled by then go back to the sender.
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

    fn command(&self, command: impl FnOnce(ReceiverMut<'_>) -> Result<(), Misuse>) -> Result<(), Error> {
        let link = &self.link;
        link.shared().with(|state| {
            let done = state.machine.receiver(link.id).and_then(command);
            done.map_err(|misuse| link.fate.explain(misuse))
        })
    }

    fn take(&self, state: &mut State) -> Result<Option<amqp_proto::Delivery>, Error> {
        // what had arrived can be taken even when the link is gone
        let missing = match state.machine.receiver(self.link.id).map(|mut receiver| receiver.recv()) {
            Ok(Some(delivery)) => return Ok(Some(delivery)),
            Ok(None) => None,
            Err(misuse) => Some(Error::Misuse(misuse)),
        };
        self.link.fate.get().or(missing).map_or(Ok(None), Err)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if Arc::strong_count(&self.link) > 1 {
            // deliveries are still out to be settled: the link stays for them, but takes no more
            let _ = self.set_credit(0);
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.link.id.fmt(f)
    }
}

/// The next delivery, to come; see [`Receiver::recv`].
#[must_use = "nothing is received unless this is awaited"]
#[derive(Debug)]
pub struct Recv<'a> {
    receiver: &'a Receiver,
    ticket: Option<Ticket>,
}

impl Recv<'_> {
    fn attempt(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<amqp_proto::Delivery, Error>> {
        let id = self.receiver.link.id.into();
        let result = match self.receiver.take(state) {
            Ok(Some(delivery)) => Ok(delivery),
            Ok(None) => {
                if let Some(entry) = state.links.get_mut(&id) {
                    entry.turns.wait(&mut self.ticket, waker);
                }
                return Poll::Pending;
            }
            Err(error) => Err(error),
        };
        self.leave(state);
        Poll::Ready(result)
    }

    /// Gives the place in the queue up; if there is more to take, the next one is called.
    fn leave(&mut self, state: &mut State) {
        let Some(ticket) = self.ticket.take() else { return };
        let id = self.receiver.link.id;
        let is_more = state.machine.receiver(id).is_ok_and(|receiver| receiver.buffered() > 0);
        if let Some(entry) = state.links.get_mut(&id.into()) {
            let was_called = entry.turns.leave(ticket);
            if was_called && is_more {
                entry.turns.call(&mut state.wake);
            }
        }
    }
}

impl Future for Recv<'_> {
    type Output = Result<Delivery, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let link = &this.receiver.link;
        let taken = link.shared().with(|state| this.attempt(state, cx.waker()));
        taken.map_ok(|delivery| Delivery::new(Arc::clone(link), delivery))
    }
}

impl Drop for Recv<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let receiver = self.receiver;
            receiver.link.shared().with(|state| self.leave(state));
        }
    }
}
