//! RabbitMQ 4's management: requests and replies over a pair of links of one name, to and from `/management`.

use crate::server::Target;
use crate::verdict::{Fault, ensure};
use amqp10::codec::{Fields, Map, Message, SenderSettleMode, Source, Symbol, Target as Terminus};
use amqp10::proto::LinkOptions;
use amqp10::{Connection, Receiver, Sender, Session, Value};

/// Requests that are answered one at a time.
pub(crate) struct Management {
    requests: Sender,
    replies: Receiver,
    next: u64,
}

/// The status, such as 200 or 404, and the body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: String,
    pub(crate) body: Value,
}

impl Management {
    /// Attaches the pair.
    pub(crate) async fn attach(session: &Session) -> Result<Self, Fault> {
        let mut properties = Fields::default();
        properties.insert(Symbol::from_static("paired"), true);
        let options = LinkOptions {
            name: "management".into(),
            source: Some(Source::new("/management")),
            target: Some(Terminus::new("/management").into()),
            // it takes nothing else here
            snd_settle_mode: SenderSettleMode::Settled,
            properties: Some(properties),
            ..LinkOptions::default()
        };
        let requests = session.attach_sender(options.clone()).await?;
        let replies = session.attach_receiver(options).await?;
        Ok(Self { requests, replies, next: 0 })
    }

    /// Asks, and waits for the reply.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: impl Into<Value>) -> Result<Reply, Fault> {
        self.next += 1;
        let request =
            Message::builder().message_id(self.next).to(path).subject(method).reply_to("$me").value(body).build();
        // sent settled: the reply says what came of it
        drop(self.requests.submit(request).await?);
        let delivery = self.replies.recv().await?;
        let message = delivery.message()?;
        delivery.accept()?;
        ensure!(message.correlation_id() == Some(&self.next.into()), "a reply to another request: {message:?}");
        let status = message.properties.as_ref().and_then(|properties| properties.subject.clone());
        Ok(Reply {
            status: status.map(|status| status.to_string()).unwrap_or_default(),
            body: message.body.as_value().cloned().unwrap_or_default(),
        })
    }

    /// Asks, and takes only a status of 2xx.
    pub(crate) async fn insist(&mut self, method: &str, path: &str, body: impl Into<Value>) -> Result<Reply, Fault> {
        let reply = self.ask(method, path, body).await?;
        ensure!(reply.status.starts_with('2'), "{method} {path}: {} {:?}", reply.status, reply.body);
        Ok(reply)
    }
}

/// The body that declares a durable queue of this kind.
pub(crate) fn queue_of(kind: &str) -> Value {
    Value::Map(Map::from([
        ("durable", Value::from(true)),
        ("exclusive", Value::from(false)),
        ("auto_delete", Value::from(false)),
        ("arguments", Value::Map(Map::from([("x-queue-type", kind)]))),
    ]))
}

/// Deletes the queue if there is one, and declares it.
pub(crate) async fn fresh_queue(target: &Target, name: &str, kind: &str) -> Result<(), Fault> {
    let connection: Connection = target.connect().await?;
    let mut management = Management::attach(&connection.session().await?).await?;
    let path = format!("/queues/{name}");
    management.insist("DELETE", &path, Value::Null).await?;
    management.insist("PUT", &path, queue_of(kind)).await?;
    connection.close().await?;
    Ok(())
}
