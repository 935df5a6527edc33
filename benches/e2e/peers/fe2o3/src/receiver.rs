//! Receives through fe2o3-amqp on one thread of Tokio, a task for each connection, session and link.

mod connect;

use amqp10_bench_e2e::{MAX_FRAME_SIZE, Order, Place, ReceiverArguments, SharedTally, Source, Tally, now, print_ready};
use connect::connect;
use fe2o3_amqp::Receiver;
use fe2o3_amqp::acceptor::{ConnectionAcceptor, LinkAcceptor, LinkEndpoint, ListenerSessionHandle, SessionAcceptor};
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::types::messaging::Data;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;

/// What all tasks know.
struct Bench {
    credit: u32,
    left: SharedTally,
    tallies: Mutex<Vec<Arc<Mutex<Tally>>>>,
    /// When the last message came; 0 before.
    ended: watch::Sender<u64>,
}

impl Bench {
    async fn ended(&self) -> u64 {
        let mut ended = self.ended.subscribe();
        ended.wait_for(|at| *at != 0).await.map_or(0, |at| *at)
    }

    /// What all links have seen together.
    fn sum(&self) -> Tally {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tallies = tallies.iter().map(|tally| *tally.lock().unwrap_or_else(PoisonError::into_inner));
        tallies.fold(Tally::default(), Tally::and)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments = ReceiverArguments::read();
    let bench = Arc::new(Bench {
        credit: arguments.credit,
        left: SharedTally::new(arguments.count),
        tallies: Mutex::default(),
        ended: watch::Sender::new(0),
    });
    match arguments.from {
        Source::Port(port) => listen(port, bench).await,
        Source::Broker(place) => consume(&place, bench).await,
    }
}

/// Receives from a broker, over one link.
async fn consume(place: &Place, bench: Arc<Bench>) -> Result<(), Failure> {
    let (mut connection, mut session) = connect(place, "bench-receiver".to_owned()).await?;
    let credit = CreditMode::Auto(bench.credit);
    let builder = Receiver::builder().name("bench").source(place.address()).credit_mode(credit);
    let link = builder.attach(&mut session).await?;
    print_ready();
    receive(link, Arc::clone(&bench)).await?;
    let ended = bench.ended().await;
    let _ = session.end().await;
    let _ = connection.close().await;
    bench.sum().print(ended);
    Ok(())
}

/// Receives from whoever connects.
async fn listen(port: u16, bench: Arc<Bench>) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    print_ready();
    let mut connections = JoinSet::new();
    let ended = loop {
        tokio::select! {
            guest = listener.accept() => {
                connections.spawn(serve(guest?.0, Arc::clone(&bench)));
            }
            ended = bench.ended() => break ended,
        }
    };
    bench.sum().print(ended);
    // what was accepted last is still to leave
    let _ = timeout(Duration::from_secs(2), async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn serve(stream: TcpStream, bench: Arc<Bench>) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let acceptor = ConnectionAcceptor::builder().container_id("bench-receiver").max_frame_size(MAX_FRAME_SIZE).build();
    let mut connection = acceptor.accept(stream).await?;
    let acceptor = SessionAcceptor::builder().incoming_window(1 << 20).handle_max(u32::from(u16::MAX)).build();
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            session = acceptor.accept(&mut connection) => match session {
                Ok(session) => drop(sessions.spawn(serve_session(session, Arc::clone(&bench)))),
                Err(_) => break,
            },
            _ = bench.ended() => break,
        }
    }
    while sessions.join_next().await.is_some() {}
    let _ = connection.close().await;
    Ok(())
}

async fn serve_session(mut session: ListenerSessionHandle, bench: Arc<Bench>) {
    let acceptor = LinkAcceptor::new();
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            link = acceptor.accept(&mut session) => match link {
                Ok(LinkEndpoint::Receiver(link)) => drop(links.spawn(receive(link, Arc::clone(&bench)))),
                _ => break,
            },
            _ = bench.ended() => break,
        }
    }
    while links.join_next().await.is_some() {}
}

/// Takes and accepts messages until all of all links have come, then closes the link.
async fn receive(mut link: Receiver, bench: Arc<Bench>) -> Result<(), Failure> {
    link.set_credit_mode(CreditMode::Auto(bench.credit));
    link.set_credit(bench.credit).await?;
    let tally = Arc::new(Mutex::new(Tally::default()));
    bench.tallies.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&tally));
    let mut order = Order::default();
    let all = async {
        loop {
            let delivery = link.recv::<Data>().await?;
            tally.lock().unwrap_or_else(PoisonError::into_inner).add(&mut order, &delivery.body().0);
            link.accept(&delivery).await?;
            if bench.left.are_last(1) {
                bench.ended.send_replace(now());
            }
        }
    };
    let result: Result<(), Failure> = tokio::select! {
        result = all => result,
        _ = bench.ended() => Ok(()),
    };
    let _ = link.close().await;
    result
}
