//! The four outcomes (§3.4), given by us and by the server.

use crate::client::management::Management;
use crate::client::parts::{by_hand, next, nothing_comes, number, numbered, send_all};
use crate::server::{Kind, Target};
use crate::verdict::{Check, Fault, ensure};
use amqp10::codec::{self, Condition, Message, Modified, Outcome};
use amqp10::{Session, Value};
use std::time::Duration;

/// What we accept or reject is gone; what we release or modify comes again.
pub(crate) async fn given(target: Target) -> Check {
    let address = target.queue("outcomes").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    send_all(&session, &address, (0..4).map(numbered)).await?;
    let receiver = session.attach_receiver(by_hand("outcomes-1", &address)).await?;
    receiver.set_credit(4)?;
    let mut come = Vec::new();
    for _ in 0..4 {
        come.push(next(&receiver).await?);
    }
    for delivery in come {
        match number(&delivery.message()?)? {
            0 => delivery.accept()?,
            1 => delivery.reject(codec::Error::new(Condition::DECODE_ERROR, "cannot be read"))?,
            2 => delivery.release()?,
            _ => delivery.modify(Modified { delivery_failed: true, ..Modified::default() })?,
        }
    }
    receiver.set_credit(4)?;
    let mut again = Vec::new();
    for _ in 0..2 {
        let delivery = next(&receiver).await?;
        let message = delivery.message()?;
        again.push((number(&message)?, message.delivery_count()));
        delivery.accept()?;
    }
    again.sort_unstable();
    let numbers: Vec<u64> = again.iter().map(|(number, _)| *number).collect();
    ensure!(numbers == [2, 3], "2 and 3 were to come again, and there came {numbers:?}");
    nothing_comes(&receiver, Duration::from_millis(300)).await?;
    Ok(connection.close().await?)
}

/// The server rejects, releases and modifies.
pub(crate) async fn taken(target: Target) -> Check {
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let (rejecting, releasing, modifying) = match target.server.kind {
        Kind::Rabbit4 => (full_queue(&target, &session).await?, "/exchanges/events/routed.nowhere".to_owned(), None),
        Kind::Rabbit3 | Kind::Plain => return Err("has no node that rejects, releases or modifies".into()),
        Kind::ActingUp | Kind::Acceptor => ("reject".to_owned(), "release".to_owned(), Some("modify")),
    };
    let outcome = send_one(&session, &rejecting).await?;
    ensure!(matches!(outcome, Outcome::Rejected(_)), "{rejecting}: {outcome:?}");
    let outcome = send_one(&session, &releasing).await?;
    ensure!(outcome == Outcome::Released, "{releasing}: {outcome:?}");
    if let Some(address) = modifying {
        let outcome = send_one(&session, address).await?;
        ensure!(matches!(outcome, Outcome::Modified(_)), "{address}: {outcome:?}");
    }
    Ok(connection.close().await?)
}

/// A queue that holds two messages and rejects the next.
async fn full_queue(target: &Target, session: &Session) -> Result<String, Fault> {
    Management::attach(session).await?.insist("DELETE", "/queues/short/messages", Value::Null).await?;
    let address = target.address("short");
    send_all(session, &address, (0..2).map(numbered)).await?;
    Ok(address)
}

async fn send_one(session: &Session, address: &str) -> Result<Outcome, Fault> {
    let sender = session.sender(address).await?;
    let outcome = sender.send(Message::from("one")).await?;
    sender.close().await?;
    Ok(outcome)
}
