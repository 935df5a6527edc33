//! Who waits for which [socket](crate::source) and for what time: sources, timers, and the interruption of whoever waits in
//! the operating system. It runs nothing by itself; [`Pump`](crate::Pump) does.

use crate::bell::Bell;
use crate::source::{Readiness, Wakers};
use crate::ticks::Ticks;
use mio::{Events, Registry, Token};
use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// The tokens of the interruption and of the bell; sources have those above.
const INTERRUPT: Token = Token(0);
const BELL: Token = Token(1);

/// What the sockets and clocks of one pump share.
pub(crate) struct Reactor {
    registry: Registry,
    interrupt: mio::Waker,
    /// Set while somebody waits in the operating system, and no interruption is on its way.
    blocked: AtomicBool,
    sources: Mutex<Sources>,
    timers: Mutex<BTreeMap<Alarm, Waker>>,
    /// When the first of them rings, in nanoseconds from `epoch`; so that who only wants to know takes no lock.
    earliest: AtomicU64,
    epoch: Instant,
    /// From the same moment, to know roughly whether it rings.
    ticks: Ticks,
    /// Makes alarms of the same instant different.
    alarms: AtomicU64,
    /// Octets have moved since that was told last.
    moved: AtomicBool,
    /// How many want to know.
    watches: AtomicUsize,
    /// How often it was told while anybody did.
    told: AtomicU64,
    /// Whether any of them waits, and who.
    watched: AtomicBool,
    watchers: Mutex<Wakers>,
}

/// When a timer rings, and which one it is.
pub(crate) type Alarm = (Instant, u64);

struct Sources {
    /// The token given out last.
    last: usize,
    ready: BTreeMap<Token, Arc<Readiness>>,
}

/// Nothing of the application runs under these locks, so poison means nothing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reactor {
    pub(crate) fn new(poll: &mio::Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            registry: poll.registry().try_clone()?,
            interrupt: mio::Waker::new(poll.registry(), INTERRUPT)?,
            blocked: AtomicBool::new(false),
            sources: Mutex::new(Sources { last: BELL.0, ready: BTreeMap::new() }),
            timers: Mutex::default(),
            earliest: AtomicU64::new(u64::MAX),
            epoch: Instant::now(),
            ticks: Ticks::begin(),
            alarms: AtomicU64::new(0),
            moved: AtomicBool::new(false),
            watches: AtomicUsize::new(0),
            told: AtomicU64::new(0),
            watched: AtomicBool::new(false),
            watchers: Mutex::default(),
        }))
    }

    /// Calls back whoever waits in the operating system, so that it looks again at what is to be done.
    pub(crate) fn interrupt(&self) {
        // mostly nobody waits, and looking is cheaper than taking
        if self.blocked.load(Ordering::SeqCst) && self.blocked.swap(false, Ordering::SeqCst) {
            // can fail only for want of memory in the kernel; then the wait ends with the next event
            let _ = self.interrupt.wake();
        }
    }

    /// Waits in the operating system, unless `is_busy`, and wakes those whom an event concerns.
    ///
    /// `is_busy` is asked when interruptions count already, so that none falls between the two.
    pub(crate) fn wait(
        &self,
        poll: &mut mio::Poll,
        events: &mut Events,
        bell: &mut Bell,
        until: Option<Instant>,
        is_busy: impl FnOnce() -> bool,
    ) -> io::Result<()> {
        self.blocked.store(true, Ordering::SeqCst);
        let left = if is_busy() { Some(Duration::ZERO) } else { self.left(bell, until) };
        let result = poll.poll(events, left);
        // only the next wait needs to see it
        self.blocked.store(false, Ordering::Relaxed);
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => result?,
        }
        let rang = self.dispatch(events);
        if rang {
            bell.rang();
        }
        // with events the last tick will do: an alarm that it does not show yet ends the next wait at once
        if rang || events.is_empty() || self.is_due() {
            self.ring();
        }
        Ok(())
    }

    /// A bell that the system's wait ends with.
    pub(crate) fn bell(&self) -> Bell {
        Bell::new(&self.registry, BELL)
    }

    /// How long to wait until the time has come or the first timer is due, unless the bell ends the wait then.
    fn left(&self, bell: &mut Bell, until: Option<Instant>) -> Option<Duration> {
        let earliest = self.earliest.load(Ordering::SeqCst);
        let due = || Duration::from_nanos(earliest).saturating_sub(self.epoch.elapsed());
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if bell.rings_by(earliest, due) { left } else { Some(left.map_or_else(due, |left| left.min(due()))) }
    }

    /// Wakes those whom the events concern. Says whether the bell rang.
    fn dispatch(&self, events: &Events) -> bool {
        let mut rang = false;
        for event in events {
            rang |= event.token() == BELL;
            let heard = match lock(&self.sources).ready.get(&event.token()) {
                Some(readiness) => lock(readiness).hear(event),
                None => continue,
            };
            heard.into_iter().for_each(Wakers::wake);
        }
        rang
    }

    /// Wakes those whose time has come. Says whether there were any.
    pub(crate) fn ring(&self) -> bool {
        let due = {
            let mut timers = lock(&self.timers);
            let Some((&(earliest, _), _)) = timers.first_key_value() else { return false };
            let now = Instant::now();
            if earliest > now {
                return false;
            }
            let later = timers.split_off(&(now, u64::MAX));
            let due = mem::replace(&mut *timers, later);
            self.note_earliest(&timers);
            due
        };
        due.into_values().for_each(Waker::wake);
        true
    }

    /// Where sockets begin and end to be watched.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The token of a source from now on.
    pub(crate) fn enter(&self, readiness: &Arc<Readiness>) -> Token {
        let mut sources = lock(&self.sources);
        sources.last += 1;
        let token = Token(sources.last);
        sources.ready.insert(token, Arc::clone(readiness));
        token
    }

    /// The source is no more.
    pub(crate) fn forget(&self, token: Token) {
        lock(&self.sources).ready.remove(&token);
    }

    /// Sets an alarm, in place of the one of before.
    pub(crate) fn set_alarm(&self, before: Option<Alarm>, at: Instant, waker: &Waker) -> Alarm {
        let mut timers = lock(&self.timers);
        if let Some(before) = before {
            if before.0 == at {
                if let Some(known) = timers.get_mut(&before) {
                    known.clone_from(waker);
                    return before;
                }
            }
            timers.remove(&before);
        }
        let alarm = (at, self.alarms.fetch_add(1, Ordering::Relaxed));
        timers.insert(alarm, waker.clone());
        self.note_earliest(&timers);
        drop(timers);
        self.interrupt();
        alarm
    }

    pub(crate) fn cancel_alarm(&self, alarm: Alarm) {
        let mut timers = lock(&self.timers);
        timers.remove(&alarm);
        self.note_earliest(&timers);
    }

    fn note_earliest(&self, timers: &BTreeMap<Alarm, Waker>) {
        let first = timers.first_key_value().map(|(&(at, _), _)| at.saturating_duration_since(self.epoch).as_nanos());
        // one that is too far away to be noted rings in 584 years
        let nanoseconds = first.map_or(u64::MAX, |first| u64::try_from(first).unwrap_or(u64::MAX));
        self.earliest.store(nanoseconds, Ordering::SeqCst);
    }

    /// Whether a timer's time has come, as of the system's last tick; [`ring`](Self::ring) looks at the time itself.
    pub(crate) fn is_due(&self) -> bool {
        let earliest = self.earliest.load(Ordering::Relaxed);
        earliest != u64::MAX && self.ticks.elapsed() >= earliest
    }

    /// Begins to look whether octets move.
    pub(crate) fn watch(&self) -> Watch<'_> {
        self.watches.fetch_add(1, Ordering::SeqCst);
        Watch { reactor: self, before: self.told.load(Ordering::SeqCst) }
    }

    /// Octets have moved.
    pub(crate) fn moved(&self) {
        // mostly it is the leader who says so, and who tells of it next
        self.moved.store(true, Ordering::Relaxed);
    }

    /// Tells those who want to know whether octets have moved. Called when what they have brought is where it belongs.
    pub(crate) fn tell_moved(&self) {
        if !self.moved.load(Ordering::Relaxed) {
            return;
        }
        self.moved.store(false, Ordering::Relaxed);
        if self.watches.load(Ordering::SeqCst) == 0 {
            return;
        }
        self.told.fetch_add(1, Ordering::SeqCst);
        if self.watched.load(Ordering::SeqCst) {
            let watchers = {
                let mut watchers = lock(&self.watchers);
                self.watched.store(false, Ordering::SeqCst);
                mem::take(&mut *watchers)
            };
            watchers.wake();
        }
    }
}

/// Somebody who wants to know whether octets have moved since this was made.
pub(crate) struct Watch<'a> {
    reactor: &'a Reactor,
    before: u64,
}

impl Watch<'_> {
    /// Ready once some have.
    pub(crate) fn poll_moved(&self, cx: &Context<'_>) -> Poll<()> {
        let Self { reactor, before } = self;
        let has_moved = || reactor.told.load(Ordering::SeqCst) != *before;
        if has_moved() {
            return Poll::Ready(());
        }
        let mut watchers = lock(&reactor.watchers);
        watchers.enlist(cx.waker());
        // before it is looked at again: whoever tells later sees it
        reactor.watched.store(true, Ordering::SeqCst);
        if has_moved() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.reactor.watches.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
#[path = "../tests/unit/reactor.rs"]
mod tests;
