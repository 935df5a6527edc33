//! Much at once goes in portions, so that both peers have work at the same time: here in the order of this world, where a
//! task that never waits would keep everybody from having a turn.

use crate::support::*;
use amqp_async::proto::{Config, CreditMode, Outgoing, SessionOptions};
use amqp_async::{BatchOptions, Options, Receiver, Sender, TrySendError};

/// Octets of a body, of a message on the wire about, and of a portion about.
const BODY: usize = 100;
const MESSAGE: usize = 130;
const PORTION: usize = 80 * 1024;

fn message() -> Outgoing {
    Outgoing { settled: true, ..Outgoing::new(vec![7; BODY]) }
}

/// A link over a pipe that holds so much, with the output's default mark and windows that do not matter.
fn link(capacity: usize) -> (Pair, Sender, Receiver) {
    let config = |name| Config::builder(name).build().unwrap();
    let pair = Pair::open_as(capacity, &Options::client(config("client")), &Options::listener(config("listener")));
    let sessions = pair.session_with(SessionOptions { incoming_window: 1 << 20, ..SessionOptions::default() });
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10_000));
    (pair, sender, receiver)
}

/// Sends so many messages over a pipe that holds so much: octets that were handed over and had not left, at most, about; and
/// how often the task was woken.
fn send_all(count: usize, capacity: usize) -> (usize, usize) {
    let (pair, sender, receiver) = link(capacity);
    let (tap, before) = (pair.tap.clone(), pair.tap.written()[0]);
    let sending = pair.world.spawn("send", async move {
        let mut behind = 0;
        for number in 1..=count {
            drop(sender.submit_encoded(message()).await.unwrap());
            behind = behind.max((number * MESSAGE).saturating_sub(tap.written()[0] - before));
        }
        (behind, sender)
    });
    let receiving = pair.world.spawn("receive", async move {
        for _ in 0..count {
            drop(receiver.recv().await.unwrap());
        }
        receiver
    });
    pair.world.settle();
    assert!(receiving.take().is_some(), "all have come");
    let wakes = sending.wakes();
    (sending.take().expect("all were sent").0, wakes)
}

#[test]
fn who_hands_over_much_lets_it_leave_meanwhile() {
    let (behind, wakes) = send_all(5_000, 1 << 20);
    assert!(behind < PORTION * 5 / 4, "{behind} octets were waiting");
    assert!((1..=5_000 * MESSAGE / PORTION + 2).contains(&wakes), "{wakes} wakes");
    // less than that goes at once
    assert_eq!(send_all(500, 1 << 20).1, 0);
}

#[test]
fn where_it_cannot_leave_nobody_waits_for_it_twice() {
    // the driver comes by for each kilobyte; the task is woken for each portion
    let (behind, wakes) = send_all(2_000, 1024);
    assert!(behind > PORTION, "{behind} octets were waiting");
    assert!(wakes < 10, "{wakes} wakes");
}

#[test]
fn who_is_woken_by_much_has_a_turn_before_all_is_read() {
    let (pair, sender, receiver) = link(1 << 20);
    let receiving = pair.world.spawn("receive", async move {
        let mut batches = Vec::new();
        while let Ok(batch) = receiver.recv_batch(BatchOptions::new(usize::MAX)).await {
            batches.push(batch.len());
        }
        batches
    });
    pair.world.settle();
    let mut sent = 0;
    while let Ok(_settled) = sender.try_send(vec![7; BODY]) {
        sent += 1;
    }
    assert!(matches!(sender.try_send(vec![7; BODY]), Err(TrySendError::Blocked(..))) && sent > 1_500, "{sent} sent");
    pair.world.run(sender.close()).unwrap();
    let batches = receiving.take().expect("the link is gone");
    assert_eq!(batches.iter().sum::<usize>(), sent);
    assert!(batches.iter().all(|batch| batch * MESSAGE < 3 * 65_536), "{batches:?}");
}
