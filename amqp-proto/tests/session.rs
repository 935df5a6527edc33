//! begin, end, windows, and the reuse of channels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;

use amqp_proto::codec::{Begin, Condition, End, Flow, Open, Performative, Role, SequenceNo};
use amqp_proto::{EndReason, Event, Instant, LinkId, LinkOptions, Misuse, Outgoing, SessionId, SessionOptions};
use support::{Pair, Raw, attach, config, credit, requested_link, requested_session, transfer};

fn ended(raw: &mut Raw) -> Vec<(SessionId, EndReason)> {
    let events = raw.side.take().into_iter();
    events
        .filter_map(|event| if let Event::Ended { session, reason } = event { Some((session, *reason)) } else { None })
        .collect()
}

#[test]
fn ended_before_it_was_answered() {
    // req: TR-2.5.1-02 TR-2.5.2-01 TR-2.5.2-03
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    raw.frames();
    for _ in 0..3 {
        raw.send(7, &Begin::new(SequenceNo(0), 1, 1));
        let session = requested_session(&mut raw.side);
        raw.send(7, &End { error: None });
        let frames = raw.frames();
        let [(channel, Performative::Begin(begin)), (_, Performative::End(_))] = &frames[..] else {
            panic!("{frames:?}");
        };
        assert_eq!((*channel, begin.remote_channel), (0, Some(7)));
        assert_eq!(ended(&mut raw), [(session, EndReason::Remote(None))]);
        assert!(raw.side.core.session(session).is_err());
        assert!(raw.side.core.snapshot().sessions.is_empty(), "the slot is free");
    }
}

#[test]
fn crossing_ends_and_reuse() {
    // req: TR-2.5.3-01 TR-2.5.5-03
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    for _ in 0..3 {
        let (ours, theirs) = pair.session(SessionOptions::default(), SessionOptions::default());
        pair.link(ours, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
        pair.client.take();
        pair.client.core.session(ours).unwrap().end(None).unwrap();
        pair.listener.core.session(theirs).unwrap().end(None).unwrap();
        assert_eq!(pair.client.core.session(ours).unwrap().end(None), Err(Misuse::SessionEnded));
        pair.pump();
        assert_eq!(
            pair.client.count(|event| matches!(event, Event::Ended { reason, .. } if **reason == EndReason::Local)),
            1
        );
        assert_eq!(pair.client.count(|event| matches!(event, Event::Detached { .. })), 1);
        assert!(pair.client.core.snapshot().sessions.is_empty());
        assert!(pair.listener.core.snapshot().sessions.is_empty());
    }
}

#[test]
fn channels_are_taken_in_turn() {
    // req: TR-2.5.1-03
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    // one at a time on sixty-four channels
    for turn in 0..150 {
        let (ours, _) = pair.session(SessionOptions::default(), SessionOptions::default());
        let sessions = pair.client.core.snapshot().sessions;
        assert_eq!(sessions.iter().map(|it| it.channel).collect::<Vec<_>>(), [turn % 64]);
        assert_eq!(pair.listener.core.snapshot().sessions[0].channel, 0, "an answer takes the lowest");
        pair.client.core.session(ours).unwrap().end(None).unwrap();
        pair.pump();
    }
    // many side by side never on more than twice as many
    let mut live = Vec::new();
    for _ in 0..40 {
        live.push(pair.session(SessionOptions::default(), SessionOptions::default()).0);
    }
    for _ in 0..200 {
        pair.client.core.session(live.remove(0)).unwrap().end(None).unwrap();
        pair.pump();
        live.push(pair.session(SessionOptions::default(), SessionOptions::default()).0);
        assert!(live.iter().all(|session| session.index() < 80), "{live:?}");
    }
}

#[test]
fn end_before_begin_is_answered() {
    // req: TR-2.5.5-02
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    pair.pump();
    let session = pair.client.core.begin(SessionOptions::default()).unwrap();
    pair.client.core.session(session).unwrap().end(None).unwrap();
    pair.pump();
    assert_eq!(pair.client.count(|event| matches!(event, Event::Ended { .. })), 1);
    assert_eq!(pair.client.count(|event| matches!(event, Event::Begun { .. })), 0);
    assert!(pair.client.core.snapshot().sessions.is_empty());
    assert!(pair.listener.core.snapshot().sessions.is_empty());
}

#[test]
fn ended_before_open_never_leaves() {
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let session = pair.client.core.begin(SessionOptions::default()).unwrap();
    pair.client.core.session(session).unwrap().attach_sender(LinkOptions::sender("a", "q")).unwrap();
    pair.client.core.session(session).unwrap().end(None).unwrap();
    pair.pump();
    assert_eq!(
        pair.client.count(|event| matches!(event, Event::Ended { reason, .. } if **reason == EndReason::Local)),
        1
    );
    assert_eq!(pair.client.count(|event| matches!(event, Event::Detached { .. })), 1);
    assert_eq!(pair.listener.count(|event| matches!(event, Event::BeginRequested { .. })), 0);
}

#[test]
fn no_channel_above_the_peers_channel_max() {
    // req: TR-2.5.1-06 TR-2.7.1-07
    let mut open = Open::new("raw");
    open.channel_max = 0;
    let mut raw = Raw::listener(config("l").build().unwrap(), &open);
    raw.send(0, &Begin::new(SequenceNo(0), 1, 1));
    assert_eq!(raw.side.core.begin(SessionOptions::default()), Err(Misuse::ChannelMax));
    raw.send(1, &Begin::new(SequenceNo(0), 1, 1));
    let frames = raw.frames();
    assert!(frames.iter().all(|(channel, _)| *channel == 0), "{frames:?}");
    assert_eq!(frames.last().map(|(_, frame)| frame.name()), Some("close"));
}

#[test]
fn a_flow_asked_for_before_begin_leaves_after_it() {
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    raw.send(0, &Begin::new(SequenceNo(0), 1, 1));
    let session = requested_session(&mut raw.side);
    raw.side.core.session(session).unwrap().flow(true).unwrap();
    assert_eq!(raw.names(), ["open"]);
    raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
    assert_eq!(raw.names(), ["begin", "flow"]);
}

#[test]
fn a_window_told_before_our_begin_counts() {
    // req: TR-2.5.6-07 TR-2.5.6-09
    let mut raw = Raw::listener(config("l").build().unwrap(), &Open::new("raw"));
    raw.send(0, &Begin::new(SequenceNo(0), 0, 1));
    let session = requested_session(&mut raw.side);
    raw.send(0, &Flow::new(9, SequenceNo(0), 1));
    let options = SessionOptions { next_outgoing_id: support::NEAR, ..SessionOptions::default() };
    raw.side.core.session(session).unwrap().accept(options).unwrap();
    assert_eq!(raw.side.core.session(session).unwrap().windows().remote_incoming_window, 9);
}

#[test]
fn echoes_are_answered_once_a_flush() {
    // req: TR-2.7.4-08 TR-2.7.4-09
    let (mut raw, _) = Raw::session();
    raw.send(0, &attach("a", 0, Role::Sender));
    let LinkId::Receiver(link) = requested_link(&mut raw.side) else { panic!("no receiver") };
    raw.side.core.receiver(link).unwrap().accept(LinkOptions::receiver("a", "q")).unwrap();
    raw.frames();
    let mut flow = Flow::new(1, SequenceNo(0), 1);
    flow.echo = true;
    let mut link_flow = credit(0, 1, 0);
    link_flow.delivery_count = Some(SequenceNo(0));
    link_flow.echo = true;
    for _ in 0..500 {
        raw.send(0, &flow);
        raw.send(0, &link_flow);
    }
    let frames = raw.frames();
    assert_eq!(frames.len(), 1, "one flow says both");
    assert!(matches!(&frames[0].1, Performative::Flow(flow) if !flow.echo && flow.handle.is_some()));
}

#[test]
fn violations_end_the_session_once_and_then_it_is_deaf() {
    // req: TR-2.5.4-01 TR-2.5.6-12 TR-2.5.6-14 TR-2.7.4-04 TR-2.7.4-05 TR-2.7.7-02 TR-2.7.3-02
    let mut ahead = Flow::new(1, SequenceNo(0), 1);
    ahead.next_incoming_id = Some(SequenceNo(1));
    let mut without = Flow::new(1, SequenceNo(0), 1);
    without.drain = true;
    type Wrong = Box<dyn Fn(&mut Raw)>;
    let cases: [(Wrong, Condition); 5] = [
        (Box::new(|raw| raw.transfer(&transfer(3, 0), b"x")), Condition::UNATTACHED_HANDLE),
        (Box::new(move |raw| raw.send(0, &ahead)), Condition::INVALID_FIELD),
        (Box::new(move |raw| raw.send(0, &without)), Condition::INVALID_FIELD),
        (Box::new(|raw| raw.send(0, &credit(5, 1, 1))), Condition::UNATTACHED_HANDLE),
        (
            Box::new(|raw| {
                raw.send(0, &attach("a", 0, Role::Sender));
                raw.send(0, &attach("b", 0, Role::Sender));
            }),
            Condition::HANDLE_IN_USE,
        ),
    ];
    for (wrong, expected) in cases {
        let (mut raw, session) = Raw::session();
        wrong(&mut raw);
        wrong(&mut raw);
        let frames = raw.frames();
        let [(0, Performative::End(end))] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(end.error.as_ref().map(|error| error.condition.clone()), Some(expected));
        assert_eq!(ended(&mut raw).len(), 1);
        raw.send(0, &End { error: None });
        assert!(raw.names().is_empty() && ended(&mut raw).is_empty());
        assert!(raw.side.core.session(session).is_err());
        raw.send(0, &Begin::new(SequenceNo(0), 1, 1));
        requested_session(&mut raw.side);
    }
}

#[test]
fn a_window_full_of_pieces_opens_as_far_as_there_is_room() {
    // req: TR-2.5.6-13
    let build = |name| config(name).max_frame_size(512).build().unwrap();
    let mut pair = Pair::new(build("c"), build("l"));
    let listener = SessionOptions { incoming_window: 4, ..SessionOptions::default() };
    let (session, _) = pair.session(SessionOptions::default(), listener);
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), LinkOptions::receiver("a", "q"));
    pair.client.core.sender(sender).unwrap().send(Outgoing::new("small")).unwrap();
    pair.client.core.sender(sender).unwrap().send(Outgoing::new(vec![7; 1700])).unwrap();
    pair.pump();
    assert!(pair.listener.core.receiver(receiver).unwrap().recv().is_some());
    pair.pump();
    let whole = pair.listener.core.receiver(receiver).unwrap().recv().expect("four frames fit into the window");
    assert_eq!(whole.payload.len(), 1700);
}

#[test]
fn begin_and_end_for_ever_reuse_channels_without_growth() {
    // scenario: SE-20; req: TR-2.5.1-03 TR-2.5.2-03 TR-2.7.2-04
    let mut raw = Raw::listener(config("l").channel_max(3).build().unwrap(), &Open::new("raw"));
    for turn in 0..65_536u32 {
        raw.now = Instant::from_millis(u64::from(turn) * 2);
        let channel = (turn % 4) as u16;
        raw.send(channel, &Begin::new(SequenceNo(turn), 1, 1));
        let session = requested_session(&mut raw.side);
        raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
        raw.send(channel, &End { error: None });
        let frames = raw.frames();
        let channels: Vec<_> = frames.iter().map(|(channel, frame)| (*channel, frame.name())).collect();
        let skip = usize::from(turn == 0);
        assert_eq!(channels[skip..], [(0, "begin"), (0, "end")], "turn {turn}");
        raw.side.events.clear();
        assert!(raw.side.core.snapshot().sessions.is_empty());
    }
}
