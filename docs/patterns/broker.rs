// A broker in this process, for the examples of this folder: queues that are made when first named, and nodes for replies.

use amqp10::codec::{Bytes, Outcome, SaslCode};
use amqp10::proto::{LinkOptions, Mechanism, Outgoing, SaslListener, SessionOptions};
use amqp10::tokio::Listener;
use amqp10::{Connection, Error, IncomingConnection, IncomingLink, Receiver, Sender, Session};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub struct Broker {
    pub url: String,
    queues: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
    connections: Arc<Mutex<Vec<Connection>>>,
}

#[derive(Default)]
struct Queue {
    messages: Mutex<VecDeque<(u32, Bytes)>>,
    changed: Notify,
}

impl Broker {
    pub async fn start() -> Self {
        let sasl = SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]);
        let listener = amqp10::tokio::listen("127.0.0.1:0", sasl).await.expect("a port");
        let url = format!("amqp://guest:guest@{}", listener.local_addr().expect("an address"));
        let broker = Self { url, ..Self::default() };
        tokio::spawn(broker.clone().serve(listener));
        broker
    }

    /// Closes all connections by force, as a broker does that is restarted.
    pub async fn restart(&self) {
        let connections = std::mem::take(&mut *self.connections.lock().unwrap());
        for connection in connections {
            let why = amqp10::codec::Error::new(amqp10::codec::Condition::CONNECTION_FORCED, "restart");
            let _ = connection.close_with(why).await;
        }
    }

    async fn serve(self, listener: Listener) {
        while let Ok((incoming, _)) = listener.accept().await {
            tokio::spawn(self.clone().client(incoming));
        }
    }

    async fn client(self, mut incoming: IncomingConnection) -> Result<(), Error> {
        if incoming.login().await?.is_some() {
            incoming.answer(SaslCode::Ok)?;
        }
        let connection = incoming.open().await?;
        self.connections.lock().unwrap().push(connection.clone());
        loop {
            let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
            tokio::spawn(self.clone().session(session));
        }
    }

    async fn session(self, session: Session) -> Result<(), Error> {
        loop {
            let link = session.incoming_link().await?;
            let mut options = LinkOptions::answering(link.attach());
            match link {
                IncomingLink::Receiver(link) => {
                    let target = link.attach().target.as_ref().and_then(|target| target.as_target());
                    let queue = self.queue(target.and_then(|it| it.address.as_deref()).unwrap_or_default());
                    tokio::spawn(take_in(link.accept(options)?, queue));
                }
                IncomingLink::Sender(link) => {
                    let source = options.source.get_or_insert_default();
                    if source.dynamic {
                        let count = self.queues.lock().unwrap().len();
                        source.address = Some(format!("temporary-{count}").into());
                    }
                    let queue = self.queue(source.address.as_deref().unwrap_or_default());
                    tokio::spawn(give_out(link.accept(options)?, queue));
                }
            }
        }
    }

    fn queue(&self, address: &str) -> Arc<Queue> {
        Arc::clone(self.queues.lock().unwrap().entry(address.to_owned()).or_default())
    }
}

async fn take_in(receiver: Receiver, queue: Arc<Queue>) -> Result<(), Error> {
    loop {
        let delivery = receiver.recv().await?;
        let message = (delivery.message_format(), delivery.payload().clone().into_bytes());
        queue.messages.lock().unwrap().push_back(message);
        queue.changed.notify_one();
        delivery.accept()?;
    }
}

async fn give_out(sender: Sender, queue: Arc<Queue>) {
    while give_one(&sender, &queue).await.is_ok() {}
    // whoever else waits for the queue may have what this one was woken for
    queue.changed.notify_one();
}

async fn give_one(sender: &Sender, queue: &Arc<Queue>) -> Result<(), Error> {
    sender.ready().await?;
    let Some((message_format, payload)) = queue.messages.lock().unwrap().pop_front() else {
        return tokio::select! {
            () = queue.changed.notified() => Ok(()),
            gone = sender.detached() => Err(gone),
        };
    };
    let outgoing = Outgoing { message_format, ..Outgoing::new(payload.clone()) };
    let settlement = sender.submit_encoded(outgoing).await;
    let queue = Arc::clone(queue);
    tokio::spawn(async move {
        let outcome = match settlement {
            Ok(settlement) => settlement.await,
            Err(error) => Err(error),
        };
        if !matches!(outcome, Ok(Outcome::Accepted | Outcome::Rejected(_))) {
            queue.messages.lock().unwrap().push_front((message_format, payload));
            queue.changed.notify_one();
        }
    });
    Ok(())
}
