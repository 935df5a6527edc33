//! The sender: one task for each link.

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
    for (number, link) in links.into_iter().enumerate() {
        let (share, window) = (arguments.share(number), arguments.link_window());
        let bodies = Bodies::new(arguments.size);
        tasks.push(match arguments.mode {
            Mode::Settled => start::<R, _>(settled(link, share, bodies)),
            Mode::Unsettled => start::<R, _>(unsettled(link, share, bodies, window)),
            Mode::PingPong => start::<R, _>(ping_pong(link, share, bodies)),
        });
    }
    let mut round_trips = Vec::new();
    let mut links = Vec::new();
    for task in tasks {
        let (link, times) = task.await??;
        round_trips.extend(times);
        links.push(link);
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

type Done = Result<(Sender, Vec<u64>), Failure>;

async fn settled(link: Sender, share: Range<u64>, mut bodies: Bodies) -> Done {
    for number in share {
        // there is nothing to wait for
        drop(link.submit(bodies.make(number)).await?);
    }
    Ok((link, Vec::new()))
}

async fn unsettled(link: Sender, share: Range<u64>, mut bodies: Bodies, window: usize) -> Done {
    let mut outstanding: VecDeque<Settlement> = VecDeque::with_capacity(window);
    for number in share {
        if outstanding.len() == window {
            if let Some(oldest) = outstanding.pop_front() {
                check(oldest.await?)?;
            }
        }
        outstanding.push_back(link.submit(bodies.make(number)).await?);
    }
    for settlement in outstanding {
        check(settlement.await?)?;
    }
    Ok((link, Vec::new()))
}

async fn ping_pong(link: Sender, share: Range<u64>, mut bodies: Bodies) -> Done {
    let mut times = Vec::with_capacity(share.clone().count());
    for number in share {
        let started = now();
        check(link.send(bodies.make(number)).await?)?;
        times.push(now() - started);
    }
    Ok((link, times))
}

fn check(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Accepted => Ok(()),
        other => Err(format!("not accepted but {other:?}").into()),
    }
}
