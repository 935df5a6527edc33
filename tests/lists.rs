//! The list of guarantees is one, and every host runs all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const BINDINGS: [&str; 3] = ["amqp-tokio", "amqp-async-std", "amqp-blocking"];

/// Files of the tests of `amqp-async` that are of its own: the list of lists, what it runs alone, what has its own binary.
const OWN: [&str; 6] = ["connect", "futures_io", "list", "main", "memory", "portions"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of a file that are no comments.
fn code(path: &Path) -> String {
    read(path).lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The files that are modules of a binary by their path.
fn modules(binary: &str) -> impl Iterator<Item = &str> {
    let lines = binary.lines().zip(binary.lines().skip(1)).filter(|(_, next)| next.contains("mod "));
    lines.filter_map(|(line, _)| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"))
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
        BINDINGS.iter().flat_map(|name| files(&format!("{name}/tests"))).map(|path| code(&path)).collect();
    let hosts = files("tests/hosts").into_iter().filter(|path| code(path).contains("impl Drives for Host"));
    let hosts: BTreeSet<_> = hosts.map(|path| stem(&path)).collect();
    assert!(hosts.len() >= 4, "{hosts:?}");
    for host in hosts {
        let has = |binary: &str, file: &str| modules(binary).any(|module| module.ends_with(file));
        let included = format!("tests/hosts/{host}.rs");
        let of_it: Vec<_> = binaries.iter().filter(|binary| has(binary, &included)).collect();
        for parts in [&["tests/defects/list.rs", "tests/handles/list.rs"][..], &["tests/handles/memory.rs"]] {
            let whole = of_it.iter().any(|binary| parts.iter().all(|part| has(binary, part)));
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

/// The files of Rust in a folder of `amqp-async`, without a layer of its own and what is before the handles: those are
/// tested elsewhere.
fn all(folder: &str) -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if !entry.is_dir() {
                found.push(entry);
            } else if !["client", "connect", "tls"].contains(&&*stem(&entry)) {
                below(&entry, found);
            }
        }
    }
    let mut found = Vec::new();
    below(&root().join(folder), &mut found);
    found
}

/// What the tests call a handle whose methods a file has.
const HANDLES: [(&str, &[&str]); 12] = [
    ("connection", &["client", "listener"]),
    ("session", &["session", "ours", "sessions.0", "sessions.1"]),
    ("incoming", &["incoming"]),
    ("resume", &["sender", "receiver"]),
    ("sender/mod", &["sender"]),
    ("sender/drain", &["sender"]),
    ("sender/writer", &["writer"]),
    ("receiver/mod", &["receiver"]),
    ("receiver/batch", &["receiver"]),
    ("receiver/credit", &["receiver"]),
    ("receiver/reader", &["receiver", "reader"]),
    ("receiver/set", &["set"]),
];

#[test]
fn every_future_of_every_handle_is_dropped_somewhere() {
    let tests: String = all("amqp-async/tests/handles").iter().map(|path| code(path)).collect();
    let dropped: Vec<_> = tests.split("poll_at_most(").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    let mut count = 0;
    for path in all("amqp-async/src") {
        let source = code(&path);
        let verbs = source.split("    pub async fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
        let verbs: BTreeSet<_> = verbs.chain(source.contains("pub fn recv(").then_some("recv")).collect();
        if verbs.is_empty() {
            continue;
        }
        let name = path.with_extension("").display().to_string();
        let handles = HANDLES.iter().find(|(file, _)| name.ends_with(&format!("src/{file}")));
        let (_, handles) = handles.unwrap_or_else(|| panic!("{name}: what do the tests call this handle?"));
        for verb in verbs {
            let is_call = |polled: &&str| handles.iter().any(|handle| polled.contains(&format!("{handle}.{verb}(")));
            assert!(dropped.iter().any(is_call), "no test drops what `{verb}` of {name} gives");
            count += 1;
        }
    }
    assert!(count > 40, "only {count}");
}
