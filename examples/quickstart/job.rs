//! The client's side: one connection, two sessions, one that sends and one that receives.

use crate::message::Maker;
use crate::report::{Meter, Report};
use amqp10::codec::Outcome;
use amqp10::proto::{Config, FrameTap};
use amqp10::tokio::Builder;
use amqp10::{Connection, Receiver, Sender, Settlement, Timeouts};
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Deadline of every step, so that an error shows within 5 s.
const STEP: Duration = Duration::from_secs(4);

/// How long no message at all may come before the job is given up.
const STALL: Duration = Duration::from_secs(20);

/// How many messages may be sent and not settled.
const IN_FLIGHT: usize = 2048;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Sends and receives `count` messages; fails unless each is intact and settled on both sides.
pub(crate) async fn run(url: &str, address: &str, count: usize, tap: Option<FrameTap>) -> Result<Report, Failure> {
    let connection = connect(url, tap).await?;
    let outgoing = connection.session().await.map_err(|error| format!("cannot begin a session: {error}"))?;
    let incoming = connection.session().await.map_err(|error| format!("cannot begin a session: {error}"))?;
    let sender = outgoing.sender(address.to_owned()).await;
    let sender = sender.map_err(|error| format!("cannot send to {address} at {}: {error}", shown(url)))?;
    let receiver = incoming.receiver(address.to_owned()).await;
    let receiver = receiver.map_err(|error| format!("cannot receive from {address} at {}: {error}", shown(url)))?;

    let meter = Meter::start(&connection, &outgoing, &sender);
    let maker = Maker::new();
    let (under_way, settlements) = mpsc::channel(IN_FLIGHT);
    let sending = tokio::spawn(send(sender.clone(), maker.clone(), count, under_way));
    let settling = tokio::spawn(settle(settlements));
    let received = tokio::spawn(receive(receiver, maker, count));

    // the first that fails ends the job
    let (sent, latencies, receiver) = tokio::try_join!(flat(sending), flat(settling), flat(received))?;
    let report = meter.finish(latencies);
    debug_assert_eq!(sent, count);
    close(&connection, &sender, &receiver).await?;
    Ok(report)
}

fn shown(url: &str) -> String {
    amqp10::tokio::redacted(url)
}

async fn connect(url: &str, tap: Option<FrameTap>) -> Result<Connection, Failure> {
    let mut config = Config::builder(format!("quickstart-{}", std::process::id())).handshake_timeout(Some(STEP));
    if let Some(tap) = tap {
        config = config.frame_tap(tap);
    }
    let builder = Builder::new(config).connect_timeout(Some(STEP)).timeouts(Timeouts::all(STEP));
    Ok(builder.url(url)?.connect().await?)
}

/// The result of a task, whose panic is an error like any other.
async fn flat<T>(task: tokio::task::JoinHandle<Result<T, Failure>>) -> Result<T, Failure> {
    task.await?
}

/// A message that was handed over.
struct UnderWay {
    number: usize,
    since: Instant,
    settlement: Settlement,
}

async fn send(sender: Sender, maker: Maker, count: usize, under_way: mpsc::Sender<UnderWay>) -> Result<usize, Failure> {
    for number in 0..count {
        let message = maker.make(number);
        let since = Instant::now();
        let settlement = sender.submit(message).await.map_err(|error| format!("message {number}: {error}"))?;
        if under_way.send(UnderWay { number, since, settlement }).await.is_err() {
            return Err("gave up sending: an outcome was bad".into());
        }
    }
    Ok(count)
}

/// How long each message took from being handed over to being accepted.
async fn settle(mut settlements: mpsc::Receiver<UnderWay>) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::new();
    while let Some(UnderWay { number, since, settlement }) = settlements.recv().await {
        match settlement.await {
            Ok(Outcome::Accepted) => latencies.push(since.elapsed()),
            Ok(other) => return Err(format!("message {number} was not accepted: {other:?}").into()),
            Err(error) => return Err(format!("message {number}: {error}").into()),
        }
    }
    Ok(latencies)
}

async fn receive(receiver: Receiver, maker: Maker, count: usize) -> Result<Receiver, Failure> {
    let progress = ProgressBar::new(count as u64);
    progress.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}")?);
    let mut seen = vec![false; count];
    let mut received = 0;
    while received < count {
        let delivery = tokio::time::timeout(STALL, receiver.recv()).await;
        let delivery = delivery.map_err(|_| format!("no message for {STALL:?}; {received} of {count} had come"))??;
        let message = delivery.message().map_err(|error| format!("a message cannot be decoded: {error}"))?;
        if let Some(number) = maker.number(&message) {
            maker.verify(number, &message)?;
            match seen.get_mut(number) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(format!("message {number} came twice, or was never sent").into()),
            }
            received += 1;
            if received % 100 == 0 {
                progress.set_position(received as u64);
            }
        }
        // also those that others had left in the queue
        delivery.accept()?;
    }
    progress.finish_and_clear();
    Ok(receiver)
}

/// Closes in order, which also makes sure that the last outcomes have left and are taken.
async fn close(connection: &Connection, sender: &Sender, receiver: &Receiver) -> Result<(), Failure> {
    if sender.unsettled() > 0 || receiver.unsettled() > 0 {
        let (sent, received) = (sender.unsettled(), receiver.unsettled());
        return Err(format!("{sent} sent and {received} received messages are not settled").into());
    }
    sender.close().await.map_err(|error| format!("cannot detach the sender: {error}"))?;
    receiver.close().await.map_err(|error| format!("cannot detach the receiver: {error}"))?;
    connection.close().await.map_err(|error| format!("cannot close the connection: {error}"))?;
    Ok(())
}
