//! Connections, sessions and links that come back.

use crate::broker::Broker;
use amqp_async::client::{
    Backoff, ConnectionState, InFlight, Jitter, LinkPolicy, Notice, Random, ReconnectEvent, ReconnectPolicy, Resilient,
    ResilientSender,
};
use amqp_async::proto::codec::{self, Condition, Fields, Outcome, Source, Symbol, Value};
use amqp_async::proto::{CreditMode, LinkOptions, SessionOptions};
use amqp_async::{Connection, Error, Fault, SendError};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> ReconnectPolicy {
    ReconnectPolicy { backoff: Backoff::doubling_from_1s(), ..ReconnectPolicy::to(["here"]) }
}

fn resilient(broker: &Broker, policy: ReconnectPolicy) -> Resilient {
    let (resilient, supervisor) =
        Resilient::with_random(policy, broker.connector(), broker.world.timer(), Random::new(1));
    broker.world.spawn("supervisor", supervisor);
    resilient
}

fn sender(resilient: &Resilient, in_flight: InFlight) -> ResilientSender {
    let backoff = Backoff { jitter: Jitter::None, ..Backoff::default() };
    let policy = LinkPolicy { in_flight, backoff, ..LinkPolicy::default() };
    resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), policy)
}

#[test]
fn handles_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Resilient>();
    check::<ResilientSender>();
    check::<amqp_async::client::ResilientReceiver>();
    type Ready = std::future::Ready<Result<Connection, Error>>;
    struct Clock;
    fn check_send<T: Send>(_: &T) {}
    let _ = |supervisor: amqp_async::client::Supervisor<fn(amqp_async::client::Attempt) -> Ready, Clock>| {
        check_send(&supervisor);
    };
    let _ = |sender: &'static ResilientSender| check_send(&sender.send("x"));
    let _ = |receiver: &'static amqp_async::client::ResilientReceiver| check_send(&receiver.recv());
    let _ = |resilient: &'static Resilient| check_send(&resilient.ensure_connected(None));
}

#[test]
fn a_message_waits_for_the_server_and_a_link_survives_its_restart() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker, policy());
    let events = resilient.events();
    let sender = sender(&resilient, InFlight::Fail);
    let sending = broker.world.spawn("send", {
        let sender = sender.clone();
        async move { sender.send("one").await }
    });
    broker.world.advance(2 * SECOND);
    assert!(sending.take().is_none() && matches!(resilient.state(), ConnectionState::Down));
    broker.start();
    broker.world.advance(2 * SECOND);
    assert!(matches!(sending.take(), Some(Ok(Outcome::Accepted))));

    broker.world.advance(60 * SECOND);
    broker.stop();
    broker.start();
    assert!(matches!(broker.world.run_within(SECOND, sender.send("two")), Some(Ok(Outcome::Accepted))));
    assert_eq!(broker.log().bodies, ["one", "two"]);

    let told: Vec<_> = std::iter::from_fn(|| events.try_next())
        .map(|notice| match notice {
            Notice::Event(ReconnectEvent::Reconnecting { attempt, .. }) => format!("reconnecting {attempt}"),
            Notice::Event(ReconnectEvent::Connected { attempt, .. }) => format!("connected {attempt}"),
            notice => format!("{notice:?}"),
        })
        .collect();
    assert_eq!(told[..3], ["reconnecting 2", "reconnecting 3", "connected 3"]);
    assert_eq!(told.last().map(String::as_str), Some("connected 2"), "{told:?}");
    broker.world.run(resilient.close()).unwrap();
    assert!(matches!(broker.world.run(resilient.closed()), Error::Misuse(_)));
    assert!(matches!(broker.world.run(sender.send("three")), Err(SendError::NotSent(Error::Misuse(_)))));
    let rest = std::iter::from_fn(|| events.try_next()).count();
    assert_eq!(rest, 0, "a close of one's own is no news");
    assert!(broker.world.run(events.next()).is_none());
}

#[test]
fn the_last_handle_closes_the_connection_and_ends_the_supervisor() {
    let broker = Broker::new();
    let (resilient, supervisor) = Resilient::new(policy(), broker.connector(), broker.world.timer());
    let supervisor = broker.world.spawn("supervisor", supervisor);
    broker.world.run(resilient.ensure_connected(None)).unwrap();
    let sender = sender(&resilient, InFlight::Fail);
    drop(resilient);
    broker.world.run(sender.send("still there")).unwrap();
    assert!(supervisor.take().is_none());
    drop(sender);
    broker.world.settle();
    assert!(matches!(supervisor.take(), Some(Error::Misuse(_))));
}

#[test]
fn s9_4_a_link_detached_by_force_comes_back_alone_and_three_failures_take_the_session_along() {
    let broker = Broker::new();
    let resilient = resilient(&broker, policy());
    let sender = sender(&resilient, InFlight::Fail);
    broker.world.run(sender.send("0")).unwrap();
    let first_session = broker.log().sessions.len();

    // nothing but the link is attached anew
    let receiver = broker.log().receivers.pop().unwrap();
    let forced = codec::Error::new(Condition::DETACH_FORCED, "maintenance");
    broker.world.run_within(SECOND, receiver.close_with(forced)).unwrap().unwrap();
    broker.world.run_within(SECOND, sender.send("1")).unwrap().unwrap();
    let counts = || {
        let log = broker.log();
        (log.attaches.len(), log.sessions.len() - first_session, log.attempts.len())
    };
    assert_eq!(counts(), (2, 0, 1));

    // three failures in a row: a new session on the same connection
    broker.log().detach_next = 3;
    let receiver = broker.log().receivers.pop().unwrap();
    let forced = codec::Error::new(Condition::DETACH_FORCED, "maintenance");
    broker.world.run_within(SECOND, receiver.close_with(forced)).unwrap().unwrap();
    broker.world.run_within(60 * SECOND, sender.send("2")).unwrap().unwrap();
    assert_eq!(counts(), (6, 1, 1));

    // three sessions in a row: a new connection
    broker.log().detach_next = 9;
    let receiver = broker.log().receivers.pop().unwrap();
    let forced = codec::Error::new(Condition::DETACH_FORCED, "maintenance");
    broker.world.run_within(SECOND, receiver.close_with(forced)).unwrap().unwrap();
    broker.world.run_within(600 * SECOND, sender.send("3")).unwrap().unwrap();
    assert_eq!(counts().2, 2);
    assert_eq!(broker.log().bodies, ["0", "1", "2", "3"]);
}

#[test]
fn a_link_that_takes_the_connection_along_does_not_end_the_others_on_it() {
    let broker = Broker::new();
    let resilient = resilient(&broker, policy());
    let receiver = Arc::new(resilient.receiver(LinkOptions::receiver("in", "queue")));
    let receiving = broker.world.spawn("recv", {
        let receiver = Arc::clone(&receiver);
        async move { receiver.recv().await }
    });
    let sender = sender(&resilient, InFlight::Resend);
    broker.log().detach_next = 9;
    broker.world.run_within(600 * SECOND, sender.send("x")).unwrap().unwrap();
    assert_eq!(broker.log().attempts.len(), 2, "a new connection");
    broker.world.advance(10 * SECOND);
    assert!(receiving.take().is_none(), "it waits on the new one");
    let server = broker.log().senders.pop().unwrap();
    drop(broker.world.run(server.submit("here")).unwrap());
    broker.world.settle();
    assert!(matches!(receiving.take(), Some(Ok(_))));
}

#[test]
fn s9_5_a_refused_login_ends_the_supervision_at_once() {
    let broker = Broker::new();
    let mut attempts = 0;
    let refuse = move |_| {
        attempts += 1;
        assert_eq!(attempts, 1);
        let closed = amqp_async::proto::CloseReason::Remote(Some(Condition::UNAUTHORIZED_ACCESS.into()));
        std::future::ready(Err(Error::Closed(closed)))
    };
    let (resilient, supervisor) = Resilient::new(policy(), refuse, broker.world.timer());
    broker.world.spawn("supervisor", supervisor);
    let error = broker.world.run(resilient.closed());
    assert_eq!(error.condition(), Some(Condition::UNAUTHORIZED_ACCESS));
    let error = broker.world.run(resilient.ensure_connected(None)).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::UNAUTHORIZED_ACCESS));
    let sender = resilient.sender(LinkOptions::sender("out", "queue"));
    assert!(matches!(broker.world.run(sender.send("x")), Err(SendError::NotSent(_))));
}

#[test]
fn what_was_in_flight_is_told_once_or_sent_again_as_the_caller_chose() {
    for (in_flight, bodies) in [(InFlight::Fail, 1), (InFlight::Resend, 2), (InFlight::ResendSameTag, 1)] {
        let broker = Broker::new();
        let resilient = resilient(&broker, policy());
        let sender = sender(&resilient, in_flight);
        broker.log().mute = true;
        let submitted = broker.world.run(sender.submit("precious")).unwrap();
        let waiting = broker.world.spawn("outcome", submitted.outcome());
        broker.world.settle();
        assert!(waiting.take().is_none());
        broker.log().mute = false;
        broker.stop();
        broker.start();
        broker.world.advance(2 * SECOND);
        let outcome = waiting.take().expect("told, once");
        match in_flight {
            InFlight::Fail => assert!(matches!(outcome, Err(SendError::InDoubt(_))), "{outcome:?}"),
            InFlight::Resend => assert!(matches!(outcome, Ok(Outcome::Accepted)), "{outcome:?}"),
            // the broker keeps nothing
            InFlight::ResendSameTag => {
                assert!(matches!(outcome, Err(SendError::InDoubt(Error::ResumeLost))), "{outcome:?}");
            }
        }
        assert_eq!(broker.log().bodies.len(), bodies);
    }
}

#[test]
fn s9_7_a_receiver_comes_back_with_credit_filters_and_properties_after_what_the_connector_does() {
    let broker = Broker::new();
    let mut source = Source::new("queue");
    source.filter = Some([(Symbol::from_static("only"), Value::from("blue"))].into_iter().collect());
    let properties: Fields = [(Symbol::from_static("role"), Value::from("spare"))].into_iter().collect();
    let options = LinkOptions {
        source: Some(source.clone()),
        properties: Some(properties.clone()),
        credit: CreditMode::Manual,
        ..LinkOptions::receiver("in", "queue")
    };
    // the connector puts a token first
    let mut connect = broker.connector();
    let tokens = move |attempt| {
        let connecting = connect(attempt);
        Box::pin(async move {
            let connection: Connection = connecting.await?;
            let session = connection.session().await?;
            session.sender("$cbs").await?.send("token").await.map_err(|error| error.cause().clone())?;
            Ok(connection)
        })
    };
    let (resilient, supervisor) = Resilient::new(policy(), tokens, broker.world.timer());
    broker.world.spawn("supervisor", supervisor);
    let receiver = Arc::new(resilient.receiver(options));
    receiver.add_credit(5);
    let receive = || {
        let receiver = Arc::clone(&receiver);
        broker.world.spawn("recv", async move { receiver.recv().await })
    };

    let first = receive();
    broker.world.settle();
    let server = broker.log().senders.pop().unwrap();
    assert_eq!(server.credit(), 5);
    let settlement = broker.world.run(server.submit("one")).unwrap();
    broker.world.settle();
    let delivery = first.take().unwrap().unwrap();
    let other = broker.world.run(server.submit("two")).unwrap();
    broker.world.settle();

    broker.stop();
    broker.start();
    drop((settlement, other, server));
    // prefetched before the loss, it is still given out; neither can be settled, and that is said at once
    let prefetched = broker.world.run(receive_now(&receiver));
    for stale in [delivery, prefetched] {
        let error = stale.accept().unwrap_err();
        assert_eq!(error.fault(), Fault::Transport, "{error}");
    }
    let next = receive();
    broker.world.advance(SECOND);
    let server = broker.log().senders.pop().unwrap();
    assert_eq!(server.credit(), 3, "what was left of the five");
    let sent = broker.world.run(server.submit("three")).unwrap();
    broker.world.settle();
    let delivery = next.take().unwrap().unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("three"));
    delivery.accept().unwrap();
    assert!(matches!(broker.world.run(sent), Ok(Outcome::Accepted)));

    let log = broker.log();
    let attached: Vec<_> = log
        .attaches
        .iter()
        .map(|(connection, attach)| {
            let address = attach.target.as_ref().and_then(|target| target.as_target()?.address.clone());
            (*connection, address.is_some_and(|address| address.to_string().contains("cbs")), attach.clone())
        })
        .collect();
    // connections are numbered anew after `stop`
    let is_token: Vec<bool> = attached.iter().map(|(_, is_token, _)| *is_token).collect();
    assert_eq!(is_token, [true, false, true, false], "the token first, on both connections");
    for (_, _, attach) in attached.iter().filter(|(_, is_token, _)| !is_token) {
        let theirs = attach.source.as_ref().and_then(|source| source.as_source()).unwrap();
        assert_eq!(theirs.filter, source.filter);
        assert_eq!(attach.properties.as_ref(), Some(&properties));
    }
}

async fn receive_now(receiver: &amqp_async::client::ResilientReceiver) -> amqp_async::Delivery {
    receiver.recv().await.unwrap()
}

#[test]
fn s9_8_reconnect_now_ends_the_wait() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker, policy());
    broker.world.advance(32 * SECOND); // attempts at 0, 1, 3, 7, 15, 31
    assert_eq!(broker.log().attempts.len(), 6);
    broker.start();
    broker.world.advance(SECOND);
    assert!(matches!(resilient.state(), ConnectionState::Down), "the next attempt would be at 63");
    resilient.reconnect_now();
    broker.world.settle();
    assert!(matches!(resilient.state(), ConnectionState::Up(_)));
    assert_eq!(broker.world.now(), 33 * SECOND);
}

#[test]
fn s10_1_a_thousand_callers_wait_for_the_same_attempts_and_get_the_same_generation() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker, policy());
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let resilient = resilient.clone();
            broker.world.spawn("caller", async move { resilient.ensure_connected(None).await })
        })
        .collect();
    broker.world.advance(5 * SECOND);
    assert_eq!(broker.log().attempts.len(), 3, "at 0, 1 and 3 s");
    broker.start();
    broker.world.advance(2 * SECOND);
    assert_eq!(broker.log().attempts.len(), 4);
    let generations: Vec<_> = callers.iter().map(|caller| caller.take().unwrap().unwrap()).collect();
    assert!(generations.iter().all(|generation| *generation == generations[0]));
    assert_eq!(broker.world.run(resilient.ensure_connected(None)).unwrap(), generations[0]);
    assert_eq!(broker.log().attempts.len(), 4, "nobody connects when it is there");
}

#[test]
fn s10_3_a_caller_that_gives_up_changes_nothing_for_the_others() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker, policy());
    let caller = |within| {
        let resilient = resilient.clone();
        broker.world.spawn("caller", async move { resilient.ensure_connected(within).await })
    };
    let (impatient, cancelled, patient) = (caller(Some(2 * SECOND)), caller(None), caller(Some(60 * SECOND)));
    broker.world.advance(SECOND);
    cancelled.cancel();
    broker.world.advance(SECOND - Duration::from_millis(1));
    assert!(impatient.take().is_none());
    broker.world.advance(Duration::from_millis(1));
    assert!(matches!(impatient.take(), Some(Err(Error::Timeout(amqp_async::Step::Connect)))));
    broker.start();
    broker.world.advance(SECOND);
    assert!(matches!(patient.take(), Some(Ok(_))));
}
