//! S8: the windows of a session (§2.5.6).

use crate::sim::{Chance, NEAR, Sim, send_all, take_all};
use amqp_proto::{Config, Connection, CreditMode, Event, Instant, LinkOptions, Outgoing, SessionOptions, Windows};
use amqp10_testkit::peer::Peer;
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

fn windowed(incoming_window: u32) -> SessionOptions {
    SessionOptions { incoming_window, next_outgoing_id: NEAR, ..SessionOptions::default() }
}

fn auto(credit: u32) -> LinkOptions {
    LinkOptions { credit: CreditMode::Auto(credit), ..LinkOptions::receiver("a", "q") }
}

#[test]
fn s8_1_used_and_available_are_the_whole_and_both_sides_say_the_same() {
    let config = |name| Config::builder(name).idle_time_out(None).max_frame_size(512).build().unwrap();
    for (seed, window) in (0..30).zip([1, 2, 7, 20, 64].into_iter().cycle()) {
        let mut chance = Chance(seed);
        let mut sim = Sim::of(config("client"), config("listener"), 3 * MILLI);
        let (ours, theirs) = sim.session(windowed(2048), windowed(window));
        let (sender, receiver) = sim.link(ours, LinkOptions::sender("a", "q"), auto(200));
        let said = sim.said.clone();
        let flows = || said.lock().unwrap().iter().filter(|line| line.contains("-> Flow{")).count();
        // what the application has taken since the peer was told of the window
        let (mut taken, mut told, mut fullest) = (0, flows(), 0);
        for _ in 0..300 {
            let size = usize::try_from(chance.below(1200)).unwrap();
            let message = Outgoing { settled: true, ..Outgoing::new(vec![7; size]) };
            let step = u32::try_from(chance.below(4)).unwrap() * MILLI;
            sim.run(step, |pair| {
                let sent = match chance.below(2) {
                    0 => send_all(&mut pair.client, sender, &message),
                    _ => 0,
                };
                let windows: Windows = pair.listener.core.session(theirs).unwrap().windows();
                if flows() != told {
                    (taken, told) = (0, flows());
                }
                assert_eq!(windows.incoming_window_max, window);
                assert_eq!(windows.incoming_used(), windows.buffered + taken, "seed {seed}");
                assert!(windows.incoming_window <= window, "seed {seed}");
                fullest = fullest.max(windows.buffered);
                let mut end = pair.listener.core.receiver(receiver).unwrap();
                if chance.below(3) == 0 && end.recv().is_some() {
                    let left = pair.listener.core.session(theirs).unwrap().windows().buffered;
                    taken += windows.buffered - left;
                }
                sent > 0
            });
        }
        sim.run(Duration::from_secs(10), |pair| take_all(&mut pair.listener, receiver) > 0);
        let here = sim.pair.client.core.session(ours).unwrap().windows();
        let there = sim.pair.listener.core.session(theirs).unwrap().windows();
        assert_eq!(fullest, window, "seed {seed}: it was full at times");
        assert_eq!(here.remote_incoming_window, there.incoming_window, "seed {seed}");
        assert_eq!(Some(here.next_outgoing_id), there.next_incoming_id);
        assert_eq!(Some(there.next_outgoing_id), here.next_incoming_id);
        assert_eq!((there.buffered, there.buffered_octets), (0, 0));
    }
}

const FRAME: u64 = 4096;

/// Sends messages up to this size into a session of so many octets, whose application reads at times and then nothing for
/// thirty idle-time-outs. The most that ever waited unread; and how many were sent.
fn flooded(octets: u64, largest: u64) -> (u64, usize) {
    let time_out = Duration::from_secs(2);
    let config = |name| {
        let builder = Config::builder(name).idle_time_out(Some(time_out)).max_frame_size(FRAME as u32);
        builder.build().unwrap()
    };
    let mut chance = Chance(octets);
    let mut sim = Sim::of(config("client"), config("listener"), 2 * MILLI);
    let bounded = SessionOptions { incoming_octets: Some(octets), ..SessionOptions::default() };
    let (ours, theirs) = sim.session(SessionOptions::default(), bounded);
    let options = LinkOptions { max_message_size: Some(largest), ..auto(100_000) };
    let (sender, receiver) = sim.link(ours, LinkOptions::sender("a", "q"), options);
    let (mut most, mut sent, mut taken) = (0, 0, 0);
    for round in 0..200 {
        let reads = round % 100 < 40;
        sim.run(if reads { 5 * MILLI } else { time_out / 2 }, |pair| {
            let size = usize::try_from(chance.below(largest)).unwrap();
            let message = Outgoing { settled: true, ..Outgoing::new(vec![7; size]) };
            let more = usize::from(pair.client.core.sender(sender).unwrap().send(message).is_ok());
            most = most.max(pair.listener.core.session(theirs).unwrap().windows().buffered_octets);
            let done = if reads { take_all(&mut pair.listener, receiver) } else { 0 };
            (sent, taken) = (sent + more, taken + done);
            more + done > 0
        });
    }
    assert!(!sim.pair.client.core.is_closed() && !sim.pair.listener.core.is_closed(), "it stands");
    sim.run(time_out, |pair| {
        let done = take_all(&mut pair.listener, receiver);
        taken += done;
        done > 0
    });
    assert_eq!(taken, sent, "all of it comes when it is read again");
    (most, sent)
}

#[test]
fn s8_3_no_more_waits_unread_than_the_window_has_octets_and_the_connection_stands() {
    for octets in [FRAME, 10_000, 65_536, 1 << 20] {
        // what fits into the window, given what each frame takes for itself
        let largest = octets / FRAME * (FRAME - 64);
        let (most, sent) = flooded(octets, largest);
        assert!(most <= octets + FRAME, "{most} octets of {octets}");
        assert!(sent > 50 && most * 2 > octets, "{octets}: it is used, {most}");
    }
}

#[test]
fn s8_3_a_message_larger_than_the_window_is_taken_and_no_more_beside_it() {
    for octets in [FRAME, 10_000, 65_536] {
        let (most, sent) = flooded(octets, 4 * octets);
        assert!(sent > 10 && most <= 4 * octets + octets + FRAME, "{most} octets of {octets}");
    }
}

#[test]
fn s8_3_of_links_that_nobody_reads_each_has_the_octets_of_the_window_once() {
    const LINKS: u64 = 4;
    for octets in [10_000, 65_536] {
        let config = |name| {
            Config::builder(name)
                .idle_time_out(None)
                .max_frame_size(FRAME as u32)
                .output_high_water(8192)
                .build()
                .unwrap()
        };
        let mut sim = Sim::of(config("client"), config("listener"), MILLI);
        let bounded = SessionOptions { incoming_octets: Some(octets), ..SessionOptions::default() };
        let (ours, theirs) = sim.session(SessionOptions::default(), bounded);
        let links: Vec<_> = (0..LINKS)
            .map(|number| {
                let name = format!("link {number}");
                let receiver =
                    LinkOptions { credit: CreditMode::Auto(100_000), ..LinkOptions::receiver(name.clone(), "q") };
                sim.link(ours, LinkOptions::sender(name, "q"), receiver)
            })
            .collect();
        let message = Outgoing { settled: true, ..Outgoing::new(vec![7; 1000]) };
        let mut most = 0;
        sim.run(Duration::from_secs(10), |pair| {
            most = most.max(pair.listener.core.session(theirs).unwrap().windows().buffered_octets);
            // in turn, so that every link has something that waits
            let sent = links.iter().filter(|(sender, _)| {
                let mut sender = pair.client.core.sender(*sender).unwrap();
                sender.send(message.clone()).is_ok()
            });
            sent.count() > 0
        });
        assert!(most <= LINKS * (octets + FRAME), "{most} octets of {LINKS} times {octets}");
        let taken: Vec<_> = links.iter().map(|(_, receiver)| take_all(&mut sim.pair.listener, *receiver)).collect();
        assert!(taken.iter().all(|&count| count > 0), "{taken:?}");
        assert!(taken.iter().sum::<usize>() as u64 >= octets / FRAME, "{taken:?}");
    }
}

/// A listener with a session on each of two channels that takes so many transfers, and a link on each.
fn two_sessions(incoming_window: u32) -> Peer {
    let config = Config::builder("core").idle_time_out(None).build().unwrap();
    let mut peer = Peer::new(Connection::listener(config, None, Instant::ZERO));
    peer.send("header layer=amqp").unwrap();
    peer.send(r#"open container-id="peer""#).unwrap();
    for channel in [0, 1] {
        peer.send(&format!("begin ch={channel} next-outgoing-id=0 incoming-window=10 outgoing-window=10")).unwrap();
        let source = r#"source=@source target=@target{address="q"} initial-delivery-count=0"#;
        peer.send(&format!(r#"attach ch={channel} name="link" handle=0 role=sender {source}"#)).unwrap();
        while let Some(event) = peer.core.poll_event() {
            match event {
                Event::BeginRequested { session, .. } => {
                    peer.core.session(session).unwrap().accept(windowed(incoming_window)).unwrap();
                }
                Event::AttachRequested { link: amqp_proto::LinkId::Receiver(link), .. } => {
                    peer.core.receiver(link).unwrap().accept(auto(100)).unwrap();
                }
                _ => {}
            }
        }
        peer.pull().unwrap();
    }
    peer.received.clear();
    peer
}

fn transfer(channel: u16, id: u32) -> String {
    format!("transfer ch={channel} handle=0 delivery-id={id} delivery-tag=0x{id:02x} message-format=0 payload=0xaa")
}

#[test]
fn s8_4_a_peer_that_exceeds_our_window_loses_its_session_and_no_other() {
    const WINDOW: u32 = 5;
    let mut peer = two_sessions(WINDOW);
    (0..WINDOW).for_each(|id| peer.send(&transfer(0, id)).unwrap());
    assert!(peer.received.is_empty(), "so many were granted: {:?}", peer.received);
    peer.send(&transfer(1, 0)).unwrap();
    peer.send(&transfer(0, WINDOW)).unwrap();
    peer.expect("end ch=0 error=@error{condition=:amqp:session:window-violation}").unwrap();
    let events: Vec<Event> = std::iter::from_fn(|| peer.core.poll_event()).collect();
    let ended = events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
    assert_eq!(ended, 1);
    // the other one goes on: what had come is there, and more comes
    peer.send(&transfer(1, 1)).unwrap();
    let found = events.iter().rev().find_map(|event| match event {
        Event::Arrived { receiver } if peer.core.receiver(*receiver).is_ok() => Some(*receiver),
        _ => None,
    });
    let mut receiver = peer.core.receiver(found.expect("something has arrived")).unwrap();
    for _ in 0..2 {
        let delivery = receiver.recv().expect("it is there");
        receiver.accept_delivery(delivery.id).unwrap();
    }
    assert!(receiver.recv().is_none());
    peer.pull().unwrap();
    let names: Vec<&str> = peer.received.iter().map(|frame| frame.name.as_str()).collect();
    assert!(names.contains(&"disposition") && !names.contains(&"end") && !names.contains(&"close"), "{names:?}");
}

/// The transfers that have come since the last look: of which link, and whether more is to come.
fn transfers(peer: &mut Peer, payloads: &mut [Vec<u8>; 2]) -> Vec<(u32, bool)> {
    peer.pull().unwrap();
    let frames = std::mem::take(&mut peer.received).into_iter();
    frames
        .filter(|frame| frame.name == "transfer")
        .map(|frame| {
            let handle = frame.uint("handle").unwrap();
            payloads[handle as usize].extend_from_slice(frame.binary("payload").unwrap());
            (handle, frame.flag("more"))
        })
        .collect()
}

#[test]
fn s8_5_exactly_as_many_transfers_leave_as_the_peer_takes() {
    let config = Config::builder("core").idle_time_out(None).build().unwrap();
    let mut peer = Peer::new(Connection::client(config, None, Instant::ZERO));
    let session = peer.core.begin(windowed(100)).unwrap();
    let links = ["a", "b"]
        .map(|name| peer.core.session(session).unwrap().attach_sender(LinkOptions::sender(name, "q")).unwrap());
    peer.send("header layer=amqp").unwrap();
    peer.send(r#"open container-id="peer" max-frame-size=512"#).unwrap();
    peer.send("begin remote-channel=0 next-outgoing-id=0 incoming-window=0 outgoing-window=10").unwrap();
    for (handle, name) in ["a", "b"].into_iter().enumerate() {
        peer.send(&format!(r#"attach name="{name}" handle={handle} role=receiver source=@source target=@target"#))
            .unwrap();
        let flow = format!("next-incoming-id={} incoming-window=0 next-outgoing-id=0 outgoing-window=10", NEAR.0);
        peer.send(&format!("flow {flow} handle={handle} delivery-count=0 link-credit=100")).unwrap();
    }
    peer.received.clear();
    let mut payloads = [Vec::new(), Vec::new()];
    // a delivery may begin once there is a window: of several frames on either link
    let messages = [vec![1; 3000], vec![2; 1700]];
    let (mut sent, mut begun, mut order) = (0_u32, [false; 2], Vec::new());
    for window in [1, 3, 0, 2, 1, 5, 4, 7] {
        let next = NEAR + sent;
        // the application hears of it before anything leaves
        peer.blocked = true;
        peer.send(&format!(
            "flow next-incoming-id={} incoming-window={window} next-outgoing-id=0 outgoing-window=10",
            next.0
        ))
        .unwrap();
        while peer.core.poll_event().is_some() {}
        for (at, link) in links.into_iter().enumerate() {
            let mut link = peer.core.sender(link).unwrap();
            begun[at] = begun[at] || link.send(Outgoing::new(messages[at].clone())).is_ok();
        }
        peer.blocked = false;
        let came = transfers(&mut peer, &mut payloads);
        let whole = payloads.iter().zip(&messages).all(|(come, message)| come.len() == message.len());
        assert!(came.len() == window || (whole && came.len() < window), "{came:?} into a window of {window}");
        let windows = peer.core.session(session).unwrap().windows();
        sent += u32::try_from(came.len()).unwrap();
        assert_eq!(windows.next_outgoing_id, NEAR + sent);
        assert_eq!(windows.remote_incoming_window as usize, window - came.len());
        order.extend(came);
        assert!(transfers(&mut peer, &mut payloads).is_empty(), "and not one more");
    }
    assert_eq!(payloads, messages, "each is put together again");
    let last = |handle| order.iter().rev().find(|(of, _)| *of == handle).map(|(_, more)| *more);
    assert_eq!((last(0), last(1)), (Some(false), Some(false)));
    let turns = order.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
    assert!(turns >= 6, "they take turns: {order:?}");
}
