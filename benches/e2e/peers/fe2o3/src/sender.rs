//! Sends through fe2o3-amqp on one thread of Tokio, a task for each link.

mod connect;

use amqp10_bench_e2e::{Bodies, Mode, SenderArguments, now, print_sender};
use connect::connect;
use fe2o3_amqp::link::SendError;
use fe2o3_amqp::link::delivery::DeliveryFut;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::SenderSettleMode;
use fe2o3_amqp::types::messaging::{Data, Message, Outcome};
use fe2o3_amqp::types::primitives::Binary;
use fe2o3_amqp::{Sendable, Sender};
use std::collections::VecDeque;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

type Failure = Box<dyn Error + Send + Sync>;
type Settlement = DeliveryFut<Result<Outcome, SendError>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments = Arc::new(SenderArguments::read());
    let (mut connections, mut links) = (Vec::new(), Vec::new());
    for number in 0..arguments.connections {
        let (connection, mut session) = connect(&arguments.to, format!("bench-sender-{number}")).await?;
        for number in 0..arguments.links {
            links.push(attach(&arguments, &mut session, number).await?);
        }
        connections.push((connection, session));
    }
    let started = now();
    let start = |(number, link)| {
        let share = arguments.share(number);
        tokio::spawn(send_share(Arc::clone(&arguments), link, share))
    };
    let tasks: Vec<_> = links.into_iter().enumerate().map(start).collect();
    let (mut links, mut times) = (Vec::new(), Vec::new());
    for task in tasks {
        let (link, more) = task.await??;
        links.push(link);
        times.extend(more);
    }
    let accepted = if arguments.mode == Mode::Settled { 0 } else { arguments.count };
    print_sender(arguments.count, accepted, started, now(), times);
    for (mut connection, mut session) in connections {
        // the receiver may be quicker
        let _ = session.end().await;
        let _ = connection.close().await;
    }
    Ok(())
}

async fn attach(
    arguments: &SenderArguments,
    session: &mut SessionHandle<()>,
    number: usize,
) -> Result<Sender, Failure> {
    let settled = arguments.mode == Mode::Settled;
    let mode = if settled { SenderSettleMode::Settled } else { SenderSettleMode::Unsettled };
    let builder =
        Sender::builder().name(format!("bench-{number}")).target(arguments.to.address()).sender_settle_mode(mode);
    Ok(builder.attach(session).await?)
}

/// Sends a link's share; returns the link, lest it be closed, and the round trips.
async fn send_share(
    arguments: Arc<SenderArguments>,
    mut link: Sender,
    share: Range<u64>,
) -> Result<(Sender, Vec<u64>), Failure> {
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    let mut outstanding = VecDeque::new();
    for number in share {
        let body = Data(Binary::from(bodies.number(number).to_vec()));
        let settled = Some(arguments.mode == Mode::Settled);
        let message = Sendable::builder().message(Message::from(body)).settled(settled).build();
        match arguments.mode {
            Mode::Settled => drop(link.send_batchable(message).await?),
            Mode::PingPong => {
                let asked = now();
                check(link.send(message).await?)?;
                times.push(now() - asked);
            }
            Mode::Unsettled => {
                if outstanding.len() == arguments.link_window() {
                    settle(outstanding.pop_front()).await?;
                }
                outstanding.push_back(link.send_batchable(message).await?);
            }
        }
    }
    for settlement in outstanding {
        settle(Some(settlement)).await?;
    }
    if arguments.mode == Mode::Settled && !arguments.to.is_broker() {
        let _ = link.on_detach().await;
    }
    Ok((link, times))
}

async fn settle(settlement: Option<Settlement>) -> Result<(), Failure> {
    match settlement {
        Some(settlement) => check(settlement.await?),
        None => Ok(()),
    }
}

fn check(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Accepted(_) => Ok(()),
        other => Err(format!("not accepted but {other:?}").into()),
    }
}
