//! What a connection holds, counted by the allocator, while much more goes through it than that.
#![expect(unused_crate_dependencies, reason = "each test uses its part")]

#[path = "handles/support/mod.rs"]
mod support;

use amqp_async::proto::{CreditMode, Outgoing, SessionOptions};
use amqp10_testkit::heap::{Counting, live, measure};
use support::*;

#[global_allocator]
static HEAP: Counting = Counting;

/// Octets of all traffic: 64 MiB; in release builds 1 GiB.
const TRAFFIC: usize = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };

/// What both ends of a connection may hold: windows of 16 transfers of 10,000 octets, high-water marks of 16 KiB, read
/// buffers of 64 KiB, and twice that for buffers that grow.
const BOUND: usize = 512 * 1024;

#[test]
fn whole_messages() {
    const SIZE: usize = 10_000;
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
    assert!(live() - start < BOUND as isize, "{} octets stay", live() - start);
}

#[test]
fn one_message_in_pieces() {
    const SIZE: usize = 10_000;
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
