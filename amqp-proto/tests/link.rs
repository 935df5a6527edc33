//! attach, detach, credit, and the reuse of handles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{Begin, Condition, Detach, Error, Flow, Handle, Open, Performative, Role, SequenceNo};
use amqp_proto::{CreditMode, DetachReason, Event, LinkId, LinkOptions, Misuse, Outgoing, SendError, SessionOptions};
use support::{NEAR, Pair, Raw, attach, config, credit, requested_link, requested_session, transfer};

fn pair() -> Pair {
    Pair::new(config("c").build().unwrap(), config("l").build().unwrap())
}

fn detached(raw: &mut Raw) -> Vec<DetachReason> {
    let events = raw.side.take().into_iter();
    events.filter_map(|event| if let Event::Detached { reason, .. } = event { Some(*reason) } else { None }).collect()
}

#[test]
fn refused_with_a_null_terminus_and_a_detach() {
    // req: TR-2.6.3-01 TR-2.6.3-02 TR-2.6.3-03
    let mut pair = pair();
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let sender = pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender("a", "nowhere")).unwrap();
    pair.pump();
    let LinkId::Receiver(id) = requested_link(&mut pair.listener) else { panic!("no receiver") };
    let error = Error::from(Condition::NOT_FOUND);
    pair.listener.core.receiver(id).unwrap().refuse(error.clone()).unwrap();
    pair.pump();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Attached { .. })), 0);
    let refused = DetachReason::Refused(Some(error));
    assert_eq!(pair.client.count(|event| matches!(event, Event::Detached { reason, .. } if **reason == refused)), 1);
    assert_eq!(pair.client.core.sender(sender).err(), Some(Misuse::StaleId));
    assert!(pair.listener.core.snapshot().sessions[0].links.is_empty());
}

#[test]
fn detach_before_the_answer_then_the_same_name_again() {
    // req: TR-2.6.2-03 TR-2.6.4-01
    let mut pair = pair();
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let mut ours = pair.client.core.session(session).unwrap();
    let other = ours.attach_sender(LinkOptions::sender("other", "q")).unwrap();
    let first = ours.attach_sender(LinkOptions::sender("a", "q")).unwrap();
    pair.pump();
    let accept = |pair: &mut Pair| {
        for event in pair.listener.take() {
            let Event::AttachRequested { link: LinkId::Receiver(id), .. } = event else { continue };
            let _ = pair.listener.core.receiver(id).map(|mut link| link.accept(LinkOptions::receiver("", "q")));
        }
    };
    // "other" goes, so that the successor of "a" gets a lower handle than "a" itself.
    let octets = {
        pair.client.core.sender(other).unwrap().detach(true, None).unwrap();
        pair.client.output(pair.now)
    };
    pair.listener.feed(pair.now, &octets);
    let answer = pair.listener.output(pair.now);
    pair.client.feed(pair.now, &answer);
    pair.client.core.sender(first).unwrap().detach(true, None).unwrap();
    let second = pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender("a", "q")).unwrap();
    assert!(second.index() < first.index());
    accept(&mut pair);
    for _ in 0..4 {
        pair.pump();
        accept(&mut pair);
    }
    assert_eq!(pair.client.core.sender(first).err(), Some(Misuse::StaleId));
    pair.client.core.sender(second).unwrap().send(Outgoing::new("m")).unwrap();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Attached { .. })), 1);
}

#[test]
fn an_attach_too_large_to_answer_stays_a_request() {
    // req: TR-2.7.1-03 TR-2.6.3-01
    let mut open = Open::new("raw");
    open.max_frame_size = 512;
    let mut raw = Raw::listener(config("l").build().unwrap(), &open);
    raw.send(0, &Begin::new(SequenceNo(0), 100, 100));
    let session = requested_session(&mut raw.side);
    raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
    raw.send(0, &attach("a", 0, Role::Sender));
    let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
    raw.frames();
    let large = LinkOptions::receiver("a", "q".repeat(600));
    assert_eq!(raw.side.core.receiver(id).unwrap().accept(large), Err(Misuse::FrameSize));
    assert!(raw.names().is_empty());
    raw.side.core.receiver(id).unwrap().refuse(Error::from(Condition::INTERNAL_ERROR)).unwrap();
    assert_eq!(raw.names(), ["attach", "detach"]);
}

#[test]
fn no_handle_above_the_peers_handle_max() {
    // req: TR-2.7.2-02
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    let mut begin = Begin::new(SequenceNo(0), 100, 100);
    begin.handle_max = Handle(0);
    raw.send(0, &begin);
    let session = requested_session(&mut raw.side);
    raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
    raw.send(0, &attach("a", 0, Role::Sender));
    let mut ours = raw.side.core.session(session).unwrap();
    assert_eq!(ours.attach_sender(LinkOptions::sender("b", "q")), Err(Misuse::HandleMax));
    raw.send(0, &attach("b", 1, Role::Sender));
    assert_eq!(raw.names(), ["open", "begin", "end"]);
}

#[test]
fn violations_detach_the_link_only() {
    // req: TR-2.6.1-04 TR-2.6.5-01 TR-2.6.5-03 TR-2.6.7-08 TR-2.6.7-16 TR-2.7.3-12 TR-2.7.4-06
    let mut none = attach("x", 1, Role::Sender);
    none.initial_delivery_count = None;
    let twice = attach("a", 1, Role::Sender);
    let mut back: Flow = credit(0, 1, 0);
    back.delivery_count = Some(SequenceNo(u32::MAX));
    type Wrong = Box<dyn Fn(&mut Raw)>;
    let cases: [(Wrong, Condition); 5] = [
        (Box::new(move |raw| raw.send(0, &none)), Condition::INVALID_FIELD),
        (Box::new(move |raw| raw.send(0, &twice)), Condition::NOT_ALLOWED),
        (Box::new(move |raw| raw.send(0, &back)), Condition::INVALID_FIELD),
        (Box::new(|raw| raw.send(0, &credit(0, 1, 0))), Condition::INVALID_FIELD),
        (
            Box::new(|raw| (0..3).for_each(|id| raw.transfer(&transfer(0, id), b"x"))),
            Condition::TRANSFER_LIMIT_EXCEEDED,
        ),
    ];
    for (wrong, expected) in cases {
        let (mut raw, session) = Raw::session();
        raw.send(0, &attach("a", 0, Role::Sender));
        let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
        let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("a", "q") };
        raw.side.core.receiver(id).unwrap().accept(options).unwrap();
        raw.side.core.receiver(id).unwrap().set_credit(2).unwrap();
        raw.frames();
        wrong(&mut raw);
        let frames = raw.frames();
        let conditions: Vec<_> = frames
            .iter()
            .filter_map(|(_, frame)| if let Performative::Detach(detach) = frame { detach.error.clone() } else { None })
            .map(|error| error.condition)
            .collect();
        assert_eq!(conditions, [expected], "{frames:?}");
        assert_eq!(detached(&mut raw).len(), 1);
        raw.side.core.session(session).unwrap();
        assert!(raw.side.core.snapshot().sessions[0].links.len() <= 2);
    }
}

#[test]
fn attach_and_detach_for_ever_leaves_nothing() {
    // req: TR-2.6.2-03 TR-2.7.2-04
    let (mut raw, _) = Raw::session();
    for closed in [true, false].into_iter().cycle().take(2000) {
        raw.send(0, &attach("a", 9, Role::Sender));
        let LinkId::Receiver(id) = requested_link(&mut raw.side) else { panic!("no receiver") };
        raw.side.core.receiver(id).unwrap().accept(LinkOptions::receiver("a", "q")).unwrap();
        raw.frames();
        let next = raw.side.core.snapshot().sessions[0].windows.next_incoming_id.unwrap();
        raw.transfer(&transfer(9, next.0), b"x");
        let _ = raw.side.core.receiver(id).unwrap().recv().expect("arrived");
        raw.send(0, &Detach { handle: Handle(9), closed, error: None });
        assert_eq!(detached(&mut raw).len(), 1);
        let snapshot = raw.side.core.snapshot();
        assert_eq!((snapshot.sessions[0].links.len(), snapshot.sessions[0].unsettled_incoming), (0, 0));
        raw.frames();
    }
}

#[test]
fn what_arrived_can_be_taken_after_detach_end_and_close() {
    for how in 0..3 {
        let mut pair = pair();
        let (session, theirs) = pair.session(SessionOptions::default(), SessionOptions::default());
        let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
        pair.client.core.sender(sender).unwrap().send(Outgoing::new("m")).unwrap();
        pair.pump();
        match how {
            0 => pair.client.core.sender(sender).unwrap().detach(true, None).unwrap(),
            1 => pair.listener.core.session(theirs).unwrap().end(None).unwrap(),
            _ => pair.client.core.close(pair.now, None),
        }
        pair.pump();
        assert_eq!(pair.listener.count(|event| matches!(event, Event::Detached { .. })), 1);
        let mut link = pair.listener.core.receiver(receiver).unwrap();
        assert!(link.recv().is_some() && link.recv().is_none(), "case {how}");
        pair.pump();
        assert!(pair.listener.core.receiver(receiver).is_err(), "case {how}: the place is free");
    }
}

#[test]
fn credit_comes_back_from_aborted_deliveries() {
    // req: TR-2.6.7-06 TR-2.6.14-03
    let mut pair = pair();
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let options = LinkOptions { credit: CreditMode::Auto(2), ..LinkOptions::receiver("a", "q") };
    let sender = LinkOptions { initial_delivery_count: NEAR, ..LinkOptions::sender("a", "q") };
    let (sender, _) = pair.link(session, sender, options);
    for _ in 0..10 {
        let mut link = pair.client.core.sender(sender).unwrap();
        link.start(Outgoing::new("piece")).expect("credit is renewed");
        link.abort().unwrap();
        pair.pump();
    }
}

#[test]
fn drain_without_and_with_credit() {
    // req: TR-2.6.7-12 TR-2.6.7-13 TR-2.6.7-14 TR-2.6.7-17
    let mut pair = pair();
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), options);
    pair.listener.core.receiver(receiver).unwrap().drain().unwrap();
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::Drained { .. })), 1);
    pair.listener.take();

    pair.listener.core.receiver(receiver).unwrap().set_credit(5).unwrap();
    pair.pump();
    pair.client.core.sender(sender).unwrap().start(Outgoing::new("a")).unwrap();
    pair.listener.core.receiver(receiver).unwrap().drain().unwrap();
    pair.pump();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Drain { .. })), 1);
    pair.client.core.sender(sender).unwrap().drained().unwrap();
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::Drained { .. })), 0, "a delivery is in progress");
    pair.client.core.sender(sender).unwrap().write("b".into(), false).unwrap();
    pair.pump();
    assert_eq!(pair.listener.count(|event| matches!(event, Event::Drained { .. })), 1);
    assert_eq!(&pair.listener.core.receiver(receiver).unwrap().recv().unwrap().payload.into_bytes()[..], b"ab");
    let blocked = pair.client.core.sender(sender).unwrap().send(Outgoing::new("m"));
    assert!(matches!(blocked, Err(SendError::Blocked(..))));
}
