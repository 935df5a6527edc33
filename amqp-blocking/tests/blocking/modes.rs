//! The same verbs, whoever drives the connection.

use crate::support::{
    MODES, Mode, SOON, accept_receiver, accept_sender, accept_session, address, config, listener, meet, open, sending,
    serve, soon,
};
use amqp_blocking::proto::codec::{Message, Outcome, Value};
use amqp_blocking::proto::{CreditMode, LinkOptions};
use amqp_blocking::{BatchOptions, ConnectError, Error, Fault, Pump, ReceiverSet, connect};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn there_and_accepted() {
    for mode in MODES {
        let (connection, sender, serving) = sending(mode);
        for number in 0..100_u64 {
            assert_eq!(sender.send(Value::from(number)).unwrap(), Outcome::Accepted, "{mode:?}");
        }
        sender.close().unwrap();
        sender.session().end().unwrap();
        connection.close().unwrap();
        let (count, error) = serving.join().unwrap();
        assert!(count == 100 && error.is_clean(), "{mode:?}: {count}, {error}");
        drop(sender);
        assert!(connection.closed().is_some_and(|error| error.is_clean()));
    }
}

/// From a listener that sends: one by one, several at once, as an iterator that ends with the link.
#[test]
fn back_and_taken() {
    for mode in MODES {
        let (connection, sending) = meet(mode, |connection| {
            let sender = accept_sender(&accept_session(&connection));
            let mut settlements: Vec<_> =
                (0..20_u64).map(|number| sender.submit(Value::from(number)).unwrap()).collect();
            let outcomes: Vec<_> = settlements.iter_mut().map(|settlement| settlement.outcome().unwrap()).collect();
            sender.close().unwrap();
            outcomes
        });
        let receiver = connection.session().unwrap().receiver("queue").unwrap();
        let mut bodies = Vec::new();
        let mut take = |delivery: amqp_blocking::Delivery| {
            bodies.push(delivery.message().unwrap().body);
            delivery.accept().unwrap();
        };
        take(receiver.recv().unwrap());
        for delivery in receiver.recv_batch(BatchOptions::new(5)).unwrap() {
            take(delivery);
        }
        receiver.iter().for_each(|delivery| take(delivery.unwrap()));
        let expected: Vec<_> = (0..20_u64).map(|number| Message::from(Value::from(number)).body).collect();
        assert_eq!(bodies, expected, "{mode:?}");
        assert!(sending.join().unwrap().iter().all(|outcome| *outcome == Outcome::Accepted), "{mode:?}");
    }
}

/// The idle time-out passes several times while the application does something else.
#[test]
fn heartbeats_go_on_while_the_application_is_busy() {
    let idle = || config("peer").idle_time_out(Some(Duration::from_millis(1000)));
    let listener = listener(idle());
    let serving = serve(listener.clone());
    let connection = crate::support::client(Mode::Thread, address(&listener), idle());
    let session = connection.session().unwrap();
    let sender = session.sender("queue").unwrap();
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(sender.send("still there").unwrap(), Outcome::Accepted);
    connection.close().unwrap();
    assert!(serving.join().unwrap().1.is_clean());
}

#[test]
fn heartbeats_go_on_while_a_caller_sleeps() {
    let idle = || config("peer").idle_time_out(Some(Duration::from_millis(1000)));
    let listener = listener(idle());
    let serving = serve(listener.clone());
    let connection = crate::support::client(Mode::Caller, address(&listener), idle());
    let session = connection.session().unwrap();
    let sender = session.sender("queue").unwrap();
    let begun = Instant::now();
    connection.sleep(Duration::from_millis(2500)).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(2500));
    assert_eq!(sender.send("still there").unwrap(), Outcome::Accepted);
    // nobody drives it now, so the peer gives it up: that is what sleep is for
    thread::sleep(Duration::from_millis(2500));
    let error = soon(|| connection.sleep(SOON).unwrap_err());
    assert!(serving.join().unwrap().1.fault() == Fault::Timeout, "{error}");
}

/// Dropping is closing, also where nobody will drive the connection any more.
#[test]
fn the_last_handle_takes_leave() {
    for mode in MODES {
        let (connection, sender, serving) = sending(mode);
        drop(sender.submit("last words").unwrap());
        drop((connection, sender));
        let (count, error) = soon(|| serving.join().unwrap());
        assert!(count == 1 && error.is_clean(), "{mode:?}: {count}, {error:?}");
    }
}

/// Threads that panic with handles in use, in a conversion, and with a delivery in hand.
#[test]
fn a_panic_poisons_nothing() {
    struct Bad;
    impl From<Bad> for Message {
        fn from(_: Bad) -> Self {
            panic!("in a conversion")
        }
    }
    for mode in MODES {
        let (connection, sender, serving) = sending(mode);
        let thread = thread::spawn({
            let sender = sender.clone();
            move || {
                let _settlement = sender.submit("before").unwrap();
                panic!("with handles in use");
            }
        });
        assert!(thread.join().is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(sender.send(Bad)))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(sender.submit(Bad)))).is_err());
        assert_eq!(sender.send("after").unwrap(), Outcome::Accepted, "{mode:?}");
        connection.close().unwrap();
        assert_eq!(serving.join().unwrap().0, 2, "{mode:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_will_do() {
    use std::os::unix::net::UnixStream;
    let (near, far) = UnixStream::pair().unwrap();
    let listener = listener(config("server"));
    let serving = thread::spawn(move || open(listener.accept_on(far).unwrap()).unwrap().closed());
    let connection = amqp_blocking::connect_on(near).unwrap();
    connection.close().unwrap();
    assert!(serving.join().unwrap().unwrap().is_clean());
}

#[test]
fn by_url() {
    let listener = listener(config("server"));
    let address = address(&listener);
    let serving = serve(listener.clone());
    drop(connect(&format!("amqp://guest:gu%65st@{address}")).unwrap());
    drop(serving);
    let serving = serve(listener);
    // a name is looked up, and its addresses are tried in turn
    drop(Pump::new().unwrap().connect(&format!("amqp://localhost:{}", address.port())).unwrap());
    drop(serving);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = connect(&format!("amqp://{free}")).unwrap_err();
    assert!(matches!(error, ConnectError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
    assert!(matches!(connect("ftp://localhost"), Err(ConnectError::Url { .. })));
}

/// Credit by hand: nothing comes without, and a drain gives it back.
#[test]
fn credit_by_hand() {
    for mode in MODES {
        let (connection, sending) = meet(mode, |connection| {
            let sender = accept_sender(&accept_session(&connection));
            let outcomes: Vec<_> = (0..3).map(|_| sender.send("x")).collect();
            (outcomes, connection.closed())
        });
        let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("by hand", "queue") };
        let receiver = connection.session().unwrap().attach_receiver(options).unwrap();
        assert!(receiver.within(crate::support::BRIEF).recv().is_err());
        receiver.add_credit(10).unwrap();
        for _ in 0..3 {
            receiver.recv().unwrap().accept().unwrap();
        }
        soon(|| receiver.drain().unwrap());
        assert_eq!(receiver.credit(), 0);
        connection.close().unwrap();
        let (outcomes, end) = sending.join().unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Accepted))), "{outcomes:?}");
        assert!(matches!(end, Some(Error::Closed(_))), "{end:?}");
    }
}

/// A delivery keeps its connection where that has a thread, and does not where it needs a caller.
#[test]
fn a_lone_delivery() {
    for mode in MODES {
        let (connection, sending) =
            meet(mode, |connection| accept_sender(&accept_session(&connection)).within(SOON).send("x"));
        let delivery = connection.session().unwrap().receiver("queue").unwrap().recv().unwrap();
        drop(connection);
        match mode {
            Mode::Thread => {
                delivery.accept().unwrap();
                assert_eq!(sending.join().unwrap().unwrap(), Outcome::Accepted);
            }
            Mode::Caller => {
                let error = delivery.accept().unwrap_err();
                assert!(matches!(error, Error::Undriven), "{error:?}");
                sending.join().unwrap().unwrap_err();
            }
        }
    }
}

/// One thread receives on many links.
#[test]
fn a_set_of_receivers() {
    for mode in MODES {
        let (connection, receiving) = meet(mode, |connection| {
            let session = accept_session(&connection);
            let mut set = ReceiverSet::new(&connection).within(SOON);
            let ids: Vec<_> =
                (0..10).map(|_| set.add(accept_receiver(&session, CreditMode::Auto(5))).unwrap()).collect();
            let mut seen = vec![0; ids.len()];
            while seen.iter().sum::<usize>() < 200 {
                let batch = set.recv_batch(64).unwrap();
                for delivery in &batch {
                    seen[ids.iter().position(|id| *id == delivery.receiver()).unwrap()] += 1;
                }
                batch.accept().unwrap();
            }
            let brief = set.within(Duration::from_millis(1)).recv().unwrap_err();
            (connection, seen, brief)
        });
        let session = connection.session().unwrap();
        let senders: Vec<_> = (0..10).map(|_| session.sender("queue").unwrap()).collect();
        let sent = (0..20).flat_map(|_| &senders).map(|sender| sender.submit("x").unwrap());
        let outcomes: Vec<_> = sent.collect::<Vec<_>>().iter_mut().map(|sent| sent.outcome().unwrap()).collect();
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Accepted), "{mode:?}");
        let (other, seen, brief) = receiving.join().unwrap();
        assert!(seen.iter().all(|count| *count == 20), "{mode:?}: {seen:?}");
        assert!(brief.receiver.is_none() && matches!(*brief.error, Error::Timeout(_)), "{mode:?}: {brief}");
        drop(other);
    }
}
