//! The pair itself: two cores, pipes that cut and delay, virtual time.

use amqp_proto::codec::Condition;
use amqp_proto::{
    CloseReason, Config, Connection, Event, Instant, LinkId, LinkOptions, Outgoing, SenderId, SessionOptions,
};
use amqp10_testkit::pair::Pair;
use amqp10_testkit::pipe::Cut;
use std::time::Duration;

const BOUND: usize = 100_000;
const MESSAGES: u8 = 50;

fn pair(cut: Cut, delay: Duration) -> Pair {
    let config = |name: &'static str| Config::builder(name).max_frame_size(512).build().expect("a configuration");
    let client = Connection::client(config("client"), None, Instant::ZERO);
    let listener = Connection::listener(config("listener"), None, Instant::ZERO);
    Pair::new(client, listener, cut, delay)
}

/// Accepts whatever is asked for, and counts what arrives.
fn serve(pair: &mut Pair, received: &mut Vec<Vec<u8>>) {
    for event in std::mem::take(&mut pair.listener.events) {
        let core = &mut pair.listener.core;
        match event {
            Event::BeginRequested { session, .. } => {
                core.session(session).and_then(|mut session| session.accept(SessionOptions::default())).expect("live");
            }
            Event::AttachRequested { link: LinkId::Receiver(link), attach } => {
                core.receiver(link).and_then(|mut link| link.accept(LinkOptions::answering(&attach))).expect("live");
            }
            Event::Arrived { receiver } => {
                let mut receiver = core.receiver(receiver).expect("live");
                while let Some(delivery) = receiver.recv() {
                    receiver.accept_delivery(delivery.id).expect("unsettled");
                    received.push(delivery.payload.into_bytes().to_vec());
                }
            }
            _ => {}
        }
    }
}

fn send_all(pair: &mut Pair, sender: SenderId, sent: &mut u8) {
    while *sent < MESSAGES {
        let message = Outgoing::new(vec![*sent; 700]);
        if pair.client.core.sender(sender).expect("live").send(message).is_err() {
            return;
        }
        *sent += 1;
    }
}

fn run(cut: Cut, delay: Duration) {
    let mut pair = pair(cut, delay);
    let session = pair.client.core.begin(SessionOptions::default()).expect("a channel");
    let sender = pair.client.core.session(session).expect("live").attach_sender(LinkOptions::sender("link", "q"));
    let sender = sender.expect("a handle");
    let (mut sent, mut received) = (0, Vec::new());
    let done = pair.drive_until(Duration::from_secs(60), BOUND, |pair| {
        serve(pair, &mut received);
        send_all(pair, sender, &mut sent);
        let settled = |event: &&Event| matches!(event, Event::Disposition { settled: true, .. });
        pair.client.events.iter().filter(settled).count() == usize::from(MESSAGES)
    });
    assert_eq!(done, Ok(true), "{cut:?} {delay:?}");
    let wanted: Vec<_> = (0..MESSAGES).map(|number| vec![number; 700]).collect();
    assert_eq!(received, wanted, "{cut:?} {delay:?}");

    pair.client.core.close(pair.clock.now(), Some(amqp_proto::codec::Error::new(Condition::INTERNAL_ERROR, "done")));
    let closed = |events: &[Event]| events.iter().any(|event| matches!(event, Event::Closed(_)));
    let both = |pair: &mut Pair| closed(&pair.client.events) && closed(&pair.listener.events);
    assert_eq!(pair.drive_until(Duration::from_secs(60), BOUND, both), Ok(true));
    assert!(
        pair.client.events.iter().any(|event| matches!(event, Event::Closed(reason) if **reason == CloseReason::Local))
    );
}

#[test]
fn fifty_messages_arrive_whole_however_the_pipe_cuts() {
    for cut in [Cut::Nowhere, Cut::Every(1), Cut::Every(7), Cut::Random(1), Cut::Random(2)] {
        run(cut, Duration::ZERO);
    }
    run(Cut::Random(3), Duration::from_millis(20));
}

#[test]
fn time_jumps_to_the_deadline_of_a_silent_peer() {
    let config = Config::builder("client").handshake_timeout(Some(Duration::from_secs(7))).build().expect("valid");
    let client = Connection::client(config, None, Instant::ZERO);
    let listener = Connection::listener(Config::builder("l").build().expect("valid"), None, Instant::ZERO);
    // A pipe slower than the client is patient.
    let mut pair = Pair::new(client, listener, Cut::Nowhere, Duration::from_secs(20));
    let timed_out = |pair: &mut Pair| {
        pair.client
            .events
            .iter()
            .any(|event| matches!(event, Event::Closed(reason) if matches!(**reason, CloseReason::Timeout(_))))
    };
    assert_eq!(pair.drive_until(Duration::from_secs(60), BOUND, timed_out), Ok(true));
    assert_eq!(pair.clock.now(), Instant::from_millis(7000));
}
