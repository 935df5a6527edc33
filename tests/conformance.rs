//! The conformance suite: every trace under `tests/traces` (recorded sessions of foreign peers, the core in the place
//! of either side) and `tests/scenarios` (written by hand, naming the requirements they prove) against the core.
//!
//! `tests/README.md` lists them. A trace asserts frames, events and snapshots; how they are compared is told in
//! `amqp10_testkit::trace` and `amqp10_testkit::meaning`. One at a time: `cargo run -p amqp10-testkit -- replay FILE`.

use amqp10_testkit::replay::{BOTH, files, print_row, traces};
use amqp10_testkit::runner::{Verdict, play};
use amqp10_testkit::trace::{Step, Trace};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn all(name: &str) -> Vec<(String, Trace)> {
    let paths = files(&[folder(name)]).expect("the folder can be read");
    paths.iter().flat_map(|path| traces(path, &BOTH).expect("the file can be read")).collect()
}

fn assert_all_pass(folder: &str) {
    let verdicts = all(folder).into_iter().map(|(name, trace)| (name, play(&trace)));
    let failed: Vec<_> = verdicts.filter(|(_, verdict)| *verdict != Verdict::Pass).collect();
    let lines: Vec<_> = failed.iter().map(|(name, verdict)| format!("{name}: {verdict}")).collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), lines.join("\n"));
}

#[test]
fn recorded_sessions_of_foreign_peers() {
    assert_all_pass("traces");
}

#[test]
fn written_scenarios() {
    assert_all_pass("scenarios");
}

/// The suite is worth what it asserts: every recording says frames, events and, unless nothing was ever attached,
/// snapshots; every recording is there for both roles; the peers are as many as were promised.
#[test]
fn every_recording_asserts_something() {
    let traces = all("traces");
    let mut recordings = BTreeSet::new();
    let mut peers = BTreeSet::new();
    for (name, trace) in &traces {
        let steps = || trace.connections.iter().flat_map(|script| &script.entries).map(|entry| &entry.step);
        assert!(steps().any(|step| matches!(step, Step::Output(_))), "{name} expects no frame");
        assert!(steps().any(|step| matches!(step, Step::Event(_))), "{name} expects no event");
        let file = PathBuf::from(name).file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let recording = file.split('.').next().unwrap_or_default().to_owned();
        peers.extend(recording.splitn(3, "--").take(2).map(str::to_owned));
        recordings.insert(recording);
    }
    assert!(recordings.len() >= 12, "only {} recordings", recordings.len());
    assert_eq!(traces.len(), 2 * recordings.len(), "a recording is not there for both roles");
    assert!(peers.len() >= 12, "only {peers:?}");
}

#[test]
fn the_readme_lists_every_trace() {
    let readme = std::fs::read_to_string(folder("README.md")).expect("tests/README.md");
    for (name, trace) in all("traces").into_iter().chain(all("scenarios")) {
        let row = print_row(&name, &trace);
        assert!(readme.contains(&row), "tests/README.md lacks or misstates {name}; it should say\n{row}");
    }
}
