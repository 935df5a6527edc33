//! Tests of `src/bell.rs`, of which they are a part.

use super::Bell;
use crate::reactor::Reactor;
use mio::event::Event;
use mio::{Events, Poll, Token};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const BELL: Token = Token(7);
const MILLISECOND: u64 = 1_000_000;

#[test]
fn a_wait_ends_when_the_first_of_all_is_due() {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(4));
    let mut bell = Bell::new(poll.registry(), BELL);
    assert!(bell.rings_by(u64::MAX, || unreachable!("nothing is due")), "then a wait may take for ever");
    let started = Instant::now();
    let mut set = |at: u64| bell.rings_by(at, || Duration::from_nanos(at).saturating_sub(started.elapsed()));
    assert!(set(60_000 * MILLISECOND));
    assert!(set(30 * MILLISECOND), "an earlier one is in time");
    assert!(set(90_000 * MILLISECOND), "and serves for a later one");
    poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
    assert_eq!(events.iter().map(Event::token).collect::<Vec<_>>(), [BELL]);
    assert!(started.elapsed() >= Duration::from_millis(30));

    bell.rang();
    assert!(!bell.rings_by(40 * MILLISECOND, || Duration::ZERO), "what is due already is not waited for");
    assert!(bell.rings_by(50 * MILLISECOND, || Duration::from_millis(5)));
    poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
    assert!(!events.is_empty(), "it rings again");
}

/// As where the system denies it one.
fn without_timer() -> Bell {
    Bell { timer: None, set_to: u64::MAX }
}

#[derive(Default)]
struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Calls a wait back that would not end, until the sender goes.
fn end_late(reactor: &Arc<Reactor>) -> mpsc::Sender<()> {
    let (done, is_done) = mpsc::channel();
    let reactor = Arc::clone(reactor);
    thread::spawn(move || {
        if is_done.recv_timeout(Duration::from_secs(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
            reactor.interrupt();
        }
    });
    done
}

#[test]
fn without_a_timer_of_the_systems_it_does_not_ring() {
    let mut bell = without_timer();
    assert!(bell.rings_by(u64::MAX, || unreachable!("nothing is due")), "then a wait may take for ever");
    assert!(!bell.rings_by(30 * MILLISECOND, || Duration::from_millis(30)), "the wait needs a time-out");
    bell.rang();
    assert!(!bell.rings_by(30 * MILLISECOND, || Duration::from_millis(30)));
}

#[test]
fn without_a_timer_of_the_systems_deadlines_are_kept() {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(4));
    let reactor = Reactor::new(&poll).unwrap();
    let (mut bell, _guard) = (without_timer(), end_late(&reactor));
    let rung = Arc::new(Rung::default());
    let waker = Waker::from(Arc::clone(&rung));
    let started = Instant::now();
    let after = |millis| started + Duration::from_millis(millis);
    let _far = reactor.set_alarm(None, after(90_000), &waker);

    // That of whoever waits, with an alarm behind it.
    reactor.wait(&mut poll, &mut events, &mut bell, Some(after(20)), || false).unwrap();
    let elapsed = started.elapsed();
    assert!((20..10_000).contains(&elapsed.as_millis()), "{elapsed:?}");
    assert_eq!(rung.0.load(Ordering::Relaxed), 0);

    // That of an alarm, whether or not whoever waits has one.
    for (number, until) in [(1, None), (2, Some(after(80_000)))] {
        let at = Instant::now() + Duration::from_millis(30);
        let _near = reactor.set_alarm(None, at, &waker);
        while rung.0.load(Ordering::Relaxed) < number && started.elapsed() < Duration::from_secs(10) {
            reactor.wait(&mut poll, &mut events, &mut bell, until, || false).unwrap();
        }
        assert_eq!(rung.0.load(Ordering::Relaxed), number, "after {:?}", started.elapsed());
        assert!(Instant::now() >= at, "not before its time");
    }
}
