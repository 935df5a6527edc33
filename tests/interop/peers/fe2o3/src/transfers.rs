//! Scenarios on one session about deliveries: what they carry, how they are settled, credit, transactions.

use crate::links::take;
use crate::messages::{rich, text};
use crate::{Place, Res};
use fe2o3_amqp::link::delivery::Sendable;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::transaction::{
    Controller, Transaction, TransactionDischarge, TransactionPosting, TransactionRetirement,
};
use fe2o3_amqp::types::definitions::{AmqpError, Error, ReceiverSettleMode, SenderSettleMode};
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Modified, Outcome, Source};
use fe2o3_amqp::types::primitives::Symbol;
use fe2o3_amqp::{Receiver, Sender};
use serde_amqp::Value;
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;
use std::time::Duration;

/// Plays it, if it is one of these.
pub(crate) async fn play(place: &mut Place<'_>, scenario: &str) -> Option<Res<()>> {
    Some(match scenario {
        "roundtrip" => round_trip(place).await,
        "credit" => credit(place).await,
        "credit-large" => large_credit(place).await,
        "selector" => selector(place).await,
        "send-settled" => settled(place).await,
        "unsettled-10000" | "presettled-10000" => ten_thousand(place, scenario).await,
        "rcv-second" => second(place).await,
        "drain" => drain(place).await,
        "outcomes" => outcomes(place).await,
        "transactions" => transactions(place).await,
        _ => return None,
    })
}

async fn round_trip(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node("test")).await?;
    for n in 0..12 {
        let outcome = s.send(rich(n)).await?;
        if !matches!(outcome, Outcome::Accepted(_)) {
            return Err(format!("message {n}: {outcome:?}").into());
        }
    }
    s.close().await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .credit_mode(CreditMode::Auto(5))
        .attach(&mut place.session)
        .await?;
    for n in 0..12 {
        let d = r.recv::<Body<Value>>().await?;
        r.accept(&d).await?;
        let (got, sent) = (d.into_message(), rich(n));
        if format!("{:?}", got.body) != format!("{:?}", sent.body)
            || got.properties != sent.properties
            || got.application_properties != sent.application_properties
        {
            return Err(format!("message {n} came back as {got:?}").into());
        }
    }
    r.close().await?;
    Ok(())
}

async fn credit(place: &mut Place<'_>) -> Res<()> {
    place.fill(9).await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .credit_mode(CreditMode::Manual)
        .attach(&mut place.session)
        .await?;
    for credit in [1, 1, 2, 5] {
        r.set_credit(credit).await?;
        take(&mut r, credit).await?;
        if tokio::time::timeout(Duration::from_millis(200), r.recv::<Body<Value>>()).await.is_ok() {
            return Err("more than was asked for".into());
        }
    }
    r.close().await?;
    Ok(())
}

async fn large_credit(place: &mut Place<'_>) -> Res<()> {
    place.fill(20).await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .credit_mode(CreditMode::Manual)
        .attach(&mut place.session)
        .await?;
    r.set_credit(i32::MAX as u32).await?;
    take(&mut r, 20).await?;
    r.close().await?;
    Ok(())
}

async fn selector(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node("test")).await?;
    for (n, colour) in ["red", "green", "red"].into_iter().enumerate() {
        let mut m = text(n as u32);
        m.application_properties = Some(ApplicationProperties::builder().insert("colour", colour).build());
        s.send(m).await?;
    }
    let name = Symbol::from("apache.org:selector-filter:string");
    let red = Described { descriptor: Descriptor::Name(name.clone()), value: Value::String("colour = 'red'".into()) };
    let source = Source::builder().address(place.peer.node("test")).add_to_filter(name, Some(red)).build();
    let mut r = Receiver::builder().name("in").source(source).attach(&mut place.session).await?;
    take(&mut r, 2).await?;
    if tokio::time::timeout(Duration::from_millis(200), r.recv::<Body<Value>>()).await.is_ok() {
        return Err("what is not red came".into());
    }
    Ok(())
}

async fn settled(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::builder()
        .name("out")
        .target(place.peer.node("test"))
        .sender_settle_mode(SenderSettleMode::Settled)
        .attach(&mut place.session)
        .await?;
    for n in 0..3 {
        s.send(Sendable::builder().message(text(n)).settled(true).build()).await?;
    }
    take(&mut Receiver::attach(&mut place.session, "in", place.peer.node("test")).await?, 3).await?;
    Ok(())
}

async fn ten_thousand(place: &mut Place<'_>, scenario: &str) -> Res<()> {
    let settled = scenario == "presettled-10000";
    let mode = if settled { SenderSettleMode::Settled } else { SenderSettleMode::Unsettled };
    let mut s = Sender::builder()
        .name("out")
        .target(place.peer.node("test"))
        .sender_settle_mode(mode.clone())
        .attach(&mut place.session)
        .await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .sender_settle_mode(mode)
        .attach(&mut place.session)
        .await?;
    let sending = async {
        let mut outcomes = Vec::new();
        for n in 0..10_000 {
            outcomes.push(s.send_batchable(Sendable::builder().message(text(n)).settled(settled).build()).await?);
        }
        for outcome in outcomes {
            outcome.await?;
        }
        Res::Ok(())
    };
    let receiving = async {
        for n in 0..10_000 {
            let d = r.recv::<Body<Value>>().await?;
            r.accept(&d).await?; // what came settled too: that is what renews its credit
            if format!("{:?}", d.body()) != format!("{:?}", text(n).body) {
                return Err(format!("message {n}: another").into());
            }
        }
        Res::Ok(())
    };
    tokio::try_join!(sending, receiving)?;
    Ok(())
}

async fn second(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::builder()
        .name("out")
        .target(place.peer.node("test"))
        .receiver_settle_mode(ReceiverSettleMode::Second)
        .attach(&mut place.session)
        .await?;
    s.send(text(0)).await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .receiver_settle_mode(ReceiverSettleMode::Second)
        .attach(&mut place.session)
        .await?;
    take(&mut r, 1).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}

async fn drain(place: &mut Place<'_>) -> Res<()> {
    place.fill(4).await?;
    let mut r = Receiver::builder()
        .name("in")
        .source(place.peer.node("test"))
        .credit_mode(CreditMode::Manual)
        .attach(&mut place.session)
        .await?;
    r.set_credit(10).await?;
    take(&mut r, 4).await?;
    r.drain().await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    r.close().await?;
    Ok(())
}

async fn outcomes(place: &mut Place<'_>) -> Res<()> {
    place.fill(5).await?;
    let mut r = Receiver::attach(&mut place.session, "in", place.peer.node("test")).await?;
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(r.recv::<Body<Value>>().await?);
    }
    r.accept(&held[0]).await?;
    r.reject(&held[1], Error::new(AmqpError::DecodeError, Some("cannot be read".into()), None)).await?;
    r.release(&held[2]).await?;
    r.modify(&held[3], Modified { delivery_failed: Some(true), undeliverable_here: None, message_annotations: None })
        .await?;
    r.modify(&held[4], Modified { delivery_failed: None, undeliverable_here: Some(true), message_annotations: None })
        .await?;
    while let Ok(Ok(d)) = tokio::time::timeout(Duration::from_millis(600), r.recv::<Body<Value>>()).await {
        r.accept(&d).await?;
    }
    r.close().await?;
    Ok(())
}

async fn transactions(place: &mut Place<'_>) -> Res<()> {
    let mut controller = Controller::attach(&mut place.session, "controller").await?;
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node("test")).await?;
    let txn = Transaction::declare(&mut controller, None).await?;
    txn.post(&mut s, text(0)).await?;
    txn.post(&mut s, text(1)).await?;
    txn.commit().await?;
    let txn = Transaction::declare(&mut controller, None).await?;
    txn.post(&mut s, text(2)).await?;
    txn.rollback().await?;
    let mut r = Receiver::attach(&mut place.session, "in", place.peer.node("test")).await?;
    let first = r.recv::<Body<Value>>().await?;
    let second = r.recv::<Body<Value>>().await?;
    let txn = Transaction::declare(&mut controller, None).await?;
    txn.accept(&mut r, &first).await?;
    txn.accept(&mut r, &second).await?;
    txn.commit().await?;
    controller.close().await?;
    Ok(())
}
