//! Counts the instructions that a message costs two cores together, from `send` to what comes back of it, and fails if
//! it takes more than it may.
//!
//! `cargo bench --bench engine-instructions [-- NAME…]`; it needs valgrind. The messages are octets, with no codec
//! beside the performatives, or, as `message-…`, values of the message type that are made, written, and read again. The
//! wire is a memcpy and counts too.

#[expect(dead_code, reason = "many links and ranges are in work.rs")]
mod flow;
#[expect(dead_code, reason = "times are the other program's")]
#[path = "../codec/measure.rs"]
mod measure;
mod pair;
#[path = "../codec/program.rs"]
mod program;

use flow::{BATCH, Kind, batch, tapped};
use measure::Program;
use pair::MAX_FRAME_SIZE;
use program::Start;
use std::collections::HashMap;
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
    // The same as the first two, and a tap at each end that is shown every frame (S11.4, see TAPPED).
    ("tapped-presettled", || tapped(true), TAPPED_PRESETTLED),
    ("tapped-unsettled", || tapped(false), TAPPED_UNSETTLED),
    ("message-unsettled", || batch(MAX_FRAME_SIZE, Kind::Message(100), false), MESSAGE_UNSETTLED),
];

const PRESETTLED: u64 = 1_650;
const UNSETTLED: u64 = 2_280;
const TAPPED_PRESETTLED: u64 = 1_830;
const TAPPED_UNSETTLED: u64 = 2_460;
const MULTI_FRAME: u64 = 17_100;
const MESSAGE_PRESETTLED: u64 = 2_200;
const MESSAGE_UNSETTLED: u64 = 2_820;

/// With a tap, and without one; and how many percent more that may take, as counted by the same run.
const TAPPED: [(&str, &str); 2] = [("tapped-presettled", "presettled"), ("tapped-unsettled", "unsettled-first")];
const TAPPED_PERCENT: f64 = 15.0;

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
    let mut counted = HashMap::new();
    let is_asked = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let is_needed = |name: &str| TAPPED.iter().any(|(tapped, plain)| *plain == name && is_asked(tapped));
    for (name, _, most) in ALL.iter().filter(|(name, ..)| is_asked(name) || is_needed(name)) {
        let message = program.difference(name, FEW, MANY)? / BATCH as f64;
        println!("| {name} | {message:.0} | {most} |");
        counted.insert(*name, message);
        if message > *most as f64 {
            over.push((*name).to_owned());
        }
    }
    for (tapped, plain) in TAPPED {
        let (Some(with), Some(without)) = (counted.get(tapped), counted.get(plain)) else { continue };
        let percent = (with / without - 1.0) * 100.0;
        if percent > TAPPED_PERCENT {
            over.push(format!("{tapped}: {percent:.1} % above {plain}"));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over their budget: {}", over.join(", "))) }
}
