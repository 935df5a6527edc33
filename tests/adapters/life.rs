//! Connections end with all that they had, and hold no more than they may. Counted for the whole process, so these run
//! one after the other, in a
//! binary of their own: `tests/life.rs` of each binding.

use amqp_async::connect::{Builder, Listener, Runtime, TcpOptions, default_config};
use amqp_async::proto::codec::SaslCode;
use amqp_async::proto::{CreditMode, LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_async::{Connection, IncomingConnection, IncomingLink, Options, Receiver, Sender};
use std::fs::read_dir;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

/// Octets of all traffic: 64 MiB; in release builds 1 GiB.
const TRAFFIC: usize = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };
const SIZE: usize = 10_000;

/// How much the process may grow meanwhile. The exact figures are those of `amqp-async/tests/memory.rs`, by the counting
/// allocator; this is what the system sees, with what the runtime and the allocator keep.
const BOUND: usize = 8 << 20;

/// What the kernel may not have counted yet when it is asked.
const LAG: usize = 1 << 20;

/// How many threads and descriptors this process has.
#[derive(Clone, Copy, Debug)]
struct Held {
    threads: usize,
    descriptors: usize,
}

fn held() -> Held {
    let count = |folder| read_dir(folder).expect("there is /proc").count();
    Held { threads: count("/proc/self/task"), descriptors: count("/proc/self/fd") }
}

/// Waits until no more is held than `before`, for at most a second; the runtime goes on meanwhile.
async fn is_released(before: Held, tasks: &impl Fn() -> usize, tasks_before: usize) {
    let begun = Instant::now();
    poll_fn(|cx| {
        let now = held();
        if now.threads <= before.threads && now.descriptors <= before.descriptors && tasks() <= tasks_before {
            return Poll::Ready(());
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{now:?} and {} tasks, before {before:?}", tasks());
        thread::sleep(Duration::from_millis(1));
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Both at once, until the first is ready.
async fn beside<A>(one: impl Future<Output = A>, other: impl Future<Output = ()>) -> A {
    let (mut one, mut other, mut over) = (pin!(one), pin!(other), false);
    poll_fn(|cx| {
        over = over || other.as_mut().poll(cx).is_ready();
        one.as_mut().poll(cx)
    })
    .await
}

async fn listener<R: Runtime + Default>() -> Listener<R> {
    let config = default_config().output_high_water(16 * 1024).build().unwrap();
    let offered = SaslListener::new([Mechanism::Anonymous]);
    let listener = Listener::bind("127.0.0.1:0", Options::listener(config), Some(offered)).await.unwrap();
    listener.tcp(narrow())
}

fn narrow() -> TcpOptions {
    TcpOptions::default().send_buffer(65_536).receive_buffer(65_536)
}

fn builder<R: Runtime + Default>(address: SocketAddr) -> Builder<R> {
    Builder::<R>::new(default_config().output_high_water(16 * 1024)).addresses([address]).tcp(narrow())
}

async fn let_in(mut incoming: IncomingConnection) -> Result<Connection, amqp_async::Error> {
    incoming.login().await?;
    incoming.answer(SaslCode::Ok)?;
    incoming.open().await
}

/// Lets clients in and forgets them when they leave, one after the other.
async fn serve<R: Runtime>(listener: &Listener<R>) {
    while let Ok((incoming, _)) = listener.accept().await {
        let_in(incoming).await.unwrap().closed().await;
    }
}

/// 1,000 connections, closed or dropped, leave no task, no thread, no descriptor, and next to no memory.
pub(crate) async fn nothing_is_left<R: Runtime + Default>(tasks: impl Fn() -> usize) {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let cycles = |count: usize| async move {
        for number in 0..count {
            let connection = builder::<R>(address).connect().await.unwrap();
            if number % 2 == 0 {
                connection.close().await.unwrap();
            }
        }
    };
    beside(cycles(20), serve(&listener)).await;
    let (before, tasks_before, start) = (held(), tasks(), peak());
    let released = async {
        cycles(1000).await;
        is_released(before, &tasks, tasks_before).await;
    };
    beside(released, serve(&listener)).await;
    let more = grown_since(start);
    assert!(more < BOUND, "{more} octets more after 1,000 connections");
}

async fn link<R: Runtime + Default>() -> (Sender, Receiver) {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let mut receiver = None;
    let accepting = async {
        let connection = let_in(listener.accept().await.unwrap().0).await.unwrap();
        let options = SessionOptions { incoming_window: 16, ..SessionOptions::default() };
        let session = connection.incoming_session().await.unwrap().accept(options).unwrap();
        let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { credit: CreditMode::Auto(100), ..LinkOptions::answering(link.attach()) };
        receiver = Some(link.accept(options).unwrap());
    };
    let attaching = async {
        let connection = builder::<R>(address).connect().await.unwrap();
        connection.session().await.unwrap().sender("queue").await.unwrap()
    };
    let sender = beside(attaching, accepting).await;
    (sender, receiver.expect("accepted before it was answered"))
}

/// The most that was ever resident, in octets.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("there is /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}

/// How much that has grown since, at most. The kernel puts its mark together from counts that lag behind by up to [`LAG`]:
/// so one that has fallen is read again, and never falls by more.
fn grown_since(before: usize) -> usize {
    let mut after = peak();
    for _ in 0..100 {
        if after >= before {
            break;
        }
        thread::sleep(Duration::from_millis(1));
        after = after.max(peak());
    }
    assert!(after + LAG >= before, "a mark of {before} octets fell to {after}");
    after + LAG - before
}

async fn send(sender: &Sender, count: usize) {
    let mut last = None;
    for _ in 0..count {
        last = Some(sender.submit(vec![7; SIZE]).await.unwrap());
    }
    last.expect("there was one").await.unwrap();
}

async fn take(receiver: &Receiver, count: usize) {
    for _ in 0..count {
        receiver.recv().await.unwrap().accept().unwrap();
    }
}

/// Far more goes through than either end holds; and what nobody takes stays with its sender.
pub(crate) async fn little_is_held<R: Runtime + Default>() {
    let (sender, receiver) = link::<R>().await;
    let (warm, count) = (100, TRAFFIC / SIZE);
    beside(take(&receiver, warm), send(&sender, warm)).await;
    let before = peak();
    beside(send(&sender, count), take(&receiver, count)).await;
    let unread = async { while sender.submit(vec![7; SIZE]).await.is_ok() {} };
    beside(poll_fn(until(Instant::now() + Duration::from_millis(300))), unread).await;
    let more = grown_since(before);
    assert!(more < BOUND, "{more} octets more, while {TRAFFIC} went through");
}

/// Ready at that time; asks again and again.
fn until(end: Instant) -> impl FnMut(&mut Context<'_>) -> Poll<()> {
    move |cx| {
        if Instant::now() >= end {
            return Poll::Ready(());
        }
        thread::sleep(Duration::from_millis(1));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
