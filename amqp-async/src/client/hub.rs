//! What the handles of a supervised connection and its supervisor share.
//!
//! As with a single connection: a handle locks, says what it wants, and wakes the supervisor if it is parked. Handles read
//! no clock; the supervisor counts their deadlines from its next pass.

use super::feed::Feed;
use super::{Random, ReconnectEvent};
use crate::connection::Connection;
use crate::deadline::Deadlines;
use crate::error::{Error, Step};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use crate::wait::Wakers;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Which connection in the row of those that were made, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub(super) u64);

pub(super) struct Hub {
    /// The generation that is up; 0 if none is.
    up: AtomicU64,
    state: Mutex<HubState>,
}

pub(super) struct HubState {
    pub(super) phase: HubPhase,
    /// How many there have been.
    made: u64,
    pub(super) orders: Orders,
    pub(super) changed: Wakers,
    pub(super) deadlines: Deadlines,
    pub(super) feed: Feed<ReconnectEvent>,
    pub(super) random: Random,
    pub(super) parked: Option<Waker>,
}

/// How far the connection is.
#[derive(Clone, Debug)]
pub(super) enum HubPhase {
    Down,
    Up(Generation, Connection),
    Over(Error),
}

/// What the handles want of the supervisor.
#[derive(Default)]
pub(super) struct Orders {
    pub(super) close: bool,
    pub(super) hurry: bool,
    /// Somebody has subscribed to events.
    pub(super) look: bool,
    /// The present connection is of no use, for this reason.
    pub(super) lost: Option<Error>,
}

impl Orders {
    fn any(&self) -> bool {
        self.close || self.hurry || self.look || self.lost.is_some()
    }
}

impl Hub {
    pub(super) fn new(random: Random) -> Self {
        Self {
            up: AtomicU64::new(0),
            state: Mutex::new(HubState {
                phase: HubPhase::Down,
                made: 0,
                orders: Orders::default(),
                changed: Wakers::default(),
                deadlines: Deadlines::default(),
                feed: Feed::default(),
                random,
                parked: None,
            }),
        }
    }

    /// The lock itself. Nothing of the application runs under it, so poison means nothing here.
    pub(super) fn lock(&self) -> MutexGuard<'_, HubState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle's turn.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut HubState) -> R) -> R {
        let mut state = self.lock();
        let result = act(&mut state);
        let wanted = state.orders.any() || state.deadlines.wants_driver();
        let supervisor = if wanted { state.parked.take() } else { None };
        drop(state);
        if let Some(waker) = supervisor {
            waker.wake();
        }
        result
    }

    /// The generation that is up, at the cost of one atomic load.
    pub(super) fn generation(&self) -> Option<Generation> {
        match self.up.load(Ordering::Acquire) {
            0 => None,
            number => Some(Generation(number)),
        }
    }

    #[cfg(test)]
    pub(super) fn pretend_up(&self) {
        self.up.store(1, Ordering::Release);
    }

    /// A connection is there. Collects who waited for it.
    pub(super) fn set_up(&self, connection: Connection, wake: &mut Vec<Waker>) {
        let mut state = self.lock();
        state.made += 1;
        let generation = Generation(state.made);
        state.phase = HubPhase::Up(generation, connection);
        self.up.store(generation.0, Ordering::Release);
        state.changed.call_all(wake);
    }

    /// Passes an event on.
    pub(super) fn tell(&self, event: &ReconnectEvent) {
        let mut wake = Vec::new();
        self.lock().feed.put(event, &mut wake);
        wake.into_iter().for_each(Waker::wake);
    }

    /// It is lost, and will be made again.
    pub(super) fn set_down(&self) {
        let mut state = self.lock();
        state.phase = HubPhase::Down;
        self.up.store(0, Ordering::Release);
    }

    /// There will be no more.
    pub(super) fn set_over(&self, reason: Error) {
        let mut wake = Vec::new();
        let mut state = self.lock();
        if !matches!(state.phase, HubPhase::Over(_)) {
            state.phase = HubPhase::Over(reason);
        }
        self.up.store(0, Ordering::Release);
        state.changed.call_all(&mut wake);
        state.feed.end(&mut wake);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }

    /// A link found that this generation is of no use.
    pub(super) fn lose(&self, generation: Generation, cause: Error) {
        let useless = self.with(|state| {
            if self.generation() != Some(generation) {
                return None;
            }
            self.up.store(0, Ordering::Release);
            state.orders.lost = Some(cause);
            match mem::replace(&mut state.phase, HubPhase::Down) {
                HubPhase::Up(_, connection) => Some(connection),
                HubPhase::Down | HubPhase::Over(_) => None,
            }
        });
        if let Some(connection) = useless {
            // once polled it takes its course; nobody waits for its end
            let _ = pin!(connection.close()).poll(&mut Context::from_waker(Waker::noop()));
        }
    }

    /// Waits for a connection, at most `within`.
    pub(super) async fn connection(&self, within: Option<Duration>) -> Result<(Generation, Connection), Error> {
        let check = |state: &mut HubState, waker: &Waker| match &state.phase {
            HubPhase::Up(generation, connection) => Poll::Ready(Ok((*generation, connection.clone()))),
            HubPhase::Over(error) => Poll::Ready(Err(error.clone())),
            HubPhase::Down => {
                state.changed.register(waker);
                Poll::Pending
            }
        };
        self.within(within, check).await.unwrap_or(Err(Error::Timeout(Step::Connect)))
    }

    /// Lets time pass; less if there will be no more connections.
    pub(super) async fn sleep(&self, time: Duration) {
        if time > Duration::ZERO {
            let forever = |state: &mut HubState, waker: &Waker| match state.phase {
                HubPhase::Over(_) => Poll::Ready(()),
                HubPhase::Up(..) | HubPhase::Down => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            };
            self.within(Some(time), forever).await;
        }
    }

    /// Waits until `check` answers, at most `time`; `None` if that was over before. `check` runs under the lock.
    async fn within<T>(
        &self,
        time: Option<Duration>,
        mut check: impl FnMut(&mut HubState, &Waker) -> Poll<T>,
    ) -> Option<T> {
        let mut alarm = Alarm { hub: self, key: None };
        poll_fn(|cx| {
            self.with(|state| match check(state, cx.waker()) {
                Poll::Ready(value) => Poll::Ready(Some(value)),
                Poll::Pending => time.map_or(Poll::Pending, |time| alarm.poll(state, time, cx.waker()).map(|()| None)),
            })
        })
        .await
    }

    /// Waits until `check` answers. It runs under the lock, and registers the waker where the change will be announced.
    pub(super) async fn until<T>(&self, mut check: impl FnMut(&mut HubState, &Waker) -> Poll<T>) -> T {
        poll_fn(|cx| self.with(|state| check(state, cx.waker()))).await
    }

    pub(super) fn random(&self) -> u64 {
        self.lock().random.next()
    }

    pub(super) fn take_orders(&self) -> Orders {
        mem::take(&mut self.lock().orders)
    }
}

/// A deadline that is taken back when the wait is over or given up.
struct Alarm<'a> {
    hub: &'a Hub,
    key: Option<usize>,
}

impl Alarm<'_> {
    fn poll(&mut self, state: &mut HubState, time: Duration, waker: &Waker) -> Poll<()> {
        match self.key {
            Some(key) => state.deadlines.poll(key, waker),
            None => {
                self.key = Some(state.deadlines.start(time, waker));
                Poll::Pending
            }
        }
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.hub.lock().deadlines.cancel(key);
        }
    }
}

/// What all handles share; its drop ends the supervision.
pub(super) struct Root {
    pub(super) hub: Arc<Hub>,
}

impl Drop for Root {
    fn drop(&mut self) {
        self.hub.with(|state| state.orders.close = true);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    /// Whoever is woken may ask at once how things are.
    struct Asks(Arc<Hub>, AtomicUsize);

    impl Wake for Asks {
        fn wake(self: Arc<Self>) {
            assert!(self.0.state.try_lock().is_ok(), "the lock is not held");
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn subscribers_are_woken_when_the_lock_is_released() {
        let hub = Arc::new(Hub::new(Random::new(0)));
        let events = hub.lock().feed.subscribe();
        let asks = Arc::new(Asks(Arc::clone(&hub), AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&asks));
        let next = || pin!(events.next()).poll(&mut Context::from_waker(&waker)).is_ready();
        assert!(!next());
        hub.tell(&ReconnectEvent::Heard);
        assert!(next() && !next());
        hub.set_over(Error::Undriven);
        assert!(next());
        assert_eq!(asks.1.load(Ordering::SeqCst), 2);
    }
}
