//! Handles and the driver on loom's threads: each test is run in every order in which threads can take the lock and wake
//! each other, up to a number of preemptions, and every value that an atomic can be seen to have. A wake-up that is lost
//! is a deadlock, which loom reports.
//!
//! The machine, the driver and the handles are those of `amqp-async`; line, clock and peer are in memory and belong to the
//! driver's thread, so that nothing but what is tested happens between threads. `.ci/threads` runs this.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod loopback;

use amqp_async::client::{Random, ReconnectPolicy, Resilient};
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{CreditMode, SessionOptions};
use amqp_async::{Connection, Driver, Error, Receiver, Sender, Session};
use loom::future::block_on;
use loom::thread;
use loopback::{Frozen, Loopback, connect, opened};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// Explores the orders with so many preemptions, and as many more as `AMQP10_LOOM_MORE` says.
fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let more = std::env::var("AMQP10_LOOM_MORE").ok().and_then(|more| more.parse().ok()).unwrap_or(0);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions + more);
    builder.max_branches = 100_000;
    builder.check(test);
}

type TheDriver = Driver<Loopback, Frozen>;

/// Polls the driver until `future` is ready: what comes before the part that is tested.
fn alone<T>(driver: &mut TheDriver, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
        assert!(pin!(&mut *driver).poll(&mut cx).is_pending());
    }
    panic!("it never comes");
}

fn polled_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn drive(driver: TheDriver) -> thread::JoinHandle<Result<(), Error>> {
    thread::spawn(move || block_on(driver))
}

fn sender(credit: u32) -> (Connection, Sender, TheDriver) {
    let (connection, mut driver) = opened(CreditMode::Auto(credit));
    let session = alone(&mut driver, connection.session()).unwrap();
    let sender = alone(&mut driver, session.sender("queue")).unwrap();
    // the credit comes with the flow behind the attach
    alone(&mut driver, sender.ready()).unwrap();
    (connection, sender, driver)
}

fn receiver() -> (Connection, Receiver, TheDriver) {
    let (connection, mut driver) = opened(CreditMode::Auto(1));
    let session = alone(&mut driver, connection.session()).unwrap();
    let receiver = alone(&mut driver, session.receiver("queue")).unwrap();
    (connection, receiver, driver)
}

#[test]
fn s12_4_the_last_handle_ends_the_driver_wherever_that_is() {
    model(5, || {
        let (connection, driver) = opened(CreditMode::Auto(1));
        let driving = drive(driver);
        drop(connection);
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_a_connection_opens_and_a_session_begins_while_the_driver_runs() {
    model(2, || {
        let (connection, driver) = connect(CreditMode::Auto(1));
        let driving = drive(driver);
        let session = block_on(connection.begin(SessionOptions::default())).unwrap();
        drop((connection, session));
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_a_message_is_sent_and_its_outcome_arrives() {
    model(2, || {
        let (connection, sender, driver) = sender(1);
        let driving = drive(driver);
        assert_eq!(block_on(sender.send("x")).unwrap(), Outcome::Accepted);
        drop((connection, sender));
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_two_threads_share_one_credit_and_both_get_through() {
    model(1, || {
        let (connection, sender, driver) = sender(1);
        let driving = drive(driver);
        let other = thread::spawn({
            let sender = sender.clone();
            move || block_on(sender.send("x")).unwrap()
        });
        assert_eq!(block_on(sender.send("y")).unwrap(), Outcome::Accepted);
        assert_eq!(other.join().unwrap(), Outcome::Accepted);
        drop((connection, sender));
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_one_who_gives_up_waiting_keeps_nobody_from_the_credit() {
    model(1, || {
        let (connection, sender, mut driver) = sender(1);
        let settlement = alone(&mut driver, sender.submit("takes the credit")).unwrap();
        let driving = drive(driver);
        let fickle = thread::spawn({
            let sender = sender.clone();
            move || {
                // it may have been called by then, or not
                drop(polled_once(sender.submit("never")));
            }
        });
        assert_eq!(block_on(sender.send("x")).unwrap(), Outcome::Accepted);
        fickle.join().unwrap();
        block_on(settlement).unwrap();
        drop((connection, sender));
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_a_delivery_finds_whoever_waits_for_it() {
    model(2, || {
        let (connection, receiver, driver) = receiver();
        let driving = drive(driver);
        let delivery = block_on(receiver.recv()).unwrap();
        delivery.accept().unwrap();
        drop((connection, receiver));
        driving.join().unwrap().unwrap();
    });
}

#[test]
fn s12_4_a_driver_that_is_dropped_is_told_to_whoever_waits() {
    model(5, || {
        let (connection, driver) = opened(CreditMode::Auto(1));
        let dropping = thread::spawn(move || drop(driver));
        let error = block_on(connection.closed());
        assert!(matches!(error, Error::Undriven), "{error:?}");
        dropping.join().unwrap();
    });
}

/// The window and what is left of it: the same, as long as nothing has been sent into it.
fn look(session: &Session) -> u32 {
    let windows = session.windows().unwrap();
    assert_eq!(windows.incoming_window, windows.incoming_window_max, "half of one and half of another");
    windows.incoming_window
}

#[test]
fn s12_4_windows_that_are_looked_at_are_whole_and_never_older_than_before() {
    model(2, || {
        let (connection, mut driver) = opened(CreditMode::Auto(1));
        let session = alone(&mut driver, connection.session()).unwrap();
        let before = look(&session);
        let writing = thread::spawn({
            let session = session.clone();
            move || [20, 10].map(|window| session.set_incoming_window(window).unwrap())
        });
        let (first, second) = (look(&session), look(&session));
        assert!(first <= before && second <= first, "{first} and then {second}");
        writing.join().unwrap();
        assert_eq!(look(&session), 10);
    });
}

#[test]
fn s12_4_credit_that_is_looked_at_for_the_first_time_while_it_changes_is_shown_ever_after() {
    model(2, || {
        let (connection, receiver, driver) = receiver();
        let receiver = Arc::new(receiver);
        let writing = thread::spawn({
            let receiver = Arc::clone(&receiver);
            move || [20, 10].map(|credit| receiver.set_credit(credit).unwrap())
        });
        let (first, second) = (receiver.credit(), receiver.credit());
        assert!(first == 1 || second != 1, "{first} and then {second}");
        assert!(first != 10 || second == 10, "{first} and then {second}");
        writing.join().unwrap();
        assert_eq!(receiver.credit(), 10);
        drop((connection, receiver, driver));
    });
}

/// The drivers of a supervised connection, polled where its supervisor is.
type Drivers = Rc<RefCell<Vec<TheDriver>>>;

#[test]
fn s12_4_a_supervised_connection_is_made_for_whoever_waits_and_ends_with_the_last_handle() {
    model(1, || {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let drivers = Drivers::default();
        let connect = {
            let drivers = Rc::clone(&drivers);
            move |_| {
                count.fetch_add(1, Ordering::Relaxed);
                let (connection, driver) = connect(CreditMode::Auto(1));
                drivers.borrow_mut().push(driver);
                Box::pin(async move { connection.opened().await.map(|()| connection) })
            }
        };
        let random = Random::new(1);
        let (resilient, mut supervisor) = Resilient::with_random(ReconnectPolicy::default(), connect, Frozen, random);
        let supervising = thread::spawn(move || {
            block_on(poll_fn(|cx| {
                let over = pin!(&mut supervisor).poll(cx);
                drivers.borrow_mut().retain_mut(|driver| pin!(driver).poll(cx).is_pending());
                over
            }))
        });
        let other = thread::spawn({
            let resilient = resilient.clone();
            move || block_on(resilient.ensure_connected(None)).unwrap()
        });
        let generation = block_on(resilient.ensure_connected(None)).unwrap();
        assert_eq!(other.join().unwrap(), generation, "one for both");
        assert_eq!(made.load(Ordering::Relaxed), 1);
        drop(resilient);
        drop(supervising.join().unwrap());
    });
}
