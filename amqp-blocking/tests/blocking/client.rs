//! The client layer on threads: its handles are those of all runtimes, and a pump waits for them. Both modes.

use crate::support::{
    MODES, Mode, SOON, accept, accept_receiver, accept_session, address, config, listener, serve, soon,
};
use amqp_blocking::client::pool::{Pool, PoolError, PoolOptions, PoolStrategy};
use amqp_blocking::client::{BatchSender, InDoubt, ReconnectPolicy, RequestClient, Resilient, RetryPolicy, SendQueue};
use amqp_blocking::connect::Runtime;
use amqp_blocking::proto::codec::{Condition, Error as Wire, Message, Outcome};
use amqp_blocking::proto::{CreditMode, FrameTap, LinkOptions};
use amqp_blocking::{Connection, IncomingLink, Listener, Pump, Session, builder};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

fn pump(mode: Mode) -> Pump {
    match mode {
        Mode::Thread => Pump::with_thread().unwrap(),
        Mode::Caller => Pump::new().unwrap(),
    }
}

fn url(listener: &Listener) -> String {
    format!("amqp://{}", address(listener))
}

fn resilient(pump: &Pump, listener: &Listener) -> Resilient {
    let policy = ReconnectPolicy::to([url(listener)]);
    let (resilient, supervisor) = Resilient::new(policy, builder().connector(pump), pump.timer());
    pump.spawn(supervisor);
    resilient
}

/// Drives until that is so.
fn until(pump: &Pump, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < SOON, "not so after {SOON:?}");
        pump.sleep(Duration::from_millis(1));
    }
}

/// Takes one message of a client, and closes its connection by force.
fn take_one_and_close(listener: &Listener) {
    let connection = accept(listener);
    let receiver = accept_receiver(&accept_session(&connection), CreditMode::default());
    receiver.within(SOON).recv().unwrap().accept().unwrap();
    let _ = connection.close_with(Wire::new(Condition::CONNECTION_FORCED, "maintenance"));
}

#[test]
fn s1_4_a_connection_that_is_slept_on_or_served_keeps_its_heartbeats() {
    // half of the idle time-out is what the peer is told: 500 ms
    let listener = &listener(config("server").idle_time_out(Some(Duration::from_millis(1000))));
    thread::scope(|scope| {
        for mode in MODES {
            scope.spawn(move || keeps_its_heartbeats(mode, listener));
        }
    });
}

fn keeps_its_heartbeats(mode: Mode, listener: &Listener) {
    let serving = serve(listener.clone());
    let sent = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&sent);
    let tap = FrameTap::new(move |frame| {
        if frame.to_string() == "0 -> (empty frame)" {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let connection = crate::support::client(mode, address(listener), config("client").frame_tap(tap));
    // the peer waits for the session
    let _sender = connection.session().unwrap().sender("queue").unwrap();
    connection.sleep(Duration::from_secs(2)).unwrap();
    assert!(sent.swap(0, Ordering::Relaxed) >= 4, "{mode:?}");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        connection.work(Duration::from_millis(100)).unwrap();
    }
    assert!(sent.load(Ordering::Relaxed) >= 4, "{mode:?}");
    connection.close().unwrap();
    assert!(serving.join().unwrap().1.is_clean());
}

#[test]
fn a_connection_comes_back_and_what_is_sent_arrives() {
    for mode in MODES {
        let (listener, pump) = (listener(config("server")), pump(mode));
        let serving = thread::spawn({
            let listener = listener.clone();
            move || {
                take_one_and_close(&listener);
                serve(listener).join().unwrap().0
            }
        });
        let resilient = resilient(&pump, &listener);
        let sender = resilient.sender(LinkOptions::sender("out", "queue"));
        // the close may overtake the second: then nobody knows whether it was taken
        let policy = RetryPolicy { in_doubt: InDoubt::Again, ..RetryPolicy::default() };
        let send = |body: &str| pump.within(SOON, sender.send_retrying(body, policy.clone())).unwrap();
        assert_eq!(send("one").unwrap(), Outcome::Accepted, "{mode:?}");
        assert_eq!(send("two").unwrap(), Outcome::Accepted, "{mode:?}");
        let (queue, sending) = SendQueue::new(sender.clone(), 5);
        pump.spawn(sending);
        for number in 0..20 {
            pump.block_on(queue.push(number.to_string())).unwrap();
        }
        assert_eq!(pump.within(SOON, queue.close()).unwrap().accepted, 20, "{mode:?}");
        pump.within(SOON, resilient.close()).unwrap().unwrap();
        assert!(serving.join().unwrap() >= 21, "{mode:?}");
    }
}

#[test]
fn s10_3_a_deadline_leaves_the_attempts_going() {
    for mode in MODES {
        let (listener, pump) = (listener(config("server")), pump(mode));
        // nobody answers
        let resilient = resilient(&pump, &listener);
        let late = pump.within(Duration::from_millis(50), resilient.ensure_connected(None));
        assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut, "{mode:?}");
        let error = pump.block_on(resilient.ensure_connected(Some(Duration::from_millis(50)))).unwrap_err();
        assert!(matches!(error, amqp_blocking::Error::Timeout(_)), "{mode:?}: {error}");
        let accepting = thread::spawn(move || accept(&listener).closed().unwrap());
        pump.within(SOON, resilient.ensure_connected(None)).unwrap().unwrap();
        // the last handle closes the connection, also where nobody will drive it any more
        drop((resilient, pump));
        assert!(soon(|| accepting.join().unwrap()).is_clean(), "{mode:?}");
    }
}

#[test]
fn s4_2_a_pool_lends_in_order_and_no_longer_than_it_was_told() {
    for mode in MODES {
        let (listener, pump) = (listener(config("server")), pump(mode));
        let accepting = thread::spawn({
            let listener = listener.clone();
            move || serve(listener).join().unwrap()
        });
        let brief = Some(Duration::from_millis(500));
        let (max_connections, strategy) = (1, PoolStrategy::Exclusive);
        let options =
            PoolOptions { max_connections, strategy, acquire_timeout: brief, ..PoolOptions::to([url(&listener)]) };
        let (pool, driver) = Pool::new(options, builder().connector(&pump), pump.timer());
        pump.spawn(driver);
        let lease = pump.within(SOON, pool.acquire()).unwrap().unwrap();
        let begun = Instant::now();
        assert!(matches!(pump.block_on(pool.acquire()), Err(PoolError::TimedOut)), "{mode:?}");
        let waited = begun.elapsed();
        assert!(brief <= Some(waited) && waited < Duration::from_millis(1500), "{mode:?}: {waited:?}");
        // a lease is a connection, and can be used by the verbs of threads
        let connection = Connection::on(&pump, lease.clone());
        let sender = connection.session().unwrap().sender("queue").unwrap();
        assert_eq!(sender.send("lent").unwrap(), Outcome::Accepted);
        drop((connection, sender));
        let served = Arc::new(Mutex::new(Vec::new()));
        for number in 1..=2 {
            let (waiting, told) = (pool.clone(), Arc::clone(&served));
            pump.spawn(async move {
                let _lease = waiting.acquire().await.unwrap();
                told.lock().unwrap().push(number);
            });
            until(&pump, || pool.stats().waiting == number);
        }
        assert!(served.lock().unwrap().is_empty(), "{mode:?}: one connection, lent once");
        drop(lease);
        until(&pump, || served.lock().unwrap().len() == 2);
        assert_eq!(*served.lock().unwrap(), [1, 2], "{mode:?}");
        assert_eq!(pool.stats().leases, 0);
        pump.within(SOON, pool.close(Duration::ZERO)).unwrap();
        assert_eq!(accepting.join().unwrap().0, 1, "{mode:?}");
    }
}

/// Makes a node for the replies, and answers each request with its own body; then takes a batch.
fn answer(listener: &Listener) -> usize {
    let connection = accept(listener);
    let session = accept_session(&connection);
    let IncomingLink::Sender(link) = session.within(SOON).incoming_link().unwrap() else { panic!("wrong role") };
    let mut options = LinkOptions::answering(link.attach());
    options.source.as_mut().unwrap().address = Some("node".into());
    let replies = link.accept(options).unwrap();
    let requests = accept_receiver(&session, CreditMode::default());
    let delivery = requests.within(SOON).recv().unwrap();
    let request = delivery.message().unwrap();
    delivery.accept().unwrap();
    let reply = Message::builder().value("pong").correlation_id(request.message_id().unwrap().clone()).build();
    assert_eq!(request.reply_to(), Some("node"));
    replies.send(reply).unwrap();
    let batches = accept_receiver(&session, CreditMode::default());
    let batch = batches.within(SOON).recv().unwrap();
    let count = batch.encoded().unwrap().batched_messages().count();
    batch.accept().unwrap();
    let _ = connection.closed();
    count
}

#[test]
fn requests_batches_and_probes_on_handles_of_threads() {
    for mode in MODES {
        let listener = listener(config("server"));
        let answering = thread::spawn({
            let listener = listener.clone();
            move || answer(&listener)
        });
        let pump = pump(mode);
        let connection = pump.connect(&url(&listener)).unwrap();
        let session: Session = connection.session().unwrap();
        let requests = pump.within(SOON, RequestClient::attach(session.inner(), "service")).unwrap().unwrap();
        let reply = pump.block_on(requests.call("ping", SOON)).unwrap();
        assert_eq!(reply.body.as_str(), Some("pong"), "{mode:?}");
        let mut batch = BatchSender::new(session.sender("queue").unwrap().inner().clone());
        for number in 0..3 {
            assert!(pump.block_on(batch.push(&Message::from(number.to_string()))).unwrap().is_none());
        }
        let settlement = pump.block_on(batch.flush()).unwrap().expect("three messages");
        assert_eq!(pump.within(SOON, settlement).unwrap().unwrap(), Outcome::Accepted);
        assert!(pump.block_on(session.inner().probe(SOON)).unwrap() < SOON);
        assert!(connection.inner().health().is_open && connection.inner().health().round_trip.is_some());
        connection.close().unwrap();
        assert_eq!(answering.join().unwrap(), 3, "{mode:?}");
    }
}
