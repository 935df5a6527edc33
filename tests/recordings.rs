//! Every recording of `tests/recordings`, converted as it is and played with the core in the place of either side.
//!
//! Those of `tests/traces` are converted and kept, to be read; these are octets only. `tests/recordings/unsupported.txt`
//! lists what cannot be played, with the reason: a recording that is not there has to pass, one that is there must not.

use amqp10_testkit::replay::{BOTH, files, traces};
use amqp10_testkit::runner::{Verdict, play};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// What is known not to be played: `FILE as ROLE: unsupported: why`.
fn known() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("unsupported.txt")).expect("unsupported.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").expect("FILE as ROLE: why")).map(|(a, b)| (a.into(), b.into())).collect()
}

fn played(paths: &[PathBuf]) -> Vec<(String, Verdict)> {
    let traces = paths.iter().flat_map(|path| traces(path, &BOTH).expect("the file can be read"));
    traces.map(|(name, trace)| (short(&name), play(&trace))).collect()
}

/// Without the folder.
fn short(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

#[test]
fn every_recording_is_played_in_both_roles() {
    let paths = files(&[folder()]).expect("the folder can be read");
    assert!(paths.len() >= 561, "only {} recordings", paths.len());
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let verdicts: Vec<(String, Verdict)> = thread::scope(|scope| {
        let parts = paths.chunks(paths.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || played(part))).collect();
        running.into_iter().flat_map(|part| part.join().expect("no panic")).collect()
    });
    assert_eq!(verdicts.len(), 2 * paths.len());
    let mut known = known();
    let wrong: Vec<String> = verdicts
        .into_iter()
        .filter_map(|(name, verdict)| match (known.remove(&name), verdict) {
            (None, Verdict::Pass) => None,
            (Some(why), verdict) if verdict.to_string() == why => None,
            (Some(why), verdict) => Some(format!("{name}: {verdict}; unsupported.txt says: {why}")),
            (None, verdict) => Some(format!("{name}: {verdict}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(known.is_empty(), "not there to be played: {known:?}");
}
