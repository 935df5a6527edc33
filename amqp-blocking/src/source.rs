//! A socket of a reactor's: whether it may be read and written, and who waits for that.

use crate::reactor::{Reactor, lock};
use mio::event::{Event, Source as MioSource};
use mio::{Interest, Token};
use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Whether the system tells of octets that come after a read that did not fill its room. Others may do so only after one
/// that would have blocked.
const TELLS_WHAT_IS_NEW: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// What is known of a source.
pub(crate) type Readiness = Mutex<Ways>;

/// What is known of a source by direction: both under one lock, as events tell of both and one task mostly uses both.
#[derive(Default)]
pub(crate) struct Ways {
    read: Way,
    write: Way,
}

/// One direction of a source.
struct Way {
    /// Unless the last attempt would have blocked, or took all that there was, and nothing was heard since.
    ready: bool,
    /// The peer has ended this direction, or it has failed: nothing more will be heard.
    ended: bool,
    wakers: Wakers,
}

impl Default for Way {
    fn default() -> Self {
        Self { ready: true, ended: false, wakers: Wakers::default() }
    }
}

/// Who waits: mostly one at most, for whom nothing is allocated; more where several threads accept.
#[derive(Default)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Wakers {
    /// Adds a waker, unless it is there already.
    pub(crate) fn enlist(&mut self, waker: &Waker) {
        match &self.first {
            None => self.first = Some(waker.clone()),
            Some(first) if first.will_wake(waker) => {}
            Some(_) if self.others.iter().any(|known| known.will_wake(waker)) => {}
            Some(_) => self.others.push(waker.clone()),
        }
    }

    pub(crate) fn wake(self) {
        if let Some(first) = self.first {
            first.wake();
            self.others.into_iter().for_each(Waker::wake);
        }
    }
}

/// A direction of a source.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Ways {
    fn of(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }

    /// Takes note of an event. Says whom it concerns.
    pub(crate) fn hear(&mut self, event: &Event) -> [Wakers; 2] {
        let failed = event.is_error();
        let read = self.read.hear(event.is_readable(), event.is_read_closed() || failed);
        [read, self.write.hear(event.is_writable(), event.is_write_closed() || failed)]
    }
}

impl Way {
    fn hear(&mut self, is_ready: bool, ended: bool) -> Wakers {
        if !is_ready && !ended {
            return Wakers::default();
        }
        self.ready = true;
        self.ended |= ended;
        mem::take(&mut self.wakers)
    }
}

/// A socket that does not block, watched by a reactor until it is dropped.
pub(crate) struct Source<S: MioSource> {
    io: S,
    token: Token,
    readiness: Arc<Readiness>,
    reactor: Arc<Reactor>,
}

impl<S: MioSource> Source<S> {
    /// Begins to watch `io`.
    pub(crate) fn new(reactor: &Arc<Reactor>, mut io: S, interest: Interest) -> io::Result<Self> {
        let readiness = Arc::new(Readiness::default());
        let token = reactor.enter(&readiness);
        let registered = reactor.registry().register(&mut io, token, interest);
        let source = Self { io, token, readiness, reactor: Arc::clone(reactor) };
        registered.map(|()| source)
    }

    pub(crate) fn io(&self) -> &S {
        &self.io
    }

    pub(crate) fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// Tries `attempt` when there is a chance for it; if it would block, the task is woken for the next one.
    pub(crate) fn poll_io<T>(
        &self,
        direction: Direction,
        cx: &Context<'_>,
        attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.poll_some(direction, cx, attempt, |_| false)
    }

    /// As [`poll_io`](Self::poll_io), where what was done can tell that it `is_all`, so that the next attempt would block.
    pub(crate) fn poll_some<T>(
        &self,
        direction: Direction,
        cx: &Context<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
        is_all: impl FnOnce(&T) -> bool,
    ) -> Poll<io::Result<T>> {
        // an event that comes meanwhile is noted after the attempt, and never lost
        let mut ways = lock(&self.readiness);
        let way = ways.of(direction);
        while way.ready {
            match attempt(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => way.ready = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    if TELLS_WHAT_IS_NEW && result.as_ref().is_ok_and(is_all) {
                        way.ready = way.ended;
                    }
                    return Poll::Ready(result);
                }
            }
        }
        way.wakers.enlist(cx.waker());
        Poll::Pending
    }
}

impl<S: MioSource + fmt::Debug> fmt::Debug for Source<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}

impl<S: MioSource> Drop for Source<S> {
    fn drop(&mut self) {
        self.reactor.forget(self.token);
        // closing it ends the watching as well
        let _ = self.reactor.registry().deregister(&mut self.io);
    }
}
