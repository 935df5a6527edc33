//! Many links on a session, many sessions on a connection.

use crate::client::parts::{number, numbered, send_all, take};
use crate::server::Target;
use crate::verdict::{Check, ensure};
use amqp10::codec::Outcome;

/// A hundred links, and one message on each.
pub(crate) async fn links(target: Target) -> Check {
    let address = target.queue("links").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let mut senders = Vec::new();
    for _ in 0..100 {
        senders.push(session.sender(address.as_str()).await?);
    }
    for (n, sender) in (0..).zip(&senders) {
        let outcome = sender.send(numbered(n)).await?;
        ensure!(outcome == Outcome::Accepted, "link {n}: {outcome:?}");
    }
    for sender in &senders {
        sender.close().await?;
    }
    let receiver = session.receiver(address).await?;
    take(&receiver, 100).await?;
    Ok(connection.close().await?)
}

/// Twenty sessions, each with a queue of its own, all open at once.
pub(crate) async fn sessions(target: Target) -> Check {
    let connection = target.connect().await?;
    let mut sessions = Vec::new();
    for n in 0..20 {
        let address = target.queue(&format!("session-{n}")).await?;
        sessions.push((connection.session().await?, address));
    }
    for (n, (session, address)) in (0..).zip(&sessions) {
        send_all(session, address, [numbered(n)]).await?;
    }
    for (n, (session, address)) in (0..).zip(&sessions) {
        let receiver = session.receiver(address.as_str()).await?;
        for message in take(&receiver, 1).await? {
            ensure!(number(&message)? == n, "session {n} was given another's message");
        }
    }
    for (session, _) in &sessions {
        session.end().await?;
    }
    Ok(connection.close().await?)
}
