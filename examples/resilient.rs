//! Messages through restarts: a sender and a receiver on connections that come back, and an account of every message.
//!
//! ```text
//! resilient                                    against a listener of its own, which is stopped and started
//! resilient URL ADDRESS [MESSAGES]             against a broker; restart it while this runs
//! ```
//!
//! Every message is sent until it is accepted, so each arrives at least once; those that arrive again are counted.

use amqp10::client::{
    Attempt, Backoff, InFlight, LinkPolicy, Notice, ReconnectEvent, ReconnectPolicy, Resilient, RetryPolicy,
};
use amqp10::tokio::proto::codec::Outcome;
use amqp10::tokio::proto::{LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp10::tokio::{Connection, Error, IncomingConnection, IncomingLink, Listener, TokioTimer};
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => alone().await,
        [url, address] => run(url, address, 100_000).await,
        [url, address, messages] => run(url, address, messages.parse()?).await,
        _ => Err("usage: resilient [URL ADDRESS [MESSAGES]]".into()),
    }
}

/// What connects: the URL is the endpoint of the attempt.
async fn connect(attempt: Attempt) -> Result<Connection, Error> {
    Ok(amqp10::tokio::connect(&attempt.endpoint).await?)
}

fn resilient(url: &str) -> Resilient {
    let backoff = Backoff { max: Duration::from_secs(2), ..Backoff::default() };
    // a server that goes as often as this example's is not to be waited for ever longer
    let reset_after = Duration::from_millis(200);
    let policy = ReconnectPolicy { backoff, reset_after, ..ReconnectPolicy::to([url]) };
    let (resilient, supervisor) = Resilient::new(policy, |attempt| Box::pin(connect(attempt)), TokioTimer::default());
    tokio::spawn(supervisor);
    resilient
}

/// Sends the messages and receives them.
async fn run(url: &str, address: &str, messages: u64) -> Result<(), Failure> {
    let resilient = resilient(url);
    let events = resilient.events();
    tokio::spawn(async move {
        while let Some(notice) = events.next().await {
            match notice {
                Notice::Event(ReconnectEvent::Reconnecting { attempt, delay, cause }) => {
                    eprintln!("attempt {attempt} in {delay:?}: {cause}");
                }
                Notice::Event(event) => eprintln!("{event:?}"),
                Notice::Lagged(missed) => eprintln!("{missed} events missed"),
            }
        }
    });
    let sending = tokio::spawn(send(resilient.clone(), address.to_owned(), messages));
    let counts = receive(&resilient, address, messages).await?;
    sending.await??;
    let again: u64 = counts.values().map(|count| count - 1).sum();
    println!("{messages} messages sent and accepted, {} received, {again} deliveries came again", counts.len());
    resilient.close().await?;
    Ok(())
}

async fn send(resilient: Resilient, address: String, messages: u64) -> Result<(), Failure> {
    let policy = LinkPolicy { in_flight: InFlight::Resend, ..LinkPolicy::default() };
    let session = resilient.session(SessionOptions::default());
    let sender = session.sender(LinkOptions::sender("resilient-out", address), policy);
    let retry = RetryPolicy { max_attempts: u32::MAX, ..RetryPolicy::default() };
    let mut sent = tokio::task::JoinSet::new();
    for number in 0..messages {
        let (sender, retry) = (sender.clone(), retry.clone());
        sent.spawn(async move { sender.send_retrying(number.to_be_bytes().to_vec(), retry).await });
        // some at a time
        while sent.len() >= 500 {
            check(sent.join_next().await)?;
        }
    }
    while !sent.is_empty() {
        check(sent.join_next().await)?;
    }
    Ok(())
}

type Sent = Result<Result<Outcome, amqp10::tokio::SendError>, tokio::task::JoinError>;

fn check(sent: Option<Sent>) -> Result<(), Failure> {
    match sent.transpose()?.transpose()? {
        None | Some(Outcome::Accepted) => Ok(()),
        Some(outcome) => Err(format!("a message was not accepted: {outcome:?}").into()),
    }
}

/// How often each message came, once all have.
async fn receive(resilient: &Resilient, address: &str, messages: u64) -> Result<BTreeMap<u64, u64>, Failure> {
    let receiver = resilient.receiver(LinkOptions::receiver("resilient-in", address.to_owned()));
    let mut counts = BTreeMap::new();
    while u64::try_from(counts.len())? < messages {
        let delivery = receiver.recv().await?;
        let body = delivery.message()?.body.to_data().ok_or("no octets")?;
        *counts.entry(u64::from_be_bytes(body.as_ref().try_into()?)).or_default() += 1;
        // if the link is gone it comes again
        let _ = delivery.accept();
    }
    Ok(counts)
}

/// A queue that outlives its listener.
#[derive(Default)]
struct Queue {
    messages: Mutex<VecDeque<Vec<u8>>>,
    filled: Notify,
}

impl Queue {
    fn push(&self, message: Vec<u8>) {
        self.messages.lock().expect("no panic").push_back(message);
        self.filled.notify_one();
    }

    async fn pop(&self) -> Vec<u8> {
        loop {
            if let Some(message) = self.messages.lock().expect("no panic").pop_front() {
                return message;
            }
            self.filled.notified().await;
        }
    }
}

/// Against a listener in this process, which goes and comes.
async fn alone() -> Result<(), Failure> {
    let queue = Arc::<Queue>::default();
    let probe = listen("127.0.0.1:0").await?;
    let address = probe.local_addr()?.to_string();
    drop(probe);
    let server = tokio::spawn(restarting(address.clone(), Arc::clone(&queue)));
    run(&format!("amqp://{address}"), "queue", 5000).await?;
    server.abort();
    Ok(())
}

async fn listen(address: &str) -> std::io::Result<Listener> {
    amqp10::tokio::listen(address, SaslListener::new([Mechanism::Anonymous])).await
}

/// A server that is away for a moment every now and then.
async fn restarting(address: String, queue: Arc<Queue>) {
    loop {
        if let Ok(listener) = listen(&address).await {
            let up = tokio::time::timeout(Duration::from_secs(1), serve(listener, Arc::clone(&queue)));
            // what serves ends with its tasks: every connection is cut
            drop(up.await);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn serve(listener: Listener, queue: Arc<Queue>) {
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((incoming, _)) => drop(tasks.spawn(serve_connection(incoming, Arc::clone(&queue)))),
            Err(error) => eprintln!("accepting: {error}"),
        }
    }
}

async fn serve_connection(mut incoming: IncomingConnection, queue: Arc<Queue>) -> Result<(), Error> {
    if incoming.login().await?.is_some() {
        incoming.answer(amqp10::tokio::proto::codec::SaslCode::Ok)?;
    }
    let connection = incoming.open().await?;
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
        let queue = Arc::clone(&queue);
        tasks.spawn(async move {
            let mut links = tokio::task::JoinSet::new();
            while let Ok(link) = session.incoming_link().await {
                links.spawn(serve_link(link, Arc::clone(&queue)));
            }
        });
    }
}

async fn serve_link(link: IncomingLink, queue: Arc<Queue>) -> Result<(), Error> {
    match link {
        IncomingLink::Receiver(link) => {
            let options = LinkOptions::answering(link.attach());
            let receiver = link.accept(options)?;
            loop {
                let delivery = receiver.recv().await?;
                if let Some(body) = delivery.message().ok().and_then(|message| message.body.to_data()) {
                    queue.push(body.to_vec());
                }
                delivery.accept()?;
            }
        }
        IncomingLink::Sender(link) => {
            let options = LinkOptions::answering(link.attach());
            let sender = link.accept(options)?;
            let mut returns = tokio::task::JoinSet::new();
            loop {
                sender.ready().await?;
                let message = Returning { message: Some(queue.pop().await), queue: Arc::clone(&queue) };
                let sender = sender.clone();
                returns.spawn(async move {
                    let mut message = message;
                    let body = message.message.clone().unwrap_or_default();
                    if matches!(sender.send(body).await, Ok(Outcome::Accepted)) {
                        message.message = None;
                    }
                });
            }
        }
    }
}

/// A message that goes back to its queue unless it was accepted.
struct Returning {
    message: Option<Vec<u8>>,
    queue: Arc<Queue>,
}

impl Drop for Returning {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            self.queue.push(message);
        }
    }
}
