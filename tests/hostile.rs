//! The hostile catalogue: what a broken or malicious peer can send, and the reaction each must get, with the heap counted.
//!
//! `tests/hostile/README.md` tells how a case is written. `known.txt` beside it lists the cases that are skipped, each
//! with the reason; it has to be true. One at a time: `cargo run -p amqp10-testkit -- hostile FILE`.

use amqp10_testkit::heap::{Counting, measure};
use amqp10_testkit::hostile::{Verdict, play_all, play_codec};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[global_allocator]
static HEAP: Counting = Counting;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

/// The cases that are skipped, and why.
fn known() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("known.txt")).expect("known.txt can be read");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| line.split_once(": ").map(|(id, why)| (id.to_owned(), why.to_owned()));
    lines.map(|line| entry(line).unwrap_or_else(|| panic!("no reason in {line:?}"))).collect()
}

/// Cases that do not pass and yet name a requirement as proved.
fn claims_without_proof() -> Vec<String> {
    let text = std::fs::read_to_string(folder().join("cases.jsonl")).expect("the catalogue can be read");
    let claims = |id: &&String| {
        let id = format!("{{\"id\":\"{id}\",");
        text.lines().any(|line| line.starts_with(&id) && line.contains("(req: "))
    };
    known().keys().filter(claims).map(|id| format!("{id}: proves nothing while it does not pass")).collect()
}

#[test]
fn every_case_gets_its_reaction() {
    let verdicts = play_all(&folder().join("cases.jsonl")).expect("the catalogue can be played");
    assert!(verdicts.len() >= 230, "only {} cases", verdicts.len());
    let mut known = known();
    let mut faults = Vec::new();
    for (id, verdict) in &verdicts {
        match (verdict, known.remove(id)) {
            (Verdict::Pass, None) | (Verdict::Skipped(_), Some(_)) => {}
            (Verdict::Pass, Some(why)) => faults.push(format!("{id} passes; known.txt says {why:?}")),
            (Verdict::Skipped(_) | Verdict::Fail(_), _) => faults.push(format!("{id}: {verdict}")),
        }
    }
    faults.extend(claims_without_proof());
    faults.extend(known.keys().map(|id| format!("{id}: in known.txt, but not in the catalogue")));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

// req: TY-D-01, TY-D-02
#[test]
fn the_codec_alone_refuses_what_it_must_and_keeps_its_memory_small() {
    assert!(measure(|| drop(vec![0; 100])).1.count > 0, "the heap is counted");
    let verdicts = play_codec(&folder().join("cases.jsonl")).expect("the catalogue can be played");
    assert!(verdicts.len() >= 28, "only {} cases", verdicts.len());
    for (id, verdict) in verdicts {
        assert_eq!(verdict, Verdict::Pass, "{id}");
    }
}
