//! Names of links and of nodes.

use crate::client::parts::{next, number, numbered, take};
use crate::server::{Kind, Target};
use crate::verdict::{Check, Fault, ensure};
use amqp10::codec::{Message, Outcome, SenderSettleMode, Source, SourceTerminus, Symbol, TerminusExpiryPolicy};
use amqp10::proto::LinkOptions;
use amqp10::{Receiver, Value};

/// Two links of one name in opposite directions on one session (§2.6.1).
pub(crate) async fn same_name(target: Target) -> Check {
    let address = target.queue("same-name").await?;
    let connection = target.connect().await?;
    let session = connection.session().await?;
    let sender = session.attach_sender(LinkOptions::sender("both", address.as_str())).await?;
    let receiver = session.attach_receiver(LinkOptions::receiver("both", address)).await?;
    let outcome = sender.send(numbered(1)).await?;
    ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    for message in take(&receiver, 1).await? {
        ensure!(number(&message)? == 1, "another message");
    }
    Ok(connection.close().await?)
}

/// A request, and a reply to a node that the server made for it (§3.5.3).
pub(crate) async fn dynamic_reply(target: Target) -> Check {
    let service = target.queue("service").await?;
    let asking = target.connect().await?;
    let serving = target.connect().await?;
    let (client, server) = (asking.session().await?, serving.session().await?);

    let replies = client.attach_receiver(dynamic("replies", target.server.kind)).await?;
    let reply_to = dynamic_address(&replies)?;
    let requests = client.sender(service.as_str()).await?;
    let request = Message::builder().message_id("request").reply_to(reply_to.as_str()).value(20_u64).build();
    requests.send(request).await?;

    let incoming = server.receiver(service).await?;
    let delivery = next(&incoming).await?;
    let request = delivery.message()?;
    delivery.accept()?;
    let id = request.message_id().cloned().ok_or("the request has no id")?;
    let to = request.properties.as_ref().and_then(|it| it.reply_to.clone()).ok_or("no reply-to")?;
    let asked = request.body.as_value().and_then(Value::as_u64).ok_or("no number")?;
    let answer = Message::builder().correlation_id(id).value(asked + 1).build();
    server.sender(to).await?.send(answer).await?;

    for reply in take(&replies, 1).await? {
        ensure!(reply.correlation_id() == Some(&"request".into()), "a reply to something else: {reply:?}");
        ensure!(number(&reply)? == 21, "{reply:?}");
    }
    asking.close().await?;
    Ok(serving.close().await?)
}

/// Options of a link from a node made on demand.
fn dynamic(name: &str, kind: Kind) -> LinkOptions {
    let anywhere = LinkOptions { source: Some(Source::dynamic()), ..LinkOptions::receiver(name, "") };
    if kind != Kind::Rabbit4 {
        return anywhere;
    }
    // from 4.2 on: a queue that is no longer than the link, and takes no outcomes
    let source = Source {
        expiry_policy: TerminusExpiryPolicy::LINK_DETACH,
        capabilities: Symbol::from_static("rabbitmq:volatile-queue").into(),
        ..Source::dynamic()
    };
    LinkOptions { source: Some(source), snd_settle_mode: SenderSettleMode::Settled, ..anywhere }
}

fn dynamic_address(receiver: &Receiver) -> Result<String, Fault> {
    let attach = receiver.remote_attach().ok_or("no attach")?;
    let source = attach.source.as_ref().and_then(SourceTerminus::as_source);
    let address = source.and_then(|source| source.address.as_ref()).ok_or("the server made a node without address")?;
    Ok(address.to_string())
}
