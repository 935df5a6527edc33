//! Live heap of what idles, with the Tokio adapter at both ends of loopback TCP: a connection, a session, a link that
//! sends and the one that receives, handles, tasks and Tokio's own registrations included. Both ends are in this
//! process.
//!
//! use: amqp10-idle [N]; N of each are made, 100 unless said otherwise.

use amqp10::proto::{Config, ConfigBuilder, LinkOptions, SessionOptions};
use amqp10::tokio::{Builder, Listener};
use amqp10::{Connection, IncomingLink, Options, Receiver, Sender, Session};
use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::time::Duration;

/// The idle time-out of both ends: heartbeats go often, and what is given back when nothing moves is given back soon.
const IDLE: Duration = Duration::from_millis(800);

fn config(name: &str) -> ConfigBuilder {
    Config::builder(name).idle_time_out(Some(IDLE))
}

struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: all is the system's allocator, which keeps the contract; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

/// One client and its server.
struct Pair {
    client: Connection,
    server: Connection,
}

impl Pair {
    async fn open(listener: &Listener) -> Result<Self, Box<dyn Error>> {
        let builder = Builder::new(config("client")).host("127.0.0.1").port(listener.local_addr()?.port());
        let accept = async { listener.accept().await?.0.open().await.map_err(io::Error::other) };
        let (client, server) = tokio::join!(builder.without_login().connect(), accept);
        Ok(Self { client: client?, server: server? })
    }

    async fn begin(&self) -> Result<(Session, Session), Box<dyn Error>> {
        let accept = async { self.server.incoming_session().await?.accept(SessionOptions::default()) };
        let (near, far) = tokio::join!(self.client.session(), accept);
        Ok((near?, far?))
    }
}

async fn attach(near: &Session, far: &Session, number: usize) -> Result<(Sender, Receiver), Box<dyn Error>> {
    let accept = async {
        match far.incoming_link().await? {
            IncomingLink::Receiver(link) => {
                let options = LinkOptions::answering(link.attach());
                link.accept(options)
            }
            IncomingLink::Sender(_) => unreachable!("only senders are attached"),
        }
    };
    let options = LinkOptions::sender(format!("link-{number}"), "bench");
    let (sender, receiver) = tokio::join!(near.attach_sender(options), accept);
    Ok((sender?, receiver?))
}

/// After the drivers have come to rest.
async fn live() -> isize {
    tokio::time::sleep(IDLE * 3).await;
    LIVE.load(Relaxed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100), |word| word.parse())?;
    let listener = Listener::bind("127.0.0.1:0", Options::listener(config("server").build()?), None).await?;

    let mut pairs = vec![Pair::open(&listener).await?];
    pairs.reserve_exact(count);
    let before = live().await;
    for _ in 0..count {
        pairs.push(Pair::open(&listener).await?);
    }
    report("connection", live().await - before, count);

    let mut sessions = vec![pairs[0].begin().await?];
    sessions.reserve_exact(count);
    let before = live().await;
    for _ in 0..count {
        sessions.push(pairs[0].begin().await?);
    }
    report("session", live().await - before, count);

    let (near, far) = &sessions[0];
    let mut links = vec![attach(near, far, count).await?];
    links.reserve_exact(count);
    let before = live().await;
    for number in 0..count {
        links.push(attach(near, far, number).await?);
    }
    report("link", live().await - before, count);
    Ok(())
}

fn report(what: &str, octets: isize, count: usize) {
    println!("IDLE {what}: {} octets at both ends, {} at one", octets / count as isize, octets / (2 * count as isize));
}
