//! Which rows of the requirements are proved, and which scenarios expressed, and by which files.
//!
//! The rows are in `tests/requirements`: tables of id, level, side, statement, and what a peer earns that breaks it. A
//! test that proves one names it in a comment, `req: TR-2.4.5-03`; several are listed behind one `req:`. A row that no
//! file proves is either in `open.txt` or, with the reason, in `exceptions.txt`. The same goes for `scenarios.md` and
//! `scenarios-open.txt`, which tests name behind `scenario:`, and written scenarios in the line they begin with.
//! Everything else is a fault: a proof that was lost, a row that does not exist, an entry of these files that is no
//! longer true.

mod claims;
mod ledger;
mod rows;

use claims::Claims;
use ledger::Ledger;
use rows::{AREAS, Lists, PARTS};
use std::fs;
use std::path::{Path, PathBuf};

/// The rows and the scenarios, and what the tree says of them.
#[derive(Debug)]
pub struct Coverage {
    root: PathBuf,
    requirements: Ledger,
    scenarios: Ledger,
}

/// What is to be printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The rows of the requirements.
    #[default]
    Requirements,
    /// The scenarios.
    Scenarios,
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
        let Claims { requirements, scenarios } = Claims::of(&root)?;
        let requirements = Ledger {
            rows: rows::read(&folder)?,
            lists: Lists::of_requirements(&folder)?,
            claims: requirements,
            parts: &PARTS,
        };
        let scenarios = Ledger {
            rows: rows::read_scenarios(&folder)?,
            lists: Lists::of_scenarios(&folder)?,
            claims: scenarios,
            parts: &AREAS,
        };
        Ok(Self { root, requirements, scenarios })
    }

    /// What is not as it should be, a line each.
    pub fn faults(&self) -> Vec<String> {
        [self.requirements.faults(), self.scenarios.faults()].concat()
    }

    /// Prints a line a row, a summary a part, and what is wrong; says whether nothing is. `part` is one of the two
    /// letters that ids begin with; `open` leaves out what is proved or excepted.
    ///
    /// # Errors
    /// When there is no such part.
    pub fn print(&self, kind: Kind, part: Option<&str>, open: bool) -> Result<bool, String> {
        let ledger = match kind {
            Kind::Requirements => &self.requirements,
            Kind::Scenarios => &self.scenarios,
        };
        ledger.print_rows(part, open)?;
        ledger.print_summary();
        let faults = self.faults();
        faults.iter().for_each(|fault| println!("FAULT: {fault}"));
        Ok(faults.is_empty())
    }

    /// Takes what is proved by now out of `open.txt` and `scenarios-open.txt`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn prune(&self) -> Result<(), String> {
        for (file, ledger) in [("open.txt", &self.requirements), ("scenarios-open.txt", &self.scenarios)] {
            let path = self.root.join("tests/requirements").join(file);
            let failed = |fault: std::io::Error| format!("{}: {fault}", path.display());
            let text = fs::read_to_string(&path).map_err(failed)?;
            let still = |line: &&str| !ledger.claims.proved.contains_key(line.trim());
            let text: String = text.lines().filter(still).flat_map(|line| [line, "\n"]).collect();
            fs::write(&path, text).map_err(failed)?;
        }
        Ok(())
    }
}
