//! The files of `tests/requirements`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What ids begin with, in the order of the specification; the last are extensions.
pub(super) const PARTS: [&str; 6] = ["TY", "TR", "MS", "TX", "SE", "EX"];

/// What ids of scenarios begin with, in the order of the list.
pub(super) const AREAS: [&str; 13] = ["CN", "TM", "SA", "SE", "SW", "LK", "FL", "TR", "DI", "RS", "TX", "MS", "LM"];

const FILES: [&str; 6] =
    ["types.md", "transport.md", "messaging.md", "transactions.md", "security.md", "extensions.md"];

/// One requirement.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    /// `M`ust, `S`hould, `O`ptional, `D`ecision of ours.
    pub(super) level: String,
    pub(super) statement: String,
}

impl Row {
    pub(super) fn part(&self) -> &str {
        self.id.get(..2).unwrap_or_default()
    }
}

/// Rows that no file proves, by the reason.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Not yet.
    pub(super) open: BTreeSet<String>,
    /// Never, because.
    pub(super) exceptions: BTreeMap<String, String>,
}

/// Whether this is written as the id of a row is.
pub(super) fn is_id(text: &str) -> bool {
    PARTS.iter().any(|part| text.strip_prefix(part).is_some_and(|rest| rest.starts_with('-')))
}

/// Whether this is written as the id of a scenario is: `LK-05`.
pub(super) fn is_scenario(text: &str) -> bool {
    let rest = AREAS.iter().find_map(|area| text.strip_prefix(area)).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|number| number.len() == 2 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The scenarios.
pub(super) fn read_scenarios(folder: &Path) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text(&folder.join("scenarios.md"))?.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", id, level, statement, ""] = cells[..] else { continue };
        if matches!(id, "id" | "---") {
            continue;
        }
        if !is_scenario(id) || !matches!(level, "M" | "S" | "D") || rows.iter().any(|row| row.id == id) {
            return Err(format!("scenarios.md: twice, or of no level: {id}"));
        }
        rows.push(Row { id: id.into(), level: level.into(), statement: statement.into() });
    }
    Ok(rows)
}

/// The rows of all tables.
pub(super) fn read(folder: &Path) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let mut ids = BTreeSet::new();
    for (file, part) in FILES.into_iter().zip(PARTS) {
        for (number, line) in text(&folder.join(file))?.lines().enumerate() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", id, level, _, statement, _, ""] = cells[..] else {
                if line.starts_with('|') {
                    return Err(format!("{file}:{}: a row has five cells", number + 1));
                }
                continue;
            };
            if matches!(id, "id" | "---") {
                continue;
            }
            let new = ids.insert(id.to_owned());
            if !new || !is_id(id) || !id.starts_with(part) || !matches!(level, "M" | "S" | "O" | "D") {
                return Err(format!("{file}:{}: twice, or in the wrong file, or of no level: {id}", number + 1));
            }
            rows.push(Row { id: id.into(), level: level.into(), statement: statement.into() });
        }
    }
    Ok(rows)
}

impl Lists {
    pub(super) fn of_requirements(folder: &Path) -> Result<Self, String> {
        let mut lists = Self::open(&folder.join("open.txt"))?;
        for line in lines(&text(&folder.join("exceptions.txt"))?) {
            let (id, reason) = line.split_once(": ").ok_or_else(|| format!("exceptions.txt: no reason in {line:?}"))?;
            lists.exceptions.insert(id.to_owned(), reason.to_owned());
        }
        Ok(lists)
    }

    /// None is excepted.
    pub(super) fn of_scenarios(folder: &Path) -> Result<Self, String> {
        Self::open(&folder.join("scenarios-open.txt"))
    }

    fn open(path: &Path) -> Result<Self, String> {
        let open = lines(&text(path)?).map(str::to_owned).collect();
        Ok(Self { open, exceptions: BTreeMap::new() })
    }
}

/// The lines that are neither empty nor comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))
}
