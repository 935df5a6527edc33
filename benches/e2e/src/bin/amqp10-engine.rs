//! Two cores in one process, the wire a memcpy, 64 messages a batch, each built and taken apart through the message
//! type. Every disposition is walked and counted.
//!
//! use: amqp10-engine N SIZE settled|unsettled [--window W] [--batch B] [--links L] [--raw]; with `--raw` the data
//! section is written and read by hand.

use amqp10::codec::message::Body;
use amqp10::codec::{Bytes, DeliveryState, Message};
use amqp10::proto::{
    Config, Connection, CreditMode, Event, Instant, LinkId, LinkOptions, Outgoing, ReceiverId, Segments, SendError,
    SenderId, SenderMut, Sent, SessionOptions,
};
use amqp10_bench_e2e::{Bodies, MAX_FRAME_SIZE, Order, Tally, now};
use bytes::{Buf, BytesMut};

const NOW: Instant = Instant::ZERO;
const CREDIT: u32 = 1000;
/// How much the wire copies at once: of one long copy, which is one instruction of the processor, callgrind counts each octet.
const PIECE: usize = 1024;

struct Options {
    count: u64,
    size: usize,
    settled: bool,
    window: u64,
    batch: u64,
    links: u64,
    raw: bool,
}

impl Options {
    fn read() -> Self {
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        let mut option = |name: &str, default: u64| {
            let Some(at) = words.iter().position(|word| word == name) else { return default };
            words.remove(at);
            words.remove(at).parse().expect("a number")
        };
        let (window, batch, links) = (option("--window", 1000), option("--batch", 64), option("--links", 1));
        let raw = words.iter().any(|word| word == "--raw");
        Self {
            count: words[0].parse().expect("N"),
            size: words[1].parse().expect("SIZE"),
            settled: words[2] == "settled",
            window,
            batch,
            links,
            raw,
        }
    }
}

/// A client that sends and a listener that receives.
struct Pair {
    client: Connection,
    listener: Connection,
    to_client: BytesMut,
    to_listener: BytesMut,
    wire: Segments,
    /// Of the client, accepted and settled by the listener.
    accepted: u64,
    receivers: Vec<ReceiverId>,
    arrived: Vec<ReceiverId>,
}

impl Pair {
    fn new() -> Self {
        let config = |name| Config::builder(name).max_frame_size(MAX_FRAME_SIZE).build().expect("large enough");
        Self {
            client: Connection::client(config("client"), None, NOW),
            listener: Connection::listener(config("listener"), None, NOW),
            to_client: BytesMut::new(),
            to_listener: BytesMut::new(),
            wire: Segments::new(),
            accepted: 0,
            receivers: Vec::new(),
            arrived: Vec::new(),
        }
    }

    fn there(&mut self) -> bool {
        let any = carry(&mut self.client, &mut self.wire, &mut self.listener, &mut self.to_listener);
        while let Some(event) = self.listener.poll_event() {
            self.listen(event);
        }
        any
    }

    fn back(&mut self) -> bool {
        let any = carry(&mut self.listener, &mut self.wire, &mut self.client, &mut self.to_client);
        while let Some(event) = self.client.poll_event() {
            let Event::Disposition { state, settled: true, .. } = event else { continue };
            match state {
                Some(DeliveryState::Accepted) => self.accepted += 1,
                other => drop(other),
            }
        }
        any
    }

    fn listen(&mut self, event: Event) {
        match event {
            Event::Arrived { receiver } => self.arrived.push(receiver),
            Event::BeginRequested { session, .. } => {
                let options = SessionOptions { incoming_window: 1 << 20, ..SessionOptions::default() };
                self.listener.session(session).expect("requested").accept(options).expect("requested");
            }
            Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                let options = LinkOptions { credit: CreditMode::Auto(CREDIT), ..LinkOptions::answering(&attach) };
                self.listener.receiver(id).expect("requested").accept(options).expect("requested");
                self.receivers.push(id);
            }
            _ => {}
        }
    }

    fn attach(&mut self, links: u64) -> Vec<SenderId> {
        let session = self.client.begin(SessionOptions::default()).expect("a channel is free");
        let mut session = self.client.session(session).expect("it has just begun");
        let attach = |link| session.attach_sender(LinkOptions::sender(format!("link-{link}"), "bench"));
        let senders = (0..links).map(attach).collect::<Result<Vec<_>, _>>().expect("handles are free");
        while self.there() | self.back() {}
        assert_eq!(self.receivers.len() as u64, links);
        senders
    }

    /// Takes what has arrived on a link.
    fn receive(&mut self, id: ReceiverId, raw: bool, order: &mut Order, tally: &mut Tally) {
        let mut receiver = self.listener.receiver(id).expect("attached");
        while let Some(delivery) = receiver.recv() {
            let to_settle = (!delivery.settled).then_some(delivery.id);
            if raw {
                tally.add(order, &data_section(delivery.payload.into_bytes()));
            } else {
                tally.take(order, &delivery.payload).expect("one data section");
            }
            if let Some(id) = to_settle {
                receiver.accept_delivery(id).expect("unsettled");
            }
        }
    }
}

fn carry(from: &mut Connection, wire: &mut Segments, to: &mut Connection, input: &mut BytesMut) -> bool {
    let _ = from.poll_transmit(NOW, wire);
    if wire.is_empty() {
        return false;
    }
    input.reserve(wire.len());
    wire.chunks().flat_map(|chunk| chunk.chunks(PIECE)).for_each(|piece| input.extend_from_slice(piece));
    wire.advance(wire.len());
    to.handle_input(NOW, input);
    true
}

/// A data section's header by hand (§3.2.6), and what is in it.
fn raw_message(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 8);
    out.extend_from_slice(&[0x00, 0x53, 0x75]);
    match u8::try_from(body.len()) {
        Ok(short) => out.extend_from_slice(&[0xa0, short]),
        Err(_) => {
            out.push(0xb0);
            out.extend_from_slice(&(body.len() as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(body);
    out
}

fn data_section(mut message: Bytes) -> Bytes {
    assert_eq!(message[..3], [0x00, 0x53, 0x75]);
    let header = if message[3] == 0xa0 { 5 } else { 8 };
    message.advance(header);
    message
}

#[inline]
fn send(sender: &mut SenderMut<'_>, options: &Options, bodies: &mut Bodies, number: u64) -> Result<Sent, SendError> {
    let outgoing = Outgoing { settled: options.settled, ..Outgoing::default() };
    if options.raw {
        sender.send(Outgoing { payload: raw_message(bodies.number(number)).into(), ..outgoing })
    } else {
        sender.send_encoded(&Message::from(Body::from(bodies.make(number))), outgoing)
    }
}

fn main() {
    let options = Options::read();
    let mut pair = Pair::new();
    let senders = pair.attach(options.links);
    let (mut orders, mut tally) = (vec![Order::default(); senders.len()], Tally::default());
    let mut bodies = Bodies::new(options.size);
    let mut sent = 0;
    let started = now();
    while tally.count < options.count || (!options.settled && pair.accepted < options.count) {
        let outstanding = if options.settled { 0 } else { sent - pair.accepted };
        let most = options.batch.min(options.count - sent).min(options.window - outstanding);
        // of a link's messages one look at it
        let run = if options.links == 1 { most } else { 1 };
        let mut left = most;
        'batch: while left > 0 {
            let id = senders[(sent % options.links) as usize];
            let mut sender = pair.client.sender(id).expect("attached");
            for _ in 0..run {
                match send(&mut sender, &options, &mut bodies, sent) {
                    Ok(_) => sent += 1,
                    Err(SendError::Blocked(..)) => break 'batch,
                    Err(error) => panic!("{error}"),
                }
            }
            left -= run;
        }
        pair.there();
        let mut arrived = std::mem::take(&mut pair.arrived);
        for id in arrived.drain(..) {
            let at = if options.links == 1 { 0 } else { pair.receivers.iter().position(|r| *r == id).expect("known") };
            pair.receive(id, options.raw, &mut orders[at], &mut tally);
        }
        pair.arrived = arrived;
        pair.back();
    }
    let ended = now();
    tally.print(ended);
    println!("ENGINE ns_per_message={:.1}", (ended - started) as f64 / options.count as f64);
}
