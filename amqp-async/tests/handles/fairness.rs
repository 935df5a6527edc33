//! Tasks that send all they can on links of one connection: none is starved, whatever they share. It takes an executor
//! that polls in the order of waking, as Tokio's do and this world's does.

use crate::support::*;
use amqp_async::proto::{CreditMode, Outgoing, SessionOptions};
use amqp_async::{Receiver, Sender};
use std::cell::RefCell;
use std::rc::Rc;

/// Messages that have arrived, link by link.
type Arrived = Rc<RefCell<Vec<usize>>>;

/// Sends messages of these sizes, each on a link of its own, until on each so many have arrived, or on one far too
/// many; what has arrived.
fn flood(window: u32, sessions: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let pair = Pair::open();
    let options = SessionOptions { incoming_window: window, ..SessionOptions::default() };
    let sessions: Vec<_> = (0..sessions).map(|_| pair.session_with(options.clone())).collect();
    let arrived: Arrived = Rc::new(RefCell::new(vec![0; links.len()]));
    let targets: Rc<[usize]> = links.iter().map(|(_, target)| *target).collect();
    let ends: Vec<_> =
        (0..links.len()).map(|at| pair.sending(&sessions[at % sessions.len()], CreditMode::Auto(100))).collect();
    for (at, ((sender, receiver), (size, _))) in ends.into_iter().zip(links).enumerate() {
        pair.world.spawn("receive", receive(receiver, at, Rc::clone(&arrived)));
        pair.world.spawn("send", send(sender, *size, Rc::clone(&arrived), Rc::clone(&targets)));
    }
    pair.world.settle();
    arrived.take()
}

async fn send(sender: Sender, size: usize, arrived: Arrived, targets: Rc<[usize]>) {
    let over = || {
        let arrived = arrived.borrow();
        let mut links = arrived.iter().zip(&*targets);
        links.clone().all(|(arrived, target)| arrived >= target)
            || links.any(|(arrived, target)| *arrived > 200 * target)
    };
    while !over() {
        let message = Outgoing { settled: true, ..Outgoing::new(vec![7; size]) };
        drop(sender.submit_encoded(message).await.unwrap());
    }
    // The link stays.
    std::future::pending::<()>().await;
}

async fn receive(receiver: Receiver, at: usize, arrived: Arrived) {
    while receiver.recv().await.is_ok() {
        arrived.borrow_mut()[at] += 1;
    }
}

fn check(window: u32, sessions: usize, links: &[(usize, usize)]) {
    let arrived = flood(window, sessions, links);
    let enough = arrived.iter().zip(links).all(|(arrived, (_, target))| arrived >= target);
    assert!(enough, "window {window}, {sessions} sessions, {links:?}: {arrived:?}");
}

#[test]
fn small_messages_beside_small_ones() {
    for sessions in [1, 3] {
        check(2048, sessions, &[(100, 50), (100, 50), (100, 50)]);
        check(4, sessions, &[(100, 50), (100, 50), (100, 50)]);
    }
}

#[test]
fn small_messages_beside_large_ones() {
    for sessions in [1, 2] {
        check(2048, sessions, &[(300_000, 4), (100, 50)]);
        check(2048, sessions, &[(100, 50), (300_000, 4)]);
        check(3, sessions, &[(1_000_000, 4), (100, 50)]);
    }
}
