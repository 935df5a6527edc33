//! Deliveries in frames: pieces, aborts, back-pressure, and who is told when it is over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{
    Body, Bytes, Condition, DeliveryState, Detach, Error, Flow, Handle, Message, Performative, Rejected, Role,
    SequenceNo, Transfer,
};
use amqp_proto::{
    Blocked, CreditMode, Event, Instant, LinkId, LinkOptions, Misuse, Outgoing, Progress, ReceiverId, SendError,
};
use amqp_proto::{SenderId, SenderMut, SessionOptions};
use support::{Pair, Raw, attach, config, credit, requested_link, transfer};

/// A sender of the core on handle 0, whose peer is written by hand; no credit yet.
fn sender() -> (Raw, SenderId) {
    let (mut raw, _) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Receiver));
    let LinkId::Sender(id) = requested_link(&mut raw.side) else { panic!("no sender") };
    raw.side.core.sender(id).unwrap().accept(LinkOptions::sender("a", "q")).unwrap();
    raw.frames();
    (raw, id)
}

/// A receiver of the core on handle 0.
fn receiver() -> (Raw, ReceiverId) {
    let (mut raw, _) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Sender));
    let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
    raw.side.core.receiver(id).unwrap().accept(LinkOptions::receiver("a", "q")).unwrap();
    raw.frames();
    (raw, id)
}

fn writable(raw: &mut Raw) -> usize {
    raw.side.take().iter().filter(|event| matches!(event, Event::Writable { .. })).count()
}

fn blocked(raw: &mut Raw, id: SenderId) -> Option<Blocked> {
    match raw.side.core.sender(id).unwrap().send(Outgoing::new("m")) {
        Ok(_) => None,
        Err(SendError::Blocked(_, reason)) => Some(reason),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn told_when_credit_then_window_have_come() {
    // req: TR-2.5.6-11 TR-2.6.7-07
    let (mut raw, id) = sender();
    assert_eq!(blocked(&mut raw, id), Some(Blocked::NoCredit));
    raw.send(0, &credit(0, 0, 5));
    assert_eq!(writable(&mut raw), 0, "the window is closed");
    let mut open = Flow::new(1, SequenceNo(0), 1);
    open.next_incoming_id = Some(SequenceNo(0));
    raw.send(0, &open);
    assert_eq!(writable(&mut raw), 1);
    assert_eq!(blocked(&mut raw, id), None);
    for _ in 0..3 {
        assert_eq!(blocked(&mut raw, id), Some(Blocked::WindowClosed));
    }
    open.next_incoming_id = Some(SequenceNo(1));
    raw.send(0, &open);
    assert_eq!(writable(&mut raw), 1, "told once");
}

#[test]
fn told_when_the_output_has_left_even_if_the_window_came_meanwhile() {
    let mut pair = Pair::new(config("c").output_high_water(100).build().unwrap(), config("l").build().unwrap());
    let listener = SessionOptions { incoming_window: 1, ..SessionOptions::default() };
    let (session, _) = pair.session(SessionOptions::default(), listener);
    let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    pair.client.core.sender(a).unwrap().send(Outgoing::new("m")).unwrap();
    let again = pair.client.core.sender(a).unwrap().send(Outgoing::new("m"));
    assert!(matches!(again, Err(SendError::Blocked(_, Blocked::WindowClosed))));
    let octets = pair.client.output(pair.now);
    pair.listener.feed(pair.now, &octets);
    assert!(pair.listener.core.receiver(ra).unwrap().recv().is_some());
    let window = pair.listener.output(pair.now);
    let name = "b".repeat(200);
    pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender(name, "q")).unwrap();
    pair.client.take();
    pair.client.feed(pair.now, &window);
    assert_eq!(pair.client.count(|event| matches!(event, Event::Writable { .. })), 0, "the output is full");
    pair.client.output(pair.now);
    assert_eq!(pair.client.count(|event| matches!(event, Event::Writable { .. })), 1);
}

#[test]
fn told_when_unsettled_deliveries_are_settled_by_us() {
    let mut pair = Pair::new(config("c").max_unsettled(1).build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (a, _) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    let sent = pair.client.core.sender(a).unwrap().send(Outgoing::new("m")).unwrap();
    let again = pair.client.core.sender(a).unwrap().send(Outgoing::new("m"));
    assert!(matches!(again, Err(SendError::Blocked(_, Blocked::Unsettled))));
    pair.client.core.sender(a).unwrap().dispose(sent.delivery, None, true).unwrap();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Writable { .. })), 1);
}

#[test]
fn an_empty_start_is_not_overtaken() {
    // req: TR-2.7.5-05
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    let (b, _) = pair.link(session, LinkOptions::sender("b", "q"), LinkOptions::receiver("b", "q"));
    pair.client.core.sender(a).unwrap().start(Outgoing::new("")).unwrap();
    pair.client.core.sender(b).unwrap().send(Outgoing::new("m")).unwrap();
    pair.client.core.sender(a).unwrap().write("late".into(), false).unwrap();
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::Ended { .. })), 0);
    assert_eq!(pair.listener.core.receiver(ra).unwrap().recv().unwrap().payload.len(), 4);
}

#[test]
fn abort_waits_for_the_window_and_drops_the_rest() {
    // req: TR-2.6.14-03 TR-2.7.5-13 TR-2.7.5-14
    let (mut raw, id) = sender();
    raw.send(0, &credit(0, 1, 5));
    raw.side.core.sender(id).unwrap().start(Outgoing::new("a")).unwrap();
    raw.side.core.sender(id).unwrap().write("b".into(), true).unwrap();
    raw.side.core.sender(id).unwrap().abort().unwrap();
    assert_eq!(raw.side.core.sender(id).unwrap().unsettled(), 0);
    assert_eq!(raw.names(), ["transfer"]);
    let mut open = Flow::new(1, SequenceNo(0), 1);
    open.next_incoming_id = Some(SequenceNo(1));
    raw.send(0, &open);
    let frames = raw.frames();
    let [(_, Performative::Transfer(last))] = &frames[..] else { panic!("{frames:?}") };
    assert!(last.aborted && !last.more);
    assert!(raw.side.core.sender(id).unwrap().abort().is_err());
}

#[test]
fn an_aborted_delivery_that_was_read_leaves_a_mark_and_then_nothing() {
    // req: TR-2.6.14-03
    for by_recv in [false, true] {
        let (mut raw, id) = receiver();
        raw.side.core.receiver(id).unwrap().read();
        let mut piece = transfer(0, 0);
        piece.more = true;
        raw.transfer(&piece, b"abc");
        let chunk = raw.side.core.receiver(id).unwrap().read().unwrap();
        assert_eq!((chunk.progress, chunk.delivery.payload.len()), (Progress::More, 3));
        piece.aborted = true;
        raw.transfer(&piece, b"ignored");
        raw.send(0, &Detach { handle: Handle(0), closed: true, error: None });
        let mut link = raw.side.core.receiver(id).unwrap();
        if by_recv {
            assert!(link.recv().is_none());
        } else {
            assert_eq!(link.read().unwrap().progress, Progress::Aborted);
        }
        assert!(raw.side.core.receiver(id).is_err(), "the place is free");
        assert_eq!(raw.side.core.snapshot().sessions[0].windows.buffered, 0);
    }
}

#[test]
fn a_link_gone_in_the_middle_gives_the_window_back() {
    // req: TR-2.6.14-06 TR-2.6.5-03
    for local in [false, true] {
        let (mut raw, id) = receiver();
        let mut piece = transfer(0, 0);
        piece.more = true;
        raw.transfer(&piece, b"abc");
        raw.transfer(&piece, b"def");
        if local {
            raw.side.core.receiver(id).unwrap().detach(true, None).unwrap();
            raw.transfer(&piece, b"crossing");
        }
        raw.send(0, &Detach { handle: Handle(0), closed: true, error: None });
        assert!(raw.side.core.receiver(id).is_err());
        let session = &raw.side.core.snapshot().sessions[0];
        assert_eq!((session.windows.buffered, session.unsettled_incoming), (0, 0));
    }
}

#[test]
fn rules_of_transfer() {
    // req: TR-2.7.5-03 TR-2.7.5-04 TR-2.7.5-05 TR-2.7.5-06 TR-2.7.5-12 TR-2.7.5-22
    let first = || {
        let mut first = transfer(0, 0);
        (first.more, first.settled) = (true, Some(true));
        first
    };
    let change = |change: fn(&mut Transfer)| {
        let mut second = transfer(0, 0);
        change(&mut second);
        vec![first(), second]
    };
    let mut no_id = transfer(0, 0);
    no_id.delivery_id = None;
    let mut no_tag = transfer(0, 0);
    no_tag.delivery_tag = None;
    let cases = [
        (vec![no_id], Condition::INVALID_FIELD),
        (vec![no_tag], Condition::INVALID_FIELD),
        (vec![transfer(0, 0), transfer(0, 2)], Condition::INVALID_FIELD),
        (change(|second| second.delivery_id = Some(SequenceNo(1))), Condition::INVALID_FIELD),
        (change(|second| second.delivery_tag = Some(9u32.into())), Condition::INVALID_FIELD),
        (change(|second| second.message_format = Some(1)), Condition::INVALID_FIELD),
        (change(|second| second.settled = Some(false)), Condition::INVALID_FIELD),
        (vec![first(); 66], Condition::RESOURCE_LIMIT_EXCEEDED),
    ];
    for (transfers, expected) in cases {
        let (mut raw, _) = receiver();
        transfers.iter().for_each(|transfer| raw.transfer(transfer, b""));
        let frames = raw.frames();
        let end = frames.iter().find_map(|(_, frame)| match frame {
            Performative::End(end) => end.error.clone(),
            _ => None,
        });
        assert_eq!(end.map(|error| error.condition), Some(expected), "{transfers:?}");
    }
}

#[test]
fn nothing_leaves_that_exceeds_the_peers_frames() {
    // req: TR-2.7.1-03
    let build = |name| config(name).max_frame_size(512).build().unwrap();
    let mut pair = Pair::new(build("c"), build("l"));
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let options = LinkOptions { credit: CreditMode::Auto(9), ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), options);
    let large = Rejected { error: Some(Error::new(Condition::INTERNAL_ERROR, "x".repeat(600))) };
    let state = Some(DeliveryState::Rejected(Box::new(large)));
    let message = Outgoing { state: state.clone(), ..Outgoing::new("m") };
    let refused = pair.client.core.sender(sender).unwrap().send(message);
    assert!(matches!(refused, Err(SendError::Misuse(Misuse::FrameSize))));
    pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().unwrap();
    let mut link = pair.listener.core.receiver(receiver).unwrap();
    assert_eq!(link.dispose(delivery.id, state, true), Err(Misuse::FrameSize));
    link.accept_delivery(delivery.id).unwrap();
    pair.pump();
    assert!(!pair.client.core.is_closed());
}

#[test]
fn a_message_larger_than_the_window_arrives() {
    // req: TR-2.5.6-13 TR-2.6.14-01
    let small = |name| config(name).max_frame_size(512).build().unwrap();
    let mut pair = Pair::new(small("c"), small("l"));
    let listener = SessionOptions { incoming_window: 4, ..SessionOptions::default() };
    let (session, _) = pair.session(SessionOptions::default(), listener);
    let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    let message: Vec<u8> = (0..20_000u32).map(|n| n as u8).collect();
    pair.client.core.sender(a).unwrap().send(Outgoing::new(message.clone())).unwrap();
    pair.pump();
    let delivery = pair.listener.core.receiver(ra).unwrap().recv().expect("whole");
    assert_eq!(delivery.payload.into_bytes(), message);
    pair.pump();
    let windows = pair.listener.core.snapshot().sessions[0].windows;
    assert_eq!(windows.buffered, 0, "nothing of the window is lost");
    assert!(windows.incoming_window > 2, "it is told again at half");
}

#[test]
fn messages_of_every_size_arrive_whole() {
    // req: TR-2.6.14-01 TR-2.7.1-03
    for (max_frame_size, sizes) in [
        (512, [0, 1, 490, 491, 513, 517, 521, 65_536]),
        (65_536, [65_500, 65_516, 65_536, 262_144, 262_145, 1, 0, 8 << 20]),
    ] {
        let limited = |name| config(name).max_frame_size(max_frame_size).build().unwrap();
        let mut pair = Pair::new(limited("c"), limited("l"));
        let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
        let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
        for size in sizes {
            let message: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            pair.client.core.sender(a).unwrap().send(Outgoing::new(message.clone())).unwrap();
            pair.pump();
            let delivery = pair.listener.core.receiver(ra).unwrap().recv().expect("whole");
            assert!(delivery.payload.into_bytes() == message, "{size} octets in frames of {max_frame_size}");
            pair.pump();
        }
    }
}

#[test]
fn a_message_of_large_and_small_sections_arrives_whole_and_is_passed_on() {
    // req: TR-2.6.14-01 TR-2.7.1-03
    for max_frame_size in [512, 4_096, 65_536] {
        let limited = |name| config(name).max_frame_size(max_frame_size).build().unwrap();
        let mut pair = Pair::new(limited("c"), limited("l"));
        let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
        let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
        for sizes in [&[2_047][..], &[2_048], &[3_000, 0, 10, 5_000, 1], &[60_000, 60_000], &[65_400], &[2_048; 40]] {
            let mut message = Message::builder().to("q").footer("sum", 7).build();
            let sections = sizes.iter().zip(1..).map(|(&size, octet)| Bytes::from(vec![octet; size]));
            message.body = Body::Data(sections.collect());
            let send = |pair: &mut Pair, content: &dyn Fn(&mut SenderMut<'_>)| {
                content(&mut pair.client.core.sender(a).unwrap());
                pair.pump();
                pair.listener.core.receiver(ra).unwrap().recv().expect("whole").payload
            };
            let came = send(&mut pair, &|link| _ = link.send_encoded(&message, Outgoing::default()).unwrap());
            assert!(came.clone().into_bytes() == message.to_bytes(), "{sizes:?} in frames of {max_frame_size}");
            let passed = send(&mut pair, &|link| _ = link.send_encoded(&came, Outgoing::default()).unwrap());
            assert!(passed.into_bytes() == message.to_bytes(), "{sizes:?} passed on in frames of {max_frame_size}");
        }
    }
}

#[test]
fn what_was_taken_leaves_before_detach_end_and_close() {
    // req: TR-2.6.4-01 TR-2.5.2-02 TR-2.4.3-02
    for how in ["detach", "end", "close"] {
        let small = |name| config(name).max_frame_size(512).output_high_water(600).build().unwrap();
        let mut pair = Pair::new(small("c"), small("l"));
        let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
        let (a, ra) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
        let message = Outgoing { settled: true, ..Outgoing::new(vec![7; 5000]) };
        pair.client.core.sender(a).unwrap().send(message).unwrap();
        match how {
            "detach" => pair.client.core.sender(a).unwrap().detach(true, None).unwrap(),
            "end" => pair.client.core.session(session).unwrap().end(None).unwrap(),
            _ => pair.client.core.close(pair.now, None),
        }
        let again = pair.client.core.sender(a).map(|mut sender| sender.send(Outgoing::new("m")).is_ok());
        assert!(!again.unwrap_or(false), "{how}: nothing is taken after it");
        pair.pump();
        let delivery = pair.listener.core.receiver(ra).unwrap().recv().expect(how);
        assert_eq!(delivery.payload.len(), 5000, "{how}");
        pair.pump();
        assert_eq!(pair.client.count(|event| matches!(event, Event::Detached { .. })), 1, "{how}");
    }
}

#[test]
fn what_is_encoded_can_be_asked_for_and_what_is_held_back_to_be_put_together_is_not_yet() {
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    assert_eq!(pair.client.core.encoded_output(), 0);
    pair.client.core.sender(sender).unwrap().send(Outgoing::new("message")).unwrap();
    let encoded = pair.client.core.encoded_output();
    assert!(encoded > "message".len());
    let octets = pair.client.output(Instant::ZERO);
    assert_eq!((octets.len(), pair.client.core.encoded_output()), (encoded, 0));
    pair.listener.feed(Instant::ZERO, &octets);
    let delivery = pair.listener.core.receiver(receiver).unwrap().recv().unwrap();
    pair.listener.core.receiver(receiver).unwrap().dispose(delivery.id, None, true).unwrap();
    assert_eq!((pair.listener.core.encoded_output(), pair.listener.core.has_output()), (0, true));
}
