//! Refusals, and ends that the server forces: what waits has to fail, soon and with the condition.

use crate::client::management::Management;
use crate::client::parts::{numbered, soon};
use crate::server::{Kind, Target};
use crate::verdict::{Check, Fault, ensure};
use amqp10::codec::Condition;
use amqp10::proto::SaslClient;
use amqp10::{Connection, Error, SendError, Sender, Value};
use std::time::Duration;

fn is(condition: &Condition, error: &Error) -> Check {
    ensure!(error.condition().as_ref() == Some(condition), "{condition:?} was due, not: {error}");
    Ok(())
}

/// Links to and from a node that is not there, each on a session of its own: RabbitMQ ends the session.
async fn refused(connection: &Connection, address: &str, condition: Condition) -> Check {
    match connection.session().await?.sender(address).await {
        Ok(sender) => return Err(format!("{address} took a sender: {:?}", sender.remote_attach()).into()),
        Err(error) => is(&condition, &error)?,
    }
    match connection.session().await?.receiver(address).await {
        Ok(_) => Err(format!("{address} took a receiver").into()),
        Err(error) => is(&condition, &error),
    }
}

pub(crate) async fn unknown_address(target: Target) -> Check {
    let connection = target.connect().await?;
    let address = match target.server.kind {
        // `/queue/NAME` would declare it
        Kind::Rabbit3 => "/amq/queue/missing".to_owned(),
        _ => target.address("missing"),
    };
    refused(&connection, &address, Condition::NOT_FOUND).await?;
    Ok(connection.close().await?)
}

/// Sessions that the server ends, each followed at once by another: one at a time, then eight side by side.
pub(crate) async fn begin_behind_end(target: Target) -> Check {
    let connection = target.connect().await?;
    let address = target.address("missing");
    for _ in 0..100 {
        refused(&connection, &address, Condition::NOT_FOUND).await?;
    }
    let mut beside = Vec::new();
    for _ in 0..8 {
        let (connection, address) = (connection.clone(), address.clone());
        beside.push(tokio::spawn(async move {
            for _ in 0..25 {
                refused(&connection, &address, Condition::NOT_FOUND).await?;
            }
            Check::Ok(())
        }));
    }
    for refused in beside {
        refused.await??;
    }
    Ok(connection.close().await?)
}

pub(crate) async fn unauthorized(target: Target) -> Check {
    let (builder, name) = match target.server.kind {
        Kind::Rabbit4 => (target.builder(Target::config()).login(SaslClient::plain("limited", "limited")), "quorum"),
        _ => (target.builder(Target::config()), "denied"),
    };
    let connection = builder.connect().await?;
    refused(&connection, &target.address(name), Condition::UNAUTHORIZED_ACCESS).await?;
    Ok(connection.close().await?)
}

/// Sends until it fails, which has to be soon.
async fn send_until_error(sender: &Sender) -> Result<Error, Fault> {
    let sending = async {
        let mut settlements = Vec::new();
        for n in 0..1_000_000 {
            match sender.submit(numbered(n)).await {
                Ok(settlement) => settlements.push(settlement),
                Err(error) => {
                    let SendError::NotSent(cause) = error else { return Err(Fault::from(error)) };
                    // whoever waits for an outcome is told as well
                    for settlement in settlements {
                        let _ = settlement.await;
                    }
                    return Ok(cause);
                }
            }
            if n % 100 == 99 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Err("a million messages, and no end".into())
    };
    soon("the end", sending).await?
}

/// The link alone goes; another on the same session works on.
pub(crate) async fn forced_detach(target: Target) -> Check {
    let other = target.queue("beside").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let (address, condition) = match target.server.kind {
        Kind::Rabbit4 => (target.queue("deleted").await?, Condition::RESOURCE_DELETED),
        _ => ("detach-10".to_owned(), Condition::RESOURCE_LIMIT_EXCEEDED),
    };
    let error = match target.server.kind {
        Kind::Rabbit4 => {
            let receiver = session.receiver(address).await?;
            let mut management = Management::attach(&connection.session().await?).await?;
            management.insist("DELETE", "/queues/interop-deleted", Value::Null).await?;
            soon("the end of the link", receiver.recv()).await?.err().ok_or("a delivery")?
        }
        _ => send_until_error(&session.sender(address).await?).await?,
    };
    is(&condition, &error)?;
    session.sender(other).await?.send(numbered(1)).await?;
    Ok(connection.close().await?)
}

/// The session goes; another on the same connection can be begun.
pub(crate) async fn forced_end(target: Target) -> Check {
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let error = send_until_error(&session.sender(target.address("end-10")).await?).await?;
    is(&Condition::WINDOW_VIOLATION, &error)?;
    connection.session().await?.end().await?;
    Ok(connection.close().await?)
}

/// The connection goes, with everything on it.
pub(crate) async fn forced_close(target: Target) -> Check {
    let queue = target.queue("closed").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let error = match target.server.kind {
        Kind::Rabbit4 | Kind::Rabbit3 => {
            let sender = session.sender(queue).await?;
            let (error, closed) =
                tokio::join!(send_until_error(&sender), target.rabbitmqctl(&["close_all_connections", "interop"]));
            closed?;
            error?
        }
        _ => send_until_error(&session.sender(target.address("close-10")).await?).await?,
    };
    is(&Condition::CONNECTION_FORCED, &error)?;
    is(&Condition::CONNECTION_FORCED, &connection.closed().await)?;
    // our own use of it has to fail, not hang
    ensure!(connection.session().await.is_err(), "a session on a connection that is closed");
    Ok(())
}

/// The whole container goes in mid-flow, with a close or without a word.
pub(crate) async fn shutdown(target: Target) -> Check {
    let queue = target.queue("shutdown").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let sender = session.sender(queue).await?;
    let (error, stopped) = tokio::join!(send_until_error(&sender), target.stop());
    stopped?;
    let error = error?;
    let gone = connection.closed().await;
    ensure!(matches!(gone, Error::Closed(_) | Error::Transport(_)), "{error}; {gone}");
    target.start().await?;
    target.connect().await?.close().await?;
    Ok(())
}
