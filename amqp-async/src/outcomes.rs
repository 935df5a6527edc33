//! Where the outcomes of sent messages arrive (§2.6.12): one slot for each delivery that somebody waits
//! for. The slot's key travels through the core as the delivery's token, so nothing is ever searched.

use crate::slots::Slots;
use amqp_proto::SenderId;
use amqp_proto::codec::Outcome;
use std::task::{Poll, Waker};

/// The slots of one connection.
#[derive(Default)]
pub(crate) struct Outcomes {
    slots: Slots<Slot>,
}

enum Slot {
    /// On its way; somebody waits, or will.
    Waiting(SenderId, Option<Waker>),
    /// On its way, and nobody asks any more.
    Abandoned(SenderId),
    /// Here, and not fetched yet.
    Arrived(Outcome),
}

impl Outcomes {
    /// The token that [`expect`](Self::expect) gives next.
    pub(crate) fn next_token(&self) -> u64 {
        self.slots.next_key() as u64
    }

    /// Makes room for the outcome of a delivery that was sent; under the same lock as
    /// [`next_token`](Self::next_token), whose token it went with.
    pub(crate) fn expect(&mut self, sender: SenderId) -> u64 {
        self.slots.insert(|| Slot::Waiting(sender, None)) as u64
    }

    /// Stores what arrived for `token`.
    pub(crate) fn arrive(&mut self, token: u64, outcome: Outcome, wake: &mut Vec<Waker>) {
        let key = key(token);
        let Some(slot) = self.slots.get_mut(key) else { return };
        match std::mem::replace(slot, Slot::Arrived(outcome)) {
            Slot::Waiting(_, waker) => wake.extend(waker),
            Slot::Abandoned(_) => drop(self.slots.remove(key)),
            first @ Slot::Arrived(_) => *slot = first,
        }
    }

    /// Fetches the outcome; `Ready(None)` if there is none and none will be stored.
    pub(crate) fn poll(&mut self, token: u64, waker: &Waker) -> Poll<Option<Outcome>> {
        match self.slots.get_mut(key(token)) {
            Some(Slot::Waiting(_, Some(known))) => known.clone_from(waker),
            Some(Slot::Waiting(_, unknown)) => *unknown = Some(waker.clone()),
            Some(Slot::Arrived(_)) => {
                let Some(Slot::Arrived(outcome)) = self.slots.remove(key(token)) else { return Poll::Ready(None) };
                return Poll::Ready(Some(outcome));
            }
            Some(Slot::Abandoned(_)) | None => return Poll::Ready(None),
        }
        Poll::Pending
    }

    /// Whether it is here and not fetched.
    pub(crate) fn has_arrived(&mut self, token: u64) -> bool {
        matches!(self.slots.get_mut(key(token)), Some(Slot::Arrived(_)))
    }

    /// Nobody will fetch this one. Whether it is still to come, and its slot is taken until then.
    pub(crate) fn abandon(&mut self, token: u64) -> bool {
        let key = key(token);
        match self.slots.get_mut(key) {
            Some(slot @ Slot::Waiting(..)) => {
                if let Slot::Waiting(sender, _) = *slot {
                    *slot = Slot::Abandoned(sender);
                }
                true
            }
            Some(Slot::Arrived(_)) => {
                self.slots.remove(key);
                false
            }
            Some(Slot::Abandoned(_)) => true,
            None => false,
        }
    }

    /// The delivery was not sent after all.
    pub(crate) fn forget(&mut self, token: u64) {
        self.slots.remove(key(token));
    }

    /// The sender is gone: no more outcomes will come. Whoever waits looks again and finds out why.
    pub(crate) fn sender_gone(&mut self, gone: SenderId, wake: &mut Vec<Waker>) {
        let mut vacated = Vec::new();
        for (key, slot) in self.slots.iter_mut() {
            match slot {
                Slot::Waiting(sender, waker) if *sender == gone => wake.extend(waker.take()),
                Slot::Abandoned(sender) if *sender == gone => vacated.push(key),
                Slot::Waiting(..) | Slot::Abandoned(_) | Slot::Arrived(_) => {}
            }
        }
        for key in vacated {
            self.slots.remove(key);
        }
    }
}

fn key(token: u64) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}
