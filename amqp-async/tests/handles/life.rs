//! Beginning and end of connections, sessions and links.

use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Outcome, SaslCode};
use amqp_async::proto::{
    CloseReason, CreditMode, DetachReason, EndReason, Mechanism, Misuse, Outgoing, SaslClient, SaslListener,
    SaslRequest, SessionOptions,
};
use amqp_async::{
    Batch, Connection, Delivery, Error, Fault, IncomingConnection, Receiver, Recovery, SendError, Sender, Session,
    Settlement, Step,
};
use std::time::Duration;

#[test]
fn handles_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Connection>();
    check::<Session>();
    check::<Sender>();
    check::<Receiver>();
    check::<Delivery>();
    check::<Settlement>();
    check::<Error>();
    fn check_send<T: Send>(_: &T) {}
    let (_, _, driver, ..) = unopened();
    let _ = |client: &'static Connection| check_send(&client.session());
    let _ = |sender: &'static Sender| check_send(&sender.send("x"));
    drop(driver);
}

#[test]
fn open_and_close() {
    let pair = Pair::open();
    assert_eq!(pair.client.remote_open().unwrap().container_id.as_str(), "listener");
    pair.world.run(pair.client.close()).unwrap();
    pair.world.settle();
    assert!(matches!(pair.client_driver.take(), Some(Ok(()))));
    assert!(matches!(pair.listener_driver.take(), Some(Err(Error::Closed(CloseReason::Remote(None))))));
    assert!(pair.world.run(pair.listener.closed()).is_clean());
    // closing again, and using what is closed
    pair.world.run(pair.client.close()).unwrap();
    assert!(matches!(pair.world.run(pair.client.session()), Err(Error::Misuse(Misuse::ConnectionClosed))));
}

#[test]
fn close_tells_the_peer_why() {
    let pair = Pair::open();
    let _ = pair.world.run(pair.client.close_with(codec::Error::new(Condition::RESOURCE_LIMIT_EXCEEDED, "enough")));
    pair.world.settle();
    let error = pair.world.run(pair.listener.closed());
    assert_eq!(error.condition(), Some(Condition::RESOURCE_LIMIT_EXCEEDED));
    assert_eq!((error.fault(), error.recovery()), (Fault::Remote, Recovery::Reconnect));
}

/// The settlements of three messages whose sender is dropped.
fn three_of_no_sender(pair: &Pair, sessions: &(Session, Session)) -> ([Settlement; 3], Receiver) {
    let (sender, receiver) = pair.sending(sessions, CreditMode::Auto(10));
    (["1", "2", "3"].map(|message| pair.world.run(sender.submit(message)).unwrap()), receiver)
}

#[test]
fn settlements_keep_their_link_until_the_last_is_gone() {
    let pair = Pair::open();
    let sessions = pair.session();
    let ([fetched, dropped, last], receiver) = three_of_no_sender(&pair, &sessions);
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    assert_eq!(pair.world.run(fetched).unwrap(), Outcome::Accepted);
    drop(dropped);
    for _ in 0..2 {
        pair.world.settle();
        assert!(receiver.snapshot().is_some(), "one waits, or has not looked");
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    }
    pair.world.settle();
    assert!(receiver.snapshot().is_some(), "it has not looked");
    assert_eq!(pair.world.run(last).unwrap(), Outcome::Accepted);
    pair.world.settle();
    assert!(receiver.snapshot().is_none());
}

#[test]
fn settlements_without_a_sender_hear_why_there_is_no_outcome() {
    let pair = Pair::open();
    let sessions = pair.session();
    let ([told, fetched, dropped], receiver) = three_of_no_sender(&pair, &sessions);
    let first = pair.world.run(receiver.recv()).unwrap();
    pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    pair.world.settle();
    pair.world.run(receiver.close_with(codec::Error::new(Condition::RESOURCE_LIMIT_EXCEEDED, "enough"))).unwrap();
    pair.world.settle();
    let Err(SendError::InDoubt(error)) = pair.world.run(told) else { panic!("it has no outcome") };
    assert_eq!(error.condition(), Some(Condition::RESOURCE_LIMIT_EXCEEDED));
    assert_eq!(pair.world.run(fetched).unwrap(), Outcome::Accepted, "it had come");
    drop((first, dropped));
}

/// What has come on a link whose receiver is dropped: three to be settled, and one that was sent settled.
fn four_of_no_receiver(pair: &Pair, sessions: &(Session, Session)) -> ([Delivery; 4], Sender, Vec<Settlement>) {
    let (sender, receiver) = pair.sending(sessions, CreditMode::Auto(10));
    let submit = |settled| {
        let outgoing = Outgoing { settled, ..Outgoing::new(&b"\x00\x53\x77\xa1\x02hi"[..]) };
        pair.world.run(sender.submit_encoded(outgoing)).unwrap()
    };
    let settlements = [false, false, false, true].map(submit);
    let deliveries = [(); 4].map(|()| pair.world.run(receiver.recv()).unwrap());
    drop(receiver);
    pair.world.settle();
    (deliveries, sender, settlements.into())
}

#[test]
fn deliveries_keep_their_link_until_the_last_is_gone() {
    let pair = Pair::open();
    let sessions = pair.session();
    let ([accepted, left, last, settled], sender, settlements) = four_of_no_receiver(&pair, &sessions);
    assert_eq!(sender.credit(), 0, "nobody takes more");
    let stays = || {
        pair.world.settle();
        sender.snapshot().is_some()
    };
    accepted.accept().unwrap();
    assert!(stays());
    left.leave_unsettled();
    assert!(stays());
    let id = last.receiver();
    drop(last);
    assert!(stays(), "one is there that was sent settled");
    assert!(settled.is_settled() && settled.receiver() == id);
    drop(settled);
    assert!(!stays());
    let mut outcomes = settlements.into_iter().map(|settlement| pair.world.run(settlement));
    assert_eq!(outcomes.next().unwrap().unwrap(), Outcome::Accepted);
    assert!(matches!(outcomes.next().unwrap(), Err(SendError::InDoubt(Error::Detached(_)))));
    assert_eq!(outcomes.next().unwrap().unwrap(), Outcome::Released);
}

#[test]
fn deliveries_without_a_receiver_hear_why_they_cannot_be_settled() {
    let pair = Pair::open();
    let sessions = pair.session();
    let ([told, told_together, dropped, settled], sender, _settlements) = four_of_no_receiver(&pair, &sessions);
    pair.world.run(sender.close_with(codec::Error::new(Condition::RESOURCE_LIMIT_EXCEEDED, "enough"))).unwrap();
    // the next link takes the place of the one that is gone, at either end
    let (next, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    assert_eq!(receiver.id().index(), told.receiver().index());
    drop(dropped);
    let why = |settled: Result<(), Error>| settled.unwrap_err().condition();
    assert_eq!(why(told.accept()), Some(Condition::RESOURCE_LIMIT_EXCEEDED));
    let batch: Batch = [told_together, settled].into_iter().collect();
    assert_eq!(why(batch.release()), Some(Condition::RESOURCE_LIMIT_EXCEEDED));
    let settlement = pair.world.run(next.submit("the next")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    drop(receiver);
    pair.world.settle();
    assert!(next.snapshot().is_some(), "what was counted of the other is not counted here");
    delivery.accept().unwrap();
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
    pair.world.settle();
    assert!(next.snapshot().is_none());
}

#[test]
fn a_confirmation_keeps_its_link() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("confirmed")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    let confirmation = delivery.settle_confirmed(Outcome::Accepted).unwrap();
    drop(receiver);
    assert_eq!(pair.world.run(settlement).unwrap(), Outcome::Accepted);
    pair.world.settle();
    assert!(sender.snapshot().is_some());
    pair.world.run(confirmation).unwrap();
    pair.world.settle();
    assert!(sender.snapshot().is_none());
}

#[test]
fn the_last_handle_closes_everything() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let (ours, theirs) = sessions;
    let Pair { world, client, listener, client_driver, listener_driver, .. } = pair;
    drop((client, ours));
    world.settle();
    assert!(client_driver.take().is_none(), "a sender keeps its session and connection");
    let settlement = world.run(sender.submit("a parting word")).unwrap();
    drop(sender);
    world.settle();
    assert!(client_driver.take().is_none(), "so does a settlement");
    drop(settlement);
    world.settle();
    assert!(matches!(client_driver.take(), Some(Ok(()))), "closed cleanly");
    assert!(matches!(listener_driver.take(), Some(Err(Error::Closed(CloseReason::Remote(None))))));
    let delivery = world.run(receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("a parting word"), "what was submitted has left");
    drop((delivery, receiver, theirs, listener));
}

#[test]
fn closing_flushes() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(1000));
    for number in 0..100_u64 {
        drop(pair.world.run(sender.submit(codec::Value::from(number))).unwrap());
    }
    pair.world.run(pair.client.close()).unwrap();
    for number in 0..100_u64 {
        let delivery = pair.world.run(receiver.recv()).unwrap();
        assert_eq!(delivery.message().unwrap().body.as_value(), Some(&codec::Value::from(number)));
    }
    let end = pair.world.run(receiver.recv()).unwrap_err();
    assert!(end.is_clean() && end.scope().is_some(), "{end}");
}

#[test]
fn ends_and_detaches_reach_whom_they_concern() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let (bystander, _kept) = pair.sending(&sessions, CreditMode::Auto(10));
    pair.world.run(receiver.close_with(codec::Error::new(Condition::DETACH_FORCED, "maintenance"))).unwrap();
    let error = pair.world.run(sender.send("x")).unwrap_err();
    let cause = error.cause();
    assert!(matches!(cause, Error::Detached(DetachReason::Remote { closed: true, .. })), "{cause:?}");
    assert_eq!(cause.recovery(), Recovery::Reattach);
    assert_eq!(bystander.why_blocked(), None, "the other link stands");

    pair.world.run(sessions.1.end()).unwrap();
    let error = pair.world.run(bystander.detached());
    assert!(matches!(error, Error::Ended(EndReason::Remote(None))), "a link learns why its session went: {error:?}");
    pair.check_sound();
}

#[test]
fn a_refused_link_says_why() {
    let pair = Pair::open();
    let (ours, theirs) = pair.session();
    let refusing = pair.world.spawn("refuse", async move {
        let link = theirs.incoming_link().await.unwrap();
        link.refuse(codec::Error::new(Condition::NOT_FOUND, "no such queue"));
        // dropped unanswered is refused too
        drop(theirs.incoming_link().await.unwrap());
        theirs
    });
    let error = pair.world.run(ours.sender("nowhere")).unwrap_err();
    assert!(matches!(error, Error::Detached(DetachReason::Refused(Some(_)))), "{error:?}");
    assert_eq!((error.condition(), error.recovery()), (Some(Condition::NOT_FOUND), Recovery::GiveUp));
    let error = pair.world.run(ours.receiver("nowhere")).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::NOT_ALLOWED));
    assert!(refusing.take().is_some());
    pair.check_sound();
}

#[test]
fn a_client_takes_no_sessions_unless_told_to() {
    let pair = Pair::open();
    let error = pair.world.run(pair.listener.session()).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::NOT_ALLOWED));
    pair.check_sound();
}

#[test]
fn a_dropped_session_request_is_refused() {
    let pair = Pair::open();
    let listener = pair.listener.clone();
    pair.world.spawn("drop", async move { drop(listener.incoming_session().await) });
    let error = pair.world.run(pair.client.begin(SessionOptions::default())).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::NOT_ALLOWED));
    pair.check_sound();
}

fn login(password: &'static str) -> (World, Connection, Result<Connection, Error>) {
    let world = World::new();
    let (near, far, _) = pipe(4096);
    let client_login = SaslClient::plain("guest", password).insecure_allowed(true);
    let (client, driver) = Connection::client(&client_options(), Some(client_login), near.stream(), world.timer());
    world.drive(driver);
    let offered = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
    let (mut incoming, driver) =
        IncomingConnection::new(&listener_options(), Some(offered), far.stream(), world.timer());
    world.drive(driver);
    let opened = world.run(async move {
        let request = incoming.login().await?.expect("SASL is required");
        let known = matches!(&request, SaslRequest::Plain { password, .. } if password.matches(b"secret"));
        incoming.answer(if known { SaslCode::Ok } else { SaslCode::Auth })?;
        assert!(incoming.answer(SaslCode::Ok).is_err(), "answered once");
        incoming.open().await
    });
    (world, client, opened)
}

#[test]
fn logins() {
    let (world, client, opened) = login("secret");
    assert!(opened.is_ok());
    world.run(client.opened()).unwrap();

    let (world, client, opened) = login("wrong");
    assert!(opened.unwrap_err().is_login());
    let error = world.run(client.opened()).unwrap_err();
    assert!(error.is_login(), "{error:?}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Remote, Recovery::GiveUp));
    assert!(error.to_string().contains("wrong user name or password"));
}

#[test]
fn transport_failures_are_told_apart() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("lost?")).unwrap();
    pair.tap.reset();
    let error = pair.world.run(settlement).unwrap_err();
    assert!(matches!(&error, SendError::InDoubt(Error::Transport(_))), "{error:?}");
    assert_eq!((error.cause().fault(), error.cause().recovery()), (Fault::Transport, Recovery::Reconnect));
    assert!(matches!(pair.client_driver.take(), Some(Err(Error::Transport(_)))));

    let (world, client, _driver, far, _) = client_alone();
    world.settle();
    drop(far);
    let error = world.run(client.opened()).unwrap_err();
    assert!(matches!(error, Error::Closed(CloseReason::Eof)), "{error:?}");
    assert_eq!(error.fault(), Fault::Transport);
}

#[test]
fn no_amqp_at_all() {
    let (world, client, _driver, far, _) = client_alone();
    far.say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let error = world.run(client.opened()).unwrap_err();
    assert!(matches!(error, Error::Closed(CloseReason::Header(_))), "{error:?}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Violation, Recovery::GiveUp));
}

#[test]
fn a_dropped_driver_is_noticed() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    let settlement = pair.world.run(sender.submit("x")).unwrap();
    pair.client_driver.cancel();
    assert!(matches!(pair.world.run(pair.client.closed()), Error::Undriven));
    assert!(pair.world.run(settlement).is_err());
    assert!(matches!(pair.world.run(pair.client.session()), Err(Error::Undriven)));
}

#[test]
fn a_silent_peer_costs_nothing_after_close() {
    // fe2o3-amqp spins here (rust-peers.md §3.2, 5)
    let pair = Pair::open();
    pair.listener_driver.freeze();
    let (client, driver) = (pair.client.clone(), &pair.client_driver);
    let closing = pair.world.spawn("close", async move { client.close().await });
    pair.world.settle();
    let before = driver.wakes();
    pair.world.advance(STEP.saturating_sub(Duration::from_secs(1)));
    assert!(driver.wakes() - before <= 2, "woken {} times", driver.wakes() - before);
    pair.world.advance(Duration::from_secs(2));
    assert!(matches!(closing.take(), Some(Err(Error::Timeout(Step::Close)))));
}

#[test]
fn a_silent_peer_holds_nothing_that_nobody_holds() {
    let pair = Pair::open();
    pair.listener_driver.freeze();
    let Pair { world, client, client_driver, .. } = pair;
    drop(client);
    world.settle();
    assert!(client_driver.take().is_none(), "the peer is given a chance");
    world.advance(Duration::from_secs(1));
    assert!(client_driver.take().is_some());
}

/// What came after the open is not what became of the open.
#[test]
fn a_connection_that_is_closed_at_once_was_open() {
    let (world, client, driver, incoming, listener_driver, _) = unopened();
    world.drive(driver);
    world.drive(listener_driver);
    let closing = world.spawn("close", async move {
        client.opened().await.unwrap();
        client.close().await
    });
    world.settle();
    assert!(matches!(closing.take(), Some(Ok(()))), "all is over before anybody looks");
    let listener = world.run(incoming.open()).unwrap();
    assert!(world.run(listener.closed()).is_clean());
    assert!(matches!(world.run(listener.session()), Err(Error::Closed(CloseReason::Remote(None)))));

    // one that is refused was not
    let (world, client, driver, incoming, listener_driver, _) = unopened();
    world.drive(driver);
    world.drive(listener_driver);
    let why = codec::Error::new(Condition::NOT_ALLOWED, "not you");
    let refusing = world.spawn("refuse", async move { incoming.open().await.unwrap().close_with(why).await });
    world.settle();
    assert!(matches!(refusing.take(), Some(Ok(()))));
    let error = world.run(client.opened()).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::NOT_ALLOWED));
}
