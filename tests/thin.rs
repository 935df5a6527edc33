//! The bindings to runtimes are thin: together less than a quarter of the core.

use std::fs;
use std::path::Path;

/// Lines of Rust below a folder.
fn lines(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path());
    let lines_of = |path: &Path| {
        if path.is_dir() {
            lines(path)
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            fs::read_to_string(path).expect("text").lines().count()
        } else {
            0
        }
    };
    entries.map(|path| lines_of(&path)).sum()
}

#[test]
fn bindings_are_less_than_a_quarter_of_the_core() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let count = |name: &str| lines(&root.join(name).join("src"));
    let core = count("amqp-proto");
    let bindings: usize = ["amqp-tokio", "amqp-async-std", "amqp-blocking"].map(count).into_iter().sum();
    assert!(core > 5000 && bindings > 1000, "they are found: {core}, {bindings}");
    assert!(bindings * 4 < core, "{bindings} lines of bindings, {core} of the core");
}
