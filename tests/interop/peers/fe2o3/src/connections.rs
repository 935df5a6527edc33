//! Scenarios that open connections of their own.

use crate::links::take;
use crate::messages::text;
use crate::{Peer, Res, Whole};
use fe2o3_amqp::sasl_profile::scram::SaslScramSha256;
use fe2o3_amqp::types::messaging::*;
use fe2o3_amqp::types::primitives::*;
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use serde_amqp::Value;
use std::time::Duration;

/// Plays it, if it is one of these.
pub(crate) async fn play(peer: &Peer, scenario: &str) -> Option<Res<()>> {
    Some(match scenario {
        "open-close" | "sasl-plain" | "sasl-anonymous" | "sasl-external" => opened(peer).await,
        "open-fields" => open_fields(peer).await,
        "sasl-none" => without_sasl(peer).await,
        "sasl-fail" => wrong_password(peer).await,
        "sasl-scram" => scram(peer).await,
        "idle-timeout" => idle(peer).await,
        "sizes-512" | "sizes-4096" | "sizes-default" => sizes(peer, scenario).await,
        "sessions-20" => sessions(peer).await,
        "large-4096" => large(peer).await,
        _ => return None,
    })
}

async fn opened(peer: &Peer) -> Res<()> {
    peer.open().await?.close().await?;
    Ok(())
}

/// What the peer says in its open, the library does not show.
async fn open_fields(peer: &Peer) -> Res<()> {
    let properties = [("name", Value::from("fe2o3-client")), ("nested", Value::List(vec![Value::from(1u32)]))];
    let mut builder = Connection::builder().container_id("fe2o3-client").hostname("localhost").channel_max(7);
    for capability in ["one", "two"] {
        builder = builder.add_offered_capabilities(capability);
    }
    let properties = properties.into_iter().map(|(name, value)| (Symbol::from(name), value)).collect();
    let builder = builder.add_desired_capabilities("ANONYMOUS-RELAY").properties(properties);
    builder.open(peer.url.as_str()).await?.close().await?;
    Ok(())
}

async fn without_sasl(peer: &Peer) -> Res<()> {
    let url = peer.url.split('@').next_back().map(|h| format!("amqp://{}", h.trim_start_matches("amqp://"))).unwrap();
    match Connection::builder().container_id("fe2o3-client").open(url.as_str()).await {
        Ok(mut c) => c.close().await?,
        Err(e) => println!("refused: {e}"),
    }
    Ok(())
}

async fn wrong_password(peer: &Peer) -> Res<()> {
    let url = peer.url.replace("guest:guest", "guest:wrong");
    match Connection::open("fe2o3-client", url.as_str()).await {
        Ok(_) => return Err("was let in".into()),
        Err(e) => println!("refused: {e}"),
    }
    Ok(())
}

async fn scram(peer: &Peer) -> Res<()> {
    let scram = SaslScramSha256::new("guest", "guest");
    let url = peer.url.replace("guest:guest@", "");
    let mut c = Connection::builder().container_id("fe2o3-client").sasl_profile(scram).open(url.as_str()).await?;
    c.close().await?;
    Ok(())
}

async fn idle(peer: &Peer) -> Res<()> {
    let mut c =
        Connection::builder().container_id("fe2o3-client").idle_time_out(2000u32).open(peer.url.as_str()).await?;
    tokio::time::sleep(Duration::from_millis(4200)).await;
    c.close().await?;
    Ok(())
}

async fn sizes(peer: &Peer, scenario: &str) -> Res<()> {
    let octets = scenario.strip_prefix("sizes-").and_then(|octets| octets.parse::<u32>().ok()).unwrap_or(u32::MAX);
    let mut c =
        Connection::builder().container_id("fe2o3-client").max_frame_size(octets).open(peer.url.as_str()).await?;
    let mut session = Session::begin(&mut c).await?;
    let mut s = Sender::attach(&mut session, "out", peer.node("test")).await?;
    let mut r = Receiver::attach(&mut session, "in", peer.node("test")).await?;
    for size in [0, 1, 255, 256, 511, 512, 513, 4096, 100_000, 1 << 20, 10 << 20] {
        if size > 1 << 20 && scenario != "sizes-default" {
            break;
        }
        let octets = || Value::Binary(Binary::from(vec![7; size]));
        let data = Body::Data(Batch::new(vec![Data(Binary::from(vec![7; size]))]));
        for body in
            [data, Body::Value(AmqpValue(octets())), Body::Sequence(Batch::new(vec![AmqpSequence(vec![octets()])]))]
        {
            let sent: Whole = Message::builder().body(body).build();
            s.send(sent.clone()).await?;
            let d = r.recv::<Body<Value>>().await?;
            r.accept(&d).await?;
            if d.into_message().body != sent.body {
                return Err(format!("of {size} octets: not what was sent").into());
            }
        }
    }
    session.end().await?;
    c.close().await?;
    Ok(())
}

async fn sessions(peer: &Peer) -> Res<()> {
    let mut c = peer.open().await?;
    let mut sessions = Vec::new();
    for n in 0..20 {
        let mut session = Session::begin(&mut c).await?;
        let mut s = Sender::attach(&mut session, "out", peer.node("test")).await?;
        s.send(text(n)).await?;
        s.close().await?;
        sessions.push(session);
    }
    take(&mut Receiver::attach(&mut sessions[0], "in", peer.node("test")).await?, 20).await?;
    for mut session in sessions {
        session.end().await?;
    }
    c.close().await?;
    Ok(())
}

async fn large(peer: &Peer) -> Res<()> {
    let mut c = Connection::builder().container_id("fe2o3-client").max_frame_size(4096).open(peer.url.as_str()).await?;
    let mut session = Session::begin(&mut c).await?;
    let body: Vec<u8> = (0..12000u32).map(|i| (i % 253) as u8).collect();
    let mut s = Sender::attach(&mut session, "out", peer.node("test")).await?;
    s.send(
        Message::builder()
            .header(Header { durable: true, ..Default::default() })
            .data(Binary::from(body.clone()))
            .build(),
    )
    .await?;
    let mut r = Receiver::attach(&mut session, "in", peer.node("test")).await?;
    let d = r.recv::<Body<Value>>().await?;
    r.accept(&d).await?;
    match d.body() {
        Body::Data(parts) if parts.iter().flat_map(|p| p.0.iter().copied()).eq(body.iter().copied()) => {}
        _ => return Err("not what was sent".into()),
    }
    session.end().await?;
    c.close().await?;
    Ok(())
}
