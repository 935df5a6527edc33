//! A program that does one thing many times, for callgrind to count and the clock to time.
//!
//! `PROGRAM list` names what it can do, `PROGRAM NAME N` does it N times and prints the nanoseconds of one. The peers'
//! programs in `benches/peers` obey the same words.

use std::time::Instant;

/// Prepares the input of some work, and returns what does it once.
pub(crate) type Start = fn() -> Box<dyn FnMut()>;

/// Obeys the arguments, if they are those of such a program.
///
/// # Errors
/// No work has that name.
pub(crate) fn obey(arguments: &[String], all: &[(&str, Start)]) -> Option<Result<(), String>> {
    match arguments {
        [list] if list == "list" => {
            all.iter().for_each(|(name, _)| println!("{name}"));
            Some(Ok(()))
        }
        [name, repetitions] => Some(repeat(name, repetitions.parse().ok()?, all)),
        _ => None,
    }
}

fn repeat(name: &str, repetitions: u64, all: &[(&str, Start)]) -> Result<(), String> {
    let found = all.iter().find(|(known, _)| *known == name);
    let (_, start) = found.ok_or_else(|| format!("no work is called {name}"))?;
    let mut operation = start();
    let began = Instant::now();
    for _ in 0..repetitions {
        operation();
    }
    println!("{:.2}", began.elapsed().as_nanos() as f64 / repetitions as f64);
    Ok(())
}
