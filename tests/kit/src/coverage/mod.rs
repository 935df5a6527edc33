//! Which rows of the requirements are proved, and by which files.
//!
//! The rows are in `tests/requirements`: tables of id, level, side, statement, and what a peer earns that breaks it. A
//! test that proves one names it in a comment, `req: TR-2.4.5-03`; several are listed behind one `req:`. A row that no
//! file proves is either in `open.txt` or, with the reason, in `exceptions.txt`. Everything else is a fault: a proof that
//! was lost, a row that does not exist, an entry of these two files that is no longer true.

mod claims;
mod rows;

use claims::Claims;
use rows::{Lists, PARTS, Row};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows, and what the tree says of them.
#[derive(Debug)]
pub struct Coverage {
    root: PathBuf,
    rows: Vec<Row>,
    lists: Lists,
    claims: Claims,
}

enum Status<'a> {
    Proved(&'a BTreeSet<String>),
    Open,
    Excepted(&'a str),
    Lost,
}

impl Coverage {
    /// Looks through this tree.
    ///
    /// # Errors
    /// When a file cannot be read, or one in `tests/requirements` is not written as it should be.
    pub fn of_this_tree() -> Result<Self, String> {
        Self::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
    }

    fn of(root: &Path) -> Result<Self, String> {
        let root = root.canonicalize().map_err(|fault| format!("{}: {fault}", root.display()))?;
        let folder = root.join("tests/requirements");
        let claims = Claims::of(&root)?;
        Ok(Self { rows: rows::read(&folder)?, lists: Lists::read(&folder)?, claims, root })
    }

    fn status(&self, id: &str) -> Status<'_> {
        match (self.claims.proved.get(id), self.lists.exceptions.get(id)) {
            (Some(files), _) => Status::Proved(files),
            (None, Some(reason)) => Status::Excepted(reason),
            (None, None) if self.lists.open.contains(id) => Status::Open,
            (None, None) => Status::Lost,
        }
    }

    /// What is not as it should be, a line each.
    pub fn faults(&self) -> Vec<String> {
        let known: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        let mut faults = Vec::new();
        for row in self.rows.iter().filter(|row| matches!(self.status(&row.id), Status::Lost)) {
            faults.push(format!("{}: no file proves it, and it is neither open nor excepted", row.id));
        }
        for (id, files) in self.claims.named.iter().filter(|(id, _)| !known.contains(id.as_str())) {
            faults.push(format!("{id}: no such row; named in {}", joined(files)));
        }
        let listed = self.lists.open.iter().map(|id| (id, "open.txt"));
        for (id, list) in listed.chain(self.lists.exceptions.keys().map(|id| (id, "exceptions.txt"))) {
            if !known.contains(id.as_str()) {
                faults.push(format!("{id}: no such row; in {list}"));
            } else if let Status::Proved(files) = self.status(id) {
                faults.push(format!("{id}: in {list}, but proved by {}", joined(files)));
            }
        }
        let both = self.lists.open.iter().filter(|id| self.lists.exceptions.contains_key(*id));
        faults.extend(both.map(|id| format!("{id}: both open and excepted")));
        faults
    }

    /// Prints a line a row, a summary a part, and what is wrong; says whether nothing is. `part` is one of the two
    /// letters that ids begin with; `open` leaves out what is proved or excepted.
    ///
    /// # Errors
    /// When there is no such part.
    pub fn print(&self, part: Option<&str>, open: bool) -> Result<bool, String> {
        if let Some(other) = part.filter(|part| !PARTS.contains(part)) {
            return Err(format!("--part {other}: one of {}", PARTS.join(", ")));
        }
        let wanted = |row: &&Row| part.is_none_or(|part| row.part() == part);
        for row in self.rows.iter().filter(wanted) {
            match self.status(&row.id) {
                Status::Proved(files) if !open => println!("{:16} proved    {}", row.id, joined(files)),
                Status::Excepted(reason) if !open => println!("{:16} excepted: {reason}", row.id),
                Status::Open => println!("{:16} open      {} {}", row.id, row.level, row.statement),
                Status::Lost => println!("{:16} LOST      {} {}", row.id, row.level, row.statement),
                Status::Proved(_) | Status::Excepted(_) => {}
            }
        }
        self.print_summary();
        let faults = self.faults();
        faults.iter().for_each(|fault| println!("FAULT: {fault}"));
        Ok(faults.is_empty())
    }

    fn print_summary(&self) {
        println!("\npart  rows  proved  open  excepted  lost    of level M: rows  proved  open  excepted  lost");
        for part in PARTS {
            let of_part = || self.rows.iter().filter(|row| row.part() == part);
            let [rows, proved, open, excepted, lost] = self.count(of_part());
            print!("{part:4}  {rows:4}  {proved:6}  {open:4}  {excepted:8}  {lost:4}");
            let [rows, proved, open, excepted, lost] = self.count(of_part().filter(|row| row.level == "M"));
            println!("                {rows:4}  {proved:6}  {open:4}  {excepted:8}  {lost:4}");
        }
    }

    /// All rows; proved, open, excepted and lost ones.
    fn count<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> [usize; 5] {
        let mut counts = [0; 5];
        for row in rows {
            let place = match self.status(&row.id) {
                Status::Proved(_) => 1,
                Status::Open => 2,
                Status::Excepted(_) => 3,
                Status::Lost => 4,
            };
            counts[0] += 1;
            counts[place] += 1;
        }
        counts
    }

    /// Takes the rows that are proved by now out of `open.txt`.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn prune(&self) -> Result<(), String> {
        let path = self.root.join("tests/requirements/open.txt");
        let failed = |fault: std::io::Error| format!("{}: {fault}", path.display());
        let text = fs::read_to_string(&path).map_err(failed)?;
        let still = |line: &&str| !self.claims.proved.contains_key(line.trim());
        let text: String = text.lines().filter(still).flat_map(|line| [line, "\n"]).collect();
        fs::write(&path, text).map_err(failed)
    }
}

fn joined(files: &BTreeSet<String>) -> String {
    files.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> Row {
        Row { id: id.into(), level: "M".into(), statement: "It must.".into() }
    }

    /// Rows 01 to 06, of which tests prove 01 to 04.
    fn coverage(open: &[&str], excepted: &[&str]) -> Coverage {
        let ids = ["TY-1-01", "TY-1-02", "TY-1-03", "TY-1-04", "TY-1-05", "TY-1-06"];
        let proved = ids[..4].iter().map(|id| (id.to_string(), BTreeSet::from(["a.rs".into()])));
        let claims = Claims { proved: proved.clone().collect(), named: proved.collect() };
        let lists = Lists {
            open: open.iter().map(ToString::to_string).collect(),
            exceptions: excepted.iter().map(|id| (id.to_string(), "because".into())).collect(),
        };
        Coverage { root: PathBuf::new(), rows: ids.map(row).into(), lists, claims }
    }

    #[test]
    fn all_is_well() {
        assert_eq!(coverage(&["TY-1-05"], &["TY-1-06"]).faults(), [""; 0]);
    }

    #[test]
    fn what_is_lost_unknown_or_no_longer_true_is_a_fault() {
        let lost = coverage(&["TY-1-05"], &[]).faults();
        assert_eq!(lost, ["TY-1-06: no file proves it, and it is neither open nor excepted"]);
        let stale = coverage(&["TY-1-05", "TY-1-01"], &["TY-1-06", "TY-1-02"]).faults();
        assert_eq!(
            stale,
            ["TY-1-01: in open.txt, but proved by a.rs", "TY-1-02: in exceptions.txt, but proved by a.rs"]
        );
        let both = coverage(&["TY-1-05", "TY-1-06"], &["TY-1-06"]).faults();
        assert_eq!(both, ["TY-1-06: both open and excepted"]);
        let listed = coverage(&["TY-1-05", "TY-9-01"], &["TY-1-06", "TY-9-02"]).faults();
        assert_eq!(listed, ["TY-9-01: no such row; in open.txt", "TY-9-02: no such row; in exceptions.txt"]);
        let mut named = coverage(&["TY-1-05"], &["TY-1-06"]);
        named.claims.named.insert("TY-9-03".into(), BTreeSet::from(["b.rs".into()]));
        assert_eq!(named.faults(), ["TY-9-03: no such row; named in b.rs"]);
    }
}
