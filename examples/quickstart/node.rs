//! The listener's side: lets clients in and serves queues, made when first named.

use crate::queue::{Queue, Stored};
use amqp10::codec::{self, Attach, Condition, Outcome, SaslCode, TargetTerminus};
use amqp10::proto::{LinkOptions, Outgoing, SaslRequest, SessionOptions};
use amqp10::tokio::Listener;
use amqp10::{
    Error, IncomingConnection, IncomingLink, IncomingReceiver, IncomingSender, SendError, Session, Settlement,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many messages may be on their way to one receiver.
const IN_FLIGHT: usize = 2048;

/// How long the count of what was accepted may take.
const SOON: Duration = Duration::from_secs(5);

/// All queues of this process.
#[derive(Default)]
pub(crate) struct Node {
    queues: Mutex<HashMap<String, Arc<Queue>>>,
}

impl Node {
    fn queue(&self, address: &str) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(address.to_owned()).or_default())
    }

    /// Whether all that was sent has found somebody who accepted it. The tasks that count may be behind the client, which
    /// has closed already.
    pub(crate) async fn check_all_accepted(&self, address: &str, count: usize) -> Result<(), String> {
        let queue = self.queue(address);
        let _ = tokio::time::timeout(SOON, queue.all_accepted(count)).await;
        match queue.counts() {
            (accepted, 0) if accepted == count => Ok(()),
            (accepted, waiting) => {
                Err(format!("the queue saw {accepted} of {count} messages accepted, and holds {waiting}"))
            }
        }
    }
}

/// Lets clients in, for ever.
pub(crate) async fn serve(listener: Listener, node: Arc<Node>) {
    loop {
        match listener.accept().await {
            Ok((incoming, address)) => {
                let node = Arc::clone(&node);
                tokio::spawn(async move {
                    if let Err(error) = serve_connection(incoming, node).await {
                        eprintln!("quickstart: client {address}: {error}");
                    }
                });
            }
            Err(error) => {
                eprintln!("quickstart: cannot accept a client: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(mut incoming: IncomingConnection, node: Arc<Node>) -> Result<(), Error> {
    if let Some(request) = incoming.login().await? {
        incoming.answer(judge(&request))?;
    }
    let connection = incoming.open().await?;
    loop {
        let session = match connection.incoming_session().await {
            Ok(incoming) => incoming.accept(SessionOptions::default())?,
            Err(error) => return if error.is_clean() { Ok(()) } else { Err(error) },
        };
        tokio::spawn(serve_session(session, Arc::clone(&node)));
    }
}

fn judge(request: &SaslRequest) -> SaslCode {
    match request {
        SaslRequest::Anonymous { .. } => SaslCode::Ok,
        SaslRequest::Plain { user, password, .. } if user.as_str() == "guest" && password.matches(b"guest") => {
            SaslCode::Ok
        }
        _ => SaslCode::Auth,
    }
}

async fn serve_session(session: Session, node: Arc<Node>) {
    while let Ok(link) = session.incoming_link().await {
        let Some(address) = address(&link) else {
            let refusal = match &link.attach().target {
                Some(TargetTerminus::Coordinator(_)) => {
                    codec::Error::new(Condition::NOT_IMPLEMENTED, "there are no transactions here")
                }
                _ => codec::Error::new(Condition::NOT_FOUND, "only nodes with an address are served here"),
            };
            link.refuse(refusal);
            continue;
        };
        let queue = node.queue(&address);
        match link {
            IncomingLink::Receiver(link) => drop(tokio::spawn(take_in(link, queue))),
            IncomingLink::Sender(link) => drop(tokio::spawn(give_out(link, queue))),
        }
    }
}

/// The address of the terminus that is ours.
fn address(link: &IncomingLink) -> Option<String> {
    let attach: &Attach = link.attach();
    let address = match (link, &attach.target) {
        (IncomingLink::Sender(_), _) => attach.source.as_ref()?.as_source()?.address.as_ref(),
        (IncomingLink::Receiver(_), Some(TargetTerminus::Target(target))) => target.address.as_ref(),
        (IncomingLink::Receiver(_), _) => None,
    };
    address.map(ToString::to_string)
}

/// The client sends: what comes is put in the queue and accepted.
async fn take_in(link: IncomingReceiver, queue: Arc<Queue>) -> Result<(), Error> {
    let options = LinkOptions::answering(link.attach());
    let receiver = link.accept(options)?;
    loop {
        queue.room().await;
        let delivery = receiver.recv().await?;
        let payload = delivery.payload().clone().into_bytes();
        queue.push(Stored { payload, message_format: delivery.message_format() });
        delivery.accept()?;
    }
}

/// A message on its way to a client.
struct UnderWay {
    place: u64,
    message: Stored,
    settlement: Settlement,
}

/// The client receives: what is in the queue is sent; what is not accepted goes back.
async fn give_out(link: IncomingSender, queue: Arc<Queue>) -> Result<(), Error> {
    let options = LinkOptions::answering(link.attach());
    let sender = link.accept(options)?;
    let (under_way, settled) = mpsc::channel(IN_FLIGHT);
    tokio::spawn(settle(settled, Arc::clone(&queue)));
    loop {
        // a message stays in the queue, for others to take, until it can leave here
        sender.ready().await?;
        let (place, message) = tokio::select! {
            first = queue.pop() => first,
            gone = sender.detached() => return Err(gone),
        };
        let outgoing = Outgoing { message_format: message.message_format, ..Outgoing::new(message.payload.clone()) };
        match sender.submit_encoded(outgoing).await {
            Ok(settlement) => {
                // the other end lives as long as this one
                let _ = under_way.send(UnderWay { place, message, settlement }).await;
            }
            Err(SendError::NotSent(error) | SendError::InDoubt(error)) => {
                queue.put_back(place, message);
                return Err(error);
            }
        }
    }
}

async fn settle(mut settled: mpsc::Receiver<UnderWay>, queue: Arc<Queue>) {
    while let Some(UnderWay { place, message, settlement }) = settled.recv().await {
        match settlement.await {
            Ok(Outcome::Accepted | Outcome::Rejected(_)) => queue.accepted(),
            Ok(Outcome::Released | Outcome::Modified(_) | Outcome::Other(_)) | Err(_) => queue.put_back(place, message),
        }
    }
}
