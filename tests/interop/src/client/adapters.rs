//! A smaller set on the other runtimes for asynchronous code: what differs between them is who polls, reads and waits.

use crate::client::parts::{compare, number, numbered};
use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::Connection;
use amqp10::codec::{Message, Outcome};
use amqp10::proto::{CreditMode, LinkOptions};
use std::future::Future;

pub(crate) async fn on_async_std(target: Target) -> Check {
    let (url, address) = (target.url(), target.queue("async-std").await?);
    elsewhere(|| async_std::task::block_on(async move { all(amqp10::async_std::connect(&url).await?, &address).await }))
        .await
}

pub(crate) async fn on_smol(target: Target) -> Check {
    let (url, address) = (target.url(), target.queue("smol").await?);
    elsewhere(|| smol::block_on(async move { all(amqp10::smol::connect(&url).await?, &address).await })).await
}

/// On a thread that is none of Tokio's.
fn elsewhere(play: impl FnOnce() -> Check + Send + 'static) -> impl Future<Output = Check> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(play()));
    async move { told.await.map_err(|_| Fault::from("it panicked"))? }
}

async fn all(connection: Connection, address: &str) -> Check {
    let session = connection.session().await?;
    let sender = session.sender(address).await?;
    let large = Message::builder().durable(true).data(vec![7_u8; 100_000]).build();
    let outcome = sender.send(large.clone()).await?;
    ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    let mut settlements = Vec::new();
    for n in 0..1000 {
        settlements.push(sender.submit(numbered(n)).await?);
    }
    for settlement in settlements {
        let outcome = settlement.await?;
        ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    }

    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("in", address) };
    let receiver = session.attach_receiver(options).await?;
    receiver.set_credit(2000)?;
    let first = receiver.recv().await?;
    compare(&large, &first.message()?)?;
    first.accept()?;
    for n in 0..1000 {
        let delivery = receiver.recv().await?;
        ensure!(number(&delivery.message()?)? == n, "out of order");
        delivery.accept()?;
    }
    ensure!(receiver.try_recv()?.is_none(), "more than was sent");
    session.end().await?;
    Ok(connection.close().await?)
}
