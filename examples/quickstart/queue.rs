//! A queue in memory: what comes in at one end is given out at the other, and comes back to its old place
//! if it was not accepted.

use amqp10::codec::Bytes;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// More messages than this are not taken in until some have gone.
const CAPACITY: usize = 50_000;

/// A message as it came, to be passed on octet for octet.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) payload: Bytes,
    pub(crate) message_format: u32,
}

#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    arrived: Notify,
    left: Notify,
    settled: Notify,
}

#[derive(Default)]
struct Inner {
    next: u64,
    waiting: BTreeMap<u64, Stored>,
    accepted: usize,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for one more.
    pub(crate) async fn room(&self) {
        loop {
            let left = self.left.notified();
            if self.lock().waiting.len() < CAPACITY {
                return;
            }
            left.await;
        }
    }

    /// Puts a message at the end.
    pub(crate) fn push(&self, message: Stored) {
        let mut inner = self.lock();
        let place = inner.next;
        inner.next += 1;
        inner.waiting.insert(place, message);
        drop(inner);
        self.arrived.notify_one();
    }

    /// Waits for the first message, and says where it stood. Dropped, the future takes nothing.
    pub(crate) async fn pop(&self) -> (u64, Stored) {
        loop {
            let arrived = self.arrived.notified();
            let (first, more) = {
                let mut inner = self.lock();
                (inner.waiting.pop_first(), !inner.waiting.is_empty())
            };
            if let Some(first) = first {
                if more {
                    self.arrived.notify_one();
                }
                self.left.notify_one();
                return first;
            }
            arrived.await;
        }
    }

    /// Puts a message back where it stood.
    pub(crate) fn put_back(&self, place: u64, message: Stored) {
        self.lock().waiting.insert(place, message);
        self.arrived.notify_one();
    }

    /// A message has found somebody who accepted it.
    pub(crate) fn accepted(&self) {
        self.lock().accepted += 1;
        self.settled.notify_one();
    }

    /// Waits until so many have been accepted.
    pub(crate) async fn all_accepted(&self, count: usize) {
        loop {
            let settled = self.settled.notified();
            if self.lock().accepted >= count {
                return;
            }
            settled.await;
        }
    }

    /// How many have been accepted, and how many wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.accepted, inner.waiting.len())
    }
}
