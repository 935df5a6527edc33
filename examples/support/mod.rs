//! What the small examples share: a URL from the command line, or a listener of their own if there is none.
#![allow(dead_code, reason = "each example uses its part of it")]

use amqp10::codec::{Message, Properties, SaslCode};
use amqp10::proto::{LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp10::tokio::{Listener, listen};
use amqp10::{Connection, Error, IncomingConnection, IncomingLink, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// The first argument, or the URL of a listener that is started here.
pub(crate) async fn url() -> Result<String, Box<dyn std::error::Error>> {
    if let Some(url) = std::env::args().nth(1) {
        return Ok(url);
    }
    let sasl = SaslListener::new([Mechanism::Anonymous, Mechanism::Plain]);
    let listener = listen("127.0.0.1:0", sasl).await?;
    let url = format!("amqp://guest:guest@{}", listener.local_addr()?);
    tokio::spawn(serve(listener));
    Ok(url)
}

/// Serves clients until it is dropped: one queue, whatever the address; a request with a reply-to is answered there.
pub(crate) async fn serve(listener: Listener) {
    let queue = Arc::new(Queue::default());
    while let Ok((incoming, _)) = listener.accept().await {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            match client(incoming, &queue).await {
                Err(error) if !error.is_clean() => eprintln!("a client: {error}"),
                _ => {}
            }
        });
    }
}

/// The messages that wait, and who is told when one comes.
#[derive(Default)]
struct Queue {
    messages: Mutex<Vec<Message>>,
    changed: tokio::sync::Notify,
}

impl Queue {
    fn put(&self, message: Message) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        self.changed.notify_one();
    }

    async fn take(&self) -> Message {
        loop {
            let next = {
                let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
                if messages.is_empty() { None } else { Some(messages.remove(0)) }
            };
            match next {
                Some(message) => return message,
                None => self.changed.notified().await,
            }
        }
    }
}

async fn client(mut incoming: IncomingConnection, queue: &Arc<Queue>) -> Result<(), Error> {
    if incoming.login().await?.is_some() {
        incoming.answer(SaslCode::Ok)?;
    }
    let connection: Connection = incoming.open().await?;
    loop {
        let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
        let queue = Arc::clone(queue);
        tokio::spawn(async move {
            while let Ok(link) = session.incoming_link().await {
                let options = LinkOptions::answering(link.attach());
                let queue = Arc::clone(&queue);
                match link {
                    IncomingLink::Receiver(link) => tokio::spawn(take(link.accept(options)?, queue)),
                    IncomingLink::Sender(link) => tokio::spawn(give(link.accept(options)?, queue)),
                };
            }
            Ok::<_, Error>(())
        });
    }
}

/// A request becomes its answer (§3.2.4); anything else stays as it is.
fn answered(message: Message) -> Message {
    let Some(properties) = message.properties.as_ref().filter(|properties| properties.reply_to.is_some()) else {
        return message;
    };
    let properties = Properties {
        to: properties.reply_to.clone(),
        correlation_id: properties.message_id.clone(),
        ..Properties::default()
    };
    Message { properties: Some(properties.into()), ..message }
}

/// The client sends.
async fn take(receiver: Receiver, queue: Arc<Queue>) -> Result<(), Error> {
    loop {
        let delivery = receiver.recv().await?;
        if let Ok(message) = delivery.message() {
            queue.put(answered(message));
        }
        delivery.accept()?;
    }
}

/// The client receives.
async fn give(sender: Sender, queue: Arc<Queue>) -> Result<(), Error> {
    loop {
        let message = queue.take().await;
        let _ = sender.send(message).await;
    }
}
