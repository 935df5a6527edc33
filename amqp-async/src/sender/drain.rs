//! The sender's part in draining (§2.6.7): who has more messages than it submits at once answers by itself.

use super::Sender;
use crate::error::Error;
use std::task::Poll;

/// How a drain is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DrainAnswer {
    /// What has been submitted is all there is.
    AtOnce,
    /// The application says when there is no more.
    Held,
    /// Held, and the receiver waits for it.
    Wanted,
}

impl Sender {
    /// From now on a drain is answered by [`drained`](Self::drained) only. Without this, what has been submitted when
    /// the receiver asks is taken for all there is.
    ///
    /// For nodes that hold messages back until there is credit. A listener calls
    /// [`IncomingSender::hold_drains`](crate::IncomingSender::hold_drains), which no drain can precede.
    pub fn hold_drains(&self) {
        self.link.hold_drains();
    }

    /// Waits until the receiver wants the link drained (§2.6.7): send what there is, as far as the credit goes, then
    /// call [`drained`](Self::drained). Never ready without [`hold_drains`](Self::hold_drains).
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// Why the link is gone.
    pub async fn drain_wanted(&self) -> Result<(), Error> {
        let link = &self.link;
        link.shared()
            .wait(|state, waker| match state.link(link.id.into(), &link.fate) {
                Ok(entry) if entry.drain_answer == DrainAnswer::Wanted => Poll::Ready(Ok(())),
                Ok(entry) => {
                    entry.waiting().changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await
    }

    /// There is no more to send: the credit that is left goes back to a receiver that drains (§2.6.7), behind the
    /// messages submitted so far. Does nothing if none does.
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn drained(&self) -> Result<(), Error> {
        let link = &self.link;
        link.with(|state| {
            let entry = state.link(link.id.into(), &link.fate)?;
            if entry.drain_answer == DrainAnswer::Wanted {
                entry.drain_answer = DrainAnswer::Held;
            }
            let given = state.machine.sender(link.id).and_then(|mut sender| sender.drained());
            given.map_err(|misuse| link.fate.explain(misuse))
        })
    }
}
