//! What only those do who drive connections themselves.

use crate::support::{BRIEF, SOON, accept_receiver, address, config, listener, offered, open, options, serve, soon};
use amqp_blocking::proto::codec::Outcome;
use amqp_blocking::proto::{CreditMode, SessionOptions};
use amqp_blocking::{Connection, Delivery, Error, IncomingLink, Pump, Receiver};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn work_says_what_it_did() {
    let listener = listener(config("server"));
    let serving = serve(listener.clone());
    let pump = Pump::new().unwrap();
    let connection = pump.builder().addresses([address(&listener)]).connect().unwrap();
    let sender = connection.session().unwrap().sender("queue").unwrap();

    let mut settlement = sender.submit("a message").unwrap();
    assert_eq!(settlement.try_outcome().unwrap(), None, "it has not even left");
    let work = connection.work(SOON).unwrap();
    assert!(work.octets_out > 0 && work.unsettled <= 1 && !work.is_idle(), "{work:?}");
    let outcome = soon(|| {
        loop {
            if let Some(outcome) = settlement.try_outcome().unwrap() {
                break outcome;
            }
            connection.work(SOON).unwrap();
        }
    });
    assert_eq!(outcome, Outcome::Accepted);

    while !connection.work(BRIEF).unwrap().is_idle() {}
    let begun = Instant::now();
    let work = connection.work(BRIEF).unwrap();
    assert!(work.is_idle() && work.unsettled == 0 && begun.elapsed() >= BRIEF, "{work:?}");
    let begun = Instant::now();
    assert!(connection.work(Duration::ZERO).unwrap().is_idle());
    assert!(begun.elapsed() < BRIEF, "does not wait");

    connection.close().unwrap();
    assert!(connection.work(SOON).unwrap_err().is_clean());
    serving.join().unwrap();
}

/// One thread, one pump: a listener and what its clients send, without ever waiting for one of them.
#[test]
fn one_thread_serves_many() {
    const CLIENTS: usize = 5;
    const MESSAGES: usize = 20;
    let pump = Pump::new().unwrap();
    let listener = pump.listen("127.0.0.1:0", options(config("server")), Some(offered())).unwrap();
    let address = address(&listener);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            thread::spawn(move || {
                let connection = amqp_blocking::connect(&format!("amqp://{address}")).unwrap();
                let sender = connection.session().unwrap().sender("queue").unwrap();
                for _ in 0..MESSAGES {
                    assert_eq!(sender.send("work").unwrap(), Outcome::Accepted);
                }
                connection.close().unwrap();
            })
        })
        .collect();
    let mut connections: Vec<Connection> = Vec::new();
    let mut receivers: Vec<Receiver> = Vec::new();
    let mut taken = 0;
    soon(|| {
        while taken < CLIENTS * MESSAGES {
            if let Ok((incoming, _)) = listener.within(Duration::ZERO).accept() {
                connections.push(open(incoming).unwrap());
            }
            connections.retain(|connection| {
                let Ok(session) = connection.within(Duration::ZERO).incoming_session() else { return true };
                let session = session.accept(SessionOptions::default()).unwrap();
                receivers.push(accept_receiver(&session, CreditMode::default()));
                true
            });
            for receiver in &receivers {
                while let Ok(Some(delivery)) = receiver.try_recv() {
                    delivery.accept().unwrap();
                    taken += 1;
                }
            }
            let _ = pump.work(Duration::from_millis(5));
        }
    });
    // the last settlements, and the closes
    pump.sleep(Duration::from_millis(1));
    while clients.iter().any(|client| !client.is_finished()) {
        let _ = pump.work(Duration::from_millis(5));
    }
    clients.into_iter().for_each(|client| client.join().unwrap());
}

/// Threads that wait on one pump: whoever leads passes that on, be it done or out of time.
#[test]
fn leading_is_passed_on() {
    let listener = listener(config("server"));
    let accepting = thread::spawn({
        let listener = listener.clone();
        move || {
            let connection = crate::support::accept(&listener);
            let session = crate::support::accept_session(&connection);
            let IncomingLink::Sender(link) = session.incoming_link().unwrap() else { panic!("wrong role") };
            let options = amqp_blocking::proto::LinkOptions::answering(link.attach());
            (link.accept(options).unwrap(), connection)
        }
    });
    let pump = Pump::new().unwrap();
    let connection = pump.builder().addresses([address(&listener)]).connect().unwrap();
    let receiver = connection.session().unwrap().receiver("queue").unwrap();
    let (sender, _server) = accepting.join().unwrap();

    // the first leads, and leaves long before anything comes; the others have followed
    let mut threads: Vec<_> = (0..4)
        .map(|number| {
            let receiver = receiver.clone();
            let limit = if number == 0 { BRIEF } else { SOON };
            let thread = thread::spawn(move || receiver.within(limit).recv().and_then(Delivery::accept));
            thread::sleep(BRIEF / 4);
            thread
        })
        .collect();
    let first = soon(|| threads.remove(0).join().unwrap());
    assert!(matches!(first, Err(Error::Timeout(_))), "{first:?}");
    let mut settlements: Vec<_> = (0..3).map(|_| sender.submit("one for each").unwrap()).collect();
    let results: Vec<_> = threads.into_iter().map(|thread| soon(|| thread.join().unwrap())).collect();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    // the last of them has settled when it did not lead any more
    let _ = pump.work(BRIEF);
    for settlement in &mut settlements {
        assert_eq!(soon(|| settlement.outcome().unwrap()), Outcome::Accepted);
    }
}
