//! A world of its own for each test: pipes in memory, a clock that moves when told to, and an executor
//! that polls whatever was woken, in order, until everything is at rest.
//!
//! Who drives the connections is said by the binary that includes this, as `crate::host::Host`: in `amqp-async` the world
//! itself, so that nothing there is random, sleeps or touches the system; in a binding its executor, with its streams.
#![allow(dead_code, reason = "each test file uses its part of it")]

mod drive;
mod pair;
mod pipe;

pub(crate) use self::drive::*;
pub(crate) use self::pair::*;
pub(crate) use self::pipe::*;

use crate::host::Host;
use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// More rounds than this without rest mean that something spins; in release builds 1 GiB goes through.
const SPIN: usize = if cfg!(debug_assertions) { 100_000 } else { 100_000_000 };

/// How many wakes there were, of all tests.
static WAKES: AtomicUsize = AtomicUsize::new(1);

/// The tasks and the clock of one test.
#[derive(Clone, Default)]
pub(crate) struct World {
    tasks: Rc<RefCell<Vec<Rc<Task>>>>,
    clock: Arc<Mutex<Clock>>,
    host: Rc<Host>,
    busy: Arc<Busy>,
}

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

struct Task {
    name: &'static str,
    future: RefCell<Option<Boxed>>,
    signal: Arc<Signal>,
}

/// A waker that remembers, and counts.
pub(crate) struct Signal {
    woken: AtomicBool,
    /// Its place in the order of waking.
    place: AtomicUsize,
    pub(crate) count: AtomicUsize,
}

impl Signal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { woken: AtomicBool::new(true), place: AtomicUsize::new(0), count: AtomicUsize::new(0) })
    }

    pub(crate) fn take(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.count.fetch_add(1, Ordering::SeqCst);
        if !self.woken.swap(true, Ordering::SeqCst) {
            self.place.store(WAKES.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
        }
    }
}

/// What has become of a spawned task.
pub(crate) struct Handle<T> {
    result: Rc<RefCell<Option<T>>>,
    task: Rc<Task>,
}

impl<T> Handle<T> {
    /// Its result, once it has ended.
    pub(crate) fn take(&self) -> Option<T> {
        self.result.borrow_mut().take()
    }

    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.task.signal.count.load(Ordering::SeqCst)
    }

    /// Drops the task's future where it stands.
    pub(crate) fn cancel(&self) {
        self.task.future.borrow_mut().take();
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn spawn<T: 'static>(&self, name: &'static str, future: impl Future<Output = T> + 'static) -> Handle<T> {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        let future = async move { *slot.borrow_mut() = Some(future.await) };
        let future: Boxed = Box::pin(future);
        let task = Rc::new(Task { name, future: RefCell::new(Some(future)), signal: Signal::new() });
        self.tasks.borrow_mut().push(Rc::clone(&task));
        Handle { result, task }
    }

    /// Has the host run the driver of a connection.
    pub(crate) fn drive<T: Send + 'static>(&self, driver: impl Future<Output = T> + Send + 'static) -> Driven<T> {
        let (driven, future) = watch(&self.busy, driver);
        self.host.spawn(self, future);
        driven
    }

    /// Polls what was woken until nothing is.
    pub(crate) fn settle(&self) {
        for _ in 0..SPIN {
            if !self.step() && !self.is_woken() {
                return;
            }
        }
        let names: Vec<_> = self.tasks.borrow().iter().map(|task| task.name).collect();
        panic!("no rest after {SPIN} rounds; tasks: {names:?}");
    }

    fn is_woken(&self) -> bool {
        self.tasks.borrow().iter().any(|task| task.signal.woken.load(Ordering::SeqCst))
    }

    /// One round over all tasks, and then the host's; false if nothing was woken before.
    fn step(&self) -> bool {
        let mut tasks: Vec<Rc<Task>> = self.tasks.borrow().clone();
        tasks.sort_by_key(|task| task.signal.place.load(Ordering::SeqCst));
        let mut any = false;
        for task in tasks.iter().filter(|task| task.signal.take()) {
            let waker = Waker::from(Arc::clone(&task.signal));
            let Some(mut future) = task.future.borrow_mut().take() else { continue };
            any = true;
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                *task.future.borrow_mut() = Some(future);
            }
        }
        self.tasks.borrow_mut().retain(|task| task.future.borrow().is_some());
        self.host.turn(&self.busy);
        any
    }

    /// Runs until `future` is ready; a test that comes to rest before has failed.
    #[track_caller]
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.run_within(Duration::ZERO, future).expect("everything is at rest, and the future is not ready")
    }

    /// As [`run`](Self::run), letting up to `patience` pass when everything is at rest.
    pub(crate) fn run_within<T>(&self, patience: Duration, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let signal = Signal::new();
        let waker = Waker::from(Arc::clone(&signal));
        let end = self.now() + patience;
        loop {
            self.settle();
            if signal.take() {
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(value);
                }
            } else if !self.next_alarm(end) {
                return None;
            }
        }
    }

    /// Moves the clock to the next alarm, if that is not after `end`.
    fn next_alarm(&self, end: Duration) -> bool {
        let next = self.clock.lock().unwrap().alarms.iter().map(|(at, ..)| *at).min();
        match next {
            Some(at) if at <= end => {
                self.move_to(at);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.lock().unwrap().now
    }

    /// Lets time pass, alarm by alarm.
    pub(crate) fn advance(&self, duration: Duration) {
        let end = self.now() + duration;
        self.settle();
        while self.next_alarm(end) {
            self.settle();
        }
        self.move_to(end);
        self.settle();
    }

    fn move_to(&self, to: Duration) {
        let mut clock = self.clock.lock().unwrap();
        let passed = to.saturating_sub(clock.now);
        clock.now += passed;
        let rung = clock.take_rung();
        drop(clock);
        rung.into_iter().for_each(Waker::wake);
        self.host.pass(passed);
    }

    pub(crate) fn timer(&self) -> TestTimer {
        TestTimer::new(&self.clock, self.host.timer())
    }

    /// For a driver that the host does not run.
    pub(crate) fn own_timer(&self) -> TestTimer {
        TestTimer::new(&self.clock, None)
    }
}

/// Polls `future` at most `times` times and drops it then; its output if it was ready before.
pub(crate) fn poll_at_most<T>(world: &World, times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(value);
        }
        world.step();
    }
    None
}
