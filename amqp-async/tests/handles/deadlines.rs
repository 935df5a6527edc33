//! Every step that waits for the peer ends in a typed time-out that names the step; what was asked for is
//! taken back, also if the answer comes late.

use crate::support::*;
use amqp_async::proto::{Config, CreditMode, LinkOptions, SessionOptions};
use amqp_async::{Connection, Error, Fault, IncomingConnection, IncomingLink, Options, Step};
use std::future::Future;
use std::time::Duration;

/// Waits for `future`, which must fail with a time-out of `step` at the deadline, not before and not after.
#[track_caller]
fn times_out<T>(world: &World, step: Step, future: impl Future<Output = Result<T, Error>>) {
    let start = world.now();
    let result = world.run_within(STEP * 10, future).expect("it must not wait for ever");
    match result {
        Err(Error::Timeout(of)) => assert_eq!(of, step),
        Err(other) => panic!("not a time-out: {other:?}"),
        Ok(_) => panic!("it succeeded"),
    }
    assert_eq!(world.now() - start, STEP);
}

#[test]
fn open() {
    let (world, client, _driver, _far, _) = client_alone();
    times_out(&world, Step::Open, client.opened());
    assert_eq!(world.run(client.closed()).fault(), Fault::Timeout);
}

#[test]
fn login() {
    let (world, _client, _client_driver, mut listener, driver, _) = unopened();
    let _driver = world.spawn("listener", driver);
    times_out(&world, Step::Open, listener.login());
}

#[test]
fn begin_and_a_late_answer() {
    let pair = Pair::open();
    let listener = pair.listener.clone();
    let request = pair.world.spawn("late", async move { listener.incoming_session().await.unwrap() });
    times_out(&pair.world, Step::Begin, pair.client.session());
    // the client has taken it back, and the listener answers all the same
    let late = request.take().unwrap().accept(SessionOptions::default());
    pair.world.settle();
    assert!(pair.client.snapshot().sessions.is_empty());
    drop(late);
    pair.check_sound();
}

#[test]
fn attach_and_a_late_answer() {
    // fe2o3-amqp loses the whole connection here (rust-peers.md §3.2, 1)
    let pair = Pair::open();
    let (ours, theirs) = pair.session();
    let session = theirs.clone();
    let request = pair.world.spawn("late", async move { session.incoming_link().await.unwrap() });
    times_out(&pair.world, Step::Attach, ours.sender("slow"));
    let IncomingLink::Receiver(late) = request.take().unwrap() else { panic!("wrong role") };
    let options = LinkOptions::answering(late.attach());
    let late = late.accept(options);
    pair.world.settle();
    if let Ok(receiver) = late {
        assert!(pair.world.run(receiver.recv()).is_err(), "detached again");
    }
    assert!(pair.client.snapshot().sessions[0].links.is_empty());
    let (sender, _receiver) = pair.sending(&(ours, theirs), CreditMode::Auto(10));
    assert_eq!(sender.why_blocked(), None, "the session stands");
    pair.check_sound();
}

#[test]
fn detach_end_and_close() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    pair.listener_driver.freeze();
    times_out(&pair.world, Step::Detach, sender.close());
    times_out(&pair.world, Step::End, sessions.0.end());
    times_out(&pair.world, Step::Close, pair.client.close());
    assert!(pair.client_driver.take().is_some(), "the driver has ended");
}

#[test]
fn drain() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (receiver, _sender) = pair.receiving(&sessions, CreditMode::Auto(10));
    pair.listener_driver.freeze();
    times_out(&pair.world, Step::Drain, receiver.drain());
}

#[test]
fn silence_beyond_the_idle_time_out() {
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let idle = |name: &'static str| Config::builder(name).idle_time_out(Some(STEP)).build().unwrap();
    let (client, driver) = Connection::client(&Options::client(idle("client")), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&Options::listener(idle("listener")), None, far, world.timer());
    let listener_driver = world.spawn("listener", driver);
    let listener = world.run(incoming.open()).unwrap();
    world.run(client.opened()).unwrap();

    world.advance(Duration::from_secs(600));
    assert!(world.run_within(Duration::ZERO, client.closed()).is_none(), "heartbeats keep an idle connection");
    listener_driver.freeze();
    let start = world.now();
    let error = world.run_within(STEP * 3, client.closed()).expect("silence is noticed");
    assert!(matches!(error, Error::Timeout(Step::Idle)), "{error:?}");
    assert!(world.now() - start <= STEP);
    drop(listener);
}
