//! Hostile and merely large things that a text file does not hold well: scenarios of group LM.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{
    Attach, Begin, Close, Condition, Error, Handle, Open, Performative, ProtocolHeader, Role, SequenceNo,
};
use amqp_proto::{CloseReason, PeerLimits, Segments, SessionOptions};
use amqp_proto::{Config, Connection, CreditMode, DetachReason, Event, Instant, LinkId, LinkOptions, Outgoing};
use bytes::{Buf, BytesMut};
use support::{Pair, Raw, Side, attach, config, credit, frame, requested_link, requested_session, transfer};

fn listener(config: Config) -> Side {
    let mut side = Side::new(Connection::listener(config, None, Instant::ZERO));
    side.feed(Instant::ZERO, &ProtocolHeader::AMQP.to_bytes());
    side.output(Instant::ZERO);
    side
}

#[test]
fn descriptors_of_descriptors_are_refused_on_a_small_stack() {
    // scenario: LM-04
    let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(|| {
        let mut octets = vec![0, 0, 0, 0, 2, 0, 0, 0];
        octets.extend_from_slice(&[0; 10_000]);
        octets.push(0x40);
        let size = u32::try_from(octets.len()).unwrap();
        octets[..4].copy_from_slice(&size.to_be_bytes());
        let mut side = listener(config("l").build().unwrap());
        side.feed(Instant::ZERO, &octets);
        assert!(side.core.is_closed());
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn no_hidden_bound_on_what_is_not_settled() {
    // scenario: LM-06
    let (mut raw, _) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Sender));
    let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("a", "q") };
    raw.side.core.receiver(id).unwrap().accept(options).unwrap();
    raw.side.core.receiver(id).unwrap().set_credit(50_000).unwrap();
    let mut first = None;
    for number in 0..50_000 {
        raw.transfer(&transfer(0, number), b"m");
        let delivery = raw.side.core.receiver(id).unwrap().recv().expect("arrived");
        first.get_or_insert(delivery.id);
        raw.frames(); // the window is reopened
    }
    assert_eq!(raw.side.core.receiver(id).unwrap().unsettled(), 50_000);
    raw.side.core.receiver(id).unwrap().accept_delivery(first.unwrap()).unwrap();
    assert_eq!(raw.side.core.receiver(id).unwrap().unsettled(), 49_999);
}

#[test]
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test measures, the core does not")]
fn an_attach_costs_the_same_however_many_links_there_are() {
    const CHUNK: u32 = 1_000;
    let limits = PeerLimits { max_links: 20_000, ..PeerLimits::default() };
    let mut side = listener(config("l").peer_limits(limits).build().unwrap());
    side.feed(Instant::ZERO, &frame(0, &Open::new("raw"), &[]));
    side.feed(Instant::ZERO, &frame(0, &Begin::new(SequenceNo(0), 100, 100), &[]));
    let session = requested_session(&mut side);
    let options = SessionOptions { handle_max: Handle(20_000), ..SessionOptions::default() };
    side.core.session(session).unwrap().accept(options).unwrap();
    let mut chunk = |number: u32| {
        let attaches = (number * CHUNK..(number + 1) * CHUNK).map(|handle| {
            let attach = Attach { name: format!("link-{handle}").into(), ..attach("", handle, Role::Sender) };
            frame(0, &attach, &[])
        });
        let frames: Vec<_> = attaches.collect();
        let start = std::time::Instant::now();
        for octets in frames {
            side.feed(Instant::ZERO, &octets);
            side.drain_events();
        }
        side.events.clear();
        start.elapsed()
    };
    let times: Vec<_> = (0..20).map(&mut chunk).collect();
    // The quickest of a few: others use the machine too. Not the very first, which may run before they get a turn.
    let (first, last) = (times[1..4].iter().min().unwrap(), times[15..].iter().min().unwrap());
    assert!(*last < 4 * *first, "{times:?}");
    assert_eq!(side.core.snapshot().sessions[0].links.len(), 20_000);
}

/// A sender and a receiver whose connection holds so much unread at most, and a message of that size.
fn deliver(max_unread: u64, octets: usize) -> (Pair, Option<usize>) {
    let limits = PeerLimits { max_unread, ..PeerLimits::default() };
    let listener = config("l").max_frame_size(4096).peer_limits(limits).build().unwrap();
    let mut pair = Pair::new(config("c").build().unwrap(), listener);
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    pair.client.core.sender(sender).unwrap().send(Outgoing::new(vec![7; octets])).unwrap();
    pair.pump();
    let whole = pair.listener.core.receiver(receiver).ok().and_then(|mut link| link.recv());
    let size = whole.map(|delivery| delivery.payload.len());
    pair.pump();
    (pair, size)
}

#[test]
fn a_delivery_larger_than_the_windows_arrives_as_long_as_it_may_be_held() {
    // scenario: LM-07
    let (_, arrived) = deliver(PeerLimits::default().max_unread, 8 * 1024 * 1024);
    assert_eq!(arrived, Some(8 * 1024 * 1024), "no bound of 4 MiB");
    let (_, arrived) = deliver(1024 * 1024, 400 * 1024);
    assert_eq!(arrived, Some(400 * 1024));
}

#[test]
fn a_delivery_that_may_not_be_held_is_refused_and_forgotten() {
    // scenario: LM-07
    let (mut pair, arrived) = deliver(1024 * 1024, 2 * 1024 * 1024);
    assert_eq!(arrived, None);
    let reasons: Vec<_> = pair
        .listener
        .take()
        .into_iter()
        .filter_map(|event| if let Event::Detached { reason, .. } = event { Some(*reason) } else { None })
        .collect();
    let [DetachReason::Violation(violation)] = &reasons[..] else { panic!("{reasons:?}") };
    assert_eq!(violation.condition(), Condition::RESOURCE_LIMIT_EXCEEDED);
    assert!(!pair.client.core.is_closed() && !pair.listener.core.is_closed());
    let windows = pair.listener.core.snapshot().sessions[0].windows;
    assert_eq!(windows.buffered, 0);
    assert!(windows.incoming_window > 0, "others can go on");
}

#[test]
fn what_is_unread_stays_within_the_bound_on_all_sessions_together() {
    // scenario: LM-05, LM-07; req: TR-2.6.14-05
    const BOUND: u64 = 256 * 1024;
    let limits = PeerLimits { max_unread: BOUND, ..PeerLimits::default() };
    let listener = config("l").max_frame_size(4096).peer_limits(limits).build().unwrap();
    let mut pair = Pair::new(config("c").build().unwrap(), listener);
    let mut senders = Vec::new();
    for _ in 0..8 {
        let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
        senders.push(pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q")));
    }
    for _ in 0..200 {
        for (sender, _) in &senders {
            let _ = pair.client.core.sender(*sender).unwrap().send(Outgoing::new(vec![7; 3000]));
        }
        pair.pump();
    }
    let snapshot = pair.listener.core.snapshot();
    let unread: u64 = snapshot.sessions.iter().map(|session| u64::from(session.windows.buffered) * 3000).sum();
    assert!(unread > 0 && unread <= BOUND, "{unread}");
    let mut arrived = 0;
    for _ in 0..2000 {
        for (sender, receiver) in &senders {
            let _ = pair.client.core.sender(*sender).unwrap().send(Outgoing::new(vec![7; 3000]));
            arrived += usize::from(pair.listener.core.receiver(*receiver).unwrap().recv().is_some());
        }
        pair.pump();
    }
    assert!(arrived > 8000, "all sessions go on: {arrived}");
}

#[test]
fn a_hundred_thousand_frames_in_one_reading() {
    // scenario: LM-10; req: TR-2.3.2-04
    let mut side = listener(config("l").build().unwrap());
    let mut octets = frame(0, &Open::new("raw"), &[]);
    for _ in 0..100_000 {
        octets.extend_from_slice(&[0, 0, 0, 8, 2, 0, 0, 0]);
    }
    octets.extend_from_slice(&frame(0, &Close { error: None }, &[]));
    let mut input = BytesMut::from(&octets[..]);
    side.core.handle_input(Instant::ZERO, &mut input);
    assert!(input.is_empty());
    assert_eq!(side.core.snapshot().frames_in, 100_002);
    assert!(side.core.is_closed());
}

#[test]
fn a_transport_that_takes_an_octet_at_a_time() {
    // scenario: LM-11
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    let messages = [vec![1; 10], vec![2; 5000], vec![3; 20], vec![4; 70_000]];
    for message in &messages {
        pair.client.core.sender(sender).unwrap().send(Outgoing::new(message.clone())).unwrap();
    }
    let mut segments = Segments::new();
    let _ = pair.client.core.poll_transmit(pair.now, &mut segments);
    while segments.has_remaining() {
        let octet = segments.chunk()[0];
        segments.advance(1);
        pair.listener.feed(pair.now, &[octet]);
    }
    for message in &messages {
        let delivery = pair.listener.core.receiver(receiver).unwrap().recv().expect("arrived");
        assert_eq!(&delivery.payload.into_bytes()[..], &message[..]);
    }
}

#[test]
fn the_error_of_a_violation_names_the_limit() {
    let limits = PeerLimits { max_frames_before_open: 2, ..PeerLimits::default() };
    let mut raw = Raw { side: listener(config("l").peer_limits(limits).build().unwrap()), now: Instant::ZERO };
    raw.octets(&[0, 0, 0, 8, 2, 0, 0, 0].repeat(3));
    let frames = raw.frames();
    let Some((_, Performative::Close(Close { error: Some(Error { condition, description, .. }) }))) = frames.last()
    else {
        panic!("{frames:?}");
    };
    assert_eq!(*condition, Condition::RESOURCE_LIMIT_EXCEEDED);
    assert_eq!(description.as_ref().unwrap().as_str(), "too many frames came before open (§2.4.1)");
}

/// A core with a sender, and a flow that changes its credit.
fn flowing(max_events: usize) -> (Raw, impl Fn(u32) -> Vec<u8>) {
    let limits = PeerLimits { max_events, ..PeerLimits::default() };
    let mut raw = Raw::listener(config("core").peer_limits(limits).build().unwrap(), &Open::new("raw"));
    raw.send(0, &Begin::new(SequenceNo(0), 100, 100));
    let session = requested_session(&mut raw.side);
    raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
    raw.send(0, &attach("a", 0, Role::Receiver));
    let LinkId::Sender(id) = requested_link(&mut raw.side) else { panic!("no sender") };
    raw.side.core.sender(id).unwrap().accept(LinkOptions::sender("a", "q")).unwrap();
    raw.frames();
    (raw, |number| frame(0, &credit(0, 100, number), &[]))
}

#[test]
fn events_that_nobody_takes_hold_frames_back() {
    let (mut raw, flow) = flowing(10);
    let before = raw.side.core.snapshot();
    let mut input = BytesMut::new();
    (1..=100_000).for_each(|number| input.extend_from_slice(&flow(number)));
    raw.side.core.handle_input(raw.now, &mut input);
    let after = raw.side.core.snapshot();
    assert!(input.is_empty(), "what came is kept as it is");
    assert_eq!((after.events, after.frames_in - before.frames_in), (10, 10));

    // Nothing more is taken until there is room.
    let mut more = BytesMut::from(&flow(100_001)[..]);
    raw.side.core.handle_input(raw.now, &mut more);
    assert!(!more.is_empty() && raw.side.core.snapshot().events == 10);

    let credits: Vec<u32> = std::iter::from_fn(|| raw.side.core.poll_event())
        .filter_map(|event| match event {
            Event::Flow { flow, .. } => Some(flow.link_credit),
            _ => None,
        })
        .collect();
    assert!(credits.into_iter().eq(1..=100_000), "in order, none is lost");
    raw.side.core.handle_input(raw.now, &mut more);
    assert!(more.is_empty());
    assert_eq!(raw.side.count(|event| matches!(event, Event::Flow { .. })), 1);
}

#[test]
fn frames_that_wait_are_read_before_the_end_of_the_transport() {
    let (mut raw, flow) = flowing(1);
    let mut input = BytesMut::new();
    (1..=20).for_each(|number| input.extend_from_slice(&flow(number)));
    input.extend_from_slice(&frame(0, &Close { error: None }, &[]));
    raw.side.core.handle_input(raw.now, &mut input);
    assert!(!raw.side.core.is_closed());
    raw.side.core.handle_eof(raw.now);
    let events = raw.side.take();
    assert!(
        matches!(events.last(), Some(Event::Closed(reason)) if **reason == CloseReason::Remote(None)),
        "{:?}",
        events.last()
    );
}
