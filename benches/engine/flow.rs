//! How messages are moved between two cores: in batches over one link or many, or a large range before any is settled.

use crate::pair::{MAX_FRAME_SIZE, Pair};
use amqp10::codec::{Bytes, DeliveryState, EncodedMessage, Message};
use amqp10::proto::{DeliveryId, FrameTap, Outgoing, ReceiverId, SenderId};
use std::hint::black_box;

/// Messages that leave before the other side is let run.
pub(crate) const BATCH: u64 = 64;

/// Deliveries that are unsettled before the first is settled.
pub(crate) const RANGE: u64 = 10_000;

/// What a message is, and how many octets its body has.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Octets(usize),
    Message(usize),
}

/// How a large range is settled.
#[derive(Clone, Copy)]
pub(crate) enum Settle {
    Each,
    Whole,
}

/// Over one link, in frames of so many octets.
pub(crate) fn batch(max_frame_size: u32, kind: Kind, settled: bool) -> Box<dyn FnMut()> {
    Flow::new(max_frame_size, 1, kind, settled).batches()
}

/// Values of the message type, over so many links in turn.
pub(crate) fn over(links: u32, size: usize, settled: bool) -> Box<dyn FnMut()> {
    Flow::new(MAX_FRAME_SIZE, links, Kind::Message(size), settled).batches()
}

/// The same, and a tap at each end that is shown every frame.
pub(crate) fn tapped(settled: bool) -> Box<dyn FnMut()> {
    let mut flow = Flow::new(MAX_FRAME_SIZE, 1, Kind::Octets(100), settled);
    let tap = || Some(FrameTap::new(|frame| _ = black_box(frame.len())));
    flow.pair.client.set_frame_tap(tap());
    flow.pair.listener.set_frame_tap(tap());
    flow.batches()
}

/// A range of messages of 100 octets, and how it is settled; sent settled without.
pub(crate) fn ranges(settle: Option<Settle>) -> Box<dyn FnMut()> {
    let mut flow = Flow::new(MAX_FRAME_SIZE, 1, Kind::Octets(100), settle.is_none());
    Box::new(move || flow.range(settle))
}

/// Messages from the client to the listener, dealt out to the links in turn.
struct Flow {
    pair: Pair,
    senders: Vec<SenderId>,
    next: usize,
    body: Bytes,
    kind: Kind,
    settled: bool,
}

impl Flow {
    fn new(max_frame_size: u32, links: u32, kind: Kind, settled: bool) -> Self {
        let (Kind::Octets(len) | Kind::Message(len)) = kind;
        let mut pair = Pair::new(max_frame_size);
        let session = pair.begin();
        let senders = pair.attach(session, links);
        pair.rest();
        Self { pair, senders, next: 0, body: Bytes::from(vec![7; len]), kind, settled }
    }

    /// Sends a batch and lets it be received, time after time.
    fn batches(mut self) -> Box<dyn FnMut()> {
        Box::new(move || {
            let (mut sent, mut over) = (0, 0);
            while over < BATCH {
                sent += self.send(BATCH - sent);
                self.pair.there();
                let received = self.receive();
                let (_, confirmed) = self.pair.back();
                over += if self.settled { received } else { confirmed };
            }
        })
    }

    /// As many as may leave, at most so many; over several links one each in turn.
    fn send(&mut self, most: u64) -> u64 {
        let run = if self.senders.len() == 1 { most } else { 1 };
        let mut sent = 0;
        while sent < most {
            let one = self.send_on(self.senders[self.next], run);
            if one == 0 {
                break;
            }
            self.next = (self.next + 1) % self.senders.len();
            sent += one;
        }
        sent
    }

    fn send_on(&mut self, link: SenderId, most: u64) -> u64 {
        let (kind, settled) = (self.kind, self.settled);
        let mut view = self.pair.client.sender(link).expect("attached");
        let mut send = |_: &u64| match kind {
            Kind::Octets(_) => view.send(Outgoing { settled, ..Outgoing::new(self.body.clone()) }).is_ok(),
            Kind::Message(_) => {
                let message = Message::from(self.body.clone());
                view.send_encoded(&message, Outgoing { settled, ..Outgoing::default() }).is_ok()
            }
        };
        (0..most).take_while(&mut send).count() as u64
    }

    /// Takes and accepts what has arrived.
    fn receive(&mut self) -> u64 {
        let mut received = 0;
        for id in self.pair.arrived.drain(..) {
            let mut view = self.pair.listener.receiver(id).expect("attached");
            while let Some(delivery) = view.recv() {
                let id = delivery.id;
                if let Kind::Message(_) = self.kind {
                    // what came in two frames is put together: a body of 65,536 octets
                    let message = EncodedMessage::parse(delivery.payload.into_bytes()).expect("a message");
                    black_box(message.body().expect("a body"));
                }
                if !self.settled {
                    view.accept_delivery(id).expect("unsettled");
                }
                received += 1;
            }
        }
        received
    }

    /// Sends a range, takes all of it, and settles it then.
    fn range(&mut self, settle: Option<Settle>) {
        let (mut sent, mut taken, mut at) = (0, Vec::with_capacity(RANGE as usize), None);
        while (taken.len() as u64) < RANGE {
            sent += self.send(RANGE - sent);
            self.pair.there();
            at = self.take(&mut taken).or(at);
            self.pair.back();
        }
        let Some((settle, link)) = settle.zip(at) else { return };
        let mut view = self.pair.listener.receiver(link).expect("attached");
        match settle {
            Settle::Each => taken.iter().for_each(|id| view.accept_delivery(*id).expect("unsettled")),
            Settle::Whole => {
                let (first, last) = (taken[0], taken[taken.len() - 1]);
                let settled = view.dispose_range(first, last, Some(&DeliveryState::Accepted), true);
                assert_eq!(settled.expect("in order"), RANGE as u32);
            }
        }
        let (_, confirmed) = self.pair.back();
        assert_eq!(confirmed, RANGE);
    }

    /// Takes what has arrived and keeps it unsettled; the link that it was on.
    fn take(&mut self, taken: &mut Vec<DeliveryId>) -> Option<ReceiverId> {
        let link = self.pair.arrived.drain(..).next_back()?;
        let mut view = self.pair.listener.receiver(link).expect("attached");
        taken.extend(std::iter::from_fn(|| view.recv().map(|delivery| delivery.id)));
        Some(link)
    }
}
