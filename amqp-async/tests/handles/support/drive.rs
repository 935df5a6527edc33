//! Who drives the connections, what a driver is about, and the time that it sees.

use super::{PipeEnd, World};
use amqp_async::proto::Instant;
use amqp_async::{Timer, Transport};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// What drives the connections of a world.
pub(crate) trait Drives: Default {
    /// Its stream, over a pipe in memory.
    type Stream: Transport + Unpin + Send + 'static;
    /// Whether drivers run while the test's tasks do, on threads of their own.
    const AT_ONCE: bool;
    /// Its clock, if that can stand still.
    type Timer: Timer + Send + 'static;

    fn stream(end: PipeEnd) -> Self::Stream;

    /// Without one, drivers see the world's clock.
    fn timer(&self) -> Option<Self::Timer>;

    /// Lets so much pass on its clock.
    fn pass(&self, duration: Duration);

    /// Runs a driver from now on.
    fn spawn(&self, world: &World, driver: impl Future<Output = ()> + Send + 'static);

    /// Lets drivers run until none of them has anything to do.
    fn turn(&self, busy: &Busy);
}

pub(crate) type Stream = <crate::host::Host as Drives>::Stream;

/// Where there is no other timer than the world's.
pub(crate) enum Never {}

impl Timer for Never {
    fn now(&self) -> Instant {
        match *self {}
    }

    fn poll_until(&mut self, _: &mut Context<'_>, _: Instant) -> Poll<()> {
        match *self {}
    }
}

/// How many drivers have been woken, or are at work.
#[derive(Default)]
pub(crate) struct Busy {
    count: Mutex<usize>,
    none: Condvar,
}

impl Busy {
    /// More time than this without rest means that something spins.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn more(&self) {
        *self.count.lock().unwrap() += 1;
    }

    fn less(&self) {
        let mut count = self.count.lock().unwrap();
        *count -= 1;
        if *count == 0 {
            self.none.notify_all();
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self.count.lock().unwrap() == 0
    }

    /// Waits until none is, while other threads drive.
    pub(crate) fn wait(&self) {
        let count = self.count.lock().unwrap();
        let (count, late) = self.none.wait_timeout_while(count, Self::PATIENCE, |count| *count > 0).unwrap();
        drop(count);
        assert!(!late.timed_out(), "no rest after {:?}", Self::PATIENCE);
    }
}

/// A driver, seen from the test.
pub(crate) struct Driven<T>(Arc<Watched<T>>);

/// The same driver, as its executor has it.
struct Watching<T>(Arc<Watched<T>>);

struct Watched<T> {
    state: Mutex<State>,
    /// Locked while it is polled.
    driver: Mutex<Option<Boxed<T>>>,
    result: Mutex<Option<T>>,
    frozen: AtomicBool,
    wakes: AtomicUsize,
    busy: Arc<Busy>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

struct State {
    /// It is to be polled, and counted as busy for that.
    woken: bool,
    /// The executor has done with it.
    over: bool,
    executor: Option<Waker>,
}

/// Splits a driver into what a test sees of it, and what an executor is given.
pub(crate) fn watch<T: Send + 'static>(
    busy: &Arc<Busy>,
    driver: impl Future<Output = T> + Send + 'static,
) -> (Driven<T>, impl Future<Output = ()> + Send + 'static) {
    busy.more();
    let watched = Arc::new(Watched {
        state: Mutex::new(State { woken: true, over: false, executor: None }),
        driver: Mutex::new(Some(Box::pin(driver))),
        result: Mutex::new(None),
        frozen: AtomicBool::new(false),
        wakes: AtomicUsize::new(0),
        busy: Arc::clone(busy),
    });
    (Driven(Arc::clone(&watched)), Watching(watched))
}

impl<T> Driven<T> {
    /// Its result, once it has ended.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.result.lock().unwrap().take()
    }

    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.0.wakes.load(Ordering::SeqCst)
    }

    /// Polls it no more, and drops nothing of it: it has gone silent.
    pub(crate) fn freeze(&self) {
        self.0.frozen.store(true, Ordering::SeqCst);
    }

    /// Drops it where it stands.
    pub(crate) fn cancel(&self) {
        drop(self.0.place().take());
    }
}

impl<T> Watched<T> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Where the driver is; also after one that panicked.
    fn place(&self) -> MutexGuard<'_, Option<Boxed<T>>> {
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is nothing left to poll.
    fn advance(self: &Arc<Self>) -> bool
    where
        T: Send + 'static,
    {
        if self.frozen.load(Ordering::SeqCst) {
            return false;
        }
        let waker = Waker::from(Arc::clone(self));
        // taken out, so that one that panics is dropped, as any executor does
        let mut place = self.place();
        let Some(mut driver) = place.take() else { return true };
        match driver.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => {
                *place = Some(driver);
                false
            }
            Poll::Ready(result) => {
                *self.result.lock().unwrap() = Some(result);
                true
            }
        }
    }
}

impl<T: Send + 'static> Wake for Watched<T> {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        let mut state = self.state();
        if state.over || std::mem::replace(&mut state.woken, true) {
            return;
        }
        self.busy.more();
        let executor = state.executor.clone();
        drop(state);
        if let Some(executor) = executor {
            executor.wake();
        }
    }
}

impl<T: Send + 'static> Future for Watching<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let watched = &self.0;
        let counted = {
            let mut state = watched.state();
            state.executor = Some(cx.waker().clone());
            std::mem::take(&mut state.woken)
        };
        let _counted = counted.then(|| Counted(&watched.busy));
        if watched.advance() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// One that is at work, until it has been polled, or has panicked.
struct Counted<'a>(&'a Busy);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.less();
    }
}

impl<T> Drop for Watching<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.over = true;
        state.executor = None;
        if std::mem::take(&mut state.woken) {
            self.0.busy.less();
        }
        drop(state);
        // it keeps its own waker, and so itself
        drop(self.0.place().take());
    }
}

/// A world's time.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) now: Duration,
    /// Each with the timer that it is of.
    pub(super) alarms: Vec<(Duration, Waker, usize)>,
    timers: usize,
}

impl Clock {
    /// Takes out the alarms whose time has come.
    pub(super) fn take_rung(&mut self) -> Vec<Waker> {
        let now = self.now;
        let (rung, rest): (Vec<_>, Vec<_>) = self.alarms.drain(..).partition(|(at, ..)| *at <= now);
        self.alarms = rest;
        rung.into_iter().map(|(_, waker, _)| waker).collect()
    }
}

/// The world's clock, as a driver sees it; or the host's, which goes with it.
pub(crate) struct TestTimer {
    clock: Arc<Mutex<Clock>>,
    number: usize,
    /// The host's, and when it was made.
    hosts: Option<(<crate::host::Host as Drives>::Timer, Duration)>,
}

impl TestTimer {
    pub(super) fn new(clock: &Arc<Mutex<Clock>>, hosts: Option<<crate::host::Host as Drives>::Timer>) -> Self {
        let (number, now) = {
            let mut clock = clock.lock().unwrap();
            clock.timers += 1;
            (clock.timers, clock.now)
        };
        Self { clock: Arc::clone(clock), number, hosts: hosts.map(|timer| (timer, now)) }
    }
}

impl Timer for TestTimer {
    fn now(&self) -> Instant {
        match &self.hosts {
            Some((timer, _)) => timer.now(),
            None => Instant::from_duration(self.clock.lock().unwrap().now),
        }
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let mut clock = self.clock.lock().unwrap();
        let (waker, made) = match &self.hosts {
            // the host wakes; the world only has to know when
            Some((_, made)) => (Waker::noop().clone(), *made),
            None => (cx.waker().clone(), Duration::ZERO),
        };
        let ring = made.saturating_add(at.as_duration());
        clock.alarms.retain(|(_, _, number)| *number != self.number);
        if clock.now < ring {
            clock.alarms.push((ring, waker, self.number));
        }
        match &mut self.hosts {
            Some((timer, _)) => timer.poll_until(cx, at),
            None if clock.now >= ring => Poll::Ready(()),
            None => Poll::Pending,
        }
    }
}

impl Drop for TestTimer {
    fn drop(&mut self) {
        self.clock.lock().unwrap().alarms.retain(|(_, _, number)| *number != self.number);
    }
}
