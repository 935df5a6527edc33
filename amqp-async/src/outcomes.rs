//! Where the outcomes of sent messages arrive (§2.6.12): one slot for each delivery that somebody waits
//! for. The slot's key travels through the core as the delivery's token, so nothing is ever searched.

use crate::error::Error;
use crate::slots::Slots;
use amqp_proto::SenderId;
use amqp_proto::codec::Outcome;
use std::task::{Poll, Waker};

/// The slots of one connection.
#[derive(Default)]
pub(crate) struct Outcomes {
    slots: Slots<Slot>,
    /// Senders that no handle is left of but settlements, and how many of those.
    awaited: Vec<(SenderId, usize)>,
}

enum Slot {
    /// On its way; somebody waits, or will.
    Waiting(SenderId, Option<Waker>),
    /// On its way, and nobody asks any more.
    Abandoned(SenderId),
    /// Here, and not fetched yet.
    Arrived(SenderId, Outcome),
    /// It will not come: the sender is gone, and this is why.
    Lost(Box<Error>),
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
        match slot {
            Slot::Waiting(sender, waker) => {
                wake.extend(waker.take());
                *slot = Slot::Arrived(*sender, outcome);
            }
            Slot::Abandoned(_) => drop(self.slots.remove(key)),
            // the first stands
            Slot::Arrived(..) | Slot::Lost(_) => {}
        }
    }

    /// Fetches the outcome, or why there will be none; `None` if there was none ever.
    pub(crate) fn poll(&mut self, token: u64, waker: &Waker) -> Poll<Option<Result<Outcome, Error>>> {
        match self.slots.get_mut(key(token)) {
            Some(Slot::Waiting(_, Some(known))) => known.clone_from(waker),
            Some(Slot::Waiting(_, unknown)) => *unknown = Some(waker.clone()),
            Some(Slot::Arrived(..) | Slot::Lost(_)) => {
                return Poll::Ready(match self.slots.remove(key(token)) {
                    Some(Slot::Arrived(_, outcome)) => Some(Ok(outcome)),
                    Some(Slot::Lost(error)) => Some(Err(*error)),
                    _ => None,
                });
            }
            Some(Slot::Abandoned(_)) | None => return Poll::Ready(None),
        }
        Poll::Pending
    }

    /// Whether it is here and not fetched.
    pub(crate) fn has_arrived(&mut self, token: u64) -> bool {
        matches!(self.slots.get_mut(key(token)), Some(Slot::Arrived(..)))
    }

    /// Nobody will fetch this one; its slot is taken until it has come.
    pub(crate) fn abandon(&mut self, token: u64) {
        let key = key(token);
        match self.slots.get_mut(key) {
            Some(slot @ Slot::Waiting(..)) => {
                if let Slot::Waiting(sender, _) = *slot {
                    *slot = Slot::Abandoned(sender);
                }
            }
            Some(Slot::Arrived(..) | Slot::Lost(_)) => drop(self.slots.remove(key)),
            Some(Slot::Abandoned(_)) | None => {}
        }
    }

    /// The delivery was not sent after all.
    pub(crate) fn forget(&mut self, token: u64) {
        self.slots.remove(key(token));
    }

    /// No handle is left of the sender: whether settlements are, for which its link stays.
    pub(crate) fn is_awaited(&mut self, sender: SenderId) -> bool {
        let is_of = |slot: &Slot| matches!(slot, Slot::Waiting(of, _) | Slot::Arrived(of, _) if *of == sender);
        let count = self.slots.iter_mut().filter(|(_, slot)| is_of(slot)).count();
        if count > 0 {
            self.awaited.push((sender, count));
        }
        count > 0
    }

    /// One settlement of the sender less: whether it was the last that its link stayed for.
    #[inline]
    pub(crate) fn was_last(&mut self, sender: SenderId) -> bool {
        !self.awaited.is_empty() && self.count_down(sender)
    }

    #[cold]
    fn count_down(&mut self, sender: SenderId) -> bool {
        let Some(at) = self.awaited.iter().position(|(awaited, _)| *awaited == sender) else { return false };
        let Some((_, count)) = self.awaited.get_mut(at) else { return false };
        *count -= 1;
        let was_last = *count == 0;
        if was_last {
            self.awaited.swap_remove(at);
        }
        was_last
    }

    /// The sender is gone: no more outcomes will come. Whoever waits looks again and finds out why.
    pub(crate) fn sender_gone(&mut self, gone: SenderId, error: &Error, wake: &mut Vec<Waker>) {
        let mut vacated = Vec::new();
        for (key, slot) in self.slots.iter_mut() {
            match slot {
                Slot::Waiting(sender, waker) if *sender == gone => {
                    wake.extend(waker.take());
                    *slot = Slot::Lost(Box::new(error.clone()));
                }
                Slot::Abandoned(sender) if *sender == gone => vacated.push(key),
                Slot::Waiting(..) | Slot::Abandoned(_) | Slot::Arrived(..) | Slot::Lost(_) => {}
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
