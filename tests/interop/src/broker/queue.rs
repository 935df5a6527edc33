//! A queue in memory, in the order in which messages came; what comes back goes to its old place.

use amqp10::codec::Bytes;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A message as it came, to be passed on octet for octet.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) payload: Bytes,
    pub(crate) message_format: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    waiting: BTreeMap<u64, Stored>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, message: Stored) {
        let mut inner = self.lock();
        let place = inner.next;
        inner.next += 1;
        inner.waiting.insert(place, message);
        drop(inner);
        self.arrived.notify_waiters();
    }

    pub(crate) fn put_back(&self, place: u64, message: Stored) {
        self.lock().waiting.insert(place, message);
        self.arrived.notify_waiters();
    }

    /// Waits for the first message from this place on that is wanted. Taken out, or left if only a copy is wanted.
    /// Dropped, the future takes nothing.
    pub(crate) async fn next(&self, from: u64, copy: bool, wanted: impl Fn(&Stored) -> bool) -> (u64, Stored) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            {
                let mut inner = self.lock();
                let found = inner.waiting.range(from..).find(|(_, message)| wanted(message));
                if let Some((place, message)) = found.map(|(place, message)| (*place, message.clone())) {
                    if !copy {
                        inner.waiting.remove(&place);
                    }
                    return (place, message);
                }
            }
            arrived.await;
        }
    }
}
