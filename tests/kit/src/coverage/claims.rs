//! Which file names which rows and scenarios.
//!
//! Tests, traces, vectors and cases of the hostile catalogue prove what they name. Under a `src` folder only the tests do: what comes after
//! `#[cfg(test)]` and `mod … {`, and files called `tests.rs`. What the rest of the code names is where a row is
//! implemented; it has to exist, and proves nothing. Nor does the kit's own source, whose tests are about the kit.

use super::rows::{is_id, is_scenario};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What the files of the tree name.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) requirements: Named,
    pub(super) scenarios: Named,
}

/// Rows, and the files that name them.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// By tests.
    pub(super) proved: BTreeMap<String, BTreeSet<String>>,
    /// By anything.
    pub(super) named: BTreeMap<String, BTreeSet<String>>,
}

impl Claims {
    pub(super) fn of(root: &Path) -> Result<Self, String> {
        let mut claims = Self::default();
        for entry in entries(root)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("amqp-") || matches!(name.as_str(), "src" | "tests" | "fuzz") {
                claims.search(root, &entry)?;
            }
        }
        Ok(claims)
    }

    fn search(&mut self, root: &Path, path: &Path) -> Result<(), String> {
        if path.is_dir() {
            let built = path.ends_with("target");
            return if built { Ok(()) } else { entries(path)?.iter().try_for_each(|entry| self.search(root, entry)) };
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if matches!(&*extension, "rs" | "trace" | "hex" | "jsonl") {
            let text = fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
            self.take(&path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/"), &text);
        }
        Ok(())
    }

    /// `name` with slashes.
    fn take(&mut self, name: &str, text: &str) {
        let mut tests = !name.split('/').any(|folder| folder == "src") || name.ends_with("/tests.rs");
        let proves = !name.starts_with("tests/kit/src/");
        let trace = name.ends_with(".trace");
        let mut before = "";
        for line in text.lines().map(str::trim) {
            tests |= before == "#[cfg(test)]" && line.starts_with("mod ") && line.ends_with('{');
            before = line;
            let rows = ids(line, "req:", is_id);
            rows.for_each(|id| self.requirements.add(id, name, tests && proves));
            let scenarios = ids(line, if trace { "# " } else { "scenario:" }, is_scenario);
            scenarios.for_each(|id| self.scenarios.add(id, name, tests && proves));
        }
    }
}

impl Named {
    fn add(&mut self, id: &str, file: &str, proves: bool) {
        let lists = [Some(&mut self.named), proves.then_some(&mut self.proved)];
        for list in lists.into_iter().flatten() {
            list.entry(id.to_owned()).or_default().insert(file.to_owned());
        }
    }
}

/// The ids behind this mark, between commas or spaces.
fn ids<'a>(line: &'a str, mark: &str, is_id: fn(&str) -> bool) -> impl Iterator<Item = &'a str> {
    let list = line.split_once(mark).map_or("", |(_, list)| list);
    let words = list.split([',', ' ']).filter(|word| !word.is_empty());
    words.map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit())).take_while(move |word| is_id(word))
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let failed = |fault: std::io::Error| format!("{}: {fault}", folder.display());
    fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mark is put together, lest this file claim what its examples name.
    fn proved(name: &str, text: &str) -> Vec<String> {
        let mut claims = Claims::default();
        claims.take(name, &text.replace('@', concat!("re", "q:")));
        claims.requirements.proved.into_keys().collect()
    }

    fn expressed(name: &str, text: &str) -> Vec<String> {
        let mut claims = Claims::default();
        claims.take(name, &text.replace('@', concat!("scena", "rio:")));
        claims.scenarios.proved.into_keys().collect()
    }

    #[test]
    fn several_rows_behind_one_mark() {
        assert_eq!(proved("tests/a.rs", "// @ TY-1-01, TR-2-02 MS-3-03"), ["MS-3-03", "TR-2-02", "TY-1-01"]);
        assert_eq!(proved("tests/a.trace", "# @ TY-1-01: because of EX-1-01"), ["TY-1-01"]);
        assert_eq!(proved("a/tests/a.rs", "assert!(x, \"@ TY-1-01\"); // (@ TY-1-02)."), ["TY-1-01"]);
        assert_eq!(proved("fuzz/a.rs", "/// something (@ TY-1-02)."), ["TY-1-02"]);
        assert_eq!(proved("tests/a.hex", "# nothing, TY-1-01"), [""; 0]);
    }

    #[test]
    fn code_proves_nothing_but_its_tests_do() {
        let code = "// @ TY-1-01\n#[cfg(test)]\nextern crate std;\n// @ TY-1-02";
        assert_eq!(proved("amqp-proto/src/a.rs", code), [""; 0]);
        assert_eq!(proved("amqp-proto/src/a/tests.rs", "// @ TY-1-01"), ["TY-1-01"]);
        let with_tests = format!("{code}\n#[cfg(test)]\nmod tests {{\n    // @ TY-1-03\n}}");
        assert_eq!(proved("amqp-proto/src/a.rs", &with_tests), ["TY-1-03"]);
        assert_eq!(proved("tests/kit/src/a/tests.rs", "// @ TY-1-01"), [""; 0]);
    }

    #[test]
    fn scenarios_are_named_at_the_head_of_a_trace_and_behind_a_mark_elsewhere() {
        assert_eq!(expressed("tests/a.trace", "# LK-05, TR-02: so"), ["LK-05", "TR-02"]);
        assert_eq!(expressed("tests/a.rs", "// @ LM-04, LM-07: so\n// # LK-05"), ["LM-04", "LM-07"]);
        assert_eq!(expressed("tests/a.rs", "// @ LM-4, LK-05"), [""; 0]);
    }
}
