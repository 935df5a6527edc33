//! Very many unsettled deliveries: what they cost in memory, and that settling one does not cost what all of them do.
//!
//! A million in a release build, which `.ci/model` runs, a tenth of that otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

#[path = "../../tests/kit/src/heap.rs"]
#[expect(dead_code, unreachable_pub, reason = "the kit is another crate, and needs more of it")]
mod heap;
mod support;

use amqp_proto::{CreditMode, DeliveryId, LinkOptions, Outgoing, ReceiverId, SenderId, SessionOptions};
use heap::live;
use support::{Pair, config};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

const MANY: u32 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// Octets for a delivery that both ends remember.
const EACH: isize = 512;

/// Sends until so many have been taken.
fn fill(pair: &mut Pair, sender: SenderId, receiver: ReceiverId, taken: &mut Vec<DeliveryId>, count: u32) {
    while taken.len() < count as usize {
        let left = count as usize - taken.len();
        let mut link = pair.client.core.sender(sender).unwrap();
        for _ in 0..left.min(1000) {
            if link.send(Outgoing::new("m")).is_err() {
                break;
            }
        }
        pair.pump();
        let mut link = pair.listener.core.receiver(receiver).unwrap();
        taken.extend(std::iter::from_fn(|| link.recv()).map(|delivery| delivery.id));
        pair.pump();
        pair.client.events.clear();
        pair.listener.events.clear();
    }
}

// scenario: DI-29
#[test]
fn a_million_unsettled_deliveries() {
    let mut pair = Pair::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let receiver = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("a", "q") };
    let (sender, receiver) = pair.link(session, LinkOptions::sender("a", "q"), receiver);
    pair.listener.core.receiver(receiver).unwrap().set_credit(MANY).unwrap();
    pair.pump();
    let mut taken = Vec::with_capacity(MANY as usize);

    // Memory is linear: the second half costs what the first did, but for tables that double.
    let before = live();
    fill(&mut pair, sender, receiver, &mut taken, MANY / 2);
    let half = live() - before;
    fill(&mut pair, sender, receiver, &mut taken, MANY);
    let all = live() - before;
    assert!(all <= half * 5 / 2, "{half} octets for the half, {all} for all");
    assert!(all <= EACH * isize::try_from(MANY).unwrap(), "{all} octets");
    assert_eq!(pair.client.core.sender(sender).unwrap().unsettled(), MANY);

    // Settled far from each other. If one cost what all do, this would not come to its end.
    let scattered = (0..taken.len()).map(|turn| turn * 7_919 % taken.len());
    for (turn, at) in scattered.enumerate() {
        pair.listener.core.receiver(receiver).unwrap().accept_delivery(taken[at]).unwrap();
        if turn % 1000 == 999 {
            pair.pump();
            pair.client.events.clear();
        }
    }
    pair.pump();
    pair.client.events.clear();
    assert_eq!(pair.client.core.sender(sender).unwrap().unsettled(), 0);
    assert_eq!(pair.listener.core.receiver(receiver).unwrap().unsettled(), 0);
    let left = live() - before;
    assert!(left <= all / 10, "{left} octets of {all} are not given back");
}
