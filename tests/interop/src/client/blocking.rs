//! A smaller set on plain threads: the same handles, waited for by parking, or driven by whoever waits.

use crate::client::parts::{compare, number, numbered};
use crate::server::Target;
use crate::verdict::{Check, ensure};
use amqp10::blocking::{self, Connection, Pump};
use amqp10::codec::{Message, Outcome};
use amqp10::proto::{CreditMode, LinkOptions};

/// With a thread that services the connection.
pub(crate) async fn with_thread(target: Target) -> Check {
    let address = target.queue("blocking").await?;
    tokio::task::spawn_blocking(move || all(&blocking::connect(&target.url())?, &address)).await?
}

/// With no thread at all.
pub(crate) async fn with_pump(target: Target) -> Check {
    let address = target.queue("blocking-pump").await?;
    tokio::task::spawn_blocking(move || all(&Pump::new()?.connect(&target.url())?, &address)).await?
}

fn all(connection: &Connection, address: &str) -> Check {
    let session = connection.session()?;
    let sender = session.sender(address)?;
    let large = Message::builder().durable(true).data(vec![7_u8; 100_000]).build();
    let outcome = sender.send(large.clone())?;
    ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    let settlements: Result<Vec<_>, _> = (0..1000).map(|n| sender.submit(numbered(n))).collect();
    for mut settlement in settlements? {
        let outcome = settlement.outcome()?;
        ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    }

    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("blocking-in", address) };
    let receiver = session.attach_receiver(options)?;
    receiver.set_credit(2000)?;
    let first = receiver.recv()?;
    compare(&large, &first.message()?)?;
    first.accept()?;
    for n in 0..1000 {
        let delivery = receiver.recv()?;
        ensure!(number(&delivery.message()?)? == n, "out of order");
        delivery.accept()?;
    }
    ensure!(receiver.try_recv()?.is_none(), "more than was sent");
    session.end()?;
    Ok(connection.close()?)
}
