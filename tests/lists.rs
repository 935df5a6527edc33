//! The list of guarantees is one, and every host runs all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const BINDINGS: [&str; 3] = ["amqp-tokio", "amqp-async-std", "amqp-blocking"];

/// Files of the tests of `amqp-async` that are of its own: the list of lists, what it runs alone, what has its own binary.
const OWN: [&str; 5] = ["connect", "futures_io", "list", "main", "memory"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files of Rust in a folder, those below it left out.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of tests");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn every_host_runs_the_whole_list() {
    let binaries: Vec<_> =
        BINDINGS.iter().flat_map(|name| files(&format!("{name}/tests"))).map(|path| read(&path)).collect();
    let hosts = files("tests/hosts").into_iter().filter(|path| read(path).contains("impl Drives for Host"));
    let hosts: BTreeSet<_> = hosts.map(|path| stem(&path)).collect();
    assert!(hosts.len() >= 4, "{hosts:?}");
    for host in hosts {
        let included = format!("hosts/{host}.rs");
        let of_it: Vec<_> = binaries.iter().filter(|binary| binary.contains(&included)).collect();
        for parts in [&["defects/list.rs", "handles/list.rs"][..], &["handles/memory.rs"]] {
            let whole = of_it.iter().any(|binary| parts.iter().all(|part| binary.contains(part)));
            assert!(whole, "no binary runs {parts:?} on {host}");
        }
    }
    // what is one host is two where the binary decides
    for decided in ["HAS_THREAD: bool = true", "HAS_THREAD: bool = false", "AsyncStd as Tasks", "Smol as Tasks"] {
        assert_eq!(binaries.iter().filter(|binary| binary.contains(decided)).count(), 2, "{decided}");
    }
}

#[test]
fn the_list_leaves_nothing_out() {
    for folder in ["amqp-async/tests/handles", "amqp-async/tests/defects"] {
        let list = read(&root().join(folder).join("list.rs"));
        let listed: BTreeSet<_> =
            list.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
        for name in files(folder).iter().map(|path| stem(path)) {
            assert!(listed.contains(&*name) != OWN.contains(&&*name), "{folder}/{name}.rs: in the list, or of its own");
        }
    }
}

/// The source of a folder of `amqp-async`, in one.
fn all(folder: &str) -> String {
    fn below(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                // a layer of its own, and what is before the handles: tested elsewhere
                if !["client", "connect", "tls"].contains(&&*stem(&entry)) {
                    below(&entry, text);
                }
            } else {
                text.push_str(&read(&entry));
            }
        }
    }
    let mut text = String::new();
    below(&root().join(folder), &mut text);
    text
}

#[test]
fn every_future_of_the_handles_is_dropped_somewhere() {
    let source = all("amqp-async/src");
    let verbs = source.split("    pub async fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
    let verbs: BTreeSet<_> = verbs.chain(["recv"]).collect();
    assert!(verbs.len() > 35, "{verbs:?}");
    let tests = all("amqp-async/tests/handles");
    let dropped: Vec<_> = tests.split("poll_at_most(").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    for verb in verbs {
        let call = format!(".{verb}(");
        assert!(dropped.iter().any(|polled| polled.contains(&call)), "no test drops what `{verb}` gives");
    }
}
