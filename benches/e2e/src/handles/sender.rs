//! The sender: one task for each connection, whose links take turns; or one for each link.

use super::{Failure, Tasks, connect, start};
use crate::{Bodies, Mode, SenderArguments, now, print_sender};
use amqp10::codec::SenderSettleMode;
use amqp10::proto::LinkOptions;
use amqp10::{Connection, Outcome, Sender, Settlement};
use std::collections::VecDeque;
use std::ops::Range;

/// Sends what the command line says, and prints the result.
///
/// # Errors
/// Whatever fails.
pub async fn send<R: Tasks>(arguments: SenderArguments) -> Result<(), Failure> {
    let mut connections = Vec::new();
    let mut links = Vec::new();
    for number in 0..arguments.connections {
        let connection = connect::<R>(&arguments.to, format!("bench-sender-{number}")).await?;
        links.extend(attach::<R>(&arguments, &connection).await?);
        connections.push(connection);
    }
    let started = now();
    let mut tasks = Vec::new();
    let mut shares = links.into_iter().enumerate().map(|(number, link)| Share::new(&arguments, number, link));
    let together = if arguments.tasks { 1 } else { arguments.links };
    for _ in 0..arguments.links * arguments.connections / together {
        let shares: Vec<Share> = shares.by_ref().take(together).collect();
        let (bodies, window) = (Bodies::new(arguments.size), arguments.link_window() * together);
        tasks.push(match arguments.mode {
            Mode::Settled => start::<R, _>(settled(shares, bodies)),
            Mode::Unsettled => start::<R, _>(unsettled(shares, bodies, window)),
            Mode::PingPong => start::<R, _>(ping_pong(shares, bodies)),
        });
    }
    let mut round_trips = Vec::new();
    let mut links = Vec::new();
    for task in tasks {
        let (shares, times) = task.await??;
        round_trips.extend(times);
        links.extend(shares);
    }
    let accepted = if arguments.mode == Mode::Settled { 0 } else { arguments.count };
    let mut ended = now();
    if arguments.mode == Mode::Settled {
        for connection in &connections {
            over(connection, arguments.to.is_broker()).await;
        }
        ended = now();
    }
    print_sender(arguments.count, accepted, started, ended, round_trips);
    for connection in connections {
        // the receiver may be quicker
        let _ = connection.close().await;
    }
    Ok(())
}

/// Waits until the receiver has closed; a broker never does, but closes behind the last message.
async fn over(connection: &Connection, broker: bool) {
    if broker {
        let _ = connection.close().await;
    } else {
        connection.closed().await;
    }
}

async fn attach<R: Tasks>(arguments: &SenderArguments, connection: &Connection) -> Result<Vec<Sender>, Failure> {
    let session = connection.session().await?;
    let settled = arguments.mode == Mode::Settled;
    let snd_settle_mode = if settled { SenderSettleMode::Settled } else { SenderSettleMode::Unsettled };
    let mut attaches = Vec::new();
    for number in 0..arguments.links {
        let session = session.clone();
        let options = LinkOptions::sender(format!("bench-{number}"), arguments.to.address());
        let options = LinkOptions { snd_settle_mode, ..options };
        attaches.push(start::<R, _>(async move { session.attach_sender(options).await }));
    }
    let mut links = Vec::new();
    for attach in attaches {
        links.push(attach.await??);
    }
    Ok(links)
}

/// A link, and what it has to send.
struct Share {
    link: Sender,
    numbers: Range<u64>,
}

/// The links stay until all is over.
type Done = Result<(Vec<Share>, Vec<u64>), Failure>;

impl Share {
    fn new(arguments: &SenderArguments, number: usize, link: Sender) -> Self {
        Self { link, numbers: arguments.share(number) }
    }
}

async fn settled(mut shares: Vec<Share>, mut bodies: Bodies) -> Done {
    let mut left = true;
    while left {
        left = false;
        for Share { link, numbers } in &mut shares {
            let Some(number) = numbers.next() else { continue };
            // there is nothing to wait for
            drop(link.submit(bodies.make(number)).await?);
            left = true;
        }
    }
    Ok((shares, Vec::new()))
}

/// `window`: how many messages of all links may be outstanding. Since each link has its turn, the oldest of all is of the
/// link that is next.
async fn unsettled(mut shares: Vec<Share>, mut bodies: Bodies, window: usize) -> Done {
    let mut outstanding = VecDeque::with_capacity(window);
    let mut left = true;
    while left {
        left = false;
        for Share { link, numbers } in &mut shares {
            let Some(number) = numbers.next() else { continue };
            if outstanding.len() == window {
                settle(&mut outstanding).await?;
            }
            outstanding.push_back(link.submit(bodies.make(number)).await?);
            left = true;
        }
    }
    while !outstanding.is_empty() {
        settle(&mut outstanding).await?;
    }
    Ok((shares, Vec::new()))
}

/// Waits for the oldest.
async fn settle(outstanding: &mut VecDeque<Settlement>) -> Result<(), Failure> {
    match outstanding.pop_front() {
        Some(oldest) => check(oldest.await?),
        None => Ok(()),
    }
}

async fn ping_pong(mut shares: Vec<Share>, mut bodies: Bodies) -> Done {
    let mut times = Vec::new();
    for Share { link, numbers } in &mut shares {
        for number in numbers {
            let started = now();
            check(link.send(bodies.make(number)).await?)?;
            times.push(now() - started);
        }
    }
    Ok((shares, times))
}

fn check(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Accepted => Ok(()),
        other => Err(format!("not accepted but {other:?}").into()),
    }
}
