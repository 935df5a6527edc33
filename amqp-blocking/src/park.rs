//! Letting a thread sleep until it is woken. [`Waiter`] is the waker of a thread, which may be asleep here, or in the
//! operating system for everybody's sake.

use crate::reactor::{Reactor, lock};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::task::{Wake, Waker};
use std::time::Instant;

thread_local! {
    /// The same for all waits of a thread, so that what a wait has left behind is found by the next.
    static SELF: Cell<Option<Myself>> = const { Cell::new(None) };
}

/// This thread's waiter, and the waker that it is.
pub(crate) struct Myself {
    waiter: Arc<Waiter>,
    waker: Waker,
    /// As the waiter knows it.
    reactor: Weak<Reactor>,
}

impl Myself {
    /// Takes it for a wait; a wait within a wait has another.
    pub(crate) fn take() -> Self {
        SELF.try_with(Cell::take).ok().flatten().unwrap_or_else(|| {
            let waiter = Arc::new(Waiter { thread: this_thread(), ..Waiter::default() });
            Self { waker: Waker::from(Arc::clone(&waiter)), waiter, reactor: Weak::new() }
        })
    }

    /// The wait is over.
    pub(crate) fn put_back(self) {
        // a thread that ends needs none any more
        let _ = SELF.try_with(|place| place.set(Some(self)));
    }

    /// From here on the thread may sleep, if need be in this reactor; it has to look whether it was woken before.
    pub(crate) fn begin(&mut self, reactor: &Arc<Reactor>) {
        // mostly it is the one of before
        if self.reactor.as_ptr() != Arc::as_ptr(reactor) {
            self.reactor = Arc::downgrade(reactor);
            lock(&self.waiter.state).reactor = Weak::clone(&self.reactor);
        }
    }

    pub(crate) fn waiter(&self) -> &Arc<Waiter> {
        &self.waiter
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

/// A thread that waits.
#[derive(Default)]
pub(crate) struct Waiter {
    /// Set before the state is looked at by whoever wakes, and looked at under its lock before the thread sleeps.
    woken: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    /// The thread itself, as [`this_thread`] has it.
    thread: usize,
}

/// Tells the threads that there are apart; none is 0, but one that ends may be.
pub(crate) fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.try_with(|here| std::ptr::from_ref(here).addr()).unwrap_or(0)
}

#[derive(Default)]
struct State {
    /// The thread sleeps here. Telling one that does not costs a system call.
    parked: bool,
    /// Where the thread may be waiting, or has waited last.
    reactor: Weak<Reactor>,
}

impl Waiter {
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    /// Forgets that it was woken, before looking again at what it waits for.
    pub(crate) fn reset(&self) {
        // whoever wakes after that look has learnt of the waker in it, so this comes before
        self.woken.store(false, Ordering::Relaxed);
    }

    /// Sleeps until it is woken or the time has come.
    pub(crate) fn park(&self, until: Option<Instant>) {
        let mut state = lock(&self.state);
        while !self.is_woken() {
            state.parked = true;
            state = match until {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.parked = false;
    }
}

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.thread != 0 && self.thread == this_thread() {
            // it is awake, and looks before it sleeps
            self.woken.store(true, Ordering::Relaxed);
            return;
        }
        if self.woken.swap(true, Ordering::SeqCst) {
            // whoever was first does the rest
            return;
        }
        let (parked, reactor) = {
            let state = lock(&self.state);
            (state.parked, state.reactor.upgrade())
        };
        if parked {
            self.changed.notify_one();
        }
        if let Some(reactor) = reactor {
            reactor.interrupt();
        }
    }
}
