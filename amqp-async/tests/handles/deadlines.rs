//! Every step that waits for the peer ends in a typed time-out that names the step; what was asked for is
//! taken back, also if the answer comes late.

use crate::support::*;
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{Config, CreditMode, LinkOptions, Outgoing, SessionOptions};
use amqp_async::{Connection, Error, Fault, IncomingConnection, IncomingLink, Options, Recovery, SendError, Step};
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
    let _driver = world.drive(driver);
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
    let (client, driver) = Connection::client(&Options::client(idle("client")), None, near.stream(), world.timer());
    world.drive(driver);
    let (incoming, driver) =
        IncomingConnection::new(&Options::listener(idle("listener")), None, far.stream(), world.timer());
    let listener_driver = world.drive(driver);
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

/// As [`times_out`], for what becomes of a message.
#[track_caller]
fn in_time<T>(world: &World, limit: Duration, future: impl Future<Output = Result<T, SendError>>) -> SendError {
    let start = world.now();
    let result = world.run_within(STEP * 10, future).expect("it must not wait for ever");
    assert_eq!(world.now() - start, limit);
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error,
    }
}

#[test]
fn handing_over_and_settling() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let short = STEP / 7;
    let error = in_time(&pair.world, STEP, sender.submit("x"));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    assert_eq!((error.cause().recovery(), error.cause().scope()), (Recovery::Retry, None));
    let error = in_time(&pair.world, STEP, sender.send("x"));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    let error = in_time(&pair.world, short, sender.send_timeout("x", short));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    let error = in_time(&pair.world, STEP, sender.writer(Outgoing::default()));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");

    // nothing of all that was sent, and nothing is left of it
    receiver.set_credit(3).unwrap();
    pair.world.settle();
    assert_eq!((sender.credit(), sender.unsettled(), receiver.unsettled()), (3, 0, 0));
    let error = in_time(&pair.world, STEP, sender.send("x"));
    assert!(matches!(error, SendError::InDoubt(Error::Timeout(Step::Settle))), "{error:?}");
    let error = in_time(&pair.world, short, sender.send_timeout("x", short));
    assert!(matches!(error, SendError::InDoubt(Error::Timeout(Step::Settle))), "{error:?}");
    times_out(&pair.world, Step::Settle, sender.flush());
    // one deadline for both waits of a send: what is left of it for the second
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    assert_eq!(sender.credit(), 0);
    let sending = sender.clone();
    let start = pair.world.now();
    let waiting = pair.world.spawn("send", async move { sending.send_timeout("x", STEP).await });
    pair.world.advance(STEP - short);
    receiver.add_credit(1).unwrap();
    pair.world.advance(short);
    assert!(matches!(waiting.take(), Some(Err(SendError::InDoubt(_)))));
    assert_eq!(pair.world.now() - start, STEP);
    drop(settlement);
    // an outcome in time is an outcome
    for _ in 0..4 {
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    }
    pair.world.run(sender.flush()).unwrap();
    pair.check_sound();
}

#[test]
fn a_settlement_says_once_what_became_of_its_message() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let mut settlement = pair.world.run(sender.submit("x")).unwrap();
    let error = in_time(&pair.world, STEP, &mut settlement);
    assert!(matches!(error, SendError::InDoubt(Error::Timeout(Step::Settle))), "{error:?}");
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.settle();
    let error = pair.world.run(&mut settlement).unwrap_err();
    assert!(matches!(error, SendError::InDoubt(Error::Misuse(_))), "{error:?}");
    // its slot is free for the next
    let next = pair.world.run(sender.submit("y")).unwrap();
    pair.world.run(receiver.recv()).unwrap().release().unwrap();
    drop(settlement);
    assert!(matches!(pair.world.run(next), Ok(Outcome::Released)));
}

#[test]
fn a_piece_that_cannot_leave() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
    pair.listener_driver.freeze();
    pair.world.run(writer.write(vec![0; 100_000])).unwrap();
    let error = in_time(&pair.world, STEP, writer.write(vec![0; 100]));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    let error = in_time(&pair.world, STEP, writer.finish(vec![0; 100]));
    assert!(matches!(error, SendError::NotSent(Error::Timeout(Step::Send))), "{error:?}");
    assert_eq!(sender.unsettled(), 0, "it has been aborted");
}

#[test]
fn drain_and_detach_within_a_time_of_their_own() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (receiver, _sender) = pair.receiving(&sessions, CreditMode::Auto(10));
    pair.listener_driver.freeze();
    let start = pair.world.now();
    let drained = pair.world.run_within(STEP * 10, receiver.drain_timeout(STEP / 7)).unwrap();
    assert!(matches!(drained, Err(Error::Timeout(Step::Drain))), "{drained:?}");
    assert_eq!(pair.world.now() - start, STEP / 7);
    times_out(&pair.world, Step::Detach, receiver.detach());
}

#[test]
fn what_is_done_in_time_leaves_no_alarm() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    let waiting = pair.world.spawn("wait", settlement);
    pair.world.settle();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.settle();
    assert!(waiting.take().is_some());
    let before = pair.client_driver.wakes();
    pair.world.advance(STEP * 100);
    assert!(pair.client_driver.wakes() - before <= 1, "B-20: an alarm that was set, and none after it");
}

/// Nobody has to ask for deadlines: each step has its own.
#[test]
fn by_default() {
    let quiet = |name: &'static str| Config::builder(name).idle_time_out(None).build().unwrap();
    let pair = Pair::open_as(4096, &Options::client(quiet("client")), &Options::listener(quiet("listener")));
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let (in_return, _back) = pair.receiving(&sessions, CreditMode::Manual);
    receiver.add_credit(1).unwrap();
    in_return.add_credit(1).unwrap();
    pair.world.settle();
    pair.listener_driver.freeze();
    let cause = |error| {
        let (SendError::NotSent(cause) | SendError::InDoubt(cause)) = error;
        cause
    };
    late(&pair, Step::Begin, 10, pair.client.session());
    late(&pair, Step::Attach, 10, sessions.0.sender("other"));
    late(&pair, Step::Settle, 60, async { sender.send("taken, and never settled").await.map_err(cause) });
    late(&pair, Step::Send, 60, async { sender.send("no credit").await.map_err(cause) });
    late(&pair, Step::Drain, 10, in_return.drain());
    late(&pair, Step::Detach, 5, sender.close());
    late(&pair, Step::End, 5, sessions.0.end());
    late(&pair, Step::Close, 5, pair.client.close());
    // and the handshake, where nobody answers at all
    let world = World::new();
    let (near, _far, _) = pipe(4096);
    let (client, driver) = Connection::client(&Options::client(quiet("client")), None, near.stream(), world.timer());
    world.drive(driver);
    let error = world.run_within(STEP * 100, client.opened()).expect("it must not wait for ever").unwrap_err();
    assert!(matches!(error, Error::Timeout(Step::Open)), "{error:?}");
    assert_eq!(world.now(), Duration::from_secs(10));
}

#[track_caller]
fn late<T>(pair: &Pair, step: Step, seconds: u64, verb: impl Future<Output = Result<T, Error>>) {
    let begun = pair.world.now();
    let error = pair.world.run_within(STEP * 100, verb).expect("it must not wait for ever").map(drop).unwrap_err();
    assert!(matches!(error, Error::Timeout(of) if of == step), "{step}: {error:?}");
    assert_eq!(pair.world.now() - begun, Duration::from_secs(seconds), "{step}");
}

#[test]
fn whoever_gives_up_a_send_can_tell_whether_the_message_is_on_its_way() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let mut sending = sender.sending("x".into());
    assert!(pair.world.run_within(STEP / 7, &mut sending).is_none() && !sending.is_sent(), "there is no credit");
    assert!(matches!(sending.out_of_time(), SendError::NotSent(Error::Timeout(Step::Send))));
    receiver.set_credit(2).unwrap();
    assert!(pair.world.run_within(STEP / 7, &mut sending).is_none() && sending.is_sent());
    assert!(matches!(sending.out_of_time(), SendError::InDoubt(Error::Timeout(Step::Settle))));
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert!(matches!(pair.world.run(&mut sending), Ok(Outcome::Accepted)));
    assert!(!sending.is_sent(), "it is no longer in doubt");
    assert!(matches!(sending.out_of_time(), SendError::InDoubt(_)), "nobody is to send it again");
    let error = pair.world.run(&mut sending).unwrap_err();
    assert!(matches!(error, SendError::InDoubt(Error::Misuse(_))), "said once: {error:?}");

    // handed over at once, and given up
    let mut sending = sender.sending("y".into());
    assert!(pair.world.run_within(STEP / 7, &mut sending).is_none() && sending.is_sent());
    drop(sending);
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.run(sender.flush()).unwrap();
    pair.check_sound();
}
