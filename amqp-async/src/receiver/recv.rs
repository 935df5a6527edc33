//! Deliveries one by one: a future, and a stream.

use super::Receiver;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::wait::Ticket;
use futures_core::stream::{FusedStream, Stream};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

/// The next delivery, to come; see [`Receiver::recv`].
#[must_use = "nothing is received unless this is awaited"]
#[derive(Debug)]
pub struct Recv<'a> {
    receiver: &'a Receiver,
    ticket: Option<Ticket>,
}

impl<'a> Recv<'a> {
    pub(super) fn new(receiver: &'a Receiver) -> Self {
        Self { receiver, ticket: None }
    }
}

impl Future for Recv<'_> {
    type Output = Result<Delivery, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, ticket } = self.get_mut();
        let mut taken = None;
        ready!(receiver.link.with(|state| receiver.attempt(state, ticket, cx.waker(), (1, &mut taken))))?;
        taken.map_or(Poll::Pending, |delivery| Poll::Ready(Ok(delivery)))
    }
}

impl Drop for Recv<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let Self { receiver, ticket } = self;
            receiver.link.with(|state| receiver.leave(state, ticket));
        }
    }
}

/// The deliveries as they come, and at last the error that says why there are no more; without that if the link ended
/// without one ([`Error::is_clean`]).
impl Stream for Receiver {
    type Item = Result<Delivery, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_terminated() {
            return Poll::Ready(None);
        }
        let mut taken = None;
        let attempted = this.link.with(|state| {
            let mut place = this.link.kept(&mut state.links, |kept| kept.place.take()).flatten();
            let attempted = this.attempt(state, &mut place, cx.waker(), (1, &mut taken));
            if place.is_some() {
                this.link.keep(&mut state.links, |kept| kept.place = place);
            }
            attempted
        });
        Poll::Ready(match ready!(attempted) {
            Ok(()) => taken.map(Ok),
            Err(error) => {
                this.link.own.told.store(true, Relaxed);
                (!error.is_clean()).then_some(Err(error))
            }
        })
    }
}

impl FusedStream for Receiver {
    fn is_terminated(&self) -> bool {
        self.link.own.told.load(Relaxed)
    }
}
