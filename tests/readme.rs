//! The README and the first pages of the bindings show the same lines on each runtime, and all features are listed.

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("text")
}

/// The lines of a page, without what makes them documentation.
fn lines(page: &str) -> Vec<String> {
    let shown =
        page.lines().map(|line| line.strip_prefix("//!").map_or(line, |line| line.strip_prefix(' ').unwrap_or(line)));
    shown.map(str::to_owned).collect()
}

/// The blocks of code that connect to the same address, and the word that each has for its runtime.
fn beginnings(page: &str) -> Vec<(String, Vec<String>)> {
    let page = lines(page).join("\n");
    let blocks = page.split("```").skip(1).step_by(2).map(str::to_owned);
    let beginning = |block: String| {
        let (before, after) = block.split_once("::connect(\"amqp://guest:guest@localhost\")")?;
        let word = before.rsplit(' ').next()?.to_owned();
        let plain = |line: &str| line.split(" //").next().unwrap_or_default().replace(".await", "");
        let shown = after.lines().filter(|line| !line.starts_with("# "));
        Some((word, shown.map(plain).filter(|line| !line.is_empty()).collect()))
    };
    blocks.filter_map(beginning).collect()
}

#[test]
fn the_same_lines_on_each_runtime() {
    let readme = beginnings(&read("README.md"));
    let words: Vec<_> = readme.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["amqp10::tokio", "amqp10::smol", "amqp10::async_std", "amqp10::blocking"]);
    let (_, expected) = &readme[0];
    assert!(expected.len() >= 10, "{expected:?}");
    let bindings = ["amqp-tokio/src/lib.rs", "amqp-async-std/src/lib.rs", "amqp-blocking/src/lib.rs"];
    let of_bindings: Vec<_> = bindings.iter().flat_map(|name| beginnings(&read(name))).collect();
    assert_eq!(of_bindings.len(), 3);
    for (word, lines) in readme.iter().chain(&of_bindings) {
        assert_eq!(lines, expected, "{word}");
    }
}

#[test]
fn a_table_says_which_feature_gives_what() {
    let (manifest, readme) = (read("Cargo.toml"), read("README.md"));
    let (_, features) = manifest.split_once("\n[features]\n").expect("there are features");
    let (features, _) = features.split_once("\n[").expect("and more");
    let (_, table) = readme.split_once("| feature | adds | default |").expect("a table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let named: String = table.lines().filter_map(|line| line.split('|').nth(1)).collect();
    for feature in features.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(" =").next()) {
        let listed = feature == "default" || named.contains(&format!("`{feature}`"));
        assert!(listed, "{feature} is not in the table of README.md");
    }
}
