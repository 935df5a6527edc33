//! Counts the instructions that a message costs two cores together, from `send` to what comes back of it.
//!
//! `cargo bench --bench engine-instructions [-- NAME…]`; it needs valgrind. Messages are octets here: no codec beside
//! the performatives. The wire is a memcpy and counts too.

#[expect(dead_code, reason = "times are the other program's")]
#[path = "../codec/measure.rs"]
mod measure;
mod pair;
#[path = "../codec/program.rs"]
mod program;

use amqp10::codec::Bytes;
use amqp10::proto::{Event, Outgoing, ReceiverId, SenderId};
use measure::Program;
use pair::{BATCH, MAX_FRAME_SIZE, Pair};
use program::Start;
use std::process::ExitCode;

/// Batches in the two runs whose instructions are compared.
const FEW: u64 = 50;
const MANY: u64 = 150;

/// What is counted: a batch of messages each time.
const ALL: [(&str, Start); 3] = [
    // Sent settled: nothing comes back but flows.
    ("presettled", || batch(MAX_FRAME_SIZE, 100, true)),
    // Sent unsettled, accepted and settled by the receiver, mode first.
    ("unsettled-first", || batch(MAX_FRAME_SIZE, 100, false)),
    // Eight frames a message, otherwise the same.
    ("multi-frame", || batch(4_096, 32_000, false)),
];

/// Sends a batch of messages and lets it be received, time after time.
fn batch(max_frame_size: u32, octets: usize, settled: bool) -> Box<dyn FnMut()> {
    let mut pair = Pair::new(max_frame_size);
    let (sender, receiver) = pair.attach();
    let body = Bytes::from(vec![7; octets]);
    Box::new(move || {
        let (mut sent, mut over) = (0, 0);
        while over < BATCH {
            sent += send(&mut pair, sender, BATCH - sent, &Outgoing { settled, ..Outgoing::new(body.clone()) });
            pair.exchange();
            let received = receive(&mut pair, receiver, settled);
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

fn send(pair: &mut Pair, sender: SenderId, most: u64, message: &Outgoing) -> u64 {
    let mut view = pair.client.sender(sender).expect("attached");
    (0..most).take_while(|_| view.send(message.clone()).is_ok()).count() as u64
}

fn receive(pair: &mut Pair, receiver: ReceiverId, settled: bool) -> u64 {
    let mut view = pair.listener.receiver(receiver).expect("attached");
    let mut received = 0;
    while let Some(delivery) = view.recv() {
        if !settled {
            view.accept_delivery(delivery.id).expect("unsettled");
        }
        received += 1;
    }
    received
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match program::obey(&arguments, &ALL).unwrap_or_else(|| count(&arguments)) {
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
    println!("| instructions a message | amqp10 |");
    println!("| --- | ---: |");
    for (name, _) in ALL.iter().filter(|(name, _)| words.is_empty() || words.iter().any(|word| name.contains(word))) {
        let batch = program.difference(name, FEW, MANY)?;
        println!("| {name} | {:.0} |", batch / BATCH as f64);
    }
    Ok(())
}
