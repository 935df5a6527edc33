//! Criteria of the research note that concern connection, session and link themselves, seen through the handles.

use crate::relay::slow_pipe;
use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Fields, Handle as LinkHandle, SaslCode, Symbol, Value};
use amqp_async::proto::{
    CloseReason, Config, ConfigError, CreditMode, FrameTap, LinkOptions, Mechanism, Misuse, SaslClient, SaslListener,
    SessionOptions,
};
use amqp_async::{
    Connection, Error, IncomingConnection, IncomingLink, Options, Receiver, Sender, Session, Step, Timer, TrySendError,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

type Lines = Arc<Mutex<Vec<String>>>;

fn logged(config: amqp_async::proto::ConfigBuilder) -> (amqp_async::proto::ConfigBuilder, Lines) {
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    (config.frame_tap(FrameTap::new(move |frame| log.lock().unwrap().push(frame.to_string()))), lines)
}

#[test]
fn s1_1_close_leaves_last_and_its_answer_is_awaited_no_longer_than_told() {
    let (config, lines) = logged(Config::builder("client").idle_time_out(None).close_timeout(STEP));
    let world = World::new();
    let (near, far, _) = pipe(1 << 16);
    let (client, driver) = Connection::client(&Options::client(config.build().unwrap()), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&listener_options(), None, far, world.timer());
    let listener = world.drive(driver);
    let peer = world.run(incoming.open()).unwrap();
    world.run(client.opened()).unwrap();
    let accepting = world.spawn("accept", async move {
        let session = peer.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
        (peer, session)
    });
    let session = world.run(client.session()).unwrap();
    let ends = accepting.take().unwrap();
    // the peer falls silent: nobody answers
    listener.freeze();
    let begin = world.now();
    let closed = world.run_within(10 * STEP, client.close()).unwrap();
    assert!(matches!(closed, Err(Error::Timeout(Step::Close))), "{closed:?}");
    assert_eq!(world.now() - begin, STEP);
    let lines = lines.lock().unwrap();
    let last = lines.iter().rfind(|line| line.contains("->")).unwrap();
    assert!(last.contains("Close"), "{last}");
    drop((session, ends));
}

#[test]
fn s1_3_each_way_of_not_opening_has_its_own_error() {
    // nothing comes
    let (world, client, _driver, far, _) = client_alone();
    let error = world.run_within(10 * STEP, client.opened()).unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout(Step::Open)), "{error}");
    assert_eq!(world.now(), STEP);
    drop(far);
    // another protocol
    let (world, client, _driver, far, _) = client_alone();
    far.say(b"HTTP/1.1 400 Bad Request\r\n");
    let error = world.run(client.opened()).unwrap_err();
    assert!(matches!(error, Error::Closed(CloseReason::Header(_))), "{error}");
    // the end, in the middle of the header
    let (world, client, _driver, far, _) = client_alone();
    far.say(b"AMQP\x00");
    far.end();
    let error = world.run(client.opened()).unwrap_err();
    assert!(matches!(error, Error::Closed(CloseReason::Eof)), "{error}");
    // open, and close with an error at once
    let (world, client, driver, incoming, listener_driver, _) = unopened();
    world.spawn("client", driver);
    world.spawn("listener", listener_driver);
    let peer = world.run(incoming.open()).unwrap();
    let why = codec::Error::new(Condition::CONNECTION_FORCED, "no room");
    world.run(peer.close_with(why)).unwrap();
    let error = world.run(client.closed());
    assert_eq!(error.condition(), Some(Condition::CONNECTION_FORCED));
    // login refused
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let login = SaslClient::plain("scott", "tiger").insecure_allowed(true);
    let (client, driver) = Connection::client(&client_options(), Some(login), near, world.timer());
    world.spawn("client", driver);
    let mechanisms = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
    let (mut incoming, driver) = IncomingConnection::new(&listener_options(), Some(mechanisms), far, world.timer());
    world.spawn("listener", driver);
    world.run(incoming.login()).unwrap();
    incoming.answer(SaslCode::Auth).unwrap();
    let error = world.run(client.opened()).unwrap_err();
    assert!(error.is_login(), "{error}");
}

#[test]
fn s2_1_s2_2_what_either_side_says_of_itself_is_on_the_wire_and_can_be_read() {
    let properties: Fields = [(Symbol::from_static("product"), Value::from("MyApp"))].into_iter().collect();
    let config = Config::builder("mine").properties(properties.clone()).channel_max(7).idle_time_out(Some(8 * SECOND));
    let (config, lines) = logged(config);
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let (client, driver) = Connection::client(&Options::client(config.build().unwrap()), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&listener_options(), None, far, world.timer());
    world.spawn("listener", driver);
    let peer = world.run(incoming.open()).unwrap();
    world.run(client.opened()).unwrap();
    let open = peer.remote_open().unwrap();
    assert_eq!((open.container_id.as_str(), open.channel_max, open.idle_time_out), ("mine", 7, Some(4000)));
    assert_eq!(open.properties, Some(properties), "keys are symbols: their type has no others");
    assert_eq!(client.remote_open().unwrap().container_id.as_str(), "listener");
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|line| line.contains(r#"properties={:product: "MyApp"}"#)), "{lines:?}");
}

/// The properties of the open that the listener sees of such a client.
fn introduced(config: amqp_async::proto::ConfigBuilder) -> Fields {
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let (client, driver) = Connection::client(&Options::client(config.build().unwrap()), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&listener_options(), None, far, world.timer());
    world.spawn("listener", driver);
    let peer = world.run(incoming.open()).unwrap();
    world.run(client.opened()).unwrap();
    let ours = client.remote_open().unwrap().properties.unwrap();
    assert!(ours.get("product").is_some(), "a listener says who it is too");
    peer.remote_open().unwrap().properties.unwrap_or_default()
}

#[test]
fn s2_1_product_version_and_platform_are_said_unless_told_otherwise() {
    let text = |fields: &Fields, key| fields.get(key).and_then(Value::as_text).unwrap_or_default().to_owned();
    let fields = introduced(Config::builder("c"));
    assert_eq!(fields.len(), 3, "{fields:?}");
    assert_eq!(
        (text(&fields, "product"), text(&fields, "version")),
        ("amqp10".into(), env!("CARGO_PKG_VERSION").into())
    );
    assert!(text(&fields, "platform").contains(std::env::consts::OS), "{fields:?}");
    // one of them overridden, another besides them
    let symbol = Symbol::from_static;
    let fields = introduced(Config::builder("c").property(symbol("product"), "MyApp").property(symbol("shard"), 7));
    assert_eq!((fields.len(), text(&fields, "product")), (4, "MyApp".into()), "{fields:?}");
    // all of them said, or none
    let only: Fields = [(symbol("product"), "MyApp")].into_iter().collect();
    assert_eq!(introduced(Config::builder("c").properties(only.clone())), only);
    assert!(introduced(Config::builder("c").properties(Fields::new())).is_empty());
}

#[test]
fn s2_3_sizes_that_cannot_be_fail_when_built() {
    assert_eq!(Config::builder("x").max_frame_size(511).build().unwrap_err(), ConfigError::MaxFrameSize);
    assert_eq!(Config::builder("x").heartbeat_percent(0).build().unwrap_err(), ConfigError::HeartbeatPercent);
}

#[test]
fn s3_1_channel_max_n_permits_n_plus_1_sessions_and_channels_come_back() {
    let world = World::new();
    let (near, far, _) = pipe(1 << 16);
    let (client, driver) = Connection::client(&client_options(), None, near, world.timer());
    world.spawn("client", driver);
    let config = Config::builder("listener").channel_max(3).idle_time_out(None).build().unwrap();
    let (incoming, driver) = IncomingConnection::new(&Options::listener(config), None, far, world.timer());
    world.spawn("listener", driver);
    let peer = world.run(incoming.open()).unwrap();
    world.spawn("accept", async move {
        let mut sessions = Vec::new();
        while let Ok(session) = peer.incoming_session().await {
            sessions.push(session.accept(SessionOptions::default()).unwrap());
        }
    });
    world.run(client.opened()).unwrap();
    let mut sessions: Vec<_> = (0..4).map(|_| world.run(client.session()).unwrap()).collect();
    assert!(matches!(world.run(client.session()), Err(Error::Misuse(Misuse::ChannelMax))));
    world.run(sessions.pop().unwrap().end()).unwrap();
    world.run(client.session()).unwrap();
}

#[test]
fn s3_2_a_session_that_fails_leaves_the_deliveries_of_another_alone() {
    let pair = Pair::open();
    let doomed = pair.session();
    let sound = pair.session();
    let (sender, receiver) = pair.sending(&sound, CreditMode::Auto(100));
    let receiving = pair.world.spawn("receive", async move {
        for number in 0..10_000_u32 {
            let delivery = receiver.recv().await.unwrap();
            assert_eq!(delivery.message().unwrap().body.to_data().unwrap()[..], number.to_be_bytes());
            delivery.accept().unwrap();
        }
    });
    let sending = pair.world.spawn("send", async move {
        let mut settlements = Vec::new();
        for number in 0..10_000_u32 {
            settlements.push(sender.submit(number.to_be_bytes().to_vec()).await.unwrap());
        }
        for settlement in settlements {
            settlement.await.unwrap();
        }
    });
    let (ours, theirs) = doomed;
    let ending = pair.world.spawn("end", async move {
        let why = codec::Error::new(Condition::INTERNAL_ERROR, "mine alone");
        theirs.end_with(why).await
    });
    let error = pair.world.run(ours.ended());
    assert_eq!(error.condition(), Some(Condition::INTERNAL_ERROR));
    pair.world.settle();
    assert!(ending.take().unwrap().is_ok() && receiving.take().is_some() && sending.take().is_some());
}

#[test]
fn s3_4_a_session_whose_window_is_closed_does_not_hold_another_up() {
    let pair = Pair::open();
    let closed = pair.session_with(SessionOptions { incoming_window: 1, ..SessionOptions::default() });
    let (stuck, untaken) = pair.sending(&closed, CreditMode::Manual);
    untaken.set_credit(100).unwrap();
    let stuck = pair.world.spawn("stuck", async move {
        for _ in 0..3 {
            drop(stuck.submit("x").await.unwrap());
        }
    });
    pair.world.settle();
    assert!(stuck.take().is_none());
    pair.check_sound();
    assert!(stuck.take().is_none());
}

#[test]
fn s3_5_handle_max_is_kept() {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { handle_max: LinkHandle(1), ..SessionOptions::default() });
    let first = pair.sending(&sessions, CreditMode::Auto(1));
    let second = pair.sending(&sessions, CreditMode::Auto(1));
    let third = pair.world.run(sessions.0.sender("queue"));
    assert!(matches!(third, Err(Error::Misuse(Misuse::HandleMax))), "{third:?}");
    drop((first, second));
}

#[test]
fn s6_1_s6_2_silence_never_lasts_longer_than_the_heartbeat_whatever_is_sent() {
    for percent in [10_u8, 50, 90] {
        let world = World::new();
        let (near, far, _) = pipe(1 << 16);
        let sent = Arc::new(Mutex::new(Vec::<Duration>::new()));
        let (log, timer) = (Arc::clone(&sent), world.timer());
        let tap = FrameTap::new(move |frame| {
            if frame.direction() == amqp_async::proto::Direction::Out {
                log.lock().unwrap().push(timer.now().as_duration());
            }
        });
        let config = Config::builder("client").idle_time_out(None).heartbeat_percent(percent).frame_tap(tap);
        let options = Options::client(config.build().unwrap());
        let (client, driver) = Connection::client(&options, None, near, world.timer());
        let driver = world.spawn("client", driver);
        // the peer is told half: 1000 ms
        let config = Config::builder("listener").idle_time_out(Some(2 * SECOND)).build().unwrap();
        let (incoming, listener_driver) = IncomingConnection::new(&Options::listener(config), None, far, world.timer());
        world.spawn("listener", listener_driver);
        let peer = world.run(incoming.open()).unwrap();
        world.run(client.opened()).unwrap();
        let accepting = world.spawn("accept", async move {
            let session = peer.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
            (peer, session)
        });
        let session = world.run(client.session()).unwrap();
        let ends = accepting.take().unwrap();
        let mut random = amqp_async::client::Random::new(u64::from(percent));
        for _ in 0..2000 {
            world.advance(Duration::from_millis(random.next() % 3000));
            match random.next() % 3 {
                // our side speaks, or the peer does and asks for no answer
                0 => session.set_incoming_window(2048).unwrap(),
                1 => ends.1.set_incoming_window(2048).unwrap(),
                _ => {}
            }
        }
        let limit = Duration::from_millis(10 * u64::from(percent)) + Duration::from_millis(1);
        let sent = sent.lock().unwrap();
        let longest = sent.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest <= limit, "{percent} %: silent for {longest:?}");
        assert!(driver.take().is_none(), "it stands");
    }
}

#[test]
fn s6_4_a_connection_stands_whose_application_takes_nothing() {
    let world = World::new();
    let (near, far, _) = pipe(1 << 16);
    let options = |name| Config::builder(name).idle_time_out(Some(2 * SECOND)).build().unwrap();
    let (client, driver) = Connection::client(&Options::client(options("client")), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&Options::listener(options("listener")), None, far, world.timer());
    world.spawn("listener", driver);
    let peer = world.run(incoming.open()).unwrap();
    let serving = world.spawn("serve", async move {
        let session = peer.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
        let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions::answering(link.attach());
        (peer, link.accept(options).unwrap())
    });
    let session = world.run(client.session()).unwrap();
    let sender = world.run(session.sender("queue")).unwrap();
    let (peer, receiver) = serving.take().unwrap();
    for _ in 0..50 {
        drop(world.run(sender.submit("unread")).unwrap());
    }
    world.advance(20 * SECOND);
    assert!(peer.health().is_open && client.health().is_open);
    assert_eq!(world.run(receiver.recv()).unwrap().message().unwrap().body.as_str(), Some("unread"));
}

#[test]
fn s7_1_by_hand_in_fives() {
    let pair = Pair::open();
    let (receiver, sender) = pair.receiving(&pair.session(), CreditMode::Manual);
    let sending = pair.world.spawn("send", async move {
        for number in 0..100 {
            drop(sender.submit(format!("{number}")).await.unwrap());
        }
        sender
    });
    for batch in 0..20 {
        receiver.add_credit(5).unwrap();
        pair.world.settle();
        assert_eq!((receiver.unsettled(), receiver.credit()), (5, 0), "never more than granted");
        for number in 0..5 {
            let delivery = receiver.try_recv().unwrap().unwrap();
            assert_eq!(delivery.message().unwrap().body.as_str(), Some(format!("{}", batch * 5 + number).as_str()));
            delivery.accept().unwrap();
        }
    }
    assert!(sending.take().is_some());
}

#[test]
fn s7_4_a_drain_ends_with_no_credit_or_in_time_and_the_link_goes_on() {
    let pair = Pair::open();
    let (receiver, sender) = pair.receiving(&pair.session(), CreditMode::Manual);
    receiver.set_credit(10).unwrap();
    pair.world.settle();
    drop(pair.world.run(sender.submit("one")).unwrap());
    pair.world.run(receiver.drain()).unwrap();
    assert_eq!(receiver.credit(), 0);
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    // a peer that does not answer
    receiver.set_credit(10).unwrap();
    pair.world.settle();
    pair.listener_driver.freeze();
    let drained = pair.world.run_within(10 * STEP, receiver.drain()).unwrap();
    assert!(matches!(drained, Err(Error::Timeout(Step::Drain))), "{drained:?}");
    assert!(pair.client.health().is_open && pair.client.health().links == 1);
}

#[test]
fn s7_5_paused_nothing_more_comes_what_is_here_can_be_taken_and_it_goes_on_as_before() {
    let pair = Pair::open();
    let (receiver, sender) = pair.receiving(&pair.session(), CreditMode::Auto(4));
    let sending = pair.world.spawn("send", async move {
        for number in 0..12 {
            drop(sender.submit(format!("{number}")).await.unwrap());
        }
        sender
    });
    pair.world.settle();
    receiver.pause().unwrap();
    pair.world.settle();
    for _ in 0..4 {
        receiver.try_recv().unwrap().unwrap().accept().unwrap();
    }
    pair.world.settle();
    assert_eq!(receiver.credit(), 0);
    assert!(receiver.try_recv().unwrap().is_none() && sending.take().is_none());
    receiver.resume().unwrap();
    for _ in 0..8 {
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    }
    pair.world.settle();
    assert!(sending.take().is_some());
}

#[test]
fn s12_3_settling_does_not_wait_for_who_receives() {
    let pair = Pair::open();
    let (receiver, sender) = pair.receiving(&pair.session(), CreditMode::Auto(2000));
    let receiver = Rc::new(receiver);
    let settlements: Vec<_> = (0..1000).map(|_| pair.world.run(sender.submit("x")).unwrap()).collect();
    pair.world.settle();
    let deliveries: Vec<_> = (0..1000).map(|_| receiver.try_recv().unwrap().unwrap()).collect();
    let waiting = pair.world.spawn("recv", {
        let receiver = Rc::clone(&receiver);
        async move { receiver.recv().await }
    });
    pair.world.settle();
    let before = waiting.wakes();
    deliveries.into_iter().for_each(|delivery| delivery.accept().unwrap());
    for settlement in settlements {
        pair.world.run(settlement).unwrap();
    }
    assert!(waiting.take().is_none() && waiting.wakes() == before, "nor does it wake it");
}

#[test]
fn s7_8_without_credit_a_message_comes_back() {
    let pair = Pair::open();
    let (sender, receiver) = pair.sending(&pair.session(), CreditMode::Manual);
    let Err(TrySendError::Blocked(message, _)) = sender.try_send("back") else { panic!("there is no credit") };
    assert_eq!(message.body.as_str(), Some("back"));
    receiver.set_credit(1).unwrap();
    pair.world.run(sender.ready()).unwrap();
    assert_eq!(sender.credit(), 1);
    drop(sender.try_send("goes").unwrap());
    assert_eq!(sender.credit(), 0);
}

#[test]
fn s8_6_windows_that_are_looked_at_are_those_of_the_session_until_it_is_gone() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let check = |session: &Session| {
        let windows = session.windows().unwrap();
        assert_eq!(windows, session.snapshot().unwrap().windows);
        windows
    };
    let begin = check(&sessions.0);
    for number in 1..20 {
        drop(pair.world.run(sender.submit("x")).unwrap());
        // at once, and after the driver has been there
        assert_eq!(check(&sessions.0).next_outgoing_id, begin.next_outgoing_id + number);
        pair.world.settle();
        assert_eq!(check(&sessions.1).buffered, 1);
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
        assert_eq!(check(&sessions.1).buffered, 0);
        pair.world.settle();
        check(&sessions.0);
    }
    sessions.1.set_incoming_window(100).unwrap();
    assert_eq!(check(&sessions.1).incoming_window_max, 100);
    pair.world.run(sessions.0.end()).unwrap();
    assert_eq!((sessions.0.windows(), sessions.0.snapshot()), (None, None));
}

#[test]
fn s8_6_credit_that_is_looked_at_is_that_of_the_link_until_it_is_gone() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let check = || {
        let credit = (sender.credit(), receiver.credit());
        assert_eq!(credit, (sender.snapshot().unwrap().link_credit, receiver.snapshot().unwrap().link_credit));
        credit
    };
    assert_eq!(check(), (10, 10));
    for _ in 1..20 {
        let before = check().0;
        drop(pair.world.run(sender.submit("x")).unwrap());
        // at once, and after the driver has been there
        assert_eq!(check().0, before - 1);
        pair.world.settle();
        assert_eq!(check(), (before - 1, before - 1));
        let delivery = pair.world.run(receiver.recv()).unwrap();
        check();
        delivery.accept().unwrap();
        check();
        pair.world.settle();
        check();
    }
    receiver.pause().unwrap();
    assert_eq!(check().1, 0);
    receiver.set_credit_mode(CreditMode::Manual).unwrap();
    receiver.set_credit(3).unwrap();
    assert_eq!(check().1, 3);
    pair.world.settle();
    assert_eq!(check(), (3, 3));
    drop(sender.try_send("y").unwrap());
    assert_eq!(check(), (2, 3));
    pair.world.run(receiver.drain()).unwrap();
    assert_eq!(check(), (0, 0));
    receiver.set_credit(5).unwrap();
    pair.world.settle();
    assert_eq!(check(), (5, 5));
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.run(sender.close()).unwrap();
    pair.world.settle();
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
    assert!(sender.snapshot().is_none() && receiver.snapshot().is_none());
}

/// Messages in two seconds over a round trip of 50 ms into a session of this window.
fn in_two_seconds(incoming_window: u32) -> usize {
    let world = World::new();
    let (near, far, _) = slow_pipe(&world, Duration::from_millis(25));
    let options = Options::client(Config::builder("client").idle_time_out(None).build().unwrap());
    let (client, driver) = Connection::client(&options, None, near, world.timer());
    world.spawn("client", driver);
    let options = Options::listener(Config::builder("listener").idle_time_out(None).build().unwrap());
    let (incoming, driver) = IncomingConnection::new(&options, None, far, world.timer());
    world.spawn("listener", driver);
    let count = Rc::new(std::cell::Cell::new(0_usize));
    let counter = Rc::clone(&count);
    world.spawn("receive", async move {
        let peer = incoming.open().await.unwrap();
        let options = SessionOptions { incoming_window, ..SessionOptions::default() };
        let session = peer.incoming_session().await.unwrap().accept(options).unwrap();
        let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { credit: CreditMode::Auto(4000), ..LinkOptions::answering(link.attach()) };
        let receiver: Receiver = link.accept(options).unwrap();
        while let Ok(delivery) = receiver.recv().await {
            counter.set(counter.get() + 1);
            let _ = delivery.accept();
        }
    });
    let session = world.run_within(SECOND, client.session()).unwrap().unwrap();
    let sender: Sender = world.run_within(SECOND, session.sender("queue")).unwrap().unwrap();
    world.spawn("send", async move {
        while let Ok(settlement) = sender.submit("x").await {
            drop(settlement);
        }
    });
    let before = count.get();
    world.advance(2 * SECOND);
    count.get() - before
}

#[test]
fn s11_3_a_window_of_one_waits_for_a_round_trip_each_time() {
    let one = in_two_seconds(1);
    assert!(one <= 42, "{one} messages");
    let default = in_two_seconds(SessionOptions::default().incoming_window);
    assert!(default >= 1000 * one, "{default} instead of {one} messages");
}

#[test]
fn s12_2_many_tasks_on_one_sender_lose_nothing_and_keep_their_order() {
    let pair = Pair::open();
    let (sender, receiver) = pair.sending(&pair.session(), CreditMode::Auto(50));
    for task in 0..64 {
        let sender = sender.clone();
        pair.world.spawn("task", async move {
            for number in 0..50 {
                sender.send(format!("{task} {number}")).await.unwrap();
            }
        });
    }
    let received = pair.world.spawn("receive", async move {
        let mut next = BTreeMap::<String, u32>::new();
        for _ in 0..64 * 50 {
            let delivery = receiver.recv().await.unwrap();
            let message = delivery.message().unwrap();
            let (task, number) = message.body.as_str().unwrap().split_once(' ').unwrap();
            let next = next.entry(task.to_owned()).or_default();
            assert_eq!(number.parse::<u32>().unwrap(), *next);
            *next += 1;
            delivery.accept().unwrap();
        }
        next.len()
    });
    pair.world.settle();
    assert_eq!(received.take(), Some(64));
}
