//! Model tests: see `model/mod.rs` for what is tested, `README.md` for how.
//!
//! `AMQP10_MODEL_CASES` says how many cases, `AMQP10_MODEL_SEED` with which seed the first begins; each next case has
//! the next seed.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::expect_used, reason = "test code")]

#[path = "model/mod.rs"]
mod model;

use amqp10_testkit::runner::{self, Verdict};
use amqp10_testkit::trace::Trace;
use model::case::{Case, Side, cases};
use model::failure::{Failure, play};
use model::octets;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::path::PathBuf;

/// Commands of one case.
const COMMANDS: usize = 80;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn runner_of(seed: u64) -> TestRunner {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &octets))
}

/// The case of a seed, made as small as it can be with something wrong in it; `None` where all is well.
fn find(seed: u64, lie: u32) -> Option<(Case, Box<Failure>)> {
    let played = runner_of(seed).run(&cases(COMMANDS), |case| match play(&case, lie) {
        Ok(_) => Ok(()),
        Err(failure) => Err(TestCaseError::fail(failure.what)),
    });
    match played {
        Ok(()) => None,
        Err(TestError::Fail(_, case)) => {
            let failure = play(&case, lie).err().expect("it has failed just now");
            Some((case, failure))
        }
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}

/// Writes the trace of a failure, and says where.
fn write(name: &str, failure: &Failure) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("model");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}.trace"));
    std::fs::write(&path, failure.trace.to_string()).expect("a file");
    path
}

fn listed(case: &Case) -> String {
    let setup = case.setup.iter().map(|setup| format!("{setup:?}"));
    setup.chain(case.commands.iter().map(|command| format!("{command:?}"))).collect::<Vec<_>>().join("\n")
}

#[test]
fn two_cores_do_as_the_models_say() {
    let first = number("AMQP10_MODEL_SEED", 1);
    for seed in first..first + number("AMQP10_MODEL_CASES", 200) {
        let Some((case, failure)) = find(seed, 0) else { continue };
        let path = write(&format!("seed-{seed}"), &failure);
        panic!(
            "seed {seed}: {}\n{}\nagain: AMQP10_MODEL_SEED={seed} AMQP10_MODEL_CASES=1 cargo test --test model\n\
             the core alone: cargo run -p amqp10-testkit -- replay --show {}",
            failure.what,
            listed(&case),
            path.display()
        );
    }
}

/// What the fuzzer starts from, and what it has found (`AMQP10_MODEL_OCTETS=PATH` for that alone).
#[test]
fn octets_are_cases() {
    let seeds = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/operations");
    let paths: Vec<PathBuf> = match std::env::var_os("AMQP10_MODEL_OCTETS") {
        Some(path) => vec![path.into()],
        None => std::fs::read_dir(seeds).expect("seeds").map(|entry| entry.expect("a file").path()).collect(),
    };
    for path in paths {
        let case = octets::case(&std::fs::read(&path).expect("octets")).expect("enough of them");
        if let Err(failure) = play(&case, 0) {
            let trace = write("octets", &failure);
            panic!("{}: {}\n{}\nsee {}", path.display(), failure.what, listed(&case), trace.display());
        }
    }
}

/// What a case wrote down plays again, on either side, to its end.
#[test]
fn what_was_played_replays() {
    for seed in 1..=20 {
        let case = cases(COMMANDS).new_tree(&mut runner_of(seed)).expect("a case").current();
        let world = play(&case, 0).map_err(|failure| failure.what).expect("nothing wrong");
        for side in Side::BOTH {
            let mut trace = Trace { connections: vec![world.end(side).live.script().clone()], ..Trace::default() };
            trace = Trace::parse("played", &trace.to_string()).expect("a trace");
            assert_eq!(runner::play(&trace), Verdict::Pass, "seed {seed}, {side:?}");
        }
    }
}

/// The model is told windows that are too large by one: it says so, and what it writes replays to just that.
#[test]
fn a_fault_leaves_a_trace_that_replays_to_it() {
    let (_, failure) = find(1, 1).expect("a lie is found out");
    assert!(failure.what.contains("remote-incoming-window"), "{}", failure.what);
    let path = write("told-a-lie", &failure);
    let (name, text) = (path.display().to_string(), std::fs::read_to_string(&path).expect("the file"));
    let demand = text.lines().position(|line| line.starts_with("? session")).expect("what should be");
    let verdict = runner::play(&Trace::parse(&name, &text).expect("a trace"));
    let Verdict::Fail(difference) = verdict else { panic!("{verdict:?}") };
    assert!(difference.starts_with(&format!("{name}:{}: ", demand + 1)), "{difference}");
    // Without that line all of it plays, the other side's part too.
    let rest: Vec<&str> = text.lines().filter(|line| !line.starts_with("? session")).collect();
    assert_eq!(runner::play(&Trace::parse(&name, &rest.join("\n")).expect("a trace")), Verdict::Pass);
}
