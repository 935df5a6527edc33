//! Scenarios on one session about links: attached, refused, ended by the peer, resumed.

use crate::messages::text;
use crate::{Place, Res};
use fe2o3_amqp::types::messaging::{Body, Source};
use fe2o3_amqp::{Receiver, Sender, Session};
use serde_amqp::Value;
use std::time::Duration;

/// Plays it, if it is one of these.
pub(crate) async fn play(place: &mut Place<'_>, scenario: &str) -> Option<Res<()>> {
    Some(match scenario {
        "shutdown" => shutdown(place).await,
        "peer-detaches" | "peer-ends" | "peer-closes" => peer_goes(place, scenario).await,
        "peer-rejects" | "peer-releases" | "peer-modifies" => peer_settles(place, scenario).await,
        "unauthorized" => unauthorized(place).await,
        "unknown-address" => unknown(place).await,
        "same-name" => same_name(place).await,
        "dynamic" => dynamic(place).await,
        "links-100" => many_links(place).await,
        "detach-resume" => resumed(place).await,
        _ => return None,
    })
}

/// Takes so many messages and accepts them.
pub(crate) async fn take(r: &mut Receiver, count: u32) -> Res<()> {
    for _ in 0..count {
        let d = r.recv::<Body<Value>>().await?;
        r.accept(&d).await?;
    }
    Ok(())
}

async fn shutdown(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node("close-100")).await?;
    // the outcomes of what was under way are never told: none is waited for
    let mut outcomes = Vec::new();
    for n in 0..500 {
        match s.send_batchable(text(n)).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(e) => {
                println!("gone: {e:?}");
                return Ok(());
            }
        }
    }
    Err("nothing happened".into())
}

async fn peer_goes(place: &mut Place<'_>, scenario: &str) -> Res<()> {
    let name = match scenario {
        "peer-detaches" => "detach-2",
        "peer-ends" => "end-2",
        _ => "close-2",
    };
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node(name)).await?;
    for n in 0..3 {
        // it waits without end for the outcome of what was under way when the session went
        match tokio::time::timeout(Duration::from_secs(1), s.send(text(n))).await {
            Ok(Ok(_)) => {}
            Ok(Err(e)) => {
                println!("{name}: {e:?}");
                break;
            }
            Err(_) => println!("{name}: no outcome"),
        }
    }
    Ok(())
}

async fn unauthorized(place: &mut Place<'_>) -> Res<()> {
    match Sender::attach(&mut place.session, "out", place.peer.node("denied")).await {
        Ok(mut s) => println!("then: {:?}", s.send(text(0)).await),
        Err(e) => println!("refused: {e:?}"),
    }
    Ok(())
}

async fn unknown(place: &mut Place<'_>) -> Res<()> {
    match Sender::attach(&mut place.session, "out", place.peer.node("missing")).await {
        Ok(mut s) => println!("then: {:?}", s.send(text(0)).await),
        Err(e) => println!("refused: {e:?}"),
    }
    Ok(())
}

async fn same_name(place: &mut Place<'_>) -> Res<()> {
    let mut s = Sender::attach(&mut place.session, "same", place.peer.node("test")).await?;
    // of another session: one takes a name once
    let mut other = Session::begin(&mut place.connection).await?;
    let mut r = Receiver::attach(&mut other, "same", place.peer.node("test")).await?;
    s.send(text(0)).await?;
    take(&mut r, 1).await?;
    other.end().await?;
    Ok(())
}

async fn dynamic(place: &mut Place<'_>) -> Res<()> {
    let mut r = Receiver::builder()
        .name("in")
        .source(Source::builder().dynamic(true).build())
        .attach(&mut place.session)
        .await?;
    let address = r.source().as_ref().and_then(|source| source.address.clone()).ok_or("no address")?;
    let mut s = Sender::attach(&mut place.session, "out", address).await?;
    s.send(text(0)).await?;
    take(&mut r, 1).await?;
    Ok(())
}

async fn many_links(place: &mut Place<'_>) -> Res<()> {
    let mut senders = Vec::new();
    for n in 0..100 {
        senders.push(Sender::attach(&mut place.session, format!("out-{n}"), place.peer.node("test")).await?);
    }
    for (n, s) in senders.iter_mut().enumerate() {
        s.send(text(n as u32)).await?;
    }
    take(&mut Receiver::attach(&mut place.session, "in", place.peer.node("test")).await?, 100).await?;
    for s in senders {
        s.close().await?;
    }
    Ok(())
}

async fn peer_settles(place: &mut Place<'_>, scenario: &str) -> Res<()> {
    let name = match scenario {
        "peer-rejects" => "reject",
        "peer-releases" => "release",
        _ => "modify",
    };
    let mut s = Sender::attach(&mut place.session, "out", place.peer.node(name)).await?;
    println!("outcome: {:?}", s.send(text(0)).await?);
    Ok(())
}

async fn resumed(place: &mut Place<'_>) -> Res<()> {
    place.fill(3).await?;
    let mut r = Receiver::attach(&mut place.session, "lasting", place.peer.node("test")).await?;
    let d = r.recv::<Body<Value>>().await?;
    let detached = r.detach().await.map_err(|(_, e)| e)?;
    match detached.resume().await {
        Ok(resumed) => {
            let mut r = resumed.into_receiver();
            println!("unsettled before: {:?}", d.delivery_id());
            let _ = tokio::time::timeout(Duration::from_millis(800), take(&mut r, 3)).await;
        }
        Err(e) => println!("not resumed: {:?}", e.kind),
    }
    Ok(())
}
