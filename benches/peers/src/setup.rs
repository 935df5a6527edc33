//! What the programs share: their inputs, encoded by our codec, and their `main`.

use crate::program::{self, Start};
use crate::values;
use amqp_codec::Encode;
use std::process::ExitCode;

/// Obeys the command line, which is that of `program.rs`.
pub(crate) fn main(all: &[(&str, Start)]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match program::obey(&arguments, all) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(problem)) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("use: PROGRAM list | PROGRAM NAME N");
            ExitCode::FAILURE
        }
    }
}

/// A value as our codec writes it.
pub(crate) fn octets(value: &impl Encode) -> Vec<u8> {
    let mut octets = Vec::new();
    value.encode(&mut octets);
    octets
}

/// The typical message as our codec writes it.
pub(crate) fn message() -> Vec<u8> {
    octets(&values::message(&values::body()))
}
