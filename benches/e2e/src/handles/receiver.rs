//! The receiver: one task for each connection, or each link with `--tasks`; the last message of all ends the run.

use super::{Failure, Tasks, connect, start};
use crate::{MAX_FRAME_SIZE, Order, Place, ReceiverArguments, SharedTally, Source, Tally, now, print_ready};
use amqp10::connect::Listener;
use amqp10::proto::{Config, CreditMode, LinkOptions, SessionOptions};
use amqp10::{
    Batch, BatchOptions, Connection, IncomingConnection, IncomingLink, Options, Receiver, ReceiverSet, Session,
};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// What a task tells.
enum News {
    /// A client is let in.
    Open(Connection),
    /// The last message of all came at this time.
    Over(u64),
    Failed(Failure),
}

#[derive(Clone)]
struct Run {
    credit: u32,
    /// A task for each link.
    tasks: bool,
    left: Arc<SharedTally>,
    news: UnboundedSender<News>,
}

impl Run {
    fn have_come(&self, count: u64) {
        if self.left.are_last(count) {
            let _ = self.news.send(News::Over(now()));
        }
    }
}

/// Receives as many messages as the command line says, and prints the result.
///
/// # Errors
/// Whatever fails.
pub async fn receive<R: Tasks>(arguments: ReceiverArguments) -> Result<(), Failure> {
    let (news, inbox) = unbounded_channel();
    let left = Arc::new(SharedTally::new(arguments.count));
    let run = Run { credit: arguments.credit, tasks: arguments.tasks, left, news };
    match arguments.from {
        Source::Port(port) => listen::<R>(port, run, inbox).await,
        Source::Broker(place) => consume::<R>(&place, run, inbox).await,
    }
}

/// Receives from a broker, over one link.
async fn consume<R: Tasks>(place: &Place, run: Run, mut inbox: UnboundedReceiver<News>) -> Result<(), Failure> {
    let connection = connect::<R>(place, "bench-receiver".to_owned()).await?;
    let session = connection.begin(session_options()).await?;
    let options = LinkOptions::receiver("bench", place.address());
    let options = LinkOptions { credit: CreditMode::Auto(run.credit), ..options };
    let receiver = session.attach_receiver(options).await?;
    let link = start::<R, _>(drain(receiver, run));
    print_ready();
    let ended = loop {
        match inbox.recv().await {
            Some(News::Over(at)) => break at,
            Some(News::Failed(error)) => return Err(error),
            Some(News::Open(_)) => {}
            None => return Err("the broker has ended the link".into()),
        }
    };
    connection.close().await?;
    link.await?.print(ended);
    Ok(())
}

/// Receives from whoever connects.
async fn listen<R: Tasks>(port: u16, run: Run, mut inbox: UnboundedReceiver<News>) -> Result<(), Failure> {
    let config = Config::builder("bench-receiver").max_frame_size(MAX_FRAME_SIZE).build()?;
    let listener = Listener::<R>::bind(("127.0.0.1", port), Options::listener(config), None).await?;
    print_ready();
    let (mut clients, mut connections) = (Vec::new(), Vec::new());
    let ended = loop {
        tokio::select! {
            client = listener.accept() => {
                let (client, _) = client?;
                clients.push(start::<R, _>(serve::<R>(client, run.clone())));
            }
            Some(news) = inbox.recv() => match news {
                News::Open(connection) => connections.push(connection),
                News::Over(at) => break at,
                News::Failed(error) => return Err(error),
            },
        }
    };
    for connection in &connections {
        // the sender may be quicker
        let _ = connection.close().await;
    }
    sum(clients).await.print(ended);
    Ok(())
}

async fn serve<R: Tasks>(client: IncomingConnection, run: Run) -> Tally {
    let news = run.news.clone();
    let served = async {
        let connection = client.open().await?;
        let _ = run.news.send(News::Open(connection.clone()));
        let session = connection.incoming_session().await?.accept(session_options())?;
        if run.tasks { tasks::<R>(&session, run).await } else { together(&connection, &session, run).await }
    };
    served.await.unwrap_or_else(|error| {
        let _ = news.send(News::Failed(error));
        Tally::default()
    })
}

/// What all of them have seen together.
async fn sum(tasks: Vec<oneshot::Receiver<Tally>>) -> Tally {
    let mut all = Tally::default();
    for task in tasks {
        all = all.and(task.await.unwrap_or_default());
    }
    all
}

/// A task for each link, until the connection is over.
async fn tasks<R: Tasks>(session: &Session, run: Run) -> Result<Tally, Failure> {
    let mut links = Vec::new();
    while let Ok(link) = session.incoming_link().await {
        links.push(start::<R, _>(drain(accept(link, &run)?, run.clone())));
    }
    Ok(sum(links).await)
}

/// This task for all links, which are attached before the first message, until the connection is over.
async fn together(connection: &Connection, session: &Session, run: Run) -> Result<Tally, Failure> {
    let mut set = ReceiverSet::new(connection);
    // by the links' numbers in their session, which is the only one
    let (mut orders, mut tally) = (Vec::new(), Tally::default());
    let mut next = loop {
        tokio::select! {
            first = set.recv_batch(BATCH) => break first,
            link = session.incoming_link() => {
                let added = set.add(accept(link?, &run)?).map_err(|_| "a link of another connection")?;
                orders.resize(orders.len().max(added.index() + 1), Order::default());
            }
        }
    };
    loop {
        match next {
            Ok(batch) => {
                let count = batch.len() as u64;
                for delivery in &batch {
                    tally.take(&mut orders[delivery.receiver().index()], delivery.payload())?;
                }
                batch.accept()?;
                run.have_come(count);
            }
            Err(gone) if gone.receiver.is_some() => {}
            Err(_) => return Ok(tally),
        }
        next = set.recv_batch(BATCH).await;
    }
}

fn accept(link: IncomingLink, run: &Run) -> Result<Receiver, Failure> {
    let IncomingLink::Receiver(link) = link else { return Err("a sender was to come".into()) };
    let options = LinkOptions { credit: CreditMode::Auto(run.credit), ..LinkOptions::answering(link.attach()) };
    Ok(link.accept(options)?)
}

fn session_options() -> SessionOptions {
    SessionOptions { incoming_window: 1 << 20, ..SessionOptions::default() }
}

/// How many messages are taken at once, if they are there.
const BATCH: usize = 64;

async fn drain(receiver: Receiver, run: Run) -> Tally {
    let (mut order, mut tally) = (Order::default(), Tally::default());
    while let Ok(batch) = receiver.recv_batch(BatchOptions::new(BATCH)).await {
        let count = batch.len() as u64;
        if let Err(error) = take(batch, &mut order, &mut tally) {
            let _ = run.news.send(News::Failed(error));
        }
        run.have_come(count);
    }
    tally
}

/// Takes the messages apart, checks their bodies and accepts them.
fn take(batch: Batch, order: &mut Order, tally: &mut Tally) -> Result<(), Failure> {
    for delivery in &batch {
        tally.take(order, delivery.payload())?;
    }
    Ok(batch.accept()?)
}
