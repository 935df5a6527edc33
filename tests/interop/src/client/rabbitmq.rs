//! What RabbitMQ 4 has beyond the standard.

use crate::client::management::{Management, fresh_queue, queue_of};
use crate::client::parts::{by_hand, next, nothing_comes, number, numbered, send_all, soon, take};
use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::codec::{Described, Fields, Map, Message, Outcome, Source, Symbol};
use amqp10::proto::LinkOptions;
use amqp10::{Session, Value};
use std::time::Duration;

/// Exchanges with a routing key, queues with a name that needs escapes, the default exchange by `to`.
pub(crate) async fn v2_addresses(target: Target) -> Check {
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let mut management = Management::attach(&session).await?;
    management.insist("DELETE", "/queues/test/messages", Value::Null).await?;
    send_all(&session, "/exchanges/events/a.b", [numbered(1)]).await?;
    let name = "/queues/interop%20%2F%C3%BC";
    management.insist("PUT", name, queue_of("classic")).await?;
    send_all(&session, name, [numbered(2)]).await?;
    let anonymous = session
        .attach_sender(LinkOptions {
            target: Some(amqp10::codec::Target::default().into()),
            ..LinkOptions::sender("relay", "")
        })
        .await?;
    let outcome = anonymous.send(Message::builder().to(name).value(3_u64).build()).await?;
    ensure!(outcome == Outcome::Accepted, "by `to`: {outcome:?}");
    for (address, wanted) in [("/queues/test", vec![1]), (name, vec![2, 3])] {
        let receiver = session.receiver(address).await?;
        let come: Result<Vec<u64>, _> = take(&receiver, wanted.len()).await?.iter().map(number).collect();
        ensure!(come? == wanted, "{address}: other messages than {wanted:?}");
        receiver.close().await?;
    }
    management.insist("DELETE", name, Value::Null).await?;
    Ok(connection.close().await?)
}

/// Declare, bind, get, use, unbind, purge, delete; and what is refused.
pub(crate) async fn management(target: Target) -> Check {
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let mut management = Management::attach(&session).await?;
    let queue = "/queues/interop-managed";
    management.insist("DELETE", queue, Value::Null).await?;
    let made = management.insist("PUT", queue, queue_of("quorum")).await?;
    ensure!(made.status == "201", "declared: {made:?}");
    let binding = Map::from([
        ("source", Value::from("events")),
        ("destination_queue", Value::from("interop-managed")),
        ("binding_key", Value::from("managed.#")),
        ("arguments", Value::Map(Map::new())),
    ]);
    management.insist("POST", "/bindings", Value::Map(binding)).await?;
    send_all(&session, "/exchanges/events/managed.key", (0..3).map(numbered)).await?;
    let got = management.insist("GET", queue, Value::Null).await?;
    let kind = got.body.as_map().and_then(|map| map.get("type")).and_then(Value::as_text);
    ensure!(kind == Some("quorum"), "{:?}", got.body);
    let receiver = session.receiver(queue).await?;
    take(&receiver, 1).await?;
    receiver.close().await?;
    management.insist("DELETE", "/queues/interop-managed/messages", Value::Null).await?;
    management.insist("DELETE", queue, Value::Null).await?;
    let missing = management.ask("GET", queue, Value::Null).await?;
    ensure!(missing.status == "404", "of a queue that is gone: {missing:?}");
    Ok(connection.close().await?)
}

/// A stream is read again from an offset.
pub(crate) async fn stream_offset(target: Target) -> Check {
    fresh_queue(&target, "interop-stream", "stream").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let address = target.address("interop-stream");
    send_all(&session, &address, (0..10).map(numbered)).await?;
    let first: Result<Vec<u64>, _> =
        read_stream(&session, &address, Value::from("first"), 10).await?.iter().map(number).collect();
    ensure!(first? == (0..10).collect::<Vec<_>>(), "from the first on: out of order");
    let later = read_stream(&session, &address, Value::from(7_u64), 3).await?;
    ensure!(number(&later[0])? == 7, "from offset 7 on there came {:?}", later[0]);
    Ok(connection.close().await?)
}

async fn read_stream(session: &Session, address: &str, offset: Value, count: usize) -> Result<Vec<Message>, Fault> {
    let name = Symbol::from_static("rabbitmq:stream-offset-spec");
    let mut filter = Fields::default();
    filter.insert(name.clone(), Value::from(Described::new(name, offset)));
    let source = Source { filter: Some(filter), ..Source::new(address) };
    let receiver = session
        .attach_receiver(LinkOptions { source: Some(source), ..LinkOptions::receiver("stream", address) })
        .await?;
    let come = take(&receiver, count).await?;
    receiver.close().await?;
    Ok(come)
}

/// Under a memory alarm the session window stays closed; sending waits, and goes on after it.
pub(crate) async fn memory_alarm(target: Target) -> Check {
    let address = target.queue("alarm").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let sender = session.sender(address.as_str()).await?;
    sender.send(numbered(0)).await?;
    target.rabbitmqctl(&["set_vm_memory_high_watermark", "absolute", "1MB"]).await?;
    let during = send_into_alarm(&session, &sender).await;
    // whatever came of it, the others want the broker without an alarm
    target.rabbitmqctl(&["set_vm_memory_high_watermark", "0.6"]).await?;
    let settlements = during?;
    for settlement in settlements {
        let outcome = soon("an outcome after the alarm", settlement).await??;
        ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    }
    let outcome = soon("sending after the alarm", sender.send(numbered(1))).await??;
    ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    Ok(connection.close().await?)
}

async fn send_into_alarm(session: &Session, sender: &amqp10::Sender) -> Result<Vec<amqp10::Settlement>, Fault> {
    let mut settlements = Vec::new();
    for n in 0..20_000 {
        match tokio::time::timeout(Duration::from_secs(3), sender.submit(numbered(n))).await {
            Ok(submitted) => settlements.push(submitted?),
            Err(_) => {
                let windows = session.windows().ok_or("the session is gone")?;
                let closed = windows.remote_incoming_window == 0 || sender.credit() == 0;
                ensure!(closed, "sending waits, and neither window nor credit is used up: {windows:?}");
                return Ok(settlements);
            }
        }
    }
    Err("20,000 messages were taken under a memory alarm".into())
}

/// Who of its modules knows the time-out.
const WHO_KNOWS: &str = "[M || M <- [rabbit_channel, rabbit_amqp_session], \
    {ok, {_, [{atoms, As}]}} <- [beam_lib:chunks(code:which(M), [atoms])], lists:keymember(consumer_timeout, 2, As)].";

/// A consumer that does not settle in time: the sender says released of its own accord (§2.6.12), and gives the message
/// to another link; what the first says too late does no harm.
pub(crate) async fn consumer_timeout(target: Target) -> Check {
    let known = target.rabbitmqctl(&["eval", WHO_KNOWS]).await?;
    ensure!(known.contains("rabbit_amqp_session"), "only AMQP 0-9-1 knows a consumer time-out: {}", known.trim());
    fresh_queue(&target, "interop-late", "quorum").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let address = target.address("interop-late");
    send_all(&session, &address, [numbered(1)]).await?;
    target.rabbitmqctl(&["eval", "application:set_env(rabbit, consumer_timeout, 1000)."]).await?;
    let late = late_consumer(&session, &address).await;
    target.rabbitmqctl(&["eval", "application:set_env(rabbit, consumer_timeout, 1800000)."]).await?;
    late?;
    Ok(connection.close().await?)
}

async fn late_consumer(session: &Session, address: &str) -> Check {
    let late = session.attach_receiver(by_hand("late", address)).await?;
    late.set_credit(1)?;
    let held = next(&late).await?;
    let other = session.attach_receiver(by_hand("other", address)).await?;
    other.set_credit(1)?;
    for again in take(&other, 1).await? {
        ensure!(number(&again)? == 1, "another message: {again:?}");
    }
    held.accept()?;
    late.set_credit(1)?;
    nothing_comes(&late, Duration::from_millis(500)).await?;
    late.close().await?;
    Ok(other.close().await?)
}
