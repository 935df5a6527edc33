//! Deadlines of the steps an application waits for (begin, attach, detach, end …).
//!
//! A handle reads no clock: it says how long it will wait, and the driver counts from its next pass. One
//! alarm, the driver's, serves all of them.

use crate::slots::Slots;
use crate::state::{Shared, State};
use amqp_proto::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

/// How many deadlines that were taken back are kept before all are looked through.
const SLACK: usize = 64;

/// All deadlines of one connection.
#[derive(Default)]
pub(crate) struct Deadlines {
    slots: Slots<Deadline>,
    /// Those that run, the earliest first, and some that were taken back: most are, long before their time, so that
    /// looking for each would be most of the work.
    running: BinaryHeap<Reverse<(Instant, usize)>>,
    /// How many of them were not taken back.
    live: usize,
    /// Those that have been asked for and do not run yet.
    fresh: Vec<usize>,
}

struct Deadline {
    due: Due,
    waker: Waker,
}

enum Due {
    /// Asked for; runs from the driver's next pass.
    After(Duration),
    At(Instant),
    Passed,
}

impl Deadlines {
    /// Asks to be woken `after` the driver's next pass.
    pub(crate) fn start(&mut self, after: Duration, waker: &Waker) -> usize {
        let key = self.slots.insert(|| Deadline { due: Due::After(after), waker: waker.clone() });
        self.fresh.push(key);
        key
    }

    /// Ready once the time is over.
    pub(crate) fn poll(&mut self, key: usize, waker: &Waker) -> Poll<()> {
        match self.slots.get_mut(key) {
            Some(Deadline { due: Due::Passed, .. }) | None => Poll::Ready(()),
            Some(deadline) => {
                deadline.waker.clone_from(waker);
                Poll::Pending
            }
        }
    }

    /// The wait is over, one way or the other.
    pub(crate) fn cancel(&mut self, key: usize) {
        if let Some(Deadline { due: Due::At(_), .. }) = self.slots.remove(key) {
            self.live -= 1;
            if self.running.len() > 2 * self.live + SLACK {
                let slots = &mut self.slots;
                self.running.retain(|Reverse(deadline)| runs(slots, *deadline));
            }
        }
    }

    /// Whether the driver should come by to let new ones run.
    pub(crate) fn wants_driver(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// The driver's pass: lets new ones run, and calls those whose time is over.
    pub(crate) fn advance(&mut self, now: Instant, wake: &mut Vec<Waker>) {
        while let Some(key) = self.fresh.pop() {
            // one that was taken back has left its key, which may be another's by now
            let Some(deadline) = self.slots.get_mut(key) else { continue };
            let Due::After(after) = deadline.due else { continue };
            let at = now.saturating_add(after);
            deadline.due = Due::At(at);
            self.live += 1;
            self.running.push(Reverse((at, key)));
        }
        while let Some(&Reverse((at, key))) = self.running.peek() {
            let runs = runs(&mut self.slots, (at, key));
            if runs && at > now {
                break;
            }
            self.running.pop();
            if let Some(deadline) = self.slots.get_mut(key).filter(|_| runs) {
                self.live -= 1;
                deadline.due = Due::Passed;
                wake.push(deadline.waker.clone());
            }
        }
    }

    /// When the driver must pass again; it may find that the deadline was taken back.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.running.peek().map(|Reverse((at, _))| *at)
    }
}

/// Whether the deadline was not taken back. Its key may be another's by now.
fn runs(slots: &mut Slots<Deadline>, (at, key): (Instant, usize)) -> bool {
    slots.get_mut(key).is_some_and(|deadline| matches!(deadline.due, Due::At(due) if due == at))
}

/// How long a wait may take, from its first poll that finds nothing. Whoever has one takes it back when the
/// wait is over.
#[derive(Debug)]
pub(crate) enum Limit {
    /// It may take for ever, or the wait is over.
    Never,
    /// It has not begun.
    After(Duration),
    /// It runs, under this key.
    Runs(usize),
}

impl Limit {
    /// `None` waits for ever.
    pub(crate) fn new(after: Option<Duration>) -> Self {
        after.map_or(Self::Never, Self::After)
    }

    /// Ready once the time is over.
    pub(crate) fn poll(&mut self, state: &mut State, waker: &Waker) -> Poll<()> {
        match *self {
            Self::Runs(key) => state.deadlines.poll(key, waker),
            Self::After(after) => {
                *self = Self::Runs(state.deadlines.start(after, waker));
                Poll::Pending
            }
            Self::Never => Poll::Pending,
        }
    }

    /// Whether there is something to take back.
    pub(crate) fn runs(&self) -> bool {
        matches!(self, Self::Runs(_))
    }

    /// The wait is over.
    pub(crate) fn cancel(&mut self, state: &mut State) {
        if let Self::Runs(key) = *self {
            *self = Self::Never;
            state.deadlines.cancel(key);
        }
    }
}

/// A [`Limit`] that is taken back when dropped.
#[derive(Debug)]
pub(crate) struct RunningLimit<'a> {
    shared: &'a Shared,
    limit: Limit,
}

impl<'a> RunningLimit<'a> {
    pub(crate) fn new(shared: &'a Shared, after: Option<Duration>) -> Self {
        Self { shared, limit: Limit::new(after) }
    }

    pub(crate) fn poll(&mut self, state: &mut State, waker: &Waker) -> Poll<()> {
        self.limit.poll(state, waker)
    }

    /// The output of `future`, if it comes in time. The time of several such runs is counted together.
    pub(crate) async fn run<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.shared.with(|state| self.limit.poll(state, cx.waker())).map(|()| None),
        })
        .await
    }
}

impl Drop for RunningLimit<'_> {
    fn drop(&mut self) {
        if self.limit.runs() {
            self.limit.cancel(&mut self.shared.lock());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_from_the_drivers_pass_and_passes_once() {
        let mut deadlines = Deadlines::default();
        let key = deadlines.start(Duration::from_secs(2), Waker::noop());
        assert!(deadlines.wants_driver());
        let mut wake = Vec::new();
        deadlines.advance(Instant::from_millis(10_000), &mut wake);
        assert_eq!(deadlines.next(), Some(Instant::from_millis(12_000)));
        deadlines.advance(Instant::from_millis(11_999), &mut wake);
        assert!(wake.is_empty() && deadlines.poll(key, Waker::noop()).is_pending());
        deadlines.advance(Instant::from_millis(12_000), &mut wake);
        assert_eq!(wake.len(), 1);
        assert!(deadlines.poll(key, Waker::noop()).is_ready());
        deadlines.cancel(key);
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn those_taken_back_are_forgotten_and_ring_for_nobody() {
        let mut deadlines = Deadlines::default();
        let mut wake = Vec::new();
        let kept = deadlines.start(Duration::from_secs(3), Waker::noop());
        for round in 0..1_000 {
            // the same keys again and again
            let keys = [1, 2].map(|seconds| deadlines.start(Duration::from_secs(seconds), Waker::noop()));
            deadlines.advance(Instant::from_millis(round), &mut wake);
            keys.into_iter().for_each(|key| deadlines.cancel(key));
            assert!(deadlines.running.len() <= SLACK + 2 * 3, "{}", deadlines.running.len());
        }
        deadlines.advance(Instant::from_millis(2_999), &mut wake);
        assert!(wake.is_empty());
        assert_eq!((deadlines.next(), deadlines.live), (Some(Instant::from_millis(3_000)), 1));
        deadlines.advance(Instant::from_millis(3_000), &mut wake);
        assert!(wake.len() == 1 && deadlines.poll(kept, Waker::noop()).is_ready());
        assert_eq!((deadlines.next(), deadlines.live), (None, 0));
    }
}
