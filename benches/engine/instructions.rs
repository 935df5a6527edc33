//! Counts the instructions that a message costs two cores together, from `send` to what comes back of it, and fails if
//! it takes more than it may.
//!
//! `cargo bench --bench engine-instructions [-- NAME…]`; it needs valgrind. The messages are octets, with no codec
//! beside the performatives, or, as `message-…`, values of the message type that are made, written, and read again. The
//! wire is a memcpy and counts too.

#[expect(dead_code, reason = "times are the other program's")]
#[path = "../codec/measure.rs"]
mod measure;
mod pair;
#[path = "../codec/program.rs"]
mod program;

use amqp10::codec::{Bytes, EncodedMessage, Message};
use amqp10::proto::{Event, FrameTap, Outgoing, ReceiverId, SenderId};
use measure::Program;
use pair::{BATCH, MAX_FRAME_SIZE, Pair};
use program::Start;
use std::hint::black_box;
use std::process::ExitCode;

/// Batches in the two runs whose instructions are compared.
const FEW: u64 = 50;
const MANY: u64 = 150;

/// What is counted, a batch of messages each time, and the most that one may take.
const ALL: [(&str, Start, u64); 7] = [
    // Sent settled: nothing comes back but flows.
    ("presettled", || batch(MAX_FRAME_SIZE, Kind::Octets(100), true), PRESETTLED),
    // Sent unsettled, accepted and settled by the receiver, mode first.
    ("unsettled-first", || batch(MAX_FRAME_SIZE, Kind::Octets(100), false), UNSETTLED),
    // Eight frames a message, otherwise the same.
    ("multi-frame", || batch(4_096, Kind::Octets(32_000), false), MULTI_FRAME),
    // One data section in the message type, both ways.
    ("message-presettled", || batch(MAX_FRAME_SIZE, Kind::Message(100), true), MESSAGE_PRESETTLED),
    // The same as the first two, and a tap at each end that is shown every frame (S11.4).
    ("tapped-presettled", || tapped(true), TAPPED_PRESETTLED),
    ("tapped-unsettled", || tapped(false), TAPPED_UNSETTLED),
    ("message-unsettled", || batch(MAX_FRAME_SIZE, Kind::Message(100), false), MESSAGE_UNSETTLED),
];

const PRESETTLED: u64 = 1_650;
const UNSETTLED: u64 = 2_280;
// At most 15 % above what it takes without.
const TAPPED_PRESETTLED: u64 = 1_830;
const TAPPED_UNSETTLED: u64 = 2_460;
const MULTI_FRAME: u64 = 17_100;
const MESSAGE_PRESETTLED: u64 = 2_200;
const MESSAGE_UNSETTLED: u64 = 2_820;

/// What a message is, and how many octets its body has.
#[derive(Clone, Copy)]
enum Kind {
    Octets(usize),
    Message(usize),
}

/// Sends a batch of messages and lets it be received, time after time.
fn batch(max_frame_size: u32, kind: Kind, settled: bool) -> Box<dyn FnMut()> {
    batch_on(Pair::new(max_frame_size), kind, settled)
}

fn tapped(settled: bool) -> Box<dyn FnMut()> {
    let mut pair = Pair::new(MAX_FRAME_SIZE);
    let tap = || Some(FrameTap::new(|frame| _ = black_box(frame.len())));
    pair.client.set_frame_tap(tap());
    pair.listener.set_frame_tap(tap());
    batch_on(pair, Kind::Octets(100), settled)
}

fn batch_on(mut pair: Pair, kind: Kind, settled: bool) -> Box<dyn FnMut()> {
    let (sender, receiver) = pair.attach();
    let body = Bytes::from(match kind {
        Kind::Octets(len) | Kind::Message(len) => vec![7; len],
    });
    Box::new(move || {
        let (mut sent, mut over) = (0, 0);
        while over < BATCH {
            sent += send(&mut pair, sender, BATCH - sent, &body, (kind, settled));
            pair.exchange();
            let received = receive(&mut pair, receiver, (kind, settled));
            pair.exchange();
            while pair.listener.poll_event().is_some() {}
            let mut confirmed = 0;
            while let Some(event) = pair.client.poll_event() {
                confirmed += u64::from(matches!(event, Event::Disposition { settled: true, .. }));
            }
            over += if settled { received } else { confirmed };
        }
    })
}

fn send(pair: &mut Pair, sender: SenderId, most: u64, body: &Bytes, (kind, settled): (Kind, bool)) -> u64 {
    let mut view = pair.client.sender(sender).expect("attached");
    let mut send = |_: &u64| match kind {
        Kind::Octets(_) => view.send(Outgoing { settled, ..Outgoing::new(body.clone()) }).is_ok(),
        Kind::Message(_) => {
            let message = Message::from(Bytes::clone(body));
            view.send_encoded(&message, Outgoing { settled, ..Outgoing::default() }).is_ok()
        }
    };
    (0..most).take_while(&mut send).count() as u64
}

fn receive(pair: &mut Pair, receiver: ReceiverId, (kind, settled): (Kind, bool)) -> u64 {
    let mut view = pair.listener.receiver(receiver).expect("attached");
    let mut received = 0;
    while let Some(delivery) = view.recv() {
        let id = delivery.id;
        if let Kind::Message(_) = kind {
            let message = EncodedMessage::parse(delivery.payload.into_bytes()).expect("a message");
            black_box(message.body().expect("a body"));
        }
        if !settled {
            view.accept_delivery(id).expect("unsettled");
        }
        received += 1;
    }
    received
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let works: Vec<(&str, Start)> = ALL.iter().map(|(name, start, _)| (*name, *start)).collect();
    match program::obey(&arguments, &works).unwrap_or_else(|| count(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("engine-instructions: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn count(words: &[String]) -> Result<(), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = Program::new("amqp10", &this)?;
    println!("| instructions a message | amqp10 | at most |");
    println!("| --- | ---: | ---: |");
    let mut over = Vec::new();
    for (name, _, most) in
        ALL.iter().filter(|(name, ..)| words.is_empty() || words.iter().any(|word| name.contains(word)))
    {
        let message = program.difference(name, FEW, MANY)? / BATCH as f64;
        println!("| {name} | {message:.0} | {most} |");
        if message > *most as f64 {
            over.push(*name);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over their budget: {}", over.join(", "))) }
}
