//! Ten thousand messages, unsettled and settled beforehand (§2.6.12).

use crate::client::parts::{nothing_comes, number, numbered, take};
use crate::server::Target;
use crate::verdict::{Check, ensure};
use amqp10::Session;
use amqp10::codec::{Outcome, SenderSettleMode};
use amqp10::proto::LinkOptions;
use std::time::Duration;

const COUNT: u64 = 10_000;

pub(crate) async fn unsettled(target: Target) -> Check {
    let address = target.queue("unsettled").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let sender = session.sender(address.as_str()).await?;
    let mut settlements = Vec::new();
    for n in 0..COUNT {
        settlements.push(sender.submit(numbered(n)).await?);
    }
    for settlement in settlements {
        let outcome = settlement.await?;
        ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    }
    take_in_order(&session, LinkOptions::receiver("unsettled-in", address)).await?;
    Ok(connection.close().await?)
}

/// Settled by the sender in both directions.
pub(crate) async fn presettled(target: Target) -> Check {
    let address = target.queue("presettled").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let settled = SenderSettleMode::Settled;
    let options = LinkOptions { snd_settle_mode: settled, ..LinkOptions::sender("presettled-out", address.as_str()) };
    let sender = session.attach_sender(options).await?;
    for n in 0..COUNT {
        // settled as it leaves: there is no outcome to wait for
        drop(sender.submit(numbered(n)).await?);
    }
    let options = LinkOptions { snd_settle_mode: settled, ..LinkOptions::receiver("presettled-in", address) };
    take_in_order(&session, options).await?;
    Ok(connection.close().await?)
}

async fn take_in_order(session: &Session, options: LinkOptions) -> Check {
    let receiver = session.attach_receiver(options).await?;
    for (n, message) in (0..COUNT).zip(take(&receiver, COUNT as usize).await?) {
        let came = number(&message)?;
        ensure!(came == n, "message {came} came where {n} was due");
    }
    nothing_comes(&receiver, Duration::from_millis(100)).await
}
