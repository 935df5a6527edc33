//! The sender's settlement of a delivery that the receiver settles second (§2.6.12).

use super::Hold;
use crate::deadline::Limit;
use crate::error::{Error, Step};
use crate::state::{Confirming, State};
use amqp_proto::Misuse;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The sender's settlement, to come; see [`Delivery::settle_confirmed`](crate::Delivery::settle_confirmed).
///
/// Its error says why it will not come: the link is gone, and the sender may deliver the message again; or it did not
/// come in time ([`Timeouts::settle`](crate::Timeouts::settle), counted from the first poll). Dropping it loses
/// nothing but the knowledge.
#[must_use = "until the sender has settled it may deliver the message again"]
pub struct Confirmation {
    hold: Hold,
    /// The number of the delivery; `None` if there is nothing to wait for, or no more.
    number: Option<u32>,
    limit: Limit,
}

impl Confirmation {
    pub(super) fn new(hold: Hold, number: Option<u32>, limit: Limit) -> Self {
        Self { hold, number, limit }
    }

    fn look(&mut self, state: &mut State, number: u32, waker: &Waker) -> Poll<Result<(), Error>> {
        let id = self.hold.id();
        let Some(entry) = state.links.get_mut(&id.into()) else {
            return Poll::Ready(Err(state.links.explain(id, Misuse::StaleId)));
        };
        match entry.waiting().confirming.get_mut(&number) {
            Some(Confirming::Settled) => return Poll::Ready(Ok(())),
            Some(Confirming::Waiting(known)) => *known = Some(waker.clone()),
            None => return Poll::Ready(Err(Error::Misuse(Misuse::StaleId))),
        }
        self.limit.poll(state, waker).map(|()| Err(Error::Timeout(Step::Settle)))
    }

    fn stop(&mut self, state: &mut State) {
        self.limit.cancel(state);
        if let (Some(number), Some(entry)) = (self.number.take(), state.links.get_mut(&self.hold.id().into())) {
            entry.waiting().confirming.remove(&number);
        }
    }
}

impl Future for Confirmation {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Some(number) = this.number else { return Poll::Ready(Ok(())) };
        let session = Arc::clone(this.hold.session());
        session.shared().with_session(session.id, |state| {
            let result = this.look(state, number, cx.waker());
            if result.is_ready() {
                this.stop(state);
            }
            result
        })
    }
}

impl Drop for Confirmation {
    fn drop(&mut self) {
        if self.number.is_some() {
            let session = Arc::clone(self.hold.session());
            self.stop(&mut session.shared().lock());
        }
        self.hold.let_go();
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation").field("number", &self.number).finish_non_exhaustive()
    }
}
