//! Letting a thread sleep until it is woken. [`Waiter`] is the waker of a thread, which may be asleep here, or in the
//! operating system for everybody's sake.

use crate::reactor::{Reactor, lock};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::Wake;
use std::time::Instant;

thread_local! {
    /// The same waiter for all waits of a thread, so that what a wait has left behind is found by the next.
    static WAITER: Cell<Option<Arc<Waiter>>> = const { Cell::new(None) };
}

/// A thread that waits.
#[derive(Default)]
pub(crate) struct Waiter {
    /// Set before the state is looked at by whoever wakes, and looked at under its lock before the thread sleeps.
    woken: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The thread sleeps here. Telling one that does not costs a system call.
    parked: bool,
    /// Where the thread may be waiting.
    reactor: Option<Arc<Reactor>>,
}

impl Waiter {
    /// Begins a wait of this thread.
    pub(crate) fn begin(reactor: &Arc<Reactor>) -> Arc<Self> {
        let waiter = WAITER.try_with(Cell::take).ok().flatten().unwrap_or_default();
        lock(&waiter.state).reactor = Some(Arc::clone(reactor));
        waiter
    }

    /// The wait is over.
    pub(crate) fn end(self: &Arc<Self>) {
        let reactor = lock(&self.state).reactor.take();
        drop(reactor);
        // a thread that ends needs no waiter any more
        let _ = WAITER.try_with(|waiter| waiter.set(Some(Arc::clone(self))));
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    /// Forgets that it was woken, before looking again at what it waits for.
    pub(crate) fn reset(&self) {
        self.woken.store(false, Ordering::SeqCst);
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
        if self.woken.swap(true, Ordering::SeqCst) {
            // whoever was first does the rest
            return;
        }
        let (parked, reactor) = {
            let state = lock(&self.state);
            (state.parked, state.reactor.clone())
        };
        if parked {
            self.changed.notify_one();
        }
        if let Some(reactor) = reactor {
            reactor.interrupt();
        }
    }
}
