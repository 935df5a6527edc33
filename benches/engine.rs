//! The engine alone: two cores in one process, the wire a memcpy, messages of 100 octets.
//!
//! `cargo bench --bench engine [-- N]` prints, for N messages (default 1,000,000) settled and unsettled, the time a
//! message takes on both sides together. For instructions: `valgrind --tool=callgrind` on the binary that cargo names.

use amqp10::codec::{Bytes, Encode, EncodedMessage, Message};
use amqp10::proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, Outgoing, ReceiverId, Segments, SenderId, SessionOptions,
};
use bytes::{Buf, BytesMut};
use std::time::Instant as Clock;

const NOW: Instant = Instant::ZERO;

/// Messages that leave before the other side is let run.
const BATCH: u64 = 64;

struct Pair {
    client: Connection,
    listener: Connection,
    to_client: BytesMut,
    to_listener: BytesMut,
    wire: Segments,
}

impl Pair {
    fn new() -> Self {
        let config = |name| Config::builder(name).build().expect("defaults are valid");
        Self {
            client: Connection::client(config("client"), None, NOW),
            listener: Connection::listener(config("listener"), None, NOW),
            to_client: BytesMut::new(),
            to_listener: BytesMut::new(),
            wire: Segments::new(),
        }
    }

    /// Octets each way, once. Whether there were any.
    fn exchange(&mut self) -> bool {
        let there = carry(&mut self.client, &mut self.wire, &mut self.listener, &mut self.to_listener);
        let back = carry(&mut self.listener, &mut self.wire, &mut self.client, &mut self.to_client);
        there || back
    }

    fn attach(&mut self) -> (SenderId, ReceiverId) {
        let session = self.client.begin(SessionOptions::default()).expect("a channel is free");
        let mut client = self.client.session(session).expect("it has just begun");
        let sender = client.attach_sender(LinkOptions::sender("bench", "queue")).expect("a handle is free");
        loop {
            self.exchange();
            while let Some(event) = self.listener.poll_event() {
                match event {
                    Event::BeginRequested { session, .. } => {
                        let mut session = self.listener.session(session).expect("requested");
                        session.accept(SessionOptions::default()).expect("requested");
                    }
                    Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                        let mut receiver = self.listener.receiver(id).expect("requested");
                        receiver.accept(LinkOptions::answering(&attach)).expect("requested");
                        while self.exchange() {}
                        return (sender, id);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn carry(from: &mut Connection, wire: &mut Segments, to: &mut Connection, input: &mut BytesMut) -> bool {
    let _ = from.poll_transmit(NOW, wire);
    let any = wire.has_remaining();
    wire.chunks().for_each(|chunk| input.extend_from_slice(chunk));
    wire.advance(wire.len());
    to.handle_input(NOW, input);
    any
}

/// Sends `count` messages; returns how many were received, and, if unsettled, accepted and settled at the sender.
fn run(count: u64, settled: bool) -> (u64, u64) {
    let mut pair = Pair::new();
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
