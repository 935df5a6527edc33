//! Receives through ntex-amqp on one thread. Left to itself it grants 50 credits whenever none is left, so the window of
//! the contract is granted here, from the first message on and after every half of it.

use amqp10_bench_e2e::{MAX_FRAME_SIZE, Order, ReceiverArguments, SharedTally, Tally, now, print_ready};
use ntex::SharedCfg;
use ntex::service::{boxed, boxed::BoxService, fn_service};
use ntex_amqp::codec::protocol::TransferBody;
use ntex_amqp::error::LinkError;
use ntex_amqp::{AmqpServiceConfig, ControlFrame, ControlFrameKind, server, types};
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

/// Larger than any message here.
const MAX_MESSAGE_SIZE: u64 = 1 << 30;

/// What all links know.
struct Bench {
    credit: u32,
    left: SharedTally,
    tallies: Mutex<Vec<Arc<Mutex<Tally>>>>,
}

type Link = BoxService<types::Link<()>, types::Transfer, types::Outcome, LinkError>;

#[ntex::main]
async fn main() -> std::io::Result<()> {
    let arguments = ReceiverArguments::read();
    let left = SharedTally::new(arguments.count);
    let bench = Arc::new(Bench { credit: arguments.credit, left, tallies: Mutex::default() });
    let config = AmqpServiceConfig::new().set_max_frame_size(MAX_FRAME_SIZE);
    let config = SharedCfg::new("bench-receiver").add(config);
    let server =
        ntex::server::Server::builder().bind("bench", ("127.0.0.1", arguments.port()), config, async move |_| {
            let bench = Arc::clone(&bench);
            let links = server::Router::<()>::builder().service("bench", async move |link: &types::Link<()>| {
                Ok::<_, LinkError>(receive(link, Arc::clone(&bench)))
            });
            server::Server::builder(async |guest: server::Handshake| match guest {
                server::Handshake::Amqp(guest) => Ok(guest.open().await.expect("opened").ack(())),
                server::Handshake::Sasl(_) => Err(()),
            })
            .control(async |frame: ControlFrame| {
                if let ControlFrameKind::AttachReceiver(_, _, link) = frame.kind() {
                    link.set_max_message_size(MAX_MESSAGE_SIZE);
                }
                Ok::<_, ()>(())
            })
            .build(links.build())
        })?;
    print_ready();
    server.workers(1).run().await
}

fn receive(link: &types::Link<()>, bench: Arc<Bench>) -> Link {
    let tally = Arc::new(Mutex::new(Tally::default()));
    lock(&bench.tallies).push(Arc::clone(&tally));
    let order = Cell::new(Order::default());
    let link = link.receiver().clone();
    boxed::service(fn_service(async move |transfer: types::Transfer| {
        let mut tally = lock(&tally);
        if tally.count % u64::from(bench.credit / 2).max(1) == 0 {
            link.set_link_credit(bench.credit);
        }
        let mut next = order.get();
        tally.add(&mut next, body(&transfer));
        order.set(next);
        drop(tally);
        if bench.left.are_last(1) {
            end(&bench);
        }
        Ok(types::Outcome::Accept)
    }))
}

/// What is in the one data section that a message is (§3.2.6).
fn body(transfer: &types::Transfer) -> &[u8] {
    let Some(TransferBody::Data(message)) = transfer.body() else { panic!("octets were to come") };
    let (body, len) = match **message {
        [0x00, 0x53, 0x75, 0xa0, len, ref body @ ..] => (body, usize::from(len)),
        [0x00, 0x53, 0x75, 0xb0, a, b, c, d, ref body @ ..] => (body, u32::from_be_bytes([a, b, c, d]) as usize),
        _ => panic!("one data section was to come"),
    };
    assert_eq!(body.len(), len, "one data section was to come");
    body
}

/// Prints the result, and ends the process when the last outcome has left.
fn end(bench: &Bench) {
    let ended = now();
    let tallies: Vec<Tally> = lock(&bench.tallies).iter().map(|tally| *lock(tally)).collect();
    tallies.into_iter().fold(Tally::default(), Tally::and).print(ended);
    ntex::rt::spawn(async {
        ntex::time::sleep(ntex::time::Millis(50)).await;
        std::process::exit(0);
    });
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
