//! What many scenarios are made of.

use crate::verdict::{Fault, ensure};
use amqp10::codec::{Body, Message, Outcome};
use amqp10::proto::{CreditMode, LinkOptions};
use amqp10::{Delivery, Receiver, Session, Value};
use std::future::Future;
use std::time::Duration;

/// A small message that tells which it is.
pub(crate) fn numbered(number: u64) -> Message {
    Message::builder().durable(true).message_id(format!("id-{number}")).property("n", number).value(number).build()
}

/// The number of a message that [`numbered`] made.
pub(crate) fn number(message: &Message) -> Result<u64, Fault> {
    let number = message.body.as_value().and_then(Value::as_u64);
    number.ok_or_else(|| format!("not a numbered message: {message:?}").into())
}

/// Sends each and waits until it is accepted.
pub(crate) async fn send_all(
    session: &Session,
    address: &str,
    messages: impl IntoIterator<Item = Message>,
) -> Result<(), Fault> {
    let sender = session.sender(address).await?;
    for message in messages {
        let outcome = sender.send(message).await?;
        ensure!(outcome == Outcome::Accepted, "a message was not accepted: {outcome:?}");
    }
    Ok(sender.close().await?)
}

/// Receives so many and accepts them.
pub(crate) async fn take(receiver: &Receiver, count: usize) -> Result<Vec<Message>, Fault> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let delivery = next(receiver).await.map_err(|fault| format!("after {} of {count}: {fault}", taken.len()))?;
        taken.push(delivery.message()?);
        delivery.accept()?;
    }
    Ok(taken)
}

/// The next delivery, which has to come soon.
pub(crate) async fn next(receiver: &Receiver) -> Result<Delivery, Fault> {
    Ok(soon("the next delivery", receiver.recv()).await??)
}

/// Nothing comes for a while.
pub(crate) async fn nothing_comes(receiver: &Receiver, for_so_long: Duration) -> Result<(), Fault> {
    match tokio::time::timeout(for_so_long, receiver.recv()).await {
        Err(_) => Ok(()),
        Ok(come) => Err(format!("nothing was to come, and there is {:?}", come?.message()?).into()),
    }
}

/// Sends the messages one after the other, takes them back, and compares what an application sees.
pub(crate) async fn there_and_back(session: &Session, address: &str, messages: Vec<Message>) -> Result<(), Fault> {
    send_all(session, address, messages.clone()).await?;
    let receiver = session.receiver(address).await?;
    let back = take(&receiver, messages.len()).await?;
    for (sent, came) in messages.iter().zip(&back) {
        compare(sent, came)?;
    }
    // RabbitMQ 3.10 answers no detach, so no answer is waited for
    Ok(())
}

/// The bare message is the same (§3.2): properties, application-properties, body.
pub(crate) fn compare(sent: &Message, came: &Message) -> Result<(), Fault> {
    ensure!(
        same_body(&came.body, &sent.body),
        "body: {:.300} came, {:.300} was sent",
        show(&came.body),
        show(&sent.body)
    );
    // what was sent without may come with some: RabbitMQ 3.10 sets the subject
    if let Some(ours) = &sent.properties {
        let theirs = &came.properties;
        ensure!(theirs.as_ref() == Some(ours), "properties: {theirs:?} came, {ours:?} was sent");
    }
    let (ours, theirs) = (&sent.application_properties, &came.application_properties);
    ensure!(theirs == ours, "application-properties: {theirs:?} came, {ours:?} was sent");
    Ok(())
}

/// Equal, whatever constructor an array's elements were written with.
fn same_body(one: &Body, other: &Body) -> bool {
    match (one, other) {
        (Body::Value(one), Body::Value(other)) => same(one, other),
        (one, other) => one == other,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| same(&one, &other))
        }
        (one, other) => one == other,
    }
}

fn show(what: &impl std::fmt::Debug) -> String {
    format!("{what:?}")
}

/// A receiving link whose credit we give by hand.
pub(crate) fn by_hand(name: &str, address: &str) -> LinkOptions {
    LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver(name, address) }
}

/// What has to happen within twenty seconds.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Fault> {
    let limit = crate::server::Target::SOON;
    tokio::time::timeout(limit, future).await.map_err(|_| format!("{what} did not come in {limit:?}").into())
}
