//! The engine alone: two cores in one process, the wire a memcpy, messages of 100 octets.
//!
//! `cargo bench --bench engine [-- N]` prints, for N messages (default 1,000,000) settled and unsettled, the time a
//! message takes on both sides together.

mod pair;

use amqp10::codec::{Bytes, Encode, EncodedMessage, Message};
use amqp10::proto::{Event, Outgoing};
use pair::{BATCH, Pair};
use std::time::Instant as Clock;

/// Sends `count` messages; returns how many were received, and, if unsettled, accepted and settled at the sender.
fn run(count: u64, settled: bool) -> (u64, u64) {
    let mut pair = Pair::new(pair::MAX_FRAME_SIZE);
    let (sender, receiver) = pair.attach();
    while pair.client.poll_event().is_some() {}
    let body = Bytes::from(vec![7; 100]);
    let (mut sent, mut received, mut confirmed) = (0, 0, 0);
    while received < count || (!settled && confirmed < count) {
        let mut view = pair.client.sender(sender).expect("attached");
        for _ in 0..BATCH.min(count - sent) {
            let message = Message::from(body.clone());
            let mut payload = Vec::with_capacity(message.encoded_len());
            message.encode(&mut payload);
            match view.send(Outgoing { settled, ..Outgoing::new(payload) }) {
                Ok(_) => sent += 1,
                Err(_) => break,
            }
        }
        pair.exchange();
        let mut view = pair.listener.receiver(receiver).expect("attached");
        while let Some(delivery) = view.recv() {
            let message = EncodedMessage::parse(delivery.payload.into_bytes()).expect("a message");
            assert!(message.body().is_ok());
            if !settled {
                view.accept_delivery(delivery.id).expect("unsettled");
            }
            received += 1;
        }
        pair.exchange();
        while pair.listener.poll_event().is_some() {}
        while let Some(event) = pair.client.poll_event() {
            confirmed += u64::from(matches!(event, Event::Disposition { settled: true, .. }));
        }
    }
    (received, confirmed)
}

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    for (name, settled) in [("settled", true), ("unsettled, accepted", false)] {
        let start = Clock::now();
        let (received, confirmed) = run(count, settled);
        let nanoseconds = start.elapsed().as_nanos() as f64 / count as f64;
        assert_eq!((received, confirmed), (count, if settled { 0 } else { count }));
        println!("{name:>20}: {nanoseconds:>6.0} ns a message, send and receive together ({count} messages)");
    }
}
