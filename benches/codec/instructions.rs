//! Counts the instructions of the codec's work, and fails if any of it takes more than it may.
//!
//! `cargo bench --bench codec-instructions [-- NAME…]` counts all work, or the work whose name contains one of the
//! words. It needs valgrind. The program that is counted is this one: `PROGRAM NAME N` does the work N times.

mod callgrind;
mod values;
#[expect(dead_code, reason = "allocations are counted by a test of amqp-codec")]
mod work;

use std::path::Path;
use std::process::ExitCode;

use work::{ALL, Work};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let result = match arguments.as_slice() {
        [name, repetitions] if repetitions.parse::<u64>().is_ok() => repeat(name, repetitions),
        words => count(words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("codec-instructions: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn repeat(name: &str, repetitions: &str) -> Result<(), String> {
    let work = ALL.iter().find(|work| work.name == name).ok_or(format!("no work is called {name}"))?;
    let mut operation = (work.start)();
    for _ in 0..repetitions.parse().map_err(|_| "not a number")? {
        operation();
    }
    Ok(())
}

fn count(words: &[String]) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let wanted = |work: &&Work| words.is_empty() || words.iter().any(|word| work.name.contains(word.as_str()));
    let mut over = Vec::new();
    println!("| work | instructions | at most |\n| --- | ---: | ---: |");
    for work in ALL.iter().filter(wanted) {
        let instructions = callgrind::instructions(Path::new(&program), work.name)?;
        let budget = work.budget.map_or("–".into(), |budget| budget.to_string());
        println!("| {} | {instructions:.0} | {budget} |", work.name);
        if work.budget.is_some_and(|budget| instructions > budget as f64) {
            over.push(work.name);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over their budget: {}", over.join(", "))) }
}
