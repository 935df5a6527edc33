//! One thing that many want and one of them makes.

use crate::sync::{Mutex, MutexGuard};
use crate::wait::Wakers;
use std::future::{Future, poll_fn};
use std::sync::PoisonError;
use std::task::{Poll, Waker};

/// A value that is made when it is asked for, by one at a time, and kept as long as it is good.
pub(super) struct Single<T>(Mutex<State<T>>);

struct State<T> {
    value: Option<T>,
    making: bool,
    waiting: Wakers,
}

impl<T> Default for Single<T> {
    fn default() -> Self {
        Self(Mutex::new(State { value: None, making: false, waiting: Wakers::default() }))
    }
}

impl<T: Clone> Single<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, if it is `good`, or else what `make` makes. If another makes one already, that one is waited for; if
    /// making is given up or fails, the next one tries.
    pub(super) async fn get<E, F: Future<Output = Result<T, E>>>(
        &self,
        good: impl Fn(&T) -> bool,
        make: impl FnOnce() -> F,
    ) -> Result<T, E> {
        let found = poll_fn(|cx| {
            let mut state = self.lock();
            if let Some(value) = state.value.as_ref().filter(|value| good(value)) {
                return Poll::Ready(Some(value.clone()));
            }
            if state.making {
                state.waiting.register(cx.waker());
                return Poll::Pending;
            }
            state.making = true;
            Poll::Ready(None)
        })
        .await;
        match found {
            Some(value) => Ok(value),
            None => {
                let turn = Turn(self);
                let made = make().await;
                if let Ok(value) = &made {
                    turn.0.lock().value = Some(value.clone());
                }
                made
            }
        }
    }

    /// Drops the value if it is `bad`.
    pub(super) fn drop_if(&self, bad: impl FnOnce(&T) -> bool) {
        let mut state = self.lock();
        let gone = if state.value.as_ref().is_some_and(bad) { state.value.take() } else { None };
        drop(state);
        drop(gone);
    }
}

/// The right to make it; the next one's when dropped.
struct Turn<'a, T: Clone>(&'a Single<T>);

impl<T: Clone> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        let mut wake = Vec::new();
        let mut state = self.0.lock();
        state.making = false;
        state.waiting.call_all(&mut wake);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }
}
