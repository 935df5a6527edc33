//! The table peer × scenario, as it is written to `docs/INTEROP.md`.

use crate::foreign::Client;
use crate::server::{Scale, Server};
use crate::verdict::Verdict;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// All results of a run.
pub(crate) struct Table {
    scale: Scale,
    servers: Vec<(&'static str, &'static str)>,
    clients: Vec<(&'static str, &'static str)>,
    cells: Vec<(&'static str, &'static str, Verdict)>,
}

impl Table {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale, servers: Vec::new(), clients: Vec::new(), cells: Vec::new() }
    }

    pub(crate) fn add_server(&mut self, server: &'static Server) {
        self.servers.push((server.name, server.title));
    }

    pub(crate) fn add_client(&mut self, client: &'static Client) {
        self.clients.push((client.name, client.title));
    }

    pub(crate) fn enter(&mut self, peer: &'static str, scenario: &'static str, verdict: Verdict) {
        self.cells.push((peer, scenario, verdict));
    }

    fn count(&self, wanted: fn(&Verdict) -> bool) -> usize {
        self.cells.iter().filter(|(_, _, verdict)| wanted(verdict)).count()
    }

    pub(crate) fn failed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    pub(crate) fn print_summary(&self) {
        println!(
            "=== {} passed, {} refused as known, {} skipped, {} failed",
            self.count(|verdict| *verdict == Verdict::Pass),
            self.count(|verdict| matches!(verdict, Verdict::Refused(_))),
            self.count(|verdict| matches!(verdict, Verdict::Skipped(_))),
            self.failed()
        );
        for (peer, scenario, verdict) in &self.cells {
            if matches!(verdict, Verdict::Failed(_) | Verdict::Skipped(_)) {
                println!("{peer} {scenario}: {verdict}");
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = match self.scale {
            Scale::Quick => "the quick subset",
            Scale::Whole => "everything",
        };
        writeln!(f, "{} ({scale})", today())?;
        for (peer, scenario, verdict) in &self.cells {
            writeln!(f, "{peer} {scenario} {verdict}")?;
        }
        Ok(())
    }
}

/// The date in UTC, as in 2026-01-31.
fn today() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    // days since 0000-03-01, in eras of 400 years
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}
