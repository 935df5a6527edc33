//! S1.5: open leaves together with header and login.

use crate::sim::Sim;
use amqp_proto::codec::SaslCode;
use amqp_proto::{Config, Connection, Event, Instant, Mechanism, Pipelining, SaslClient, SaslListener, SessionOptions};
use amqp10_testkit::pair::Pair;
use amqp10_testkit::pipe::Cut;
use std::time::Duration;

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// How long it takes until the client knows that it is connected, or why it is not.
fn connected(pipelining: Pipelining, sasl: Option<SaslClient>, code: SaslCode) -> Result<Duration, String> {
    let config = |name| Config::builder(name).idle_time_out(None).pipelining(pipelining).build().unwrap();
    let offered =
        sasl.is_some().then(|| SaslListener::new([Mechanism::Anonymous, Mechanism::Plain, Mechanism::Oauthbearer]));
    let mut client = Connection::client(config("client"), sasl, Instant::ZERO);
    let listener = Connection::listener(config("listener"), offered.map(|it| it.insecure_allowed(true)), Instant::ZERO);
    let mut sim = Sim::new(Duration::ZERO);
    // with it, what comes before the outcome is for nobody
    client.begin(SessionOptions::default()).unwrap();
    sim.pair = Pair::new(client, listener, Cut::Nowhere, ROUND_TRIP / 2);
    let mut outcome = None;
    sim.run(Duration::from_secs(5), |pair| {
        let now = pair.clock.now();
        for event in pair.client.events.drain(..) {
            match event {
                Event::Open(_) => outcome = Some(Ok(now.as_duration())),
                Event::Closed(reason) => outcome = Some(Err(format!("{reason:?}"))),
                _ => {}
            }
        }
        let asked = pair.listener.events.iter().position(|event| matches!(event, Event::SaslInit(_)));
        let Some(asked) = asked else { return false };
        pair.listener.events.remove(asked);
        pair.listener.core.sasl_outcome(now, code).unwrap();
        true
    });
    let seen = |event: &Event| matches!(event, Event::Open(_) | Event::BeginRequested { .. });
    assert_eq!(sim.pair.listener.events.iter().any(seen), code == SaslCode::Ok, "{pipelining:?}");
    outcome.expect("it opens or not")
}

#[test]
fn s1_5_open_leaves_with_header_and_login_where_that_is_wanted() {
    let time = |pipelining, sasl| connected(pipelining, sasl, SaslCode::Ok).unwrap();
    for sasl in [SaslClient::anonymous, || SaslClient::plain("guest", "guest").insecure_allowed(true)] {
        let (patient, eager) = (time(Pipelining::Off, Some(sasl())), time(Pipelining::WithLogin, Some(sasl())));
        assert!(patient >= eager + 2 * ROUND_TRIP, "{patient:?} and {eager:?}");
    }
    // a challenge may come before the outcome
    let (patient, eager) = [Pipelining::Off, Pipelining::WithLogin]
        .map(|pipelining| time(pipelining, Some(SaslClient::oauthbearer("guest", "token").insecure_allowed(true))))
        .into();
    assert_eq!(patient, eager + ROUND_TRIP);
    assert_eq!(time(Pipelining::Off, None), 2 * ROUND_TRIP, "header, open");
    for pipelining in [Pipelining::On, Pipelining::WithLogin] {
        assert_eq!(time(pipelining, None), ROUND_TRIP, "both at once");
    }
}

#[test]
fn s1_5_a_login_that_is_refused_is_told_as_ever() {
    for pipelining in [Pipelining::Off, Pipelining::On, Pipelining::WithLogin] {
        let refused = connected(pipelining, Some(SaslClient::anonymous()), SaslCode::Auth).unwrap_err();
        assert!(refused.contains("code: auth"), "{refused}");
    }
}
