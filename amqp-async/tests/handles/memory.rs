//! What a connection holds, counted by the allocator, while much more goes through it than that. A binary of its own on
//! every host: where drivers have threads, what all threads allocate is counted, and these run one after the other.

use crate::host::Host;
use crate::support::*;
use amqp_async::BatchOptions;
use amqp_async::proto::codec::Message;
use amqp_async::proto::{CreditMode, Outgoing, SessionOptions};
use amqp10_testkit::heap::{Counting, count_together, live, measure};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[global_allocator]
static HEAP: Counting = Counting;

/// Octets of all traffic: 32 MiB; in release builds 1 GiB.
const TRAFFIC: usize = if cfg!(debug_assertions) { 32 << 20 } else { 1 << 30 };

/// What both ends of a connection may hold: windows of 16 transfers of 10,000 octets, high-water marks of 16 KiB, read
/// buffers of 64 KiB, and twice that for buffers that grow.
const BOUND: usize = 512 * 1024;

static ALONE: Mutex<()> = Mutex::new(());

/// Counts what all threads allocate, if drivers have threads of their own, and keeps others from being counted.
fn alone() -> MutexGuard<'static, ()> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    count_together(Host::AT_ONCE);
    alone
}

/// Octets that stay since `start`; an executor with threads may take a while to let go of the last.
fn left(start: isize, bound: usize) -> usize {
    let left = || usize::try_from(live() - start).unwrap_or(0);
    let begun = Instant::now();
    while Host::AT_ONCE && left() >= bound && begun.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(1));
    }
    left()
}

#[test]
fn whole_messages() {
    const SIZE: usize = 10_000;
    let _alone = alone();
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 16, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(20));
    let start = live();
    let ((), heap) = measure(|| {
        let sending = pair.world.spawn("send", async move {
            let mut last = None;
            for _ in 0..TRAFFIC / SIZE {
                last = Some(sender.submit(vec![7; SIZE]).await.unwrap());
            }
            last.expect("there was one").await.unwrap();
        });
        let receiving = pair.world.spawn("receive", async move {
            for _ in 0..TRAFFIC / SIZE {
                receiver.recv().await.unwrap().accept().unwrap();
            }
        });
        pair.world.settle();
        assert!(sending.take().is_some() && receiving.take().is_some());
    });
    assert!(heap.total > TRAFFIC, "it went through: {heap:?}");
    assert!(heap.peak < BOUND, "{heap:?}");
    let left = left(start, BOUND);
    assert!(left < BOUND, "{left} octets stay");
}

#[test]
fn a_small_message_allocates_nothing_on_its_way_into_the_output() {
    const BATCH: usize = 64;
    let _alone = alone();
    // whose thread the sender's is
    count_together(false);
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(200));
    let mut counted = [0; 2];
    for _ in 0..4 {
        for (submits, counted) in [false, true].into_iter().zip(&mut counted) {
            let messages: Vec<_> = (0..BATCH).map(|_| Message::from(vec![7; 100])).collect();
            let ((), heap) = measure(|| {
                for message in messages {
                    let settlement = if submits {
                        poll_at_most(&pair.world, 1, sender.submit(message)).expect("there is credit").unwrap()
                    } else {
                        sender.try_send(message).unwrap()
                    };
                    drop(settlement);
                }
            });
            *counted = heap.count;
            for _ in 0..BATCH {
                pair.world.run(receiver.recv()).unwrap().accept().unwrap();
            }
            pair.world.settle();
        }
    }
    // Beside the messages': room for the output, and for what is unsettled.
    assert!(counted.iter().all(|count| *count <= BATCH / 4), "try_send and submit: {counted:?}");
}

#[test]
fn one_message_in_pieces() {
    const SIZE: usize = 10_000;
    let _alone = alone();
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 16, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(20));
    let (_, heap) = measure(|| {
        let sending = pair.world.spawn("write", async move {
            let mut writer = sender.writer(Outgoing::default()).await.unwrap();
            for _ in 0..TRAFFIC / SIZE {
                writer.write(vec![7; SIZE]).await.unwrap();
            }
            writer.finish(Vec::new()).await.unwrap().await.unwrap();
        });
        let receiving = pair.world.spawn("read", async move {
            let mut reader = receiver.reader().await.unwrap();
            let mut octets = 0;
            while let Some(piece) = reader.piece().await.unwrap() {
                octets += piece.len();
            }
            reader.accept().unwrap();
            octets
        });
        pair.world.settle();
        assert_eq!(receiving.take(), Some(TRAFFIC / SIZE * SIZE));
        assert!(sending.take().is_some());
    });
    assert!(heap.total > TRAFFIC, "it went through: {heap:?}");
    assert!(heap.peak < BOUND, "{heap:?}");
}

#[test]
fn what_nobody_takes() {
    let _alone = alone();
    let pair = Pair::open();
    let sessions = pair.session_with(SessionOptions { incoming_window: 16, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(100_000));
    let (_, heap) = measure(|| {
        pair.world.spawn("send", async move { while sender.submit(vec![7; 10_000]).await.is_ok() {} });
        pair.world.settle();
    });
    assert!(heap.peak < BOUND, "{heap:?}");
    drop(receiver);
}

#[test]
fn what_is_given_up_leaves_nothing() {
    const TIMES: usize = 10_000;
    let _alone = alone();
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(20));
    let once = || {
        drop(pair.world.run(sender.writer(Outgoing::new(&b"begun"[..]))).unwrap());
        drop(pair.world.run(sender.submit("not waited for")).unwrap());
        drop(pair.world.run(receiver.recv()).unwrap());
        // nobody answers in time, for there is none
        assert!(poll_at_most(&pair.world, 1, receiver.recv_timeout(STEP)).is_none());
    };
    (0..100).for_each(|_| once());
    let start = live();
    (0..TIMES).for_each(|_| once());
    pair.world.settle();
    let left = left(start, TIMES);
    assert!(left < TIMES, "{left} octets stay of {TIMES} times");
}

#[test]
fn connections_that_come_and_go_leave_nothing() {
    let _alone = alone();
    let once = || {
        let pair = Pair::open();
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(20));
        drop(pair.world.run(sender.submit("x")).unwrap());
        drop((sender, receiver, sessions));
        let Pair { world, client, listener, client_driver, listener_driver, .. } = pair;
        drop((client, listener));
        world.settle();
        assert!(client_driver.take().is_some() && listener_driver.take().is_some(), "the drivers have ended");
    };
    (0..10).for_each(|_| once());
    let start = live();
    (0..1000).for_each(|_| once());
    let left = left(start, 1000);
    assert!(left < 1000, "{left} octets stay of 1,000 connections");
}

#[test]
fn what_had_to_wait_leaves_nothing() {
    const TIMES: usize = 5_000;
    let _alone = alone();
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let options = BatchOptions { linger: STEP, deadline: Some(STEP), ..BatchOptions::new(2) };
    let once = || {
        let mut submit = Box::pin(sender.submit("x"));
        assert!(poll_at_most(&pair.world, 1, submit.as_mut()).is_none());
        let mut batch = Box::pin(receiver.recv_batch(options));
        assert!(poll_at_most(&pair.world, 1, batch.as_mut()).is_none());
        receiver.add_credit(1).unwrap();
        let mut settlement = pair.world.run(submit).unwrap();
        assert!(poll_at_most(&pair.world, 1, &mut settlement).is_none());
        pair.world.settle();
        assert!(poll_at_most(&pair.world, 1, batch.as_mut()).is_none(), "it lingers");
        receiver.add_credit(1).unwrap();
        let second = pair.world.run(sender.submit("y")).unwrap();
        pair.world.run(batch).unwrap().accept().unwrap();
        pair.world.run(settlement).unwrap();
        pair.world.run(second).unwrap();
    };
    (0..100).for_each(|_| once());
    let start = live();
    (0..TIMES).for_each(|_| once());
    let left = left(start, TIMES);
    assert!(left < TIMES, "{left} octets stay of {TIMES} times");
}
