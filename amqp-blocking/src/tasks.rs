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
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::future::poll_fn;
    use std::sync::Mutex;

    type Told = Arc<Mutex<Vec<usize>>>;
    type Known = Arc<Mutex<BTreeMap<usize, Waker>>>;

    fn reactor() -> Arc<Reactor> {
        Reactor::new(&mio::Poll::new().unwrap()).unwrap()
    }

    /// Tells that it was polled and leaves its waker; ends the second time, if its number is odd.
    fn work(number: usize, told: &Told, known: &Known) -> Work {
        let (told, known) = (Arc::clone(told), Arc::clone(known));
        let mut polled = 0;
        Box::pin(poll_fn(move |cx| {
            told.lock().unwrap().push(number);
            known.lock().unwrap().insert(number, cx.waker().clone());
            polled += 1;
            if polled == 2 && number % 2 == 1 { Poll::Ready(()) } else { Poll::Pending }
        }))
    }

    fn taken(told: &Told) -> Vec<usize> {
        std::mem::take(&mut told.lock().unwrap())
    }

    #[test]
    fn those_that_were_woken_are_polled_once_each_and_places_are_used_again() {
        let (reactor, told, known) = (reactor(), Told::default(), Known::default());
        let mut tasks = Tasks::default();
        (0..200).for_each(|number| tasks.add(work(number, &told, &known), &reactor));
        assert!(tasks.are_woken());
        tasks.run();
        assert_eq!(taken(&told), (0..200).collect::<Vec<_>>());
        tasks.run();
        assert!(!tasks.are_woken() && taken(&told).is_empty(), "nobody was woken");

        let wake = |number: usize| known.lock().unwrap()[&number].wake_by_ref();
        [199, 63, 0, 64, 63].into_iter().for_each(wake);
        tasks.run();
        assert_eq!(taken(&told), [0, 63, 64, 199]);
        wake(63);
        tasks.run();
        assert!(taken(&told).is_empty(), "it is over, and its waker is good for nothing");

        tasks.add(work(300, &told, &known), &reactor);
        tasks.add(work(301, &told, &known), &reactor);
        assert_eq!(tasks.places.len(), 200);
        tasks.run();
        let mut both = taken(&told);
        both.sort_unstable();
        assert_eq!(both, [300, 301]);
        (0..3).for_each(|_| tasks.run_all());
        assert!(!tasks.is_empty(), "those of even numbers go on");
    }

    #[test]
    fn one_that_is_woken_by_another_has_its_turn_unless_that_was_before() {
        let (reactor, told, known) = (reactor(), Told::default(), Known::default());
        let mut tasks = Tasks::default();
        let its_own = Arc::new(Mutex::new(None));
        let waking = |to: usize| -> Work {
            let (known, its_own) = (Arc::clone(&known), Arc::clone(&its_own));
            Box::pin(poll_fn(move |cx| {
                *its_own.lock().unwrap() = Some(cx.waker().clone());
                known.lock().unwrap().get(&to).into_iter().for_each(Waker::wake_by_ref);
                Poll::Pending
            }))
        };
        tasks.add(work(0, &told, &known), &reactor);
        tasks.add(waking(0), &reactor);
        tasks.add(waking(2), &reactor);
        tasks.add(work(2, &told, &known), &reactor);
        tasks.run();
        assert_eq!(taken(&told), [0, 2]);
        assert!(tasks.are_woken());
        tasks.run();
        assert_eq!(taken(&told), [0]);
        assert!(!tasks.are_woken());
        its_own.lock().unwrap().take().unwrap().wake();
        tasks.run();
        assert_eq!(taken(&told), [2], "in the same turn");
        assert!(!tasks.are_woken());
    }

    #[test]
    fn one_that_panics_is_gone() {
        struct Bad;
        impl Drop for Bad {
            fn drop(&mut self) {
                panic!("a destructor's fault");
            }
        }
        let reactor = reactor();
        let mut tasks = Tasks::default();
        tasks.add(Box::pin(async { panic!("a task's fault") }), &reactor);
        let (bad, ready) = (Bad, |_: &Bad| Poll::Ready(()));
        let ends = move |_: &mut Context<'_>| ready(&bad);
        tasks.add(Box::pin(poll_fn(ends)), &reactor);
        tasks.run();
        assert!(tasks.is_empty() && !tasks.are_woken());
    }
}
