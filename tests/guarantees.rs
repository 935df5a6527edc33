//! Each defect that is not to be repeated, and each criterion of the client layer, has a test of its name, or a line in
//! `tests/README.md`; and the tests that are named there exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

const README: &str = include_str!("README.md");
const DEFECTS: &str = "\n## Defects not to repeat, and guarantees\n";
const CRITERIA: &str = "\n## Criteria of the client layer\n";

/// How many criteria each group has: S1.1 to S1.5, and so on.
const GROUPS: [usize; 13] = [5, 3, 5, 6, 5, 4, 8, 6, 9, 3, 4, 5, 3];

/// The section, up to the next one.
fn section(begin: &str) -> &'static str {
    let (_, rest) = README.split_once(begin).expect("the section is there");
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// The names of tests, by the name of their file without its extension: of functions with `#[test]` above them, and of
/// those that the bindings' lists run.
fn functions() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests", "amqp-codec/tests", "amqp-proto/tests", "amqp-async/tests", "amqp-async-std/tests"];
    let more = ["amqp-tokio/tests", "amqp-blocking/tests", "amqp-proto/src", "amqp-async/src"];
    for folder in folders.into_iter().chain(more) {
        read(&root.join(folder), &mut found);
    }
    found
}

/// The words of the files that run what is in `tests/adapters`.
static RUN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bindings = ["amqp-tokio", "amqp-async-std", "amqp-blocking"].map(|binding| format!("{binding}/tests/life.rs"));
    let files = bindings.into_iter().chain(["tests/adapters/mod.rs".to_owned()]);
    let text: String = files.map(|file| fs::read_to_string(root.join(file)).expect("text")).collect();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.map(ToOwned::to_owned).collect()
});

fn read(folder: &Path, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            // what a crate of its own has built there is nobody's test
            if path.file_name().is_none_or(|name| name != "target") {
                read(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("text");
            let is_adapter = path.components().any(|part| part.as_os_str() == "adapters");
            found.entry(stem).or_default().extend(tests(&text, is_adapter));
        }
    }
}

/// The tests in a file.
fn tests(text: &str, is_adapter: bool) -> Vec<String> {
    let (mut is_test, mut tests) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.contains("::test]") || line.contains("::test(");
        } else if let Some(name) = function(line) {
            if is_test || (is_adapter && RUN.contains(&name)) {
                tests.push(name);
            }
            is_test = false;
        } else if !line.starts_with("//") {
            is_test = false;
        }
    }
    tests
}

/// The function that a line begins.
fn function(line: &str) -> Option<String> {
    let line = line.trim_start_matches("pub(crate) ").trim_start_matches("async ");
    let name = line.strip_prefix("fn ")?.split(['(', '<']).next()?;
    Some(name.to_owned())
}

/// The first words of the lines of a section's tables, up to a colon.
fn listed(begin: &str) -> BTreeSet<&'static str> {
    section(begin).lines().filter_map(|line| line.strip_prefix("| ")?.split_once(':')).map(|(id, _)| id).collect()
}

#[test]
fn every_defect_has_its_test_or_its_line() {
    let functions = functions();
    let names: BTreeSet<&String> = functions.values().flatten().collect();
    for number in 1..=30 {
        let prefix = format!("b_{number:02}_");
        let tested = names.iter().any(|name| name.starts_with(&prefix));
        let id = format!("B-{number:02}");
        assert!(tested != listed(DEFECTS).contains(&*id), "{id}: a test or a line, and not both");
    }
    for number in 1..=15 {
        assert!(listed(DEFECTS).contains(&*number.to_string()), "{number}: no line");
    }
}

#[test]
fn every_criterion_has_its_test_or_its_line() {
    let functions = functions();
    let names: BTreeSet<&String> = functions.values().flatten().collect();
    // one test may be of several: s2_1_s2_2_…
    let has = |name: &str, id: &str| name.starts_with(&format!("{id}_")) || name.contains(&format!("_{id}_"));
    for (group, count) in (1..).zip(GROUPS) {
        for number in 1..=count {
            let id = format!("s{group}_{number}");
            let tested = names.iter().any(|name| name.starts_with('s') && has(name, &id));
            let listed = listed(CRITERIA).contains(&*format!("S{group}.{number}"));
            assert!(tested != listed, "S{group}.{number}: a test or a line, and not both");
        }
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let functions = functions();
    let sections = [DEFECTS, CRITERIA].into_iter().flat_map(|begin| section(begin).split('`'));
    let named: Vec<_> = sections.filter_map(|word| word.split_once("::")).collect();
    assert!(named.len() > 50, "{}", named.len());
    for (file, name) in named {
        if (file, name) != ("file", "name") {
            let exists = functions.get(file).is_some_and(|names| names.contains(name));
            assert!(exists, "{file}::{name} is named in tests/README.md");
        }
    }
}
