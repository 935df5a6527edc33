//! Counts the instructions of a message through two cores for all sizes, settle modes and numbers of links, and in large
//! ranges: `cargo bench --bench engine-matrix [-- NAME…]`; it needs valgrind.
//!
//! The work is in `work.rs`; it has no budget. What has one is in `instructions.rs`, a program of its own, lest what is
//! measured here changes what the compiler makes of the same functions there.

#[expect(dead_code, reason = "what has a budget is the other program's")]
mod flow;
#[expect(dead_code, reason = "times are the other program's")]
#[path = "../codec/measure.rs"]
mod measure;
mod pair;
#[path = "../codec/program.rs"]
mod program;
mod work;

use measure::Program;
use program::Start;
use std::process::ExitCode;
use work::ALL;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let works: Vec<(&str, Start)> = ALL.iter().map(|work| (work.name, work.start)).collect();
    match program::obey(&arguments, &works).unwrap_or_else(|| count(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("engine-matrix: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn count(words: &[String]) -> Result<(), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = Program::new("amqp10", &this)?;
    println!("| instructions a message | amqp10 |");
    println!("| --- | ---: |");
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    for work in ALL.iter().filter(|work| wanted(work.name)) {
        let (few, many) = work.repetitions;
        let message = program.difference(work.name, few, many)? / work.messages as f64;
        println!("| {} | {message:.0} |", work.name);
    }
    Ok(())
}
