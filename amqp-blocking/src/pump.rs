//! What does the work of connections: whoever waits pumps for everybody.
//!
//! Of all threads that wait for something on a pump one leads: it runs the drivers, waits in the operating system,
//! and wakes those whom that concerns. The others sleep. Who is done with leading wakes the next. A pump with a thread of
//! its own is the same, with one thread that leads for as long as there is a driver.

use crate::bell::Bell;
use crate::park::{Myself, Waiter, this_thread};
use crate::reactor::{Reactor, lock};
use crate::tasks::{Tasks, Work};
use mio::Events;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// How many events of the operating system are taken at once.
const EVENTS: usize = 64;

/// How often a pump that is dropped still runs its drivers, so that what they have to say leaves.
const LAST_TURNS: usize = 8;

/// Does the work of connections with no thread but the caller's. Cheap to clone; all clones are the same pump.
///
/// A pump runs while a thread waits for anything on it: in any verb of its connections that waits, in
/// [`work`](Self::work) or in [`sleep`](Self::sleep). Between those nothing moves, heartbeats included; so call one of
/// them at least as often as half of the peer's idle time-out asks for (§2.4.5). Any number of connections and
/// listeners may share a pump, and any number of threads may wait on it.
///
/// What was [submitted](crate::Sender::submit) or settled leaves when the pump runs next. When the last handle and the
/// last clone of the pump are dropped, what can be sent without waiting is sent, close included. A
/// [`Delivery`](crate::Delivery) is no such handle: it knows no pump, so keep another one until it is settled and has left.
///
/// ```no_run
/// use amqp_blocking::Pump;
/// use std::time::Duration;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pump = Pump::new()?;
/// let connection = pump.connect("amqp://localhost")?;
/// let receiver = connection.session()?.receiver("orders")?;
/// loop {
///     connection.work(Duration::from_millis(100))?;
///     while let Some(delivery) = receiver.try_recv()? {
///         println!("{:?}", delivery.message()?.body);
///         delivery.accept()?;
///     }
///     // the application's other work
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Pump {
    shared: Arc<Shared>,
}

/// A pump as it is known to what it drives: that keeps no pump alive.
#[derive(Clone)]
pub(crate) struct WeakPump {
    reactor: Arc<Reactor>,
    shared: Weak<Shared>,
}

struct Shared {
    reactor: Arc<Reactor>,
    servicing: Servicing,
    /// Held by the thread that leads.
    engine: Mutex<Engine>,
    /// Set while a thread of our own leads, which then nobody else does.
    served: AtomicBool,
    /// Tasks that the leader has not taken over yet, and whether there are any.
    spawned: Mutex<Vec<Work>>,
    any_spawned: AtomicBool,
    /// Threads that wait while another leads, first come first.
    followers: Mutex<Vec<Arc<Waiter>>>,
    /// The thread that runs tasks at this moment; 0 if none does.
    runner: AtomicUsize,
}

/// Who leads while there are connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Servicing {
    /// A thread of the pump's own.
    Thread,
    /// Whoever waits.
    Caller,
}

struct Engine {
    poll: mio::Poll,
    events: Events,
    bell: Bell,
    tasks: Tasks,
}

impl Pump {
    /// Makes a pump with nothing to do.
    ///
    /// # Errors
    /// What the system says, such as too many open files.
    pub fn new() -> io::Result<Self> {
        Self::serviced_by(Servicing::Caller)
    }

    /// Makes a pump that has a thread whenever it has a connection: one thread for all its connections, which go on
    /// whether anybody waits or not. Where the thread cannot be started, connections end with
    /// [`Error::Undriven`](crate::Error::Undriven).
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_thread() -> io::Result<Self> {
        Self::serviced_by(Servicing::Thread)
    }

    fn serviced_by(servicing: Servicing) -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let reactor = Reactor::new(&poll)?;
        let bell = reactor.bell();
        let engine = Engine { poll, events: Events::with_capacity(EVENTS), bell, tasks: Tasks::default() };
        Ok(Self {
            shared: Arc::new(Shared {
                reactor,
                servicing,
                engine: Mutex::new(engine),
                served: AtomicBool::new(false),
                spawned: Mutex::default(),
                any_spawned: AtomicBool::new(false),
                followers: Mutex::default(),
                runner: AtomicUsize::new(0),
            }),
        })
    }

    /// Does the work that there is, waiting for some for at most `timeout`. Says whether octets have moved on any
    /// connection; what that has brought is there for `try_recv` and its like.
    #[must_use = "work that found nothing to do says so"]
    pub fn work(&self, timeout: Duration) -> bool {
        self.work_until(timeout, std::future::pending::<()>()).is_ok()
    }

    /// The same; `Err` if no octets have moved, with what `end` had to say before they did.
    pub(crate) fn work_until<T>(&self, timeout: Duration, end: impl Future<Output = T>) -> Result<(), Option<T>> {
        let watch = self.reactor().watch();
        // what waits to leave goes first, and counts
        self.wait(Some(Instant::now()), std::future::pending::<()>());
        let mut end = pin!(end);
        let worked = poll_fn(|cx| match end.as_mut().poll(cx) {
            Poll::Ready(end) => Poll::Ready(Err(Some(end))),
            Poll::Pending => watch.poll_moved(cx).map(Ok),
        });
        self.wait(Instant::now().checked_add(timeout), worked).unwrap_or(Err(None))
    }

    /// Sleeps, and keeps all connections serviced meanwhile.
    pub fn sleep(&self, duration: Duration) {
        self.wait(Instant::now().checked_add(duration), std::future::pending::<()>());
    }

    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.shared.reactor
    }

    /// Waits for any future of `amqp-async`'s that has to do with this pump, and drives its connections meanwhile.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            // without a deadline the first wait is the last
            if let Some(output) = self.wait(None, future.as_mut()) {
                return output;
            }
        }
    }

    pub(crate) fn downgrade(&self) -> WeakPump {
        WeakPump { reactor: Arc::clone(self.reactor()), shared: Arc::downgrade(&self.shared) }
    }

    /// As [`block_on`](Self::block_on), for at most `limit`.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] then; the future is dropped, which is safe for any of `amqp-async`'s.
    pub fn within<F: Future>(&self, limit: Duration, future: F) -> io::Result<F::Output> {
        self.wait(Instant::now().checked_add(limit), future).ok_or_else(|| io::ErrorKind::TimedOut.into())
    }

    /// Runs `future` from now on, by the pump's thread, or else whenever somebody waits. One that panics is dropped.
    ///
    /// It must not block: a verb of this pump that has to wait panics in it, as what it waits for could never come. Where it
    /// holds the pump, or a handle of its connections, the pump stays as long as it does: let it end.
    pub fn spawn<T>(&self, future: impl Future<Output = T> + Send + 'static) {
        let work = Box::pin(async { drop(future.await) });
        let mut spawned = lock(&self.shared.spawned);
        if self.shared.servicing == Servicing::Thread && self.start_thread().is_err() {
            return;
        }
        spawned.push(work);
        self.shared.any_spawned.store(true, Ordering::SeqCst);
        drop(spawned);
        self.reactor().interrupt();
    }

    /// Starts the thread that leads, unless there is one.
    fn start_thread(&self) -> io::Result<()> {
        if self.shared.served.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let pump = self.clone();
        // a task that panics is gone, and the engine does not mind
        let serve = move || while catch_unwind(AssertUnwindSafe(|| pump.shared.serve())).is_err() {};
        let started = thread::Builder::new().name("amqp10".to_owned()).spawn(serve);
        started.map(drop).inspect_err(|_| self.shared.served.store(false, Ordering::SeqCst))
    }

    /// Whoever never has to wait lets no heartbeat wait either.
    pub(crate) fn keep_time(&self) {
        if self.reactor().is_due() {
            self.shared.keep_time();
        }
    }

    /// Waits for `future` until `deadline`, pumping if nobody else does; `None` if it took longer.
    pub(crate) fn wait<F: Future>(&self, deadline: Option<Instant>, future: F) -> Option<F::Output> {
        let mut myself = Myself::take();
        let output = self.wait_as(&mut myself, deadline, pin!(future));
        myself.put_back();
        output
    }

    fn wait_as<F: Future>(
        &self,
        myself: &mut Myself,
        deadline: Option<Instant>,
        mut future: Pin<&mut F>,
    ) -> Option<F::Output> {
        myself.waiter().reset();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(myself.waker())) {
            self.keep_time();
            return Some(output);
        }
        let runner = self.shared.runner.load(Ordering::Relaxed);
        let runs = runner != 0 && runner == this_thread();
        assert!(!runs, "a future that a pump runs would wait for the pump: await what amqp-async has instead");
        Place::new(&self.shared, myself).wait(deadline, future)
    }
}

impl WeakPump {
    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.reactor
    }

    /// As [`Pump::spawn`], unless the pump is gone.
    pub(crate) fn spawn<T>(&self, future: impl Future<Output = T> + Send + 'static) {
        if let Some(shared) = self.shared.upgrade() {
            Pump { shared }.spawn(future);
        }
    }
}

/// What `future` has to say already.
pub(crate) fn glance<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl Shared {
    /// The engine, if nobody leads.
    fn engine(&self) -> Option<MutexGuard<'_, Engine>> {
        match self.engine.try_lock() {
            _ if self.served.load(Ordering::SeqCst) => None,
            Ok(engine) => Some(engine),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Leads as long as there are tasks.
    fn serve(&self) {
        // it waits for nothing but tasks
        let waiter = Waiter::default();
        while self.serve_once(&waiter) {}
        self.pass_on();
    }

    /// Says whether there is more to do.
    fn serve_once(&self, waiter: &Waiter) -> bool {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.run(self);
        let more = {
            // none is spawned meanwhile
            let spawned = lock(&self.spawned);
            let more = !engine.tasks.is_empty() || !spawned.is_empty();
            self.served.store(more, Ordering::SeqCst);
            more
        };
        if more {
            engine.wait(self, None, waiter);
        }
        more
    }

    /// Rings who is due, and runs them.
    #[cold]
    fn keep_time(&self) {
        if let Some(mut engine) = self.engine() {
            if self.reactor.ring() {
                engine.run(self);
            }
            drop(engine);
            self.pass_on();
        }
    }

    /// Whoever has held the engine wakes the next who may want it; unless somebody leads again, who will do it then.
    fn pass_on(&self) {
        let followers = lock(&self.followers);
        if let Some(next) = followers.first().filter(|_| self.engine().is_some()).cloned() {
            drop(followers);
            next.wake();
        }
    }
}

impl Engine {
    /// Runs the tasks that were woken, then waits for more unless there is some.
    fn turn(&mut self, shared: &Shared, until: Option<Instant>, waiter: &Waiter) {
        self.run(shared);
        if !waiter.is_woken() {
            self.wait(shared, until, waiter);
        }
    }

    /// Waits for an event, unless there is something to run.
    fn wait(&mut self, shared: &Shared, until: Option<Instant>, waiter: &Waiter) {
        let Self { poll, events, bell, tasks } = self;
        let is_busy = || waiter.is_woken() || tasks.are_woken() || shared.any_spawned.load(Ordering::SeqCst);
        if shared.reactor.wait(poll, events, bell, until, is_busy).is_err() {
            // the system no longer tells of any event: nothing can be driven any more, which the handles then say
            *tasks = Tasks::default();
        }
    }

    fn run(&mut self, shared: &Shared) {
        if shared.any_spawned.load(Ordering::SeqCst) {
            let mut spawned = lock(&shared.spawned);
            shared.any_spawned.store(false, Ordering::SeqCst);
            spawned.drain(..).for_each(|work| self.tasks.add(work, &shared.reactor));
        }
        shared.runner.store(this_thread(), Ordering::Relaxed);
        self.tasks.run();
        shared.runner.store(0, Ordering::Relaxed);
        shared.reactor.tell_moved();
    }
}

/// A thread's place among those who wait; when it is given up, leading is passed on.
struct Place<'a> {
    shared: &'a Shared,
    myself: &'a Myself,
    /// It is among the followers.
    follows: bool,
}

impl<'a> Place<'a> {
    fn new(shared: &'a Shared, myself: &'a mut Myself) -> Self {
        myself.begin(&shared.reactor);
        Self { shared, myself, follows: false }
    }

    /// Waits for what has just been polled.
    fn wait<F: Future>(mut self, deadline: Option<Instant>, mut future: Pin<&mut F>) -> Option<F::Output> {
        let mut cx = Context::from_waker(self.myself.waker());
        loop {
            self.lead_or_follow(deadline);
            // while it is polled it does not sleep here: if it waits in there, it may be called there
            self.leave();
            let last = deadline.is_some_and(|deadline| deadline <= Instant::now());
            self.myself.waiter().reset();
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Some(output);
            }
            if last {
                return None;
            }
        }
    }

    /// Gives up its place among the followers, if it has one.
    fn leave(&mut self) {
        if mem::take(&mut self.follows) {
            let waiter = self.myself.waiter();
            lock(&self.shared.followers).retain(|other| !Arc::ptr_eq(other, waiter));
        }
    }

    /// Leads until woken, or sleeps until woken if another leads.
    fn lead_or_follow(&mut self, deadline: Option<Instant>) {
        let waiter = self.myself.waiter();
        let mut engine = self.shared.engine();
        if engine.is_none() && !self.follows {
            // from here on whoever leads wakes us when it is done
            lock(&self.shared.followers).push(Arc::clone(waiter));
            self.follows = true;
            engine = self.shared.engine();
        }
        let Some(mut engine) = engine else { return waiter.park(deadline) };
        loop {
            engine.turn(self.shared, deadline, waiter);
            if waiter.is_woken() || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                // what the last events have brought is for now
                engine.run(self.shared);
                return;
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
        self.shared.pass_on();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let reactor = &self.reactor;
        let engine = self.engine.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Engine { poll, events, bell, tasks } = engine;
        lock(&self.spawned).drain(..).for_each(|work| tasks.add(work, reactor));
        for _ in 0..LAST_TURNS {
            tasks.run_all();
            if tasks.is_empty() || reactor.wait(poll, events, bell, None, || true).is_err() {
                return;
            }
        }
    }
}

impl fmt::Debug for Pump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pump")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_async::Timer;
    use amqp_async::proto::Instant;
    use std::sync::mpsc;

    #[test]
    fn a_task_that_would_wait_for_its_own_pump_panics_and_harms_nobody() {
        for pump in [Pump::new().unwrap(), Pump::with_thread().unwrap()] {
            let (inside, (tell, told)) = (pump.clone(), mpsc::channel());
            pump.spawn(async move {
                inside.block_on(async {});
                tell.send("what is there can be had").unwrap();
                inside.sleep(Duration::from_millis(1));
                tell.send("it has waited").unwrap();
            });
            pump.sleep(Duration::from_millis(50));
            assert_eq!(told.iter().collect::<Vec<_>>(), ["what is there can be had"]);
        }
    }

    #[test]
    fn one_that_waits_within_a_wait_is_found_when_it_is_to_lead() {
        let pump = Pump::new().unwrap();
        let mut clock = crate::clock::Clock::new(pump.reactor());
        // nothing moves then unless somebody leads, and who leads first is gone
        let mut alarm = poll_fn(move |cx| clock.poll_until(cx, Instant::from_millis(300)));
        let (lead, (tell, told), (lend, lent)) = (pump.clone(), mpsc::channel(), mpsc::channel());
        let first = thread::spawn(move || lead.sleep(Duration::from_millis(150)));
        thread::sleep(Duration::from_millis(50));
        thread::spawn(move || {
            let mut is_first = true;
            pump.block_on(poll_fn(|cx| {
                if mem::take(&mut is_first) {
                    lend.send(cx.waker().clone()).unwrap();
                    return Poll::Pending;
                }
                pump.block_on(&mut alarm);
                Poll::Ready(())
            }));
            tell.send(()).unwrap();
        });
        lent.recv().unwrap().wake();
        first.join().unwrap();
        assert!(told.recv_timeout(Duration::from_secs(20)).is_ok(), "nobody leads");
    }
}
