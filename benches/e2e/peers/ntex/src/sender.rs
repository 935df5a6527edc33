//! Sends through ntex-amqp on one thread, a task for each link. A body goes onto the wire as it is, so the data section's
//! header is written here.

use amqp10_bench_e2e::{Bodies, MAX_FRAME_SIZE, Mode, SenderArguments, now, print_sender};
use ntex::util::{BufMut, BytesMut};
use ntex::{Pipeline, SharedCfg};
use ntex_amqp::codec::protocol::{DeliveryState, TransferBody};
use ntex_amqp::{AmqpServiceConfig, Delivery, SenderLink, client};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

/// Larger than any message here: 0 would mean no octet at all to this library.
const MAX_MESSAGE_SIZE: u64 = 1 << 30;

#[ntex::main]
async fn main() {
    let arguments = Rc::new(SenderArguments::read());
    let config = AmqpServiceConfig::new().set_max_frame_size(MAX_FRAME_SIZE);
    let config: SharedCfg = SharedCfg::new("bench-sender").add(config).into();
    let (mut connections, mut links) = (Vec::new(), Vec::new());
    for _ in 0..arguments.connections {
        let at = client::Connect::new(format!("{}:{}", arguments.to.host, arguments.to.port));
        let client = Pipeline::new(config.clone(), client::Connector::new()).call(at).await.expect("connected");
        let connection = client.sink();
        ntex::rt::spawn(async move { _ = client.start_default().await });
        let session = connection.open_session().await.expect("begun");
        for number in 0..arguments.links {
            let link = session.build_sender_link(format!("bench-{number}"), "bench").max_message_size(MAX_MESSAGE_SIZE);
            links.push(link.attach().await.expect("attached"));
        }
        connections.push(connection);
    }
    let started = now();
    let start = |(number, link)| {
        let share = arguments.share(number);
        ntex::rt::spawn(send_share(Rc::clone(&arguments), link, share))
    };
    let tasks: Vec<_> = links.into_iter().enumerate().map(start).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("sent"));
    }
    let accepted = if arguments.mode == Mode::Settled { 0 } else { arguments.count };
    print_sender(arguments.count, accepted, started, now(), times);
    for connection in connections {
        // the receiver may be quicker
        let _ = connection.close().await;
    }
}

/// A data section's header by hand (§3.2.6), and what is in it.
fn message(body: &[u8]) -> TransferBody {
    let mut out = BytesMut::with_capacity(body.len() + 8);
    out.put_slice(&[0x00, 0x53, 0x75]);
    match u8::try_from(body.len()) {
        Ok(short) => out.put_slice(&[0xa0, short]),
        Err(_) => {
            out.put_u8(0xb0);
            out.put_u32(body.len() as u32);
        }
    }
    out.put_slice(body);
    TransferBody::Data(out.freeze())
}

async fn send_share(arguments: Rc<SenderArguments>, link: SenderLink, share: Range<u64>) -> Vec<u64> {
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    let mut outstanding = VecDeque::new();
    for number in share {
        let transfer = link.transfer(message(bodies.number(number)));
        match arguments.mode {
            Mode::Settled => drop(transfer.settled().send().await.expect("sent")),
            Mode::PingPong => {
                let asked = now();
                settle(transfer.send().await.expect("sent")).await;
                times.push(now() - asked);
            }
            Mode::Unsettled => {
                if outstanding.len() == arguments.link_window() {
                    settle(outstanding.pop_front().expect("as many as that")).await;
                }
                outstanding.push_back(transfer.send().await.expect("sent"));
            }
        }
    }
    for delivery in outstanding {
        settle(delivery).await;
    }
    if arguments.mode == Mode::Settled {
        link.on_close().await;
    }
    times
}

async fn settle(delivery: Delivery) {
    match delivery.wait().await.expect("settled") {
        Some(DeliveryState::Accepted(_)) => {}
        other => panic!("not accepted but {other:?}"),
    }
}
