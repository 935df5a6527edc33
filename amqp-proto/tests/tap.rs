//! What a frame tap sees of both ends of a connection, and what it never sees.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]
#![allow(clippy::disallowed_types, reason = "a tap may be called from any thread")]

mod support;

use amqp_proto::codec::SaslCode;
use amqp_proto::{Config, Connection, Event, FrameTap, Instant, LinkOptions, Mechanism, Outgoing};
use amqp_proto::{SaslClient, SaslListener, SessionOptions};
use std::sync::{Arc, Mutex};
use support::{Pair, Side, config};

/// The lines of both ends, each with the name of its end.
type Lines = Arc<Mutex<Vec<String>>>;

fn tapped(lines: &Lines, name: &'static str) -> Config {
    let lines = Arc::clone(lines);
    config(name)
        .frame_tap(FrameTap::new(move |frame| lines.lock().unwrap().push(format!("{name}: {frame}"))))
        .idle_time_out(None)
        .build()
        .unwrap()
}

/// The lines of one end, without its name.
fn of(lines: &Lines, name: &str) -> Vec<String> {
    let lines = lines.lock().unwrap();
    lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(String::from).collect()
}

#[test]
fn each_end_sees_what_the_other_one_sent() {
    let lines = Lines::default();
    let mut pair = Pair::new(tapped(&lines, "c"), tapped(&lines, "l"));
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    // One is copied beside its performative, one leaves as it is.
    for size in [5, 200_000] {
        pair.client.core.sender(a).unwrap().send(Outgoing::new(vec![7; size])).unwrap();
        pair.pump();
        let delivery = pair.listener.core.receiver(ra).unwrap().recv().unwrap();
        pair.listener.core.receiver(ra).unwrap().accept_delivery(delivery.id).unwrap();
    }
    let now = pair.now;
    pair.client.core.close(now, None);
    pair.pump();
    let turned = |name| -> Vec<String> {
        let turn = |line: &String| line.replace("->", "<=").replace("<-", "->").replace("<=", "<-");
        of(&lines, name).iter().map(turn).collect()
    };
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(of(&lines, "c")), sorted(turned("l")));
    let client = of(&lines, "c");
    assert_eq!(client[0], "-> AMQP 1.0.0");
    assert_eq!(client[1], "<- AMQP 1.0.0");
    assert_eq!(client[2], "0 -> Open{container-id=\"c\" max-frame-size=65536 channel-max=255}");
    let transfers: Vec<_> = client.iter().filter(|line| line.contains("Transfer{")).collect();
    assert_eq!(transfers.len(), 5, "{transfers:?}");
    let first = "0 -> Transfer{handle=0 delivery-id=0 delivery-tag=0x00 message-format=0 settled=false} (5) ";
    assert_eq!(transfers[0].strip_prefix(first), Some(r#""\x07\x07\x07\x07\x07""#), "{transfers:?}");
    let pieces = transfers[1..].iter().all(|line| line.ends_with("\\x07\"…") && line.len() < 300);
    assert!(pieces, "of a large payload only the beginning: {transfers:?}");
    assert!(client.iter().any(|line| line.starts_with("0 <- Disposition{role=receiver first=0")), "{client:?}");
    assert_eq!(client.last().unwrap(), "0 <- Close{}");
}

#[test]
fn no_secret_is_shown() {
    let lines = Lines::default();
    let client = SaslClient::plain("somebody", "hunter2").insecure_allowed(true);
    let listener = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
    let mut pair = Pair::new(tapped(&lines, "c"), tapped(&lines, "l"));
    pair.client = Side::new(Connection::client(tapped(&lines, "c"), Some(client), Instant::ZERO));
    pair.listener = Side::new(Connection::listener(tapped(&lines, "l"), Some(listener), Instant::ZERO));
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::SaslInit(_))), 1);
    let now = pair.now;
    pair.listener.core.sasl_outcome(now, SaslCode::Ok).unwrap();
    pair.pump();
    let all = lines.lock().unwrap().join("\n");
    assert!(!all.contains("hunter2") && !all.contains("somebody"), "{all}");
    let client = of(&lines, "c");
    let expected = [
        "-> SASL 1.0.0",
        "<- SASL 1.0.0",
        "<- SaslMechanisms{sasl-server-mechanisms=[:PLAIN]}",
        "-> SaslInit{mechanism=:PLAIN initial-response=<17 octets>}",
        "<- SaslOutcome{code=ok}",
        "-> AMQP 1.0.0",
        "<- AMQP 1.0.0",
    ];
    assert_eq!(client[..7], expected, "{client:?}");
}

#[test]
fn what_cannot_be_read_is_shown_by_its_fault_and_heartbeats_by_their_name() {
    let lines = Lines::default();
    let mut side = Side::new(Connection::listener(tapped(&lines, "l"), None, Instant::ZERO));
    side.feed(
        Instant::ZERO,
        b"AMQP\x00\x01\x00\x00\x00\x00\x00\x08\x02\x00\x00\x00\x00\x00\x00\x0a\x02\x00\x00\x05\x00\x53",
    );
    side.output(Instant::ZERO);
    let lines = of(&lines, "l");
    assert_eq!(lines[..2], ["<- AMQP 1.0.0", "0 <- (empty frame)"]);
    assert!(lines[2].starts_with("5 <- (2 octets: "), "{lines:?}");
    assert!(lines.last().unwrap().starts_with("0 -> Close{error="), "{lines:?}");
}

#[test]
fn set_and_taken_away_at_any_time() {
    let lines = Lines::default();
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    pair.pump();
    let log = Arc::clone(&lines);
    let tap = FrameTap::new(move |frame| log.lock().unwrap().push(format!("x: {frame}")));
    pair.client.core.set_frame_tap(Some(tap));
    pair.client.core.begin(SessionOptions::default()).unwrap();
    pair.pump();
    pair.client.core.set_frame_tap(None);
    let now = pair.now;
    pair.client.core.close(now, None);
    pair.pump();
    let lines = of(&lines, "x");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("0 -> Begin{"));
}
