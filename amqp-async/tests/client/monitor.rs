//! How a connection is, and whether the peer is heard.

use crate::relay::{Dead, slow_pipe};
use crate::support::*;
use amqp_async::client::monitor::WatchEvent;
use amqp_async::client::{Crossing, Notice, ReconnectEvent, ReconnectPolicy, Resilient, Watermark};
use amqp_async::proto::{Config, CreditMode, LinkOptions, Misuse, SessionOptions};
use amqp_async::{Connection, Error, IncomingConnection, IncomingLink, Options, Step};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A client with this idle time-out, and a listener that begins whatever it is asked, so far away.
fn connected(delay: Duration, idle_time_out: Option<Duration>) -> (World, Connection, Dead, Handle<Result<(), Error>>) {
    let world = World::new();
    let (near, far, dead) = slow_pipe(&world, delay);
    let options = |name, idle| Config::builder(name).idle_time_out(idle).build().unwrap();
    let client = Options::client(options("client", idle_time_out));
    let (client, driver) = Connection::client(&client, None, near, world.timer());
    let driver = world.spawn("client", driver);
    let listener = Options::listener(options("listener", None));
    let (incoming, listener_driver) = IncomingConnection::new(&listener, None, far, world.timer());
    world.spawn("listener", listener_driver);
    world.spawn("serve", async move {
        let connection = incoming.open().await.unwrap();
        while let Ok(session) = connection.incoming_session().await {
            let session = session.accept(SessionOptions::default()).unwrap();
            while let Ok(link) = session.incoming_link().await {
                let IncomingLink::Sender(link) = link else { continue };
                let options = LinkOptions::answering(link.attach());
                let sender = link.accept(options).unwrap();
                let _ = sender.detached().await;
            }
        }
    });
    world.run_within(10 * SECOND, client.opened()).unwrap().unwrap();
    (world, client, dead, driver)
}

#[test]
fn s5_1_silence_is_told_at_half_the_idle_time_out_and_ends_the_connection_at_the_whole_of_it() {
    let (world, client, dead, _) = connected(millis(1), Some(10 * SECOND));
    let mut watch = client.watch();
    // heartbeats keep it quiet
    assert!(world.run_within(60 * SECOND, watch.next()).is_none());
    let last = world.now() - client.health().silent;
    dead.set(true);
    let event = world.run_within(60 * SECOND, watch.next()).unwrap();
    let WatchEvent::HeartbeatMissed(silent) = event else { panic!("{event:?}") };
    // what was under way when the line went dead is what was heard last
    let heard = world.now() - silent;
    assert!(heard >= last && silent >= 5 * SECOND && silent <= 5 * SECOND + millis(1), "{silent:?}");
    assert_eq!(client.health().idle_margin, Some(10 * SECOND - silent));
    let event = world.run_within(60 * SECOND, watch.next()).unwrap();
    assert!(matches!(event, WatchEvent::Closed(Error::Timeout(Step::Idle))), "{event:?}");
    let silent = world.now() - heard;
    assert!(silent >= 10 * SECOND && silent <= 10 * SECOND + millis(1), "{silent:?}");
    assert!(!client.health().is_open);
}

#[test]
fn s5_1_a_peer_that_is_heard_again_is_told() {
    let (world, client, dead, _) = connected(millis(1), Some(10 * SECOND));
    let mut watch = client.watch();
    world.settle();
    dead.set(true);
    assert!(matches!(world.run_within(60 * SECOND, watch.next()), Some(WatchEvent::HeartbeatMissed(_))));
    dead.set(false);
    assert!(matches!(world.run_within(5 * SECOND, watch.next()), Some(WatchEvent::Heard)));
    assert!(client.health().is_open);
}

#[test]
fn s5_2_a_dead_line_is_found_by_a_probe_within_its_deadline() {
    let (world, client, dead, _) = connected(millis(20), None);
    let session = world.run_within(SECOND, client.session()).unwrap().unwrap();
    dead.set(true);
    let begin = world.now();
    let probed = world.run_within(60 * SECOND, session.probe(SECOND)).unwrap();
    assert!(matches!(probed, Err(Error::Timeout(Step::Probe))), "{probed:?}");
    assert_eq!(world.now() - begin, SECOND);
    assert!(client.health().is_open, "nobody knows better");
}

#[test]
fn s5_4_nobody_wakes_an_idle_connection_unless_somebody_watches_it() {
    let (world, client, _, driver) = connected(millis(1), Some(10 * SECOND));
    let before = driver.wakes();
    world.advance(100 * SECOND);
    let idle = driver.wakes() - before;
    // the peer's heartbeats come every 2.5 s, and the timer is set again at most as often
    assert!(idle <= 90, "{idle} wakes in 100 s");
    let watch = client.watch();
    let before = driver.wakes();
    world.advance(100 * SECOND);
    assert_eq!(driver.wakes() - before, idle, "who does not wait for news costs nothing");
    drop(watch);
}

#[test]
fn s5_5_a_probe_measures_the_round_trip() {
    for delay in [0, 1, 25, 400] {
        let (world, client, ..) = connected(millis(delay), None);
        let session = world.run_within(60 * SECOND, client.session()).unwrap().unwrap();
        for _ in 0..3 {
            world.advance(millis(777));
            let trip = world.run_within(60 * SECOND, session.probe(10 * SECOND)).unwrap().unwrap();
            assert_eq!(trip, millis(2 * delay));
        }
        assert_eq!(client.health().round_trip, Some(millis(2 * delay)));
        drop(session);
        let own = world.run_within(60 * SECOND, client.probe(10 * SECOND)).unwrap().unwrap();
        assert_eq!(own, millis(2 * delay));
    }
}

#[test]
fn health_counts_what_there_is() {
    let (world, client, ..) = connected(millis(1), Some(10 * SECOND));
    let session = world.run_within(SECOND, client.session()).unwrap().unwrap();
    let options = LinkOptions { credit: CreditMode::Auto(12), ..LinkOptions::receiver("in", "queue") };
    let receiver = world.run_within(SECOND, session.attach_receiver(options)).unwrap().unwrap();
    let health = client.health();
    assert!(health.is_open && health.closed.is_none());
    assert_eq!((health.sessions, health.links, health.credit_granted, health.credit_held), (1, 1, 12, 0));
    drop(receiver);
}

#[test]
fn s8_2_a_window_that_is_getting_full_is_told_once_and_again_when_it_no_longer_is() {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 10, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    receiver.set_credit(1000).unwrap();
    let mut watch = sessions.1.watch_window(Watermark::default()).unwrap();
    let mut told = Vec::new();
    for round in 0..3 {
        for number in 1..=10 {
            drop(pair.world.run(sender.submit("x")).unwrap());
            pair.world.settle();
            let crossing = poll_at_most(&pair.world, 1, watch.next());
            if let Some(crossing) = crossing {
                told.push((round, number, crossing.unwrap()));
            }
        }
        for number in 1..=10 {
            receiver.try_recv().unwrap().unwrap().accept().unwrap();
            pair.world.settle();
            if let Some(crossing) = poll_at_most(&pair.world, 1, watch.next()) {
                told.push((round, 10 - number, crossing.unwrap()));
            }
        }
    }
    let each = |round| [(round, 8, Crossing::High), (round, 5, Crossing::Low)];
    assert_eq!(told, [each(0), each(1), each(2)].concat());
    // whoever waits is woken, and nobody who has left
    let waiting = pair.world.spawn("watch", async move { (watch.next().await, watch.next().await, watch) });
    drop(sessions.1.watch_window(Watermark::default()).unwrap());
    for _ in 0..9 {
        drop(pair.world.run(sender.submit("x")).unwrap());
    }
    pair.world.settle();
    assert!(waiting.take().is_none());
    pair.world.run(sessions.0.end()).unwrap();
    pair.world.settle();
    let (high, gone, _) = waiting.take().unwrap();
    assert!(matches!((&high, &gone), (Ok(Crossing::High), Err(_))), "{high:?} {gone:?}");
    assert!(sessions.1.watch_window(Watermark::default()).is_err());
}

#[test]
fn crossings_that_nobody_asks_for_are_kept_up_to_a_bound() {
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 2, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let mut watch = sessions.1.watch_window(Watermark::new(100, 0)).unwrap();
    for _ in 0..100 {
        for _ in 0..2 {
            drop(pair.world.run(sender.submit("x")).unwrap());
        }
        pair.world.settle();
        for _ in 0..2 {
            receiver.try_recv().unwrap().unwrap().accept().unwrap();
        }
        pair.world.settle();
    }
    let kept: Vec<_> = std::iter::from_fn(|| poll_at_most(&pair.world, 1, watch.next())).map(Result::unwrap).collect();
    assert_eq!(kept, [Crossing::High, Crossing::Low].repeat(8));
}

#[test]
fn s5_1_whoever_takes_the_events_of_a_connection_that_comes_back_hears_of_silence_too() {
    let (world, client, dead, driver) = connected(millis(1), Some(10 * SECOND));
    let connections = Rc::new(RefCell::new(vec![client]));
    let connect = move |_| {
        let connection = connections.borrow_mut().pop();
        Box::pin(async move { connection.ok_or(Error::Misuse(Misuse::ConnectionClosed)) })
    };
    let policy = ReconnectPolicy { max_attempts: Some(1), ..ReconnectPolicy::default() };
    let (resilient, supervisor) = Resilient::new(policy, connect, world.timer());
    let supervisor = world.spawn("supervisor", supervisor);
    world.settle();
    // nobody listens: nothing wakes it, nor the driver but for heartbeats
    let wakes = (supervisor.wakes(), driver.wakes());
    world.advance(60 * SECOND);
    assert_eq!(supervisor.wakes(), wakes.0);
    let events = resilient.events();
    world.advance(60 * SECOND);
    assert!(events.try_next().is_none(), "it is heard");
    dead.set(true);
    world.advance(6 * SECOND);
    let event = events.try_next();
    let Some(Notice::Event(ReconnectEvent::HeartbeatMissed { silent })) = event else { panic!("{event:?}") };
    assert!(silent >= 5 * SECOND && silent < 6 * SECOND, "{silent:?}");
    dead.set(false);
    world.advance(6 * SECOND);
    assert!(matches!(events.try_next(), Some(Notice::Event(ReconnectEvent::Heard))));
    dead.set(true);
    world.advance(20 * SECOND);
    let rest: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    let [Notice::Event(missed), Notice::Event(lost), Notice::Event(_)] = rest.as_slice() else { panic!("{rest:?}") };
    assert!(matches!(missed, ReconnectEvent::HeartbeatMissed { .. }), "{missed:?}");
    assert!(matches!(lost, ReconnectEvent::Reconnecting { cause: Error::Timeout(Step::Idle), .. }), "{lost:?}");
}
