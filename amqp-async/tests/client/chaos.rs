//! A connection cut at every octet of a short exchange: what becomes of every message.

use crate::broker::Broker;
use amqp_async::SendError;
use amqp_async::client::{Backoff, InFlight, LinkPolicy, Random, ReconnectPolicy, Resilient};
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{LinkOptions, SessionOptions};
use std::collections::BTreeMap;
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
