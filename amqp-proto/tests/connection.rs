//! open, close, idle time-outs, SASL: what concerns the connection as a whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::frame::{FRAME_TYPE_SASL, encode_frame};
use amqp_proto::codec::{Begin, Close, Condition, End, Error, Open, Performative, ProtocolHeader, Role, SequenceNo};
use amqp_proto::codec::{SaslCode, SaslInit, SaslMechanisms, Symbol};
use amqp_proto::{CloseReason, Connection, Event, Instant, LinkOptions, Mechanism, Misuse, Outgoing, Pipelining};
use amqp_proto::{SaslListener, SessionOptions, TimeoutReason};
use bytes::Bytes;
use core::time::Duration;
use support::{Pair, Raw, Side, attach, config, frame, requested_link};

fn closed(side: &mut Side) -> Vec<CloseReason> {
    side.take()
        .into_iter()
        .filter_map(|event| if let Event::Closed(reason) = event { Some(*reason) } else { None })
        .collect()
}

fn condition(frames: &[(u16, Performative)]) -> Option<Condition> {
    frames.iter().find_map(|(_, frame)| match frame {
        Performative::Close(close) => close.error.as_ref().map(|error| error.condition.clone()),
        _ => None,
    })
}

#[test]
fn nothing_follows_close() {
    // req: TR-2.4.3-02 TR-2.4.3-05
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let options = LinkOptions::sender("a", "q");
    let (sender, receiver) = pair.link(session, options, LinkOptions::receiver("a", "q"));
    pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().unwrap();
    pair.listener.core.close(pair.now, None);
    let octets = pair.listener.output(pair.now);
    assert!(pair.listener.core.receiver(receiver).unwrap().accept_delivery(delivery.id).is_err());
    assert!(pair.listener.core.receiver(receiver).unwrap().set_credit(5).is_err());
    assert!(pair.listener.output(pair.now).is_empty(), "close is the last frame");

    pair.client.core.close(pair.now, None);
    assert!(pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).is_err());
    assert!(pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender("b", "q")).is_err());
    assert_eq!(pair.client.core.begin(SessionOptions::default()), Err(Misuse::ConnectionClosed));
    pair.client.feed(pair.now, &octets);
    pair.pump();
    for side in [&mut pair.client, &mut pair.listener] {
        let events = side.take();
        let tail: Vec<_> = events.iter().rev().take(3).rev().collect();
        let [Event::Detached { .. }, Event::Ended { .. }, Event::Closed(reason)] = &tail[..] else {
            panic!("{tail:?}")
        };
        assert_eq!(**reason, CloseReason::Local);
        assert!(side.closing);
    }
}

#[test]
fn pipelined_open_and_close_are_answered() {
    // req: TR-2.4.2-01 TR-2.4.2-03
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    raw.send(0, &Close { error: None });
    assert_eq!(raw.names(), ["open", "close"]);
    assert_eq!(closed(&mut raw.side), [CloseReason::Remote(None)]);
    assert!(raw.side.closing);
    raw.send(0, &Open::new("raw"));
    assert!(raw.names().is_empty(), "req: TR-2.4.3-06");
}

#[test]
fn everything_in_one_flight() {
    // req: TR-2.4.2-02 TR-2.5.5-02
    let client = config("c").pipelining(Pipelining::On).build().unwrap();
    let mut pair = Pair::new(client, config("l").build().unwrap());
    let session = pair.client.core.begin(SessionOptions::default()).unwrap();
    pair.client.core.session(session).unwrap().attach_receiver(LinkOptions::receiver("a", "q")).unwrap();
    let octets = pair.client.output(pair.now);
    pair.listener.feed(pair.now, &octets);
    let theirs = support::requested_session(&mut pair.listener);
    let amqp_proto::LinkId::Sender(sender) = requested_link(&mut pair.listener) else { panic!("no sender") };
    pair.listener.core.session(theirs).unwrap().accept(SessionOptions::default()).unwrap();
    // The flow with its credit came before our attach left.
    pair.listener.core.sender(sender).unwrap().accept(LinkOptions::sender("a", "q")).unwrap();
    assert_eq!(pair.listener.core.sender(sender).unwrap().credit(), 1000, "req: TR-2.6.7-04");
    pair.listener.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
    pair.pump();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Arrived { .. })), 1);
}

#[test]
fn end_of_the_transport_in_every_state() {
    // req: TR-2.4.3-07
    let steps: [fn(&mut Pair); 5] = [
        |_| {},
        |pair| pair.pump(),
        |pair| _ = pair.session(SessionOptions::default(), SessionOptions::default()),
        |pair| {
            let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
            pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender("a", "q")).unwrap();
        },
        |pair| {
            pair.pump();
            pair.client.core.close(pair.now, None);
        },
    ];
    for (number, step) in steps.into_iter().enumerate() {
        let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
        step(&mut pair);
        for side in [&mut pair.client, &mut pair.listener] {
            side.core.handle_eof(Instant::ZERO);
            side.core.handle_eof(Instant::ZERO);
            side.core.close(Instant::ZERO, None);
            assert_eq!(closed(side), [CloseReason::Eof], "step {number}");
            side.output(Instant::ZERO);
            assert!(side.closing && side.core.poll_timeout().is_none());
        }
    }
}

#[test]
fn heartbeats_keep_both_alive_and_silence_ends() {
    // req: TR-2.4.5-01 TR-2.4.5-02 TR-2.4.5-03 TR-2.4.5-04 TR-2.4.5-08
    let idle = Some(Duration::from_secs(2));
    let build = |name| config(name).idle_time_out(idle).build().unwrap();
    let mut pair = Pair::new(build("c"), build("l"));
    pair.pump();
    for _ in 0..100 {
        let deadlines = [pair.client.core.poll_timeout(), pair.listener.core.poll_timeout()];
        let (next, reason) = deadlines.into_iter().flatten().min().unwrap();
        assert_eq!(reason, TimeoutReason::Heartbeat);
        pair.now = next;
        pair.client.core.handle_timeout(next);
        pair.listener.core.handle_timeout(next);
        pair.pump();
    }
    assert!(!pair.client.core.is_closed() && !pair.listener.core.is_closed());
    let late = pair.now.saturating_add(Duration::from_secs(2));
    pair.client.core.handle_timeout(late);
    assert_eq!(closed(&mut pair.client).len(), 1);
    let (close, reason) = pair.client.core.poll_timeout().unwrap();
    assert_eq!(reason, TimeoutReason::Close);
    pair.client.core.handle_timeout(close);
    pair.client.output(close);
    assert!(pair.client.closing, "req: TR-2.4.3-03");
    assert_eq!(pair.client.core.poll_timeout(), None);
}

#[test]
fn a_handshake_that_does_not_come() {
    for sasl in [false, true] {
        let sasl = sasl.then(|| SaslListener::new([Mechanism::Plain]).insecure_allowed(true));
        let mut side = Side::new(Connection::listener(config("l").build().unwrap(), sasl, Instant::ZERO));
        let (at, reason) = side.core.poll_timeout().unwrap();
        assert_eq!(reason, TimeoutReason::Handshake);
        side.core.handle_timeout(at);
        assert_eq!(closed(&mut side), [CloseReason::Timeout(TimeoutReason::Handshake)]);
    }
}

#[test]
fn idle_time_outs_at_the_edge() {
    // req: TR-2.4.5-05 TR-2.4.5-06 TR-2.4.5-09
    for (value, refused) in [(0, false), (99, true), (100, false), (u32::MAX, false)] {
        let mut open = Open::new("raw");
        open.idle_time_out = Some(value);
        let mut raw = Raw::listener(config("l").build().unwrap(), &open);
        assert_eq!(condition(&raw.frames()), refused.then_some(Condition::NOT_ALLOWED), "{value}");
    }
}

#[test]
fn what_a_client_pipelines_while_it_is_judged_is_read_afterwards_at_any_cut() {
    // req: TR-2.4.2-01
    let mut octets = ProtocolHeader::SASL.to_bytes().to_vec();
    let init =
        SaslInit { mechanism: Symbol::from_static("ANONYMOUS"), initial_response: Some(Bytes::new()), hostname: None };
    encode_frame(&mut octets, FRAME_TYPE_SASL, 0, &init, &[]);
    let judged_at = octets.len();
    octets.extend_from_slice(&ProtocolHeader::AMQP.to_bytes());
    octets.extend_from_slice(&frame(0, &Open::new("raw"), &[]));
    octets.extend_from_slice(&frame(0, &Begin::new(SequenceNo(0), 1, 1), &[]));
    for cut in judged_at..=octets.len() {
        let sasl = Some(SaslListener::new([Mechanism::Anonymous]));
        let mut side = Side::new(Connection::listener(config("l").build().unwrap(), sasl, Instant::ZERO));
        side.feed(Instant::ZERO, &octets[..cut]);
        assert_eq!(side.count(|event| matches!(event, Event::SaslInit(_))), 1);
        side.core.sasl_outcome(Instant::ZERO, SaslCode::Ok).unwrap();
        side.feed(Instant::ZERO, &octets[cut..]);
        assert_eq!(side.count(|event| matches!(event, Event::BeginRequested { .. })), 1, "cut at {cut}");
    }
}

#[test]
fn an_unjudged_client_cannot_fill_the_memory() {
    let mut octets = ProtocolHeader::SASL.to_bytes().to_vec();
    let init = SaslInit { mechanism: Symbol::from_static("ANONYMOUS"), initial_response: None, hostname: None };
    encode_frame(&mut octets, FRAME_TYPE_SASL, 0, &init, &[]);
    let sasl = Some(SaslListener::new([Mechanism::Anonymous]));
    let mut side = Side::new(Connection::listener(config("l").build().unwrap(), sasl, Instant::ZERO));
    side.feed(Instant::ZERO, &octets);
    for _ in 0..64 {
        side.feed(Instant::ZERO, &[0; 4096]);
    }
    assert_eq!(closed(&mut side).len(), 1);
}

#[test]
fn a_peer_that_floods_and_does_not_read_is_closed() {
    // req: TR-2.5.4-02
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    raw.frames();
    for _ in 0..200_000 {
        raw.send(0, &Begin::new(SequenceNo(0), 1, 1));
        raw.send(0, &End { error: None });
        raw.side.events.clear();
        assert!(raw.side.core.snapshot().output_pending < 2 * 1024 * 1024);
        if raw.side.core.is_closed() {
            assert_eq!(condition(&raw.frames()), Some(Condition::RESOURCE_LIMIT_EXCEEDED));
            return;
        }
    }
    panic!("the answers pile up");
}

#[test]
fn rules_of_open() {
    // req: TR-2.4.1-01 TR-2.4.1-02 TR-2.4.1-06 TR-2.7.1-06 TR-2.4-02 TR-2.7.1-08
    let open = || Open::new("raw");
    let mut small = open();
    small.max_frame_size = 511;
    let cases = [
        (frame(0, &small, &[]), Condition::INVALID_FIELD),
        (frame(1, &open(), &[]), Condition::FRAMING_ERROR),
        ([frame(0, &open(), &[]), frame(0, &open(), &[])].concat(), Condition::ILLEGAL_STATE),
        (frame(0, &Begin::new(SequenceNo(0), 1, 1), &[]), Condition::NOT_ALLOWED),
        ([frame(0, &open(), &[]), frame(3, &End { error: None }, &[])].concat(), Condition::NOT_ALLOWED),
        ([frame(0, &open(), &[]), frame(0, &attach("a", 0, Role::Sender), &[])].concat(), Condition::NOT_ALLOWED),
        (
            [frame(0, &open(), &[]), frame(256, &Begin::new(SequenceNo(0), 1, 1), &[])].concat(),
            Condition::FRAMING_ERROR,
        ),
    ];
    for (octets, expected) in cases {
        let core = Connection::listener(config("l").build().unwrap(), None, Instant::ZERO);
        let mut raw = Raw { side: Side::new(core), now: Instant::ZERO };
        raw.octets(&ProtocolHeader::AMQP.to_bytes());
        raw.octets(&octets);
        let frames = raw.frames();
        assert_eq!(condition(&frames), Some(expected), "{frames:?}");
        assert_eq!(frames.iter().filter(|(_, frame)| frame.name() == "close").count(), 1);
        raw.send(0, &Close { error: Some(Error::from(Condition::INTERNAL_ERROR)) });
        assert_eq!(closed(&mut raw.side).len(), 1);
    }
}

#[test]
fn time_that_goes_backwards_fires_nothing_early() {
    // scenario: TM-14; req: TR-2.4.5-08 TR-2.4.5-09
    let mut open = Open::new("raw");
    open.idle_time_out = Some(1000);
    let idle = Some(Duration::from_secs(2));
    let mut raw = Raw::listener(config("l").idle_time_out(idle).build().unwrap(), &open);
    raw.now = Instant::from_millis(60_000);
    raw.octets(&[0, 0, 0, 8, 2, 0, 0, 0]);
    raw.names();
    let (deadline, reason) = raw.side.core.poll_timeout().unwrap();
    assert_eq!(reason, TimeoutReason::Heartbeat);
    for earlier in [Instant::ZERO, Instant::from_millis(59_999), Instant::from_millis(1)] {
        raw.side.core.handle_timeout(earlier);
        assert!(raw.side.output(earlier).is_empty());
        assert_eq!(raw.side.core.poll_timeout(), Some((deadline, reason)));
    }
    raw.side.core.handle_timeout(deadline);
    assert_eq!(raw.side.output(deadline).len(), 8);
    // A frame that is read "earlier" moves the deadlines back, and nothing expires by that.
    raw.now = Instant::from_millis(5000);
    raw.octets(&[0, 0, 0, 8, 2, 0, 0, 0]);
    assert_eq!(raw.side.core.poll_timeout(), Some((Instant::from_millis(7000), TimeoutReason::IdleTimeOut)));
    assert!(!raw.side.core.is_closed());
}

#[test]
fn settings_at_their_edges() {
    use amqp_proto::ConfigError;
    for (percent, right) in [(0, false), (1, true), (90, true), (91, false)] {
        let built = config("c").heartbeat_percent(percent).build();
        assert_eq!(built.err(), (!right).then_some(ConfigError::HeartbeatPercent), "{percent}");
    }
    for (octets, right) in [(511, false), (512, true), (65_536, true), (65_537, false)] {
        let built = config("c").sasl_max_frame_size(octets).build();
        assert_eq!(built.err(), (!right).then_some(ConfigError::SaslMaxFrameSize), "{octets}");
    }
}

#[test]
fn no_open_is_larger_than_what_any_peer_takes() {
    // req: TR-2.4.1-03
    use amqp_proto::ConfigError;
    use amqp_proto::codec::{Fields, Symbol};
    let built = |octets: usize| config("c").property(Symbol::from_static("about"), "x".repeat(octets)).build();
    let largest = (1..600).rev().find(|&octets| built(octets).is_ok()).unwrap();
    assert_eq!(built(largest + 1).err(), Some(ConfigError::Open));
    let mut more = Fields::new();
    more.insert(Symbol::from_static("product"), "amqp10");
    for (octets, has_room) in [(largest, false), (largest - 40, true)] {
        let config = built(octets).unwrap().introduced(more.clone());
        let mut side = Side::new(Connection::client(config, None, Instant::ZERO));
        side.feed(Instant::ZERO, &ProtocolHeader::AMQP.to_bytes());
        let octets = side.output(Instant::ZERO);
        assert!(octets.len() <= 8 + 512, "{}", octets.len());
        assert_eq!(octets.windows(7).any(|part| part == b"product"), has_room);
        assert!(octets.len() > 8 + 460 && octets.windows(5).any(|part| part == b"about"));
    }
}

#[test]
fn closed_before_the_login_has_its_outcome_is_closed_at_once() {
    // req: TR-2.4.1-01
    use amqp_proto::{Pipelining, SaslClient};
    for pipelining in [Pipelining::Off, Pipelining::On, Pipelining::WithLogin] {
        let config = config("c").pipelining(pipelining).build().unwrap();
        let mut side = Side::new(Connection::client(config, Some(SaslClient::anonymous()), Instant::ZERO));
        side.feed(Instant::ZERO, &ProtocolHeader::SASL.to_bytes());
        let mut offer = Vec::new();
        let mechanisms = SaslMechanisms { sasl_server_mechanisms: Symbol::from_static("ANONYMOUS").into() };
        encode_frame(&mut offer, FRAME_TYPE_SASL, 0, &mechanisms, &[]);
        side.feed(Instant::ZERO, &offer);
        side.core.close(Instant::ZERO, None);
        assert!(side.core.is_closed(), "{pipelining:?}");
        assert_eq!(closed(&mut side), [CloseReason::Local], "{pipelining:?}");
    }
}

#[test]
fn header_open_and_begin_cut_anywhere() {
    // Scenario CN-08; req: TR-2.4.2-01
    let mut octets = ProtocolHeader::AMQP.to_bytes().to_vec();
    octets.extend_from_slice(&frame(0, &Open::new("raw"), &[]));
    octets.extend_from_slice(&frame(0, &Begin::new(SequenceNo(0), 1, 1), &[]));
    for cut in 0..=octets.len() {
        let mut side = Side::new(Connection::listener(config("l").build().unwrap(), None, Instant::ZERO));
        side.feed(Instant::ZERO, &octets[..cut]);
        side.feed(Instant::ZERO, &octets[cut..]);
        let events = side.take();
        assert!(matches!(events[..], [Event::Open(_), Event::BeginRequested { .. }]), "cut at {cut}: {events:?}");
    }
}

#[test]
fn a_peer_of_which_nothing_has_come_is_silent_since_the_beginning() {
    let begun = Instant::from_millis(10_000);
    let client = Connection::client(config("c").build().unwrap(), None, begun);
    let listener = Connection::listener(config("l").build().unwrap(), None, begun);
    assert_eq!([client.last_in(), listener.last_in(), client.snapshot().last_in], [begun; 3]);
}
