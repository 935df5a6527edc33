//! Tests of `src/tasks.rs`, of which they are a part.

use super::*;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Mutex;

type Told = Arc<Mutex<Vec<usize>>>;
type Known = Arc<Mutex<BTreeMap<usize, Waker>>>;

fn reactor() -> Arc<Reactor> {
    Reactor::new(&mio::Poll::new().unwrap()).unwrap()
}

/// Tells that it was polled and leaves its waker; ends the second time, if its number is odd.
fn work(number: usize, told: &Told, known: &Known) -> Work {
    let (told, known) = (Arc::clone(told), Arc::clone(known));
    let mut polled = 0;
    Box::pin(poll_fn(move |cx| {
        told.lock().unwrap().push(number);
        known.lock().unwrap().insert(number, cx.waker().clone());
        polled += 1;
        if polled == 2 && number % 2 == 1 { Poll::Ready(()) } else { Poll::Pending }
    }))
}

fn taken(told: &Told) -> Vec<usize> {
    std::mem::take(&mut told.lock().unwrap())
}

#[test]
fn those_that_were_woken_are_polled_once_each_and_places_are_used_again() {
    let (reactor, told, known) = (reactor(), Told::default(), Known::default());
    let mut tasks = Tasks::default();
    (0..200).for_each(|number| tasks.add(work(number, &told, &known), &reactor));
    assert!(tasks.are_woken());
    tasks.run();
    assert_eq!(taken(&told), (0..200).collect::<Vec<_>>());
    tasks.run();
    assert!(!tasks.are_woken() && taken(&told).is_empty(), "nobody was woken");

    let wake = |number: usize| known.lock().unwrap()[&number].wake_by_ref();
    [199, 63, 0, 64, 63].into_iter().for_each(wake);
    tasks.run();
    assert_eq!(taken(&told), [0, 63, 64, 199]);
    wake(63);
    tasks.run();
    assert!(taken(&told).is_empty(), "it is over, and its waker is good for nothing");

    tasks.add(work(300, &told, &known), &reactor);
    tasks.add(work(301, &told, &known), &reactor);
    assert_eq!(tasks.places.len(), 200);
    tasks.run();
    let mut both = taken(&told);
    both.sort_unstable();
    assert_eq!(both, [300, 301]);
    (0..3).for_each(|_| tasks.run_all());
    assert!(!tasks.is_empty(), "those of even numbers go on");
}

#[test]
fn one_that_is_woken_by_another_has_its_turn_unless_that_was_before() {
    let (reactor, told, known) = (reactor(), Told::default(), Known::default());
    let mut tasks = Tasks::default();
    let its_own = Arc::new(Mutex::new(None));
    let waking = |to: usize| -> Work {
        let (known, its_own) = (Arc::clone(&known), Arc::clone(&its_own));
        Box::pin(poll_fn(move |cx| {
            *its_own.lock().unwrap() = Some(cx.waker().clone());
            known.lock().unwrap().get(&to).into_iter().for_each(Waker::wake_by_ref);
            Poll::Pending
        }))
    };
    tasks.add(work(0, &told, &known), &reactor);
    tasks.add(waking(0), &reactor);
    tasks.add(waking(2), &reactor);
    tasks.add(work(2, &told, &known), &reactor);
    tasks.run();
    assert_eq!(taken(&told), [0, 2]);
    assert!(tasks.are_woken());
    tasks.run();
    assert_eq!(taken(&told), [0]);
    assert!(!tasks.are_woken());
    its_own.lock().unwrap().take().unwrap().wake();
    tasks.run();
    assert_eq!(taken(&told), [2], "in the same turn");
    assert!(!tasks.are_woken());
}

#[test]
fn one_that_panics_is_gone() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("a destructor's fault");
        }
    }
    let reactor = reactor();
    let mut tasks = Tasks::default();
    tasks.add(Box::pin(async { panic!("a task's fault") }), &reactor);
    let (bad, ready) = (Bad, |_: &Bad| Poll::Ready(()));
    let ends = move |_: &mut Context<'_>| ready(&bad);
    tasks.add(Box::pin(poll_fn(ends)), &reactor);
    tasks.run();
    assert!(tasks.is_empty() && !tasks.are_woken());
}
