//! A list of things to be proved, and what the tree says of each.

use super::claims::Named;
use super::rows::{Lists, Row};
use std::collections::BTreeSet;

/// See the module.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) rows: Vec<Row>,
    pub(super) lists: Lists,
    pub(super) claims: Named,
    /// What ids begin with, in order.
    pub(super) parts: &'static [&'static str],
}

enum Status<'a> {
    Proved(&'a BTreeSet<String>),
    Open,
    Excepted(&'a str),
    Lost,
}

impl Ledger {
    fn status(&self, id: &str) -> Status<'_> {
        match (self.claims.proved.get(id), self.lists.exceptions.get(id)) {
            (Some(files), _) => Status::Proved(files),
            (None, Some(reason)) => Status::Excepted(reason),
            (None, None) if self.lists.open.contains(id) => Status::Open,
            (None, None) => Status::Lost,
        }
    }

    /// What is not as it should be, a line each.
    pub(super) fn faults(&self) -> Vec<String> {
        let known: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        let mut faults = Vec::new();
        for row in self.rows.iter().filter(|row| matches!(self.status(&row.id), Status::Lost)) {
            faults.push(format!("{}: no file proves it, and it is neither open nor excepted", row.id));
        }
        for (id, files) in self.claims.named.iter().filter(|(id, _)| !known.contains(id.as_str())) {
            faults.push(format!("{id}: no such row; named in {}", joined(files)));
        }
        let listed = self.lists.open.iter().map(|id| (id, "the open ones"));
        for (id, list) in listed.chain(self.lists.exceptions.keys().map(|id| (id, "the exceptions"))) {
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

    /// A line a row. `part`: only those; `open`: only what is neither proved nor excepted.
    ///
    /// # Errors
    /// When there is no such part.
    pub(super) fn print_rows(&self, part: Option<&str>, open: bool) -> Result<(), String> {
        if let Some(other) = part.filter(|part| !self.parts.contains(part)) {
            return Err(format!("--part {other}: one of {}", self.parts.join(", ")));
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
        Ok(())
    }

    /// A line a part.
    pub(super) fn print_summary(&self) {
        println!("\npart  rows  proved  open  excepted  lost    of level M: rows  proved  open  excepted  lost");
        for part in self.parts {
            let of_part = || self.rows.iter().filter(|row| row.part() == *part);
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
    fn ledger(open: &[&str], excepted: &[&str]) -> Ledger {
        let ids = ["TY-1-01", "TY-1-02", "TY-1-03", "TY-1-04", "TY-1-05", "TY-1-06"];
        let proved = ids[..4].iter().map(|id| (id.to_string(), BTreeSet::from(["a.rs".into()])));
        let claims = Named { proved: proved.clone().collect(), named: proved.collect() };
        let lists = Lists {
            open: open.iter().map(ToString::to_string).collect(),
            exceptions: excepted.iter().map(|id| (id.to_string(), "because".into())).collect(),
        };
        Ledger { rows: ids.map(row).into(), lists, claims, parts: &["TY"] }
    }

    #[test]
    fn all_is_well() {
        assert_eq!(ledger(&["TY-1-05"], &["TY-1-06"]).faults(), [""; 0]);
    }

    #[test]
    fn what_is_lost_unknown_or_no_longer_true_is_a_fault() {
        let lost = ledger(&["TY-1-05"], &[]).faults();
        assert_eq!(lost, ["TY-1-06: no file proves it, and it is neither open nor excepted"]);
        let stale = ledger(&["TY-1-05", "TY-1-01"], &["TY-1-06", "TY-1-02"]).faults();
        assert_eq!(
            stale,
            ["TY-1-01: in the open ones, but proved by a.rs", "TY-1-02: in the exceptions, but proved by a.rs"]
        );
        let both = ledger(&["TY-1-05", "TY-1-06"], &["TY-1-06"]).faults();
        assert_eq!(both, ["TY-1-06: both open and excepted"]);
        let listed = ledger(&["TY-1-05", "TY-9-01"], &["TY-1-06", "TY-9-02"]).faults();
        assert_eq!(listed, ["TY-9-01: no such row; in the open ones", "TY-9-02: no such row; in the exceptions"]);
        let mut named = ledger(&["TY-1-05"], &["TY-1-06"]);
        named.claims.named.insert("TY-9-03".into(), BTreeSet::from(["b.rs".into()]));
        assert_eq!(named.faults(), ["TY-9-03: no such row; named in b.rs"]);
    }
}
