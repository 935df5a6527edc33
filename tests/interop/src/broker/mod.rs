//! A small broker on our listener, for foreign clients. One for each scenario, so nothing is left over from another.
//!
//! An address is a queue, made when first named; messages pass through as the octets they came in. Names that begin
//! with one of these words act up instead, as they do on the foreign brokers of `peers/` (NAME-N: from the Nth message
//! on): missing, denied, redirect; reject, release, modify; detach-N, end-N, close-N; settle; slow; hold.

mod door;
mod inbound;
mod outbound;
mod queue;
mod selector;

use crate::verdict::Fault;
use amqp10::codec::{self, Condition, Fields, Open, Source, Str, Symbol, TargetTerminus};
use amqp10::proto::SessionOptions;
use amqp10::{Error, Fault as Blame, IncomingConnection, IncomingLink, Receiver, Session};
use door::Door;
pub(crate) use door::{Certificates, Setting};
use queue::Queue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

/// A broker that is up; dropped, it is gone.
pub(crate) struct Broker {
    shared: Arc<Shared>,
    port: u16,
    accepting: JoinHandle<()>,
}

/// What all connections share.
#[derive(Default)]
struct Shared {
    queues: Mutex<HashMap<String, Arc<Queue>>>,
    counts: Mutex<HashMap<String, u64>>,
    complaints: Mutex<Vec<String>>,
    opens: Mutex<Vec<Open>>,
    /// Read by those who wait for the answer to a detach.
    detaching: RwLock<()>,
    made: AtomicU64,
}

impl Broker {
    pub(crate) async fn start(setting: Setting) -> Result<Self, Fault> {
        let (door, port) = Door::open(setting).await?;
        let shared = Arc::<Shared>::default();
        let accepting = tokio::spawn(accept(door, Arc::clone(&shared)));
        Ok(Self { shared, port, accepting })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What clients did against the specification, as our library saw it; to be asked when they are gone.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        // the end of its connection ends the wait for the answer to a detach at the latest
        let _none = tokio::time::timeout(Duration::from_secs(5), self.shared.detaching.write()).await;
        lock(&self.shared.complaints).clone()
    }

    /// The open of every connection, in the order in which they came.
    pub(crate) fn opens(&self) -> Vec<Open> {
        lock(&self.shared.opens).clone()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn queue(&self, address: &str) -> Arc<Queue> {
        Arc::clone(lock(&self.queues).entry(address.to_owned()).or_default())
    }

    /// Counts a message for an address, and says which it is, from 1.
    fn count(&self, address: &str) -> u64 {
        let mut counts = lock(&self.counts);
        let count = counts.entry(address.to_owned()).or_default();
        *count += 1;
        *count
    }

    fn complain(&self, error: &Error) {
        if error.fault() == Blame::Violation {
            lock(&self.complaints).push(error.to_string());
        }
    }

    /// Detaches a link for this reason; the peer has to answer with a detach of its own (§2.6.6).
    async fn detach(&self, receiver: &Receiver, error: codec::Error) -> Result<(), Error> {
        let _waiting = self.detaching.read().await;
        let answered = receiver.close_with(error).await;
        if answered.is_err() {
            lock(&self.complaints).push("a detach of ours without an answer".to_owned());
        }
        answered
    }

    /// An address for a node made on demand (§3.5.3).
    fn dynamic_address(&self) -> Str {
        format!("dynamic-{}", self.made.fetch_add(1, Ordering::Relaxed)).into()
    }
}

async fn accept(door: Door, shared: Arc<Shared>) {
    while let Ok(incoming) = door.next().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            if let Err(error) = serve(incoming, &shared).await {
                shared.complain(&error);
            }
        });
    }
}

async fn serve(mut incoming: IncomingConnection, shared: &Arc<Shared>) -> Result<(), Error> {
    if let Some(request) = incoming.login().await? {
        let answer = door::judge(&request, incoming.peer_certificates());
        incoming.answer(answer)?;
    }
    let connection = incoming.open().await?;
    lock(&shared.opens).extend(connection.remote_open());
    loop {
        let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
        tokio::spawn(serve_session(connection.clone(), session, Arc::clone(shared)));
    }
}

/// A link's place: what a node that acts up may have to end.
#[derive(Clone)]
struct Place {
    connection: amqp10::Connection,
    session: Session,
    shared: Arc<Shared>,
}

async fn serve_session(connection: amqp10::Connection, session: Session, shared: Arc<Shared>) {
    let place = Place { connection, session: session.clone(), shared };
    loop {
        match session.incoming_link().await {
            Ok(IncomingLink::Sender(link)) => drop(tokio::spawn(outbound::serve(link, place.clone()))),
            Ok(IncomingLink::Receiver(link)) => drop(tokio::spawn(inbound::serve(link, place.clone()))),
            Err(error) => return place.shared.complain(&error),
        }
    }
}

/// Why a link to this address is refused, if it is.
fn refusal(address: &str) -> Option<codec::Error> {
    let condition = match address.split('-').next() {
        Some("missing") => Condition::NOT_FOUND,
        Some("denied") => Condition::UNAUTHORIZED_ACCESS,
        Some("redirect") => {
            let mut info = Fields::default();
            info.insert(Symbol::from_static("hostname"), "localhost");
            info.insert(Symbol::from_static("network-host"), "127.0.0.1");
            info.insert(Symbol::from_static("port"), 5672_u16);
            info.insert(Symbol::from_static("address"), "other");
            return Some(codec::Error { info: Some(info.into()), ..Condition::LINK_REDIRECT.into() });
        }
        _ => return None,
    };
    Some(codec::Error::new(condition, address))
}

/// What of a source we serve: address, filters that we know, distribution mode; nothing that lasts.
fn source_as_served(asked: &Source, address: Str) -> Source {
    Source {
        address: Some(address),
        dynamic: asked.dynamic,
        filter: asked.filter.clone(),
        distribution_mode: asked.distribution_mode.clone(),
        outcomes: asked.outcomes.clone(),
        default_outcome: asked.default_outcome.clone(),
        ..Source::default()
    }
}

/// Whether the target is one for transactions (§4.5.1).
fn is_coordinator(target: Option<&TargetTerminus>) -> bool {
    matches!(target, Some(TargetTerminus::Coordinator(_)))
}
