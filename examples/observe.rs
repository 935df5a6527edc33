//! What operators see of a connection that is lost and comes back, and of a pool: counters through the crate `metrics`, events
//! through `tracing`. The two small types here stand for whatever exporter and subscriber a program installs.
//!
//! ```sh
//! cargo run --example observe --features metrics,tracing
//! ```

use amqp10::client::pool::{Pool, PoolOptions};
use amqp10::client::{Attempt, ReconnectPolicy, Resilient};
use amqp10::codec::{self, Condition, SaslCode};
use amqp10::proto::{Mechanism, SaslListener};
use amqp10::tokio::{Listener, TokioTimer};
use amqp10::{Connection, Error};
use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let book = Book::default();
    metrics::set_global_recorder(book.clone())?;
    tracing::subscriber::set_global_default(Printer)?;

    let listener = amqp10::tokio::listen("127.0.0.1:0", SaslListener::new([Mechanism::Anonymous])).await?;
    let url = format!("amqp://{}", listener.local_addr()?);
    let connect = |attempt: Attempt| Box::pin(amqp10::tokio::builder().connect_for(attempt));

    let (resilient, supervisor) = Resilient::new(ReconnectPolicy::to([&*url]), connect, TokioTimer::default());
    tokio::spawn(supervisor);
    let server = accept(&listener).await?;
    resilient.ensure_connected(None).await?;
    // a broker that is restarted
    let forced = codec::Error::new(Condition::CONNECTION_FORCED, "maintenance");
    server.close_with(forced).await?;
    let server = accept(&listener).await?;
    resilient.ensure_connected(None).await?;
    resilient.close().await?;
    drop(server);

    let (pool, driver) = Pool::new(PoolOptions::to([&*url]), connect, TokioTimer::default());
    tokio::spawn(driver);
    let (lease, server) = tokio::join!(pool.acquire(), accept(&listener));
    drop((lease?, server?));
    pool.close(Duration::from_secs(1)).await;

    let book = book.0.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, value) in book.iter() {
        println!("{name} {value}");
    }
    let counted = |name: &str| book.get(name).copied() == Some(2.0);
    if counted("amqp_connected_total") && book.contains_key("amqp_pool_granted_total") {
        Ok(())
    } else {
        Err("something was not counted".into())
    }
}

/// Lets one client in.
async fn accept(listener: &Listener) -> Result<Connection, Error> {
    let (mut incoming, _) = listener.accept().await.map_err(Error::of_connecting)?;
    if incoming.login().await?.is_some() {
        incoming.answer(SaslCode::Ok)?;
    }
    incoming.open().await
}

/// Keeps what is counted, by its name.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<BTreeMap<String, f64>>>);

impl metrics::Recorder for Book {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Line(self.clone(), key.name().to_owned())))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Line(self.clone(), key.name().to_owned())))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Line(self.clone(), key.name().to_owned())))
    }
}

/// One line of the book.
struct Line(Book, String);

impl Line {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        let mut book = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(book.entry(self.1.clone()).or_default());
    }
}

impl CounterFn for Line {
    fn increment(&self, value: u64) {
        self.change(|line| *line += value as f64);
    }
    fn absolute(&self, value: u64) {
        self.change(|line| *line = value as f64);
    }
}

impl GaugeFn for Line {
    fn increment(&self, value: f64) {
        self.change(|line| *line += value);
    }
    fn decrement(&self, value: f64) {
        self.change(|line| *line -= value);
    }
    fn set(&self, value: f64) {
        self.change(|line| *line = value);
    }
}

impl HistogramFn for Line {
    fn record(&self, value: f64) {
        self.change(|line| *line = value);
    }
}

/// Prints events of the target `amqp`.
struct Printer;

impl tracing::Subscriber for Printer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "amqp"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        println!("{}{}", event.metadata().level(), fields.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}
