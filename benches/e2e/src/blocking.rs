//! Sender and receiver on plain threads: one for each link, the connections serviced by whoever waits.

use crate::{
    Bodies, MAX_FRAME_SIZE, Mode, ReceiverArguments, SenderArguments, SharedTally, Tally, now, print_ready,
    print_sender,
};
use amqp10::blocking::{Connection, IncomingConnection, IncomingLink, Listener, Options, Pump, Receiver, Sender};
use amqp10::codec::message::Body;
use amqp10::codec::{Outcome, SenderSettleMode};
use amqp10::proto::{Config, CreditMode, LinkOptions, SessionOptions};
use std::collections::VecDeque;
use std::error::Error;
use std::net::TcpStream;
use std::ops::Range;
use std::sync::mpsc::{Sender as Inbox, channel};
use std::thread;

type Failure = Box<dyn Error + Send + Sync>;

/// Sends what the command line says, and prints the result.
///
/// # Errors
/// Whatever fails.
pub fn send(arguments: &SenderArguments) -> Result<(), Failure> {
    let pump = Pump::new()?;
    let (mut connections, mut links) = (Vec::new(), Vec::new());
    for number in 0..arguments.connections {
        let config = Config::builder(format!("bench-sender-{number}")).max_frame_size(MAX_FRAME_SIZE).build()?;
        let stream = TcpStream::connect((&*arguments.host, arguments.port))?;
        stream.set_nodelay(true)?;
        let connection = pump.connect_on(stream, &Options::client(config), None)?;
        let session = connection.session()?;
        for number in 0..arguments.links {
            let settled = arguments.mode == Mode::Settled;
            let snd_settle_mode = if settled { SenderSettleMode::Settled } else { SenderSettleMode::Unsettled };
            let options = LinkOptions::sender(format!("bench-{number}"), "bench");
            links.push(session.attach_sender(LinkOptions { snd_settle_mode, ..options })?);
        }
        connections.push(connection);
    }
    let started = now();
    let shares = (0..links.len()).map(|number| arguments.share(number));
    let mut times = Vec::new();
    thread::scope(|scope| -> Result<(), Failure> {
        let work = links.iter().zip(shares);
        let threads: Vec<_> = work.map(|(link, share)| scope.spawn(|| send_share(arguments, link, share))).collect();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a thread failed")??);
        }
        Ok(())
    })?;
    let mut ended = now();
    if arguments.mode == Mode::Settled {
        links.iter().for_each(|link| drop(link.detached()));
        ended = now();
    }
    let accepted = if arguments.mode == Mode::Settled { 0 } else { arguments.count };
    print_sender(arguments.count, accepted, started, ended, times);
    for connection in connections {
        // the receiver may be quicker
        let _ = connection.close();
    }
    Ok(())
}

fn send_share(arguments: &SenderArguments, link: &Sender, share: Range<u64>) -> Result<Vec<u64>, Failure> {
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    let mut outstanding = VecDeque::new();
    for number in share {
        let body = bodies.make(number);
        match arguments.mode {
            Mode::Settled => drop(link.submit(body)?),
            Mode::PingPong => {
                let asked = now();
                check(link.send(body)?)?;
                times.push(now() - asked);
            }
            Mode::Unsettled => {
                if outstanding.len() == arguments.link_window() {
                    settle(outstanding.pop_front())?;
                }
                outstanding.push_back(link.submit(body)?);
            }
        }
    }
    outstanding.into_iter().try_for_each(|settlement| settle(Some(settlement)))?;
    Ok(times)
}

fn settle(settlement: Option<amqp10::blocking::Settlement>) -> Result<(), Failure> {
    settlement.map_or(Ok(()), |mut settlement| check(settlement.outcome()?))
}

fn check(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Accepted => Ok(()),
        other => Err(format!("not accepted but {other:?}").into()),
    }
}

/// What a thread tells.
enum News {
    /// A client is let in.
    Open(Connection),
    /// A link is over.
    Tally(Tally),
    /// The last message of all came at this time.
    Over(u64),
    Failed(Failure),
}

/// Receives as many messages as the command line says, and prints the result.
///
/// # Errors
/// Whatever fails.
pub fn receive(arguments: &ReceiverArguments) -> Result<(), Failure> {
    let config = Config::builder("bench-receiver").max_frame_size(MAX_FRAME_SIZE).build()?;
    let listener = Listener::bind(("127.0.0.1", arguments.port), Options::listener(config), None)?;
    print_ready();
    let (news, inbox) = channel();
    let credit = arguments.credit;
    let left: &'static SharedTally = Box::leak(Box::new(SharedTally::new(arguments.count)));
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            let news = news.clone();
            thread::spawn(move || {
                if let Err(error) = serve(client, credit, left, &news) {
                    let _ = news.send(News::Failed(error));
                }
            });
        }
    });
    let (mut connections, mut tally, mut ended) = (Vec::new(), Tally::default(), None);
    while ended.is_none() || tally.count < arguments.count {
        match inbox.recv()? {
            News::Open(connection) => connections.push(connection),
            News::Tally(more) => tally = tally.and(more),
            News::Failed(error) => return Err(error),
            News::Over(at) => {
                ended = Some(at);
                for connection in &connections {
                    // the sender may be quicker
                    let _ = connection.close();
                }
            }
        }
    }
    tally.print(ended.unwrap_or_default());
    Ok(())
}

fn serve(
    client: IncomingConnection,
    credit: u32,
    left: &'static SharedTally,
    news: &Inbox<News>,
) -> Result<(), Failure> {
    let connection = client.open()?;
    news.send(News::Open(connection.clone()))?;
    let options = SessionOptions { incoming_window: 1 << 20, ..SessionOptions::default() };
    let session = connection.incoming_session()?.accept(options)?;
    while let Ok(link) = session.incoming_link() {
        let IncomingLink::Receiver(link) = link else { return Err("a sender was to come".into()) };
        let options = LinkOptions { credit: CreditMode::Auto(credit), ..LinkOptions::answering(link.attach()) };
        let (receiver, news) = (link.accept(options)?, news.clone());
        thread::spawn(move || {
            let told = match drain(&receiver, left, &news) {
                Ok(tally) => News::Tally(tally),
                Err(error) => News::Failed(error),
            };
            let _ = news.send(told);
        });
    }
    Ok(())
}

/// Takes each message apart, checks its body and accepts it, until the link is over.
fn drain(receiver: &Receiver, left: &SharedTally, news: &Inbox<News>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    while let Ok(delivery) = receiver.recv() {
        match delivery.encoded()?.body()? {
            Body::Data(sections) if sections.len() == 1 => tally.add(&sections[0]),
            _ => return Err("one data section was to come".into()),
        }
        delivery.accept()?;
        if left.is_last() {
            news.send(News::Over(now()))?;
        }
    }
    Ok(tally)
}
