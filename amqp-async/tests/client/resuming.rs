//! Links that are resumed: however often the connection is cut, and wherever, each message arrives once and has one fate.

use crate::broker::Broker;
use amqp_async::client::{Backoff, InFlight, LinkPolicy, Random, ReconnectPolicy, Resilient};
use amqp_async::proto::codec::{Message, Outcome};
use amqp_async::proto::{LinkOptions, Outgoing, SessionOptions};
use amqp_async::{Error, SendError};
use std::time::Duration;

const MESSAGES: usize = 3;

const SECOND: Duration = Duration::from_secs(1);

fn quick() -> Backoff {
    Backoff::doubling_from_1s()
}

fn resilient(broker: &Broker) -> Resilient {
    let policy = ReconnectPolicy { backoff: quick(), ..ReconnectPolicy::default() };
    let (resilient, supervisor) =
        Resilient::with_random(policy, broker.connector(), broker.world.timer(), Random::new(3));
    broker.world.spawn("supervisor", supervisor);
    resilient
}

fn same_tag() -> LinkPolicy {
    LinkPolicy { in_flight: InFlight::ResendSameTag, backoff: quick(), ..LinkPolicy::default() }
}

/// Sends a few messages over connections that break after so many octets each, the last one first; then over one that
/// holds. Checks what became of each; returns the octets of the last connection, and how many broke.
fn exchange(cuts: &[usize]) -> (usize, usize) {
    let broker = Broker::new();
    broker.log().resumes = true;
    broker.log().cuts = cuts.to_vec();
    let resilient = resilient(&broker);
    let sender = resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), same_tag());
    let sending: Vec<_> = (0..MESSAGES)
        .map(|number| {
            let sender = sender.clone();
            broker.world.spawn("send", async move { sender.send(format!("message {number}")).await })
        })
        .collect();
    broker.world.settle();
    broker.world.advance(Duration::from_secs(60));
    for (number, told) in sending.iter().enumerate() {
        let told = told.take().expect("everybody is told");
        assert!(matches!(told, Ok(Outcome::Accepted)), "cuts {cuts:?}: message {number}: {told:?}");
    }
    let mut log = broker.log();
    let mut bodies = std::mem::take(&mut log.bodies);
    bodies.sort();
    let all: Vec<_> = (0..MESSAGES).map(|number| format!("message {number}")).collect();
    assert_eq!(bodies, all, "cuts {cuts:?}: each is received once");
    (log.taps.last().map_or(0, |tap| tap.written().iter().sum()), log.attempts.len() - 1)
}

#[test]
fn s9_6_resent_under_the_same_tag_every_message_is_received_once_wherever_the_connection_is_cut() {
    let (octets, _) = exchange(&[]);
    for cut in 0..octets {
        assert_eq!(exchange(&[cut]).1, 1, "cut at {cut}");
    }
}

#[test]
fn s9_6_ten_thousand_cuts_anywhere_double_and_lose_nothing() {
    let (octets, _) = exchange(&[]);
    let (mut random, mut broken) = (Random::new(96), 0);
    while broken < 10_000 {
        let cuts = [(); 4].map(|()| (random.next() % octets as u64) as usize);
        broken += exchange(&cuts).1;
    }
}

#[test]
// scenario: RS-15
fn a_peer_that_refuses_to_resume_is_asked_once_and_what_was_in_flight_is_in_doubt() {
    let broker = Broker::new();
    broker.log().refuses_maps = true;
    broker.log().mute = true;
    let resilient = resilient(&broker);
    let sender = resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), same_tag());
    let waiting = broker.world.spawn("send", {
        let sender = sender.clone();
        async move { sender.send("precious").await }
    });
    broker.world.settle();
    broker.stop();
    broker.start();
    broker.log().mute = false;
    broker.world.advance(4 * SECOND);
    let told = waiting.take().expect("told, once");
    assert!(matches!(told, Err(SendError::InDoubt(Error::ResumeLost))), "{told:?}");
    let maps: Vec<_> = broker.log().attaches.iter().map(|(_, attach)| attach.unsettled.is_some()).collect();
    assert_eq!(maps, [false, true, false], "asked once");
    assert!(matches!(broker.world.run(sender.send("more")), Ok(Outcome::Accepted)));
    assert_eq!(broker.log().bodies, ["precious", "more"]);
}

#[test]
fn what_nobody_waits_for_is_not_resumed() {
    let broker = Broker::new();
    broker.log().resumes = true;
    broker.log().mute = true;
    let resilient = resilient(&broker);
    let sender = resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), same_tag());
    let own = Outgoing { tag: Some(77u32.into()), ..Outgoing::new(Message::from("a").to_bytes()) };
    drop(broker.world.run(sender.submit_encoded(own)).unwrap());
    let kept = broker.world.run(sender.submit("b")).unwrap();
    let waiting = broker.world.spawn("outcome", kept.outcome());
    broker.world.settle();
    broker.log().taps[0].reset();
    broker.log().mute = false;
    broker.world.advance(4 * SECOND);
    assert!(matches!(waiting.take(), Some(Ok(Outcome::Accepted))));
    let log = broker.log();
    assert_eq!(log.bodies, ["a", "b"], "each came once");
    let (_, attach) = &log.attaches[1];
    let listed: Vec<_> = attach.unsettled.as_ref().unwrap().0.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(listed, [1u32.into()], "the one that somebody waits for");
}
