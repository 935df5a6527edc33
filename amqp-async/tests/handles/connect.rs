//! Connecting, with a scripted network and a clock that moves when told to: in which order and when addresses are tried
//! (RFC 8305), and which deadline ends what.

use crate::support::*;
use amqp_async::client::{Attempt, classify};
use amqp_async::connect::{Builder, ConnectError, Runtime, TcpOptions, default_config};
use amqp_async::{Driver, Fault, Recovery, Step, Timer, Transport};
use std::future::{Future, pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What an address does, and after which time.
#[derive(Clone, Copy)]
enum Fate {
    Answers(Duration),
    Refuses(Duration),
    Silent,
}

/// The network of one test.
#[derive(Clone)]
struct Network {
    world: World,
    /// What looking up the host gives; `None`: no answer.
    names: Option<Vec<SocketAddr>>,
    fates: Vec<(SocketAddr, Fate)>,
    log: Arc<Mutex<Vec<(Duration, SocketAddr)>>>,
    /// How many attempts have begun and are not over; each holds one.
    alive: Arc<()>,
}

impl Network {
    fn new(fates: &[(&str, Fate)]) -> Self {
        let fates: Vec<_> = fates.iter().map(|(address, fate)| (address.parse().unwrap(), *fate)).collect();
        let names = Some(fates.iter().map(|(address, _)| *address).collect());
        Self { world: World::new(), names, fates, log: Arc::default(), alive: Arc::new(()) }
    }

    /// Connects; gives the error, which there always is, and when it came. Whoever is reached hangs up.
    fn connect(&self) -> (ConnectError, Duration) {
        let error = self.world.run_within(ms(60_000), Builder::on(self.clone(), default_config()).start());
        let error = error.expect("it ends within a minute").map(drop).unwrap_err();
        assert_eq!(Arc::strong_count(&self.alive), 1, "no attempt is left");
        (error, self.world.now())
    }

    /// When which address was tried.
    fn tried(&self) -> Vec<(u64, String)> {
        let log = self.log.lock().unwrap();
        log.iter().map(|(at, address)| (at.as_millis() as u64, address.ip().to_string())).collect()
    }

    async fn after(&self, wait: Duration) {
        let mut timer = self.timer();
        let at = timer.now().saturating_add(wait);
        poll_fn(|cx| timer.poll_until(cx, at)).await;
    }
}

impl Runtime for Network {
    type Stream = PipeEnd;
    type Listener = ();
    type Timer = TestTimer;

    fn timer(&self) -> TestTimer {
        self.world.timer()
    }

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("localhost", 5672));
        match &self.names {
            Some(names) => Ok(names.clone()),
            None => pending().await,
        }
    }

    fn connect(&self, address: SocketAddr, _: &TcpOptions) -> impl Future<Output = io::Result<PipeEnd>> {
        let alive = Arc::clone(&self.alive);
        self.log.lock().unwrap().push((self.world.now(), address));
        async move {
            let _alive = alive;
            let fate = self.fates.iter().find(|(of, _)| *of == address).unwrap().1;
            match fate {
                Fate::Answers(wait) => {
                    self.after(wait).await;
                    Ok(pipe(1024).0)
                }
                Fate::Refuses(wait) => {
                    self.after(wait).await;
                    Err(io::ErrorKind::ConnectionRefused.into())
                }
                Fate::Silent => pending().await,
            }
        }
    }

    fn listen(&self, _: std::net::TcpListener) -> io::Result<()> {
        unreachable!("nobody listens here")
    }

    async fn accept(&self, (): &(), _: &TcpOptions) -> io::Result<(PipeEnd, SocketAddr)> {
        unreachable!("nobody listens here")
    }

    fn spawn<T: Transport + Unpin + Send + 'static>(&self, _: Driver<T, TestTimer>) {
        unreachable!("the tests drive")
    }
}

/// It was reached, and hung up.
#[track_caller]
fn check_reached(error: &ConnectError) {
    assert!(matches!(error, ConnectError::Open { .. }), "{error:?}");
    assert_eq!((error.fault(), error.recovery(), error.condition()), (Fault::Transport, Recovery::Reconnect, None));
}

fn tried(list: &[(u64, &str)]) -> Vec<(u64, String)> {
    list.iter().map(|(at, address)| (*at, (*address).to_owned())).collect()
}

#[test]
fn the_next_address_is_tried_after_a_quarter_of_a_second() {
    let network = Network::new(&[
        ("[::1]:5672", Fate::Silent),
        ("[::2]:5672", Fate::Silent),
        ("1.1.1.1:5672", Fate::Silent),
        ("2.2.2.2:5672", Fate::Answers(ms(20))),
    ]);
    let (error, at) = network.connect();
    check_reached(&error);
    assert_eq!(network.tried(), tried(&[(0, "::1"), (250, "1.1.1.1"), (500, "::2"), (750, "2.2.2.2")]));
    assert_eq!(at, ms(770));
}

#[test]
fn the_next_address_is_tried_at_once_where_one_fails() {
    let network = Network::new(&[
        ("1.1.1.1:5672", Fate::Refuses(ms(10))),
        ("2.2.2.2:5672", Fate::Refuses(ms(400))),
        ("3.3.3.3:5672", Fate::Refuses(ms(0))),
        ("4.4.4.4:5672", Fate::Answers(ms(100))),
    ]);
    let (error, at) = network.connect();
    check_reached(&error);
    assert_eq!(network.tried(), tried(&[(0, "1.1.1.1"), (10, "2.2.2.2"), (260, "3.3.3.3"), (260, "4.4.4.4")]));
    assert_eq!(at, ms(360));
}

#[test]
fn an_earlier_address_may_still_answer() {
    let network = Network::new(&[("1.1.1.1:5672", Fate::Answers(ms(300))), ("2.2.2.2:5672", Fate::Answers(ms(300)))]);
    let (error, at) = network.connect();
    check_reached(&error);
    assert_eq!(at, ms(300));
}

#[test]
fn all_that_failed_are_named() {
    let network = Network::new(&[("1.1.1.1:5672", Fate::Refuses(ms(10))), ("2.2.2.2:5672", Fate::Refuses(ms(10)))]);
    let (error, _) = network.connect();
    assert!(matches!(&error, ConnectError::Connect { attempts, .. } if attempts.len() == 2), "{error:?}");
    assert!(error.to_string().contains("1.1.1.1:5672: ") && error.to_string().contains("2.2.2.2:5672: "), "{error}");
    let network = Network::new(&[("1.1.1.1:5672", Fate::Refuses(ms(10))), ("2.2.2.2:5672", Fate::Silent)]);
    let (error, at) = network.connect();
    assert!(matches!(error, ConnectError::TimedOut { step: Step::Connect, .. }), "{error:?}");
    assert!(error.to_string().contains("1.1.1.1:5672: ") && at == ms(5000), "{error}");
}

#[test]
fn a_host_without_address_and_a_resolver_without_answer() {
    let (error, _) = Network::new(&[]).connect();
    assert!(matches!(&error, ConnectError::Connect { attempts, .. } if attempts.is_empty()), "{error:?}");
    assert!(error.to_string().contains("has no address"), "{error}");
    let (error, at) = Network { names: None, ..Network::new(&[]) }.connect();
    assert!(matches!(error, ConnectError::TimedOut { step: Step::Resolve, .. }), "{error:?}");
    assert_eq!((at, error.fault()), (ms(5000), Fault::Timeout));
}

#[test]
fn whoever_gives_up_leaves_nothing() {
    let network = Network::new(&[("1.1.1.1:5672", Fate::Silent), ("2.2.2.2:5672", Fate::Silent)]);
    assert!(network.world.run_within(ms(300), Builder::on(network.clone(), default_config()).start()).is_none());
    assert_eq!((network.tried().len(), Arc::strong_count(&network.alive)), (2, 1));
}

#[test]
fn a_url_that_cannot_be_used_is_not_tried_again() {
    let network = Network::new(&[]);
    let attempt = |endpoint: &str| {
        let builder = Builder::on(network.clone(), default_config());
        let attempt = Attempt { number: 1, endpoint: endpoint.into() };
        classify(&network.world.run(builder.connect_for(attempt)).unwrap_err())
    };
    assert_eq!(attempt("http://localhost"), Recovery::GiveUp);
    assert_eq!(attempt("amqp://localhost"), Recovery::Reconnect);
}

#[test]
fn a_password_that_would_be_seen_is_not_tried_again() {
    let network = Network::new(&[("192.0.2.1:5672", Fate::Answers(ms(1)))]);
    let attempt = Attempt { number: 1, endpoint: "amqp://scott:tiger@localhost".into() };
    let connecting = Builder::on(network.clone(), default_config()).connect_for(attempt);
    let error = network.world.run_within(ms(1000), connecting).expect("in time").unwrap_err();
    assert_eq!(classify(&error), Recovery::GiveUp, "{error}");
}
