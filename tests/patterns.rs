//! `docs/patterns` has a page for each pattern of the research note on uamqp (its §2), with an example that runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The headings of §2 of that note, and how many criteria each has.
const HEADINGS: [(u32, u32, &str); 13] = [
    (1, 5, "Connection lifecycle"),
    (2, 3, "Custom connection properties"),
    (3, 5, "Sessions"),
    (4, 6, "Connection pool"),
    (5, 5, "Connection monitor"),
    (6, 4, "Keep-alive ratio"),
    (7, 8, "Credit-based flow control"),
    (8, 6, "Window management"),
    (9, 9, "Automatic reconnection"),
    (10, 3, "`ensure_connected`"),
    (11, 4, "High-throughput and low-latency presets"),
    (12, 5, "Thread-safe wrappers"),
    (13, 3, "Debug tracing"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages that the index names.
fn pages() -> Vec<(String, String)> {
    let index = read("docs/patterns/README.md");
    let rows = index.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let page = |rest: &str| Some(rest.split_once("](")?.1.split_once(".md)")?.0.to_owned());
    rows.filter_map(|(number, rest)| Some((format!("{number} | {rest}"), page(rest)?))).collect()
}

#[test]
fn every_heading_has_its_page() {
    let pages = pages();
    for (heading, last, title) in HEADINGS {
        let number = format!("2.{heading} | {title}");
        let row = pages.iter().find(|(row, _)| row.starts_with(&number));
        let (row, page) = row.unwrap_or_else(|| panic!("{number}: no row in docs/patterns/README.md"));
        let proof = format!("S{heading}.1 to S{heading}.{last}");
        assert!(row.ends_with(&format!("{proof} |")), "{row}: {proof}");
        let text = read(&format!("docs/patterns/{page}.md"));
        assert!(text.contains(&proof), "{page}: {proof}");
    }
}

#[test]
fn every_page_is_found_and_its_examples_run() {
    let facade = read("src/lib.rs");
    let calls = read("docs/FROM_UAMQP.md");
    let named: BTreeSet<String> = pages().into_iter().map(|(_, page)| page).collect();
    for entry in fs::read_dir(root().join("docs/patterns")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "md") || stem == "README" {
            continue;
        }
        assert!(named.contains(&stem), "{stem}: not in docs/patterns/README.md");
        assert!(calls.contains(&format!("(patterns/{stem}.md)")), "{stem}: not in docs/FROM_UAMQP.md");
        let text = read(&format!("docs/patterns/{stem}.md"));
        let runs = text.contains("```rust\n") && facade.contains(&format!("\"{stem}\""));
        assert!(runs || text.contains("cargo run --example"), "{stem}: no example that runs");
        assert!(!text.contains("rust,ignore"), "{stem}");
    }
    assert!(read("README.md").contains("(docs/patterns/README.md)"));
}
