//! Model tests: see `model/mod.rs` for what is tested, `README.md` for how.
//!
//! `AMQP10_MODEL_CASES` says how many cases, `AMQP10_MODEL_SEED` with which seed the first begins; each next case has
//! the next seed.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::expect_used, reason = "test code")]

#[path = "model/mod.rs"]
mod model;

use model::case::{Case, cases};
use model::failure::{Failure, play};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::path::PathBuf;

/// Commands of one case.
const COMMANDS: usize = 80;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The case of a seed, made as small as it can be with something wrong in it; `None` where all is well.
fn find(seed: u64, lie: u32) -> Option<(Case, Box<Failure>)> {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &octets));
    let played = runner.run(&cases(COMMANDS), |case| match play(&case, lie) {
        Ok(()) => Ok(()),
        Err(failure) => Err(TestCaseError::fail(failure.what)),
    });
    match played {
        Ok(()) => None,
        Err(TestError::Fail(_, case)) => {
            let failure = play(&case, lie).expect_err("it has failed just now");
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
    for seed in first..first + number("AMQP10_MODEL_CASES", 300) {
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
