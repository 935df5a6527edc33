//! Several deliveries at once: to be taken together, to be settled together.

use super::Receiver;
use crate::deadline::Limit;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::state::State;
use crate::wait::Ticket;
use amqp_proto::codec::{self, Modified, Outcome};
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// When a batch is complete; see [`Receiver::recv_batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// No more deliveries than that; 0 counts as 1.
    pub max: usize,
    /// How long to wait for more once there is one. Default 0: takes what is there.
    pub linger: Duration,
    /// How long to wait in all, also if there is none: the batch is empty then. Default: as long as it takes.
    pub deadline: Option<Duration>,
}

impl BatchOptions {
    /// At most `max` deliveries, those that are there as soon as there is one.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, linger: Duration::ZERO, deadline: None }
    }
}

impl Receiver {
    /// Waits for several deliveries.
    ///
    /// Automatic credit is renewed as the batch takes deliveries, so it may be larger than the credit; with
    /// [`CreditUntil::Settled`](amqp_proto::CreditUntil::Settled) it may not, and waits for its time.
    ///
    /// Cancel-safe: what a dropped future had taken is given out again, in order.
    ///
    /// # Errors
    /// Why no more can come, if there is none to return.
    pub async fn recv_batch(&self, options: BatchOptions) -> Result<Batch, Error> {
        Gather {
            receiver: self,
            ticket: None,
            taken: Vec::new(),
            max: options.max.max(1),
            linger: Limit::new(Some(options.linger)),
            deadline: Limit::new(options.deadline),
            lingers: !options.linger.is_zero(),
        }
        .await
    }
}

/// A batch in the making.
struct Gather<'a> {
    receiver: &'a Receiver,
    ticket: Option<Ticket>,
    /// What a batch that lingers has taken so far, uncounted: dropped, it goes back.
    taken: Vec<amqp_proto::Delivery>,
    max: usize,
    linger: Limit,
    /// Whether it waits for more once there is one.
    lingers: bool,
    deadline: Limit,
}

impl Gather<'_> {
    /// Takes what is there as soon as anything is.
    fn take(&mut self, state: &mut State, waker: &Waker, batch: &mut Vec<Delivery>) -> Poll<Result<(), Error>> {
        match self.receiver.attempt(state, &mut self.ticket, waker, (self.max, batch)) {
            Poll::Pending => self.deadline.poll(state, waker).map(Ok),
            taken => taken,
        }
    }

    /// Takes what is there and waits for more.
    fn gather(&mut self, state: &mut State, waker: &Waker, batch: &mut Vec<Delivery>) -> Poll<Result<(), Error>> {
        let link = &self.receiver.link;
        while self.taken.len() < self.max {
            match link.take_next(&mut state.machine, &mut state.links) {
                Ok(Some(delivery)) => self.taken.push(delivery),
                Ok(None) if self.waits(state, waker) => return Poll::Pending,
                Err(error) if self.taken.is_empty() => return Poll::Ready(Err(error)),
                Ok(None) | Err(_) => break,
            }
        }
        let taken = mem::take(&mut self.taken).into_iter();
        batch.extend(taken.map(|delivery| Delivery::new(link, &mut state.links, delivery)));
        Poll::Ready(Ok(()))
    }

    /// Whether there is time left; if so, this is woken when more comes.
    fn waits(&mut self, state: &mut State, waker: &Waker) -> bool {
        let enough = !self.taken.is_empty() && self.linger.poll(state, waker).is_ready();
        if enough || self.deadline.poll(state, waker).is_ready() {
            return false;
        }
        self.receiver.wait(state, &mut self.ticket, waker);
        true
    }

    fn stop(&mut self, state: &mut State) {
        self.linger.cancel(state);
        self.deadline.cancel(state);
        self.receiver.leave(state, &mut self.ticket);
    }
}

impl Future for Gather<'_> {
    type Output = Result<Batch, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut batch = Vec::new();
        let gathered = this.receiver.link.with(|state| {
            let take = if this.lingers { Self::gather } else { Self::take };
            let gathered = take(this, state, cx.waker(), &mut batch);
            if gathered.is_ready() {
                this.stop(state);
            }
            gathered
        });
        gathered.map_ok(|()| Batch::of(batch))
    }
}

impl Drop for Gather<'_> {
    fn drop(&mut self) {
        let runs = self.linger.runs() || self.deadline.runs();
        if self.taken.is_empty() && self.ticket.is_none() && !runs {
            return;
        }
        let receiver = self.receiver;
        receiver.link.with(|state| {
            let any = receiver.link.keep(&mut state.links, |kept| {
                for delivery in mem::take(&mut self.taken).into_iter().rev() {
                    kept.deliveries.push_front(delivery);
                }
                !kept.deliveries.is_empty()
            });
            self.stop(state);
            if any {
                state.ready(receiver.link.id.into());
            }
        });
    }
}

/// Deliveries to be settled together; any can be taken out and settled by itself, and any put in.
///
/// Settling makes one disposition of those that follow each other (§2.7.6). Those that are dropped with it unsettled
/// are as other [deliveries](Delivery) that are dropped.
#[must_use = "deliveries that are dropped unsettled are released to the sender"]
#[derive(Debug, Default)]
pub struct Batch {
    deliveries: Vec<Delivery>,
}

impl Batch {
    pub(super) fn of(deliveries: Vec<Delivery>) -> Self {
        Self { deliveries }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// Whether there are none: the deadline passed before the first came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// The deliveries, in the order in which they came.
    pub fn iter(&self) -> std::slice::Iter<'_, Delivery> {
        self.deliveries.iter()
    }

    /// All have been processed (§3.4.2).
    ///
    /// # Errors
    /// The first that there was; the others are settled all the same. The sender may deliver those again that could
    /// not be settled.
    pub fn accept(self) -> Result<(), Error> {
        self.settle(&Outcome::Accepted)
    }

    /// None can be processed (§3.4.3), for this reason.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn reject(self, error: impl Into<Option<codec::Error>>) -> Result<(), Error> {
        self.settle(&crate::delivery::rejected(error.into()))
    }

    /// None was or will be processed here (§3.4.4).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn release(self) -> Result<(), Error> {
        self.settle(&Outcome::Released)
    }

    /// As [`release`](Self::release), with changes to each message (§3.4.5).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn modify(self, modified: Modified) -> Result<(), Error> {
        self.settle(&Outcome::Modified(Box::new(modified)))
    }

    /// Settles all with one outcome.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn settle(mut self, outcome: &Outcome) -> Result<(), Error> {
        Delivery::dispose_all(&mut self.deliveries, outcome)
    }
}

impl FromIterator<Delivery> for Batch {
    fn from_iter<I: IntoIterator<Item = Delivery>>(deliveries: I) -> Self {
        Self { deliveries: deliveries.into_iter().collect() }
    }
}

impl Extend<Delivery> for Batch {
    fn extend<I: IntoIterator<Item = Delivery>>(&mut self, deliveries: I) {
        self.deliveries.extend(deliveries);
    }
}

impl IntoIterator for Batch {
    type Item = Delivery;
    type IntoIter = std::vec::IntoIter<Delivery>;

    fn into_iter(self) -> Self::IntoIter {
        self.deliveries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = &'a Delivery;
    type IntoIter = std::slice::Iter<'a, Delivery>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
