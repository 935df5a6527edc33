//! The tasks of a pump, and which of them are to be polled.

use crate::reactor::Reactor;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// What a task does: mostly a driver, which has no thread of its own.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks at numbered places. Those that were woken are bits of words, so that the few are found quickly among many.
#[derive(Default)]
pub(crate) struct Tasks {
    places: Vec<Option<Task>>,
    vacant: Vec<usize>,
    /// For 64 places each.
    woken: Vec<Arc<AtomicU64>>,
}

struct Task {
    work: Work,
    waker: Waker,
}

/// The waker of a task. One that outlives its task wakes, for nothing, whichever has the place then.
struct Signal {
    word: Arc<AtomicU64>,
    bit: u64,
    reactor: Arc<Reactor>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.word.fetch_or(self.bit, Ordering::SeqCst);
        self.reactor.interrupt();
    }
}

impl Tasks {
    /// Adds a task, to be polled as if it had been woken.
    pub(crate) fn add(&mut self, work: Work, reactor: &Arc<Reactor>) {
        let place = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        if self.woken.len() <= place / 64 {
            self.woken.push(Arc::default());
        }
        let (Some(slot), Some(word)) = (self.places.get_mut(place), self.woken.get(place / 64)) else { return };
        let signal = Signal { word: Arc::clone(word), bit: 1 << (place % 64), reactor: Arc::clone(reactor) };
        word.fetch_or(signal.bit, Ordering::SeqCst);
        *slot = Some(Task { work, waker: Waker::from(Arc::new(signal)) });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.vacant.len() == self.places.len()
    }

    /// Whether any is to be polled.
    pub(crate) fn are_woken(&self) -> bool {
        self.woken.iter().any(|word| word.load(Ordering::SeqCst) != 0)
    }

    /// Polls those that were woken, once each; one that is woken meanwhile as well, if its turn has not been.
    pub(crate) fn run(&mut self) {
        for number in 0..self.woken.len() {
            let mut to_come = u64::MAX;
            while let Some(word) = self.woken.get(number) {
                let woken = word.load(Ordering::SeqCst) & to_come;
                if woken == 0 {
                    break;
                }
                let first = woken.trailing_zeros();
                word.fetch_and(!(1 << first), Ordering::SeqCst);
                to_come = (u64::MAX << first) << 1;
                self.poll(number * 64 + first as usize);
            }
        }
    }

    /// Polls all.
    pub(crate) fn run_all(&mut self) {
        (0..self.places.len()).for_each(|place| self.poll(place));
    }

    /// A task that panics is gone, and so is its connection; whoever runs it does not mind.
    fn poll(&mut self, place: usize) {
        let Some(slot) = self.places.get_mut(place) else { return };
        let Some(task) = slot else { return };
        let mut cx = Context::from_waker(&task.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| task.work.as_mut().poll(&mut cx)));
        if !matches!(polled, Ok(Poll::Pending)) {
            let over = slot.take();
            self.vacant.push(place);
            // what it panics with is nobody's either
            let _ = catch_unwind(AssertUnwindSafe(|| drop(over)));
        }
    }
}

#[cfg(test)]
#[path = "../tests/unit/tasks.rs"]
mod tests;
