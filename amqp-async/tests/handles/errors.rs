//! Each verb at each way in which the ground can go from under it: the error says what is gone, by whom, and what is
//! worth trying; a message in flight is accounted for once.

use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Outcome};
use amqp_async::proto::{
    CloseReason, CreditMode, DetachReason, EndReason, Mechanism, Outgoing, SaslClient, SaslListener,
};
use amqp_async::{
    BatchOptions, Connection, Error, Fault, IncomingConnection, Receiver, Recovery, SendError, Sender, Session,
};
use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// What the client holds when the ground goes.
#[derive(Clone)]
struct Ground {
    connection: Connection,
    session: Session,
    sender: Sender,
    receiver: Rc<Receiver>,
}

/// What there is at the other end.
struct Far {
    pair: Pair,
    session: Session,
    sender: Sender,
    receiver: Receiver,
}

type Verb = fn(Ground) -> Waiting;
type Waiting = Pin<Box<dyn Future<Output = Error>>>;

/// Every verb that waits for the peer.
const VERBS: [(&str, Verb); 15] = [
    ("begin", |on| Box::pin(async move { on.connection.session().await.unwrap_err() })),
    ("attach sender", |on| Box::pin(async move { on.session.sender("x").await.unwrap_err() })),
    ("attach receiver", |on| Box::pin(async move { on.session.receiver("x").await.unwrap_err() })),
    ("submit", |on| Box::pin(async move { not_sent(on.sender.submit("x").await.map(drop)) })),
    ("send", |on| Box::pin(async move { not_sent(on.sender.send("x").await.map(drop)) })),
    ("send in time", |on| Box::pin(async move { not_sent(on.sender.send_timeout("x", STEP * 9).await.map(drop)) })),
    ("writer", |on| Box::pin(async move { not_sent(on.sender.writer(Outgoing::default()).await.map(drop)) })),
    ("ready", |on| Box::pin(async move { on.sender.ready().await.unwrap_err() })),
    ("recv", |on| Box::pin(async move { on.receiver.recv().await.unwrap_err() })),
    ("recv in time", |on| Box::pin(async move { on.receiver.recv_timeout(STEP * 9).await.unwrap_err() })),
    ("batch", |on| Box::pin(async move { on.receiver.recv_batch(BatchOptions::new(9)).await.unwrap_err() })),
    ("reader", |on| Box::pin(async move { on.receiver.reader().await.unwrap_err() })),
    ("drain", |on| Box::pin(async move { on.receiver.drain().await.unwrap_err() })),
    ("sender detached", |on| Box::pin(async move { on.sender.detached().await })),
    ("receiver detached", |on| Box::pin(async move { on.receiver.detached().await })),
];

/// Those of them that need no session, and those that need no link.
const OF_CONNECTION: [&str; 1] = ["begin"];
const OF_SESSION: [&str; 2] = ["attach sender", "attach receiver"];

fn not_sent(result: Result<(), SendError>) -> Error {
    match result {
        Err(SendError::NotSent(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Lets `verb` wait, takes the ground away, and gives the error that it ends with.
fn lose(verb: Verb, take_away: impl FnOnce(&Far)) -> Option<Error> {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, their_receiver) = pair.sending(&sessions, CreditMode::Manual);
    let (receiver, their_sender) = pair.receiving(&sessions, CreditMode::Auto(10));
    let ground =
        Ground { connection: pair.client.clone(), session: sessions.0.clone(), sender, receiver: Rc::new(receiver) };
    let waiting = pair.world.spawn("verb", verb(ground.clone()));
    let far = Far { pair, session: sessions.1, sender: their_sender, receiver: their_receiver };
    take_away(&far);
    far.pair.world.settle();
    drop(ground);
    waiting.take()
}

#[test]
fn reset_and_end_of_stream_under_every_verb() {
    for (name, verb) in VERBS {
        let reset = lose(verb, |far| {
            // what is asked is not answered
            far.pair.listener_driver.freeze();
            far.pair.world.settle();
            far.pair.tap.reset();
        });
        let error = reset.unwrap_or_else(|| panic!("{name} hangs"));
        assert!(matches!(error, Error::Transport(_)), "{name}: {error:?}");
        assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect), "{name}");
        assert!(error.source().is_some_and(|source| source.is::<std::io::Error>() || source.source().is_none()));

        let eof = lose(verb, |far| {
            far.pair.listener_driver.freeze();
            far.pair.world.settle();
            far.pair.listener_driver.cancel();
        });
        let error = eof.unwrap_or_else(|| panic!("{name} hangs"));
        assert!(matches!(error, Error::Closed(CloseReason::Eof)), "{name}: {error:?}");
        assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect), "{name}");
        assert_eq!(error.condition(), None, "{name}");
    }
}

/// The error is the peer's, with all that it said, and at the end of its chain of causes.
#[track_caller]
fn check_remote(name: &str, error: &Error, condition: &Condition, recovery: Recovery) {
    assert_eq!(error.condition().as_ref(), Some(condition), "{name}: {error:?}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Remote, recovery), "{name}");
    let said = error.remote().expect("the peer's own error");
    assert_eq!(said.description.as_deref(), Some("why"), "{name}");
    let source = error.source().expect("a cause");
    assert_eq!(source.downcast_ref::<codec::Error>(), Some(said), "{name}");
    assert!(error.to_string().contains("why"), "{name}: {error}");
}

fn why(condition: &Condition) -> codec::Error {
    codec::Error::new(condition.clone(), "why")
}

#[test]
fn close_end_and_detach_by_the_peer_under_every_verb() {
    // a drain is answered at once
    for (name, verb) in VERBS.into_iter().filter(|(name, _)| *name != "drain") {
        let forced = Condition::CONNECTION_FORCED;
        let closed = lose(verb, |far| {
            let (listener, error) = (far.pair.listener.clone(), why(&forced));
            far.pair.world.spawn("close", async move { listener.close_with(error).await });
        });
        let error = closed.unwrap_or_else(|| panic!("{name} hangs"));
        assert!(matches!(error, Error::Closed(CloseReason::Remote(Some(_)))), "{name}: {error:?}");
        check_remote(name, &error, &forced, Recovery::Reconnect);

        if OF_CONNECTION.contains(&name) {
            continue;
        }
        let window = Condition::WINDOW_VIOLATION;
        let ended = lose(verb, |far| {
            let (session, error) = (far.session.clone(), why(&window));
            far.pair.world.spawn("end", async move { session.end_with(error).await });
        });
        let error = ended.unwrap_or_else(|| panic!("{name} hangs"));
        assert!(matches!(error, Error::Ended(EndReason::Remote(Some(_)))), "{name}: {error:?}");
        check_remote(name, &error, &window, Recovery::Rebegin);

        if OF_SESSION.contains(&name) {
            continue;
        }
        let forced = Condition::DETACH_FORCED;
        let detached = lose(verb, |far| {
            far.pair.world.run(far.sender.close_with(why(&forced))).unwrap();
            far.pair.world.run(far.receiver.close_with(why(&forced))).unwrap();
        });
        let error = detached.unwrap_or_else(|| panic!("{name} hangs"));
        assert!(matches!(error, Error::Detached(DetachReason::Remote { closed: true, error: Some(_) })), "{error:?}");
        check_remote(name, &error, &forced, Recovery::Reattach);
    }
}

#[test]
fn end_of_stream_and_reset_at_each_step_of_the_beginning() {
    // the more of the peer's octets arrive, the further it gets: protocol header, mechanisms, outcome, header, open
    let mut steps = 0;
    for reset in [false, true] {
        for octets in 0.. {
            let world = World::new();
            let (near, far, tap) = pipe(4096);
            let login = SaslClient::plain("guest", "secret").insecure_allowed(true);
            let (client, driver) = Connection::client(&client_options(), Some(login), near.stream(), world.timer());
            world.drive(driver);
            let (middle, end, _) = pipe(4096);
            let offered = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
            let (mut incoming, driver) =
                IncomingConnection::new(&listener_options(), Some(offered), middle.stream(), world.timer());
            world.drive(driver);
            world.spawn("let in", async move {
                if incoming.login().await.is_ok_and(|request| request.is_some()) {
                    let _ = incoming.answer(codec::SaslCode::Ok);
                }
                let opened = incoming.open().await;
                std::future::pending::<()>().await;
                drop(opened);
            });
            // carry octets by hand, and of the listener's only so many
            let mut left: usize = octets;
            for _ in 0..20 {
                world.settle();
                end.say(&far.hear());
                world.settle();
                let mut answer = end.hear();
                answer.truncate(left);
                left -= answer.len();
                far.say(&answer);
            }
            world.settle();
            if left > 0 {
                world.run(client.opened()).unwrap();
                break;
            }
            if reset {
                tap.reset();
            } else {
                far.end();
            }
            let error = match world.run_within(std::time::Duration::ZERO, client.opened()) {
                // all of it had arrived, and then the end
                Some(Ok(())) => continue,
                Some(Err(error)) => error,
                None => panic!("it hangs after {octets} octets"),
            };
            let expected = if reset {
                matches!(error, Error::Transport(_))
            } else {
                matches!(error, Error::Closed(CloseReason::Eof))
            };
            assert!(expected, "after {octets} octets: {error:?}");
            assert_eq!(error.recovery(), Recovery::Reconnect);
            steps += 1;
        }
    }
    assert!(steps > 100, "{steps}");
}

#[test]
fn each_message_in_flight_is_accounted_for_once() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    receiver.set_credit(20).unwrap();
    pair.world.settle();
    let sending: Vec<_> = (0..30)
        .map(|_| {
            let sender = sender.clone();
            pair.world.spawn("send", async move { sender.send("x").await })
        })
        .collect();
    pair.world.settle();
    for _ in 0..5 {
        pair.world.run(receiver.recv()).unwrap().accept().unwrap();
    }
    pair.world.settle();
    pair.tap.reset();
    pair.world.settle();
    let (mut delivered, mut not_sent, mut unknown) = (0, 0, 0);
    for sent in sending {
        match sent.take().expect("it ends") {
            Ok(outcome) => {
                assert_eq!(outcome, Outcome::Accepted);
                delivered += 1;
            }
            Err(SendError::NotSent(_)) => not_sent += 1,
            Err(SendError::InDoubt(_)) => unknown += 1,
        }
    }
    assert_eq!((delivered, not_sent, unknown), (5, 10, 15));
}

#[test]
fn a_violation_of_the_peer_is_the_cause() {
    let (world, client, _driver, far, _) = client_alone();
    world.settle();
    // the header, and a frame whose data offset is beyond it
    far.say(b"AMQP\0\x01\0\0\0\0\0\x08\xff\0\0\0");
    let error = world.run(client.opened()).unwrap_err();
    assert!(matches!(error, Error::Closed(CloseReason::Violation(_))), "{error:?}");
    assert_eq!((error.fault(), error.condition()), (Fault::Violation, Some(Condition::FRAMING_ERROR)));
    assert!(error.remote().is_none() && error.source().is_some());
}
