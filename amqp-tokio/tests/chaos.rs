//! A short exchange over loopback TCP, cut at each of its octets in turn, its listener restarted or not: what becomes of
//! every message, counted at both ends. Without sockets `amqp-async/tests/client/chaos.rs` does the same.

use amqp_tokio::client::{Attempt, Backoff, InFlight, LinkPolicy, ReconnectPolicy, Resilient};
use amqp_tokio::proto::codec::{Outcome, SaslCode};
use amqp_tokio::proto::{LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_tokio::{
    Connection, Error, IncomingConnection, IncomingLink, Listener, Receiver, SendError, Sender, TokioTimer,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

const MESSAGES: usize = 3;

const ROUNDS: usize = 1000;

/// More than any round takes.
const LONG: Duration = Duration::from_secs(20);

/// What the listener knows, however often it is restarted.
#[derive(Default)]
struct Log {
    /// How often each message arrived.
    arrived: BTreeMap<String, usize>,
    /// What it has for whoever receives.
    stock: Vec<String>,
    /// What was accepted of that.
    taken: Vec<String>,
}

#[derive(Clone, Default)]
struct Broker {
    log: Arc<Mutex<Log>>,
    filled: Arc<Notify>,
    all_taken: Arc<Notify>,
}

/// A message of the stock that is under way; it goes back unless it was accepted.
struct Lent {
    broker: Broker,
    body: Option<String>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.broker.log().stock.extend(self.body.take());
        self.broker.filled.notify_one();
    }
}

impl Broker {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, listener: Listener) {
        let mut connections = JoinSet::new();
        while let Ok((incoming, _)) = listener.accept().await {
            connections.spawn(self.clone().connection(incoming));
        }
    }

    async fn connection(self, mut incoming: IncomingConnection) -> Result<(), Error> {
        if incoming.login().await?.is_some() {
            incoming.answer(SaslCode::Ok)?;
        }
        let connection = incoming.open().await?;
        let mut sessions = JoinSet::new();
        loop {
            let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
            let broker = self.clone();
            sessions.spawn(async move {
                let mut links = JoinSet::new();
                while let Ok(link) = session.incoming_link().await {
                    match link {
                        IncomingLink::Receiver(link) => {
                            let options = LinkOptions::answering(link.attach());
                            let receiver = link.accept(options);
                            links.spawn(broker.clone().receive(receiver));
                        }
                        IncomingLink::Sender(link) => {
                            let options = LinkOptions::answering(link.attach());
                            let sender = link.accept(options);
                            links.spawn(broker.clone().send(sender));
                        }
                    }
                }
            });
        }
    }

    async fn receive(self, receiver: Result<Receiver, Error>) {
        let Ok(receiver) = receiver else { return };
        while let Ok(delivery) = receiver.recv().await {
            let body = delivery.message().unwrap().body.as_str().unwrap().to_owned();
            *self.log().arrived.entry(body).or_default() += 1;
            // refused only if the link has just gone
            let _ = delivery.accept();
        }
    }

    async fn send(self, sender: Result<Sender, Error>) {
        let Ok(sender) = sender else { return };
        while sender.ready().await.is_ok() {
            let body = self.log().stock.pop();
            let Some(body) = body else {
                self.filled.notified().await;
                continue;
            };
            let mut lent = Lent { broker: self.clone(), body: Some(body) };
            if let Ok(Outcome::Accepted) = sender.send(lent.body.as_deref().unwrap()).await {
                let mut log = self.log();
                log.taken.extend(lent.body.take());
                if log.taken.len() == MESSAGES {
                    self.all_taken.notify_one();
                }
            }
        }
    }
}

/// Passes octets on between client and listener; the first connection only so many of them.
struct Relay {
    left: AtomicUsize,
    passed: AtomicUsize,
    connections: AtomicUsize,
    is_cut: AtomicBool,
    cut: Notify,
}

impl Relay {
    async fn run(self: Arc<Self>, clients: TcpListener, listener: SocketAddr) {
        let mut lines = JoinSet::new();
        while let Ok((client, _)) = clients.accept().await {
            let first = self.connections.fetch_add(1, Ordering::SeqCst) == 0;
            let relay = Arc::clone(&self);
            lines.spawn(async move {
                // while the listener is away nobody is let in
                let Ok(server) = TcpStream::connect(listener).await else { return };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                tokio::select! {
                    () = relay.pass(first, from_client, to_server) => {}
                    () = relay.pass(first, from_server, to_client) => {}
                }
                if first {
                    relay.is_cut.store(true, Ordering::SeqCst);
                    relay.cut.notify_one();
                }
            });
        }
    }

    async fn pass(&self, counts: bool, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut octets = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut octets).await {
            let left = self.left.load(Ordering::SeqCst);
            let count = if counts { count.min(left) } else { count };
            if counts {
                self.left.store(left - count, Ordering::SeqCst);
                self.passed.fetch_add(count, Ordering::SeqCst);
            }
            if to.write_all(&octets[..count]).await.is_err() || (counts && count == left) {
                return;
            }
        }
        // the end is passed on, and what comes the other way still passes
        let _ = to.shutdown().await;
        std::future::pending::<()>().await;
    }
}

/// What became of it all.
struct Round {
    told: BTreeMap<String, Result<Outcome, SendError>>,
    /// How often each message came to the client.
    came: BTreeMap<String, usize>,
    log: Log,
    octets: usize,
    connections: usize,
    was_cut: bool,
}

async fn bind(address: SocketAddr) -> Listener {
    loop {
        let sasl = SaslListener::new([Mechanism::Anonymous]);
        if let Ok(listener) = amqp_tokio::listen(&address.to_string(), sasl).await {
            return listener;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Serves; and where it is to be restarted, it is when the line has been cut: all its connections are gone by that.
async fn serve(broker: Broker, listener: Listener, relay: Arc<Relay>, restarts: bool) {
    let address = listener.local_addr().unwrap();
    if restarts {
        tokio::select! {
            () = broker.clone().serve(listener) => {}
            () = relay.cut.notified() => {}
        }
        broker.serve(bind(address).await).await;
    } else {
        broker.serve(listener).await;
    }
}

async fn connect(attempt: Attempt) -> Result<Connection, Error> {
    amqp_tokio::connect(&attempt.endpoint).await.map_err(Error::of_connecting)
}

fn names(of: &str) -> Vec<String> {
    (0..MESSAGES).map(|number| format!("{of} {number}")).collect()
}

/// Sends a few messages and receives a few, over connections of which the first carries so many octets.
async fn round(cut_after: usize, in_flight: InFlight, restarts: bool) -> Round {
    let broker = Broker::default();
    broker.log().stock = names("in");
    let listener = bind("127.0.0.1:0".parse().unwrap()).await;
    let clients = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = clients.local_addr().unwrap();
    let relay = Arc::new(Relay {
        left: AtomicUsize::new(cut_after),
        passed: AtomicUsize::new(0),
        connections: AtomicUsize::new(0),
        is_cut: AtomicBool::new(false),
        cut: Notify::new(),
    });
    let mut world = JoinSet::new();
    world.spawn(Arc::clone(&relay).run(clients, listener.local_addr().unwrap()));
    world.spawn(serve(broker.clone(), listener, Arc::clone(&relay), restarts));

    let backoff = Backoff { initial: Duration::from_millis(1), max: Duration::from_millis(5), ..Backoff::default() };
    let policy = ReconnectPolicy { backoff, ..ReconnectPolicy::to([format!("amqp://{address}")]) };
    let (resilient, supervisor) = Resilient::new(policy, |attempt| Box::pin(connect(attempt)), TokioTimer::default());
    world.spawn(async move { drop(supervisor.await) });
    let session = resilient.session(SessionOptions::default());
    let policy = LinkPolicy { in_flight, backoff, ..LinkPolicy::default() };
    let sender = session.sender(LinkOptions::sender("out", "queue"), policy.clone());
    let receiver = session.receiver(LinkOptions::receiver("in", "queue"), policy);
    let came = Arc::new(Mutex::new(BTreeMap::new()));
    let counts = Arc::clone(&came);
    world.spawn(async move {
        while let Ok(delivery) = receiver.recv().await {
            let body = delivery.message().unwrap().body.as_str().unwrap().to_owned();
            *counts.lock().unwrap().entry(body).or_default() += 1;
            // if the link is gone the message comes again
            let _ = delivery.accept();
        }
    });
    let mut sending = JoinSet::new();
    for name in names("out") {
        let sender = sender.clone();
        sending.spawn(async move { (name.clone(), sender.send(name.as_str()).await) });
    }
    let told = sending.join_all().await.into_iter().collect();
    broker.all_taken.notified().await;
    let _ = resilient.close().await;
    world.shutdown().await;
    Round {
        told,
        came: came.lock().unwrap().clone(),
        log: std::mem::take(&mut *broker.log()),
        octets: relay.passed.load(Ordering::SeqCst),
        connections: relay.connections.load(Ordering::SeqCst),
        was_cut: relay.left.load(Ordering::SeqCst) == 0 && relay.is_cut.load(Ordering::SeqCst),
    }
}

/// Each message has one fate, and both ends agree about it. How many were in doubt, and how many arrived or came twice.
fn account(round: &Round, in_flight: InFlight) -> (usize, usize) {
    let (mut in_doubt, mut twice) = (0, 0);
    assert_eq!(round.told.len(), MESSAGES, "everybody is told, once");
    for (name, told) in &round.told {
        let times = round.log.arrived.get(name).copied().unwrap_or_default();
        match (told, in_flight) {
            (Ok(Outcome::Accepted), InFlight::Fail) => assert_eq!(times, 1, "{name}"),
            (Ok(Outcome::Accepted), InFlight::Resend) => assert!((1..=2).contains(&times), "{name}: {times} times"),
            (Err(SendError::InDoubt(_)), InFlight::Fail) => {
                assert!(times <= 1, "{name}: {times} times");
                in_doubt += 1;
            }
            _ => panic!("{name}: {told:?}"),
        }
        twice += usize::from(times == 2);
    }
    let mut taken = round.log.taken.clone();
    taken.sort();
    assert_eq!(taken, names("in"), "each is accepted once");
    for name in names("in") {
        let times = round.came.get(&name).copied().unwrap_or_default();
        assert!((1..=2).contains(&times), "{name} came {times} times");
        twice += usize::from(times == 2);
    }
    (in_doubt, twice)
}

#[tokio::test]
async fn s9_6_every_message_has_one_fate_over_loopback_wherever_it_is_cut_and_the_listener_restarted() {
    let whole = round(usize::MAX, InFlight::Fail, false).await;
    assert_eq!((account(&whole, InFlight::Fail), whole.connections, whole.was_cut), ((0, 0), 1, false));
    let rounds = ROUNDS.max(whole.octets);
    let (mut cuts, mut in_doubt, mut twice) = (0, 0, 0);
    for number in 0..rounds {
        // each octet at least once; both ways to treat what is in flight, and both of the listener, come in turn
        let cut = number % whole.octets;
        let in_flight = if number % 2 == 0 { InFlight::Fail } else { InFlight::Resend };
        let restarts = number / 2 % 2 == 0;
        let round = tokio::time::timeout(LONG, round(cut, in_flight, restarts)).await;
        let round = round.unwrap_or_else(|_| panic!("cut at {cut}: it takes for ever"));
        let (doubtful, doubled) = account(&round, in_flight);
        (cuts, in_doubt, twice) = (cuts + usize::from(round.was_cut), in_doubt + doubtful, twice + doubled);
    }
    assert!(cuts * 10 >= rounds * 9, "{cuts} of {rounds} were cut");
    println!("{rounds} rounds, {cuts} cut, {in_doubt} messages in doubt, {twice} twice");
    assert!(in_doubt > 0 && twice > 0, "{in_doubt} in doubt, {twice} twice: all of it happened");
}
