//! A connection cut at every octet of a short exchange: what becomes of every message.

use crate::broker::Broker;
use amqp_async::SendError;
use amqp_async::client::{Backoff, InFlight, LinkPolicy, Random, ReconnectPolicy, Resilient};
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{LinkOptions, SessionOptions};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

const MESSAGES: usize = 3;

/// What the sender was told of each message, and how often each arrived.
struct Fates {
    told: Vec<Result<Outcome, SendError>>,
    arrived: BTreeMap<String, usize>,
    connections: usize,
}

/// Sends a few messages over connections of which the first breaks after so many octets.
fn exchange(cut_after: Option<usize>, in_flight: InFlight) -> (Fates, usize) {
    let broker = Broker::new();
    broker.log().cut_after = cut_after;
    let policy = ReconnectPolicy { backoff: Backoff::doubling_from_1s(), ..ReconnectPolicy::default() };
    let (resilient, supervisor) =
        Resilient::with_random(policy, broker.connector(), broker.world.timer(), Random::new(3));
    broker.world.spawn("supervisor", supervisor);
    let policy = LinkPolicy { in_flight, backoff: Backoff::doubling_from_1s(), ..LinkPolicy::default() };
    let sender = resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), policy);
    let sending: Vec<_> = (0..MESSAGES)
        .map(|number| {
            let sender = sender.clone();
            broker.world.spawn("send", async move { sender.send(format!("message {number}")).await })
        })
        .collect();
    broker.world.settle();
    broker.log().cut_after = None;
    broker.world.advance(Duration::from_secs(100));
    let told = sending.iter().map(|sending| sending.take().expect("everybody is told")).collect();
    let mut arrived = BTreeMap::new();
    for body in &broker.log().bodies {
        *arrived.entry(body.clone()).or_default() += 1;
    }
    let log = broker.log();
    let octets = log.taps[0].written().iter().sum();
    (Fates { told, arrived, connections: log.attempts.len() }, octets)
}

#[test]
fn s9_6_every_message_has_one_fate_wherever_the_connection_is_cut() {
    let (whole, octets) = exchange(None, InFlight::Fail);
    assert_eq!((whole.connections, whole.arrived.len()), (1, MESSAGES));
    let (mut accepted, mut in_doubt, mut twice) = (0, 0, 0);
    for cut in 0..octets {
        for in_flight in [InFlight::Fail, InFlight::Resend] {
            let (fates, _) = exchange(Some(cut), in_flight);
            assert!(fates.connections >= 2, "cut at {cut}");
            for (number, told) in fates.told.iter().enumerate() {
                let times = fates.arrived.get(&format!("message {number}")).copied().unwrap_or_default();
                match told {
                    Ok(Outcome::Accepted) => {
                        assert!(times >= 1, "cut at {cut}: accepted and never there");
                        // sent again only after it was in doubt
                        assert!(in_flight == InFlight::Resend || times == 1, "cut at {cut}: doubled");
                        accepted += 1;
                    }
                    Err(SendError::InDoubt(_)) => {
                        assert!(in_flight == InFlight::Fail && times <= 1, "cut at {cut}: {told:?}");
                        in_doubt += 1;
                    }
                    told => panic!("cut at {cut}: {told:?}"),
                }
                assert!(times <= 2, "cut at {cut}: one cut doubles once");
                twice += usize::from(times == 2);
            }
        }
    }
    assert!(accepted > octets && in_doubt > 0 && twice > 0, "{accepted} {in_doubt} {twice}: all of it happened");
}

/// Receives a few messages over connections of which the first breaks after so many octets: what came, how often, and
/// what the broker was told.
fn reception(cut_after: Option<usize>) -> (BTreeMap<String, usize>, Vec<String>, usize) {
    let broker = Broker::new();
    broker.log().cut_after = cut_after;
    broker.log().stock = (0..MESSAGES).map(|number| format!("message {number}")).collect();
    let policy = ReconnectPolicy { backoff: Backoff::doubling_from_1s(), ..ReconnectPolicy::default() };
    let (resilient, supervisor) =
        Resilient::with_random(policy, broker.connector(), broker.world.timer(), Random::new(3));
    broker.world.spawn("supervisor", supervisor);
    let receiver = resilient.receiver(LinkOptions::receiver("in", "queue"));
    let came = Rc::<RefCell<BTreeMap<String, usize>>>::default();
    let counts = Rc::clone(&came);
    broker.world.spawn("receive", async move {
        while let Ok(delivery) = receiver.recv().await {
            let body = delivery.message().unwrap().body.as_str().unwrap().to_owned();
            *counts.borrow_mut().entry(body).or_default() += 1;
            // if the link is gone the message comes again
            let _ = delivery.accept();
        }
    });
    broker.world.settle();
    broker.log().cut_after = None;
    broker.world.advance(Duration::from_secs(10));
    let mut log = broker.log();
    let mut taken = std::mem::take(&mut log.taken);
    taken.sort();
    let octets = log.taps[0].written().iter().sum();
    let came = came.borrow().clone();
    (came, taken, octets)
}

#[test]
fn s9_6_every_message_is_received_and_settled_once_wherever_the_connection_is_cut() {
    let (came, taken, octets) = reception(None);
    assert_eq!((came.len(), taken.len()), (MESSAGES, MESSAGES));
    let mut twice = 0;
    for cut in 0..octets {
        let (came, taken, _) = reception(Some(cut));
        let all: Vec<String> = (0..MESSAGES).map(|number| format!("message {number}")).collect();
        assert_eq!(taken, all, "cut at {cut}: each is accepted once");
        for body in &all {
            let times = came.get(body).copied().unwrap_or_default();
            assert!((1..=2).contains(&times), "cut at {cut}: {body} came {times} times");
            twice += usize::from(times == 2);
        }
    }
    assert!(twice > 0, "some came again");
}
