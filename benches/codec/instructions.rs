//! Counts the instructions of the codec's work, and fails if any of it takes more than it may.
//!
//! `cargo bench --bench codec-instructions [-- NAME…]` counts all work, or the work whose name contains one of the
//! words. It needs valgrind. An argument `PEER=PROGRAM` counts a peer's program beside it, and takes the times of
//! both: `benches/peers/run` does that.

mod measure;
mod program;
mod table;
mod values;
#[expect(dead_code, reason = "allocations are counted by a test of amqp-codec")]
mod work;

use std::path::Path;
use std::process::ExitCode;

use measure::Program;
use program::Start;
use work::{ALL, Work};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let works: Vec<(&str, Start)> = ALL.iter().map(|work| (work.name, work.start)).collect();
    match program::obey(&arguments, &works).unwrap_or_else(|| measure(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("codec-instructions: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &[String]) -> Result<(), String> {
    let (peers, words): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.contains('='));
    let works: Vec<&Work> = ALL
        .iter()
        .filter(|work| words.is_empty() || words.iter().any(|word| work.name.contains(word.as_str())))
        .collect();
    if works.is_empty() {
        return Err(format!("no work is called {words:?}"));
    }
    let programs = programs(&peers)?;
    let over = table::instructions(&works, &programs)?;
    if programs.len() > 1 {
        table::times(&works, &programs)?;
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over their budget: {}", over.join(", "))) }
}

/// This program, and those of the peers.
fn programs(peers: &[&String]) -> Result<Vec<Program>, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut programs = vec![Program::new("amqp10", &this)?];
    for (name, path) in peers.iter().filter_map(|peer| peer.split_once('=')) {
        let peer = Program::new(name, Path::new(path))?;
        if let Some(strange) = peer.works().iter().find(|name| ALL.iter().all(|work| work.name != **name)) {
            return Err(format!("{name} has work that we have not: {strange}"));
        }
        programs.push(peer);
    }
    Ok(programs)
}
