//! Link credit (§2.6.7).

use crate::client::parts::{by_hand, next, nothing_comes, number, numbered, send_all, take};
use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::proto::{CreditMode, CreditRenewal, LinkOptions};
use amqp10::{Connection, Receiver};
use std::time::Duration;

/// A queue that holds so many, and a link that receives from it.
async fn receiver(target: &Target, name: &str, count: u64, auto: Option<u32>) -> Result<(Connection, Receiver), Fault> {
    let address = target.queue(name).await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    send_all(&session, &address, (0..count).map(numbered)).await?;
    let mut options: LinkOptions = by_hand(&format!("{name}-in"), &address);
    if let Some(credit) = auto {
        options.credit = CreditMode::Auto(credit);
    }
    let receiver = session.attach_receiver(options).await?;
    Ok((connection, receiver))
}

/// Nothing comes without credit, and one for each that is given.
pub(crate) async fn one_at_a_time(target: Target) -> Check {
    let (connection, receiver) = receiver(&target, "credit-one", 5, None).await?;
    nothing_comes(&receiver, Duration::from_millis(200)).await?;
    for n in 0..5 {
        receiver.add_credit(1)?;
        let delivery = next(&receiver).await?;
        ensure!(number(&delivery.message()?)? == n, "out of order");
        nothing_comes(&receiver, Duration::from_millis(50)).await?;
        ensure!(receiver.credit() == 0, "{} left of a credit of one that was used", receiver.credit());
        delivery.accept()?;
    }
    Ok(connection.close().await?)
}

/// Ten at a time, renewed as they are taken, in order.
pub(crate) async fn windowed(target: Target) -> Check {
    let (connection, receiver) = receiver(&target, "credit-window", 200, Some(10)).await?;
    for (n, message) in (0..).zip(take(&receiver, 200).await?) {
        ensure!(number(&message)? == n, "out of order");
    }
    Ok(connection.close().await?)
}

/// Renewed only when all of it is used up: what a peer needs that counts credit from the flow's arrival.
pub(crate) async fn used_up(target: Target) -> Check {
    renewed(target, "credit-used-up", 10, 0).await
}

/// Renewed after each delivery, so that flows come while deliveries are under way.
pub(crate) async fn restated(target: Target) -> Check {
    renewed(target, "credit-restated", 50, u32::MAX).await
}

async fn renewed(target: Target, name: &str, credit: u32, low_water: u32) -> Check {
    let address = target.queue(name).await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    send_all(&session, &address, (0..200).map(numbered)).await?;
    let options = LinkOptions {
        credit: CreditMode::Auto(credit),
        credit_renewal: CreditRenewal { low_water: Some(low_water), ..CreditRenewal::default() },
        ..LinkOptions::receiver("renewed-in", address)
    };
    let receiver = session.attach_receiver(options).await?;
    for (n, message) in (0..).zip(take(&receiver, 200).await?) {
        ensure!(number(&message)? == n, "out of order");
    }
    Ok(connection.close().await?)
}

/// As much as there can be: half of all serial numbers, less one.
pub(crate) async fn large(target: Target) -> Check {
    let (connection, receiver) = receiver(&target, "credit-large", 100, None).await?;
    receiver.set_credit(i32::MAX.unsigned_abs())?;
    take(&receiver, 100).await?;
    nothing_comes(&receiver, Duration::from_millis(100)).await?;
    Ok(connection.close().await?)
}

/// What there is comes, the rest of the credit goes back, and the link can be used on.
pub(crate) async fn drain(target: Target) -> Check {
    let (connection, receiver) = receiver(&target, "drain", 3, None).await?;
    receiver.set_credit(10)?;
    receiver.drain().await?;
    take(&receiver, 3).await?;
    ensure!(receiver.credit() == 0, "{} left after a drain", receiver.credit());
    receiver.add_credit(2)?;
    nothing_comes(&receiver, Duration::from_millis(100)).await?;
    receiver.drain().await?;
    ensure!(receiver.credit() == 0, "{} left after the drain of an empty queue", receiver.credit());
    Ok(connection.close().await?)
}
