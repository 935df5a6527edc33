//! Events for whoever wants them: each subscriber has a queue of its own, which is bounded, and is told how many events
//! it has missed. Without subscribers an event costs nothing.

use crate::sync::{Mutex, MutexGuard};
use crate::wait::Wakers;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Poll, Waker};

/// How many events wait for a subscriber before the oldest are dropped.
const CAPACITY: usize = 256;

/// What a subscriber gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice<T> {
    /// An event.
    Event(T),
    /// So many events are missing here: they came faster than they were taken.
    Lagged(u64),
}

/// Where events are put.
#[derive(Debug)]
pub(crate) struct Feed<T> {
    subscribers: Vec<Weak<Queue<T>>>,
    capacity: usize,
}

struct Queue<T>(Mutex<Waiting<T>>);

struct Waiting<T> {
    events: VecDeque<T>,
    missed: u64,
    /// No more will come.
    ended: bool,
    reader: Wakers,
}

/// A subscription to events; dropping it ends it.
///
/// At most 256 events wait here. Then the oldest go, and a [`Notice::Lagged`] stands in their place.
pub struct Events<T>(Arc<Queue<T>>);

impl<T> Default for Feed<T> {
    fn default() -> Self {
        Self { subscribers: Vec::new(), capacity: CAPACITY }
    }
}

impl<T: Clone> Feed<T> {
    pub(crate) fn subscribe(&mut self) -> Events<T> {
        let waiting = Waiting { events: VecDeque::new(), missed: 0, ended: false, reader: Wakers::default() };
        let queue = Arc::new(Queue(Mutex::new(waiting)));
        self.subscribers.push(Arc::downgrade(&queue));
        Events(queue)
    }

    /// Whether anybody would get an event.
    pub(crate) fn has_subscribers(&mut self) -> bool {
        self.subscribers.retain(|subscriber| subscriber.strong_count() > 0);
        !self.subscribers.is_empty()
    }

    /// Collects who waited for it: they are woken when no lock is held any more.
    pub(crate) fn put(&mut self, event: &T, wake: &mut Vec<Waker>) {
        let capacity = self.capacity;
        self.each(wake, |waiting| {
            if waiting.events.len() >= capacity {
                waiting.events.pop_front();
                waiting.missed += 1;
            }
            waiting.events.push_back(event.clone());
        });
    }

    /// No more events will come. Collects who waited, as [`put`](Self::put).
    pub(crate) fn end(&mut self, wake: &mut Vec<Waker>) {
        self.each(wake, |waiting| waiting.ended = true);
        self.subscribers.clear();
    }

    fn each(&mut self, wake: &mut Vec<Waker>, mut act: impl FnMut(&mut Waiting<T>)) {
        self.subscribers.retain(|subscriber| {
            let Some(queue) = subscriber.upgrade() else { return false };
            let mut waiting = queue.lock();
            act(&mut waiting);
            waiting.reader.call_all(wake);
            true
        });
    }
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Waiting<T> {
    fn take(&mut self) -> Option<Notice<T>> {
        match std::mem::take(&mut self.missed) {
            0 => self.events.pop_front().map(Notice::Event),
            missed => Some(Notice::Lagged(missed)),
        }
    }
}

impl<T> Events<T> {
    /// Waits for the next event; `None` when there will be no more. Cancel-safe: a dropped future takes nothing.
    pub async fn next(&self) -> Option<Notice<T>> {
        poll_fn(|cx| {
            let mut waiting = self.0.lock();
            match waiting.take() {
                Some(notice) => Poll::Ready(Some(notice)),
                None if waiting.ended => Poll::Ready(None),
                None => {
                    waiting.reader.register(cx.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Takes the next event if there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<Notice<T>> {
        self.0.lock().take()
    }
}

impl<T> fmt::Debug for Events<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({} waiting)", self.0.lock().events.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s5_3_a_subscriber_that_never_reads_holds_a_bounded_queue_and_is_told_what_it_missed() {
        let mut feed = Feed::default();
        let idle = feed.subscribe();
        let mut last = None;
        for number in 0..1_000_000_u64 {
            feed.put(&number, &mut Vec::new());
            if number == 999_998 {
                last = Some(feed.subscribe());
            }
        }
        {
            let waiting = idle.0.lock();
            assert_eq!(waiting.events.len(), CAPACITY);
            assert!(waiting.events.capacity() <= 2 * CAPACITY);
        }
        assert_eq!(idle.try_next(), Some(Notice::Lagged(1_000_000 - 256)));
        assert_eq!(idle.try_next(), Some(Notice::Event(1_000_000 - 256)));
        let last = last.unwrap();
        assert_eq!(last.try_next(), Some(Notice::Event(999_999)));
        assert_eq!(last.try_next(), None);
        drop((idle, last));
        feed.put(&0, &mut Vec::new());
        assert!(feed.subscribers.is_empty(), "who has gone is forgotten");
    }
}
