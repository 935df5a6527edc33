//! amqp-codec and foreign codecs on the same octets: the same are accepted, and the same is read.
//!
//! `differential [--seconds N] [--seed N] [--proton PYTHON] [FILE…]` compares generated input until the time is up,
//! after the values in the files. `differential --table` prints the classes of disagreement for the README.
//!
//! Each disagreement must be of a class in [`classes`], which names the clause that decides it; any other fails.

mod change;
mod classes;
mod compare;
mod features;
mod form;
mod input;
mod node;
mod peer;
mod subject;
#[path = "../../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "the property tests use the rest of it")]
mod support;
mod vectors;
mod worker;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use compare::Tally;
use lexopt::ValueExt as _;
use peer::{Codec, Peer};

/// How many inputs are generated and compared at a time.
const BATCH: usize = 500;

struct Options {
    seconds: u64,
    seed: u64,
    proton: Option<String>,
    files: Vec<String>,
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut options = Options { seconds: 40, seed: 1, proton: None, files: Vec::new() };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("seconds") => options.seconds = arguments.value()?.parse()?,
            lexopt::Arg::Long("seed") => options.seed = arguments.value()?.parse()?,
            lexopt::Arg::Long("proton") => options.proton = Some(arguments.value()?.string()?),
            lexopt::Arg::Long("table") => {
                print!("{}", classes::table());
                return Ok(ExitCode::SUCCESS);
            }
            lexopt::Arg::Value(word) if word == "worker" => {
                let codec = arguments.value()?.string()?;
                worker::work(&codec).ok_or("no such codec")??;
                return Ok(ExitCode::SUCCESS);
            }
            lexopt::Arg::Value(file) => options.files.push(file.string()?),
            argument => return Err(argument.unexpected().into()),
        }
    }
    compare(options)
}

fn compare(options: Options) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut peers = vec![Peer::of_this_program(Codec::Fe2o3)?, Peer::of_this_program(Codec::Ntex)?];
    peers.extend(options.proton.map(Peer::proton));
    peers.iter().try_for_each(Peer::check)?;
    let mut tally = Tally::default();

    let recorded = vectors::read(&options.files)?;
    println!("{} inputs from files", recorded.len());
    tally.compare(&peers, &recorded)?;

    println!("generated inputs, --seed {}", options.seed);
    let until = Instant::now() + Duration::from_secs(options.seconds);
    for seed in options.seed.. {
        tally.compare(&peers, &input::generate(seed, BATCH))?;
        if Instant::now() >= until {
            break;
        }
    }
    Ok(if tally.report() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
