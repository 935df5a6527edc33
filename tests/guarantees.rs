//! Each defect that is not to be repeated has a test of its name, or a line in `tests/README.md`; and the tests that are
//! named there exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const README: &str = include_str!("README.md");
const BEGIN: &str = "\n## Defects not to repeat, and guarantees\n";

/// The section, up to the next one.
fn section() -> &'static str {
    let (_, rest) = README.split_once(BEGIN).expect("the section is there");
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// The names of functions in test code, by the name of their file without its extension.
fn functions() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests", "amqp-codec/tests", "amqp-proto/tests", "amqp-async/tests", "amqp-async-std/tests"];
    for folder in folders.into_iter().chain(["amqp-tokio/tests", "amqp-blocking/tests"]) {
        read(&root.join(folder), &mut found);
    }
    found
}

fn read(folder: &Path, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("text");
            let names = text.lines().filter_map(function);
            found.entry(stem).or_default().extend(names);
        }
    }
}

/// The function that a line begins.
fn function(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("async ");
    let name = line.strip_prefix("fn ")?.split(['(', '<']).next()?;
    Some(name.to_owned())
}

/// The first words of the lines of its tables, up to a colon.
fn listed() -> BTreeSet<&'static str> {
    section().lines().filter_map(|line| line.strip_prefix("| ")?.split_once(':')).map(|(id, _)| id).collect()
}

#[test]
fn every_defect_has_its_test_or_its_line() {
    let functions = functions();
    let names: BTreeSet<&String> = functions.values().flatten().collect();
    for number in 1..=30 {
        let prefix = format!("b_{number:02}_");
        let tested = names.iter().any(|name| name.starts_with(&prefix));
        let id = format!("B-{number:02}");
        assert!(tested != listed().contains(&*id), "{id}: a test or a line, and not both");
    }
    for number in 1..=15 {
        assert!(listed().contains(&*number.to_string()), "{number}: no line");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let functions = functions();
    let named: Vec<_> = section().split('`').filter_map(|word| word.split_once("::")).collect();
    assert!(named.len() > 50, "{}", named.len());
    for (file, name) in named {
        if (file, name) != ("file", "name") {
            let exists = functions.get(file).is_some_and(|names| names.contains(name));
            assert!(exists, "{file}::{name} is named in tests/README.md");
        }
    }
}
