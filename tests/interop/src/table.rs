//! The tables peer × scenario, as they are written to `docs/INTEROP.md`.

use crate::server::Scale;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// All results of a run.
pub(crate) struct Table {
    scale: Scale,
    servers: Part,
    clients: Part,
}

/// The results with peers of one role.
#[derive(Default)]
struct Part {
    peers: Vec<Peer>,
    /// In the order in which they were first played.
    scenarios: Vec<&'static str>,
    cells: BTreeMap<(&'static str, &'static str), Verdict>,
}

/// A peer of either role.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) is_server: bool,
}

impl Part {
    fn enter(&mut self, peer: &Peer, scenario: &'static str, verdict: Verdict) {
        if !self.peers.iter().any(|it| it.name == peer.name) {
            self.peers.push(peer.clone());
        }
        if !self.scenarios.contains(&scenario) {
            self.scenarios.push(scenario);
        }
        self.cells.insert((peer.name, scenario), verdict);
    }

    /// What did not pass, or did so only as known.
    fn notes(&self) -> impl Iterator<Item = (&'static str, &'static str, &Verdict)> {
        let told = self.cells.iter().filter(|(_, verdict)| **verdict != Verdict::Pass);
        told.map(|((peer, name), it)| (*peer, *name, it))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| scenario |")?;
        self.peers.iter().try_for_each(|peer| write!(f, " {} |", peer.name))?;
        write!(f, "\n| --- |{}", " --- |".repeat(self.peers.len()))?;
        for scenario in &self.scenarios {
            write!(f, "\n| {scenario} |")?;
            for peer in &self.peers {
                let word = self.cells.get(&(peer.name, scenario)).map_or("", Verdict::word);
                write!(f, " {word} |")?;
            }
        }
        writeln!(f, "\n")
    }
}

impl Table {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale, servers: Part::default(), clients: Part::default() }
    }

    pub(crate) fn enter(&mut self, peer: &Peer, scenario: &'static str, verdict: Verdict) {
        let part = if peer.is_server { &mut self.servers } else { &mut self.clients };
        part.enter(peer, scenario, verdict);
    }

    fn parts(&self) -> [&Part; 2] {
        [&self.servers, &self.clients]
    }

    fn count(&self, wanted: fn(&Verdict) -> bool) -> usize {
        self.parts().iter().flat_map(|part| part.cells.values()).filter(|verdict| wanted(verdict)).count()
    }

    pub(crate) fn failed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    fn skipped(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Skipped(_) | Verdict::OutOfTime))
    }

    /// How much was not begun, since the time was up.
    pub(crate) fn out_of_time(&self) -> usize {
        self.count(|verdict| *verdict == Verdict::OutOfTime)
    }

    /// Whether there was something to do, and all of it was skipped.
    pub(crate) fn nothing_ran(&self) -> bool {
        self.count(|_| true) > 0 && self.count(|_| true) == self.skipped()
    }

    fn summary(&self) -> String {
        format!(
            "{} passed, {} after replays, {} at second try, {} refused as known, {} cannot be done, {} skipped, \
             {} failed",
            self.count(|verdict| *verdict == Verdict::Pass),
            self.count(|verdict| matches!(verdict, Verdict::Replayed(_))),
            self.count(|verdict| matches!(verdict, Verdict::SecondTry(_))),
            self.count(|verdict| matches!(verdict, Verdict::Refused(_))),
            self.count(|verdict| matches!(verdict, Verdict::Cannot(_))),
            self.skipped(),
            self.failed()
        )
    }

    pub(crate) fn print_summary(&self) {
        for (peer, scenario, verdict) in self.parts().iter().flat_map(|part| part.notes()) {
            if !matches!(verdict, Verdict::Refused(_) | Verdict::Cannot(_)) {
                println!("{peer} {scenario}: {verdict}");
            }
        }
        println!("=== {}", self.summary());
    }
}

const INTRODUCTION: &str = "\
# Interoperability

Written by `cargo run --release -p amqp10-interop --features tls -- --all`; do not edit it by hand. What the scenarios do is in
[`tests/interop/src/client`](../tests/interop/src/client) and in the scripts of
[`tests/interop/peers`](../tests/interop/peers); [`tests/interop/README.md`](../tests/interop/README.md) says how to run
and extend them.

`pass`: as it should be. `refused`: the peer does not do it, or does it otherwise, and is known to; the notes say what
it does, and the run fails if that changes. `cannot`: its library has no way to do it, and the notes say what it lacks.
`after replays`: it came to what the peer at times does whatever is played, and passed when it was played again; what
comes five times is a failure. `at second try`: it failed once. `skipped`: not played, the notes say why. Empty: does not
concern the peer, or another scenario shows the same.
";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = match self.scale {
            Scale::Quick => "the quick subset",
            Scale::Whole => "everything",
        };
        let version = env!("CARGO_PKG_VERSION");
        writeln!(f, "{INTRODUCTION}\n{}, amqp10 {version}, {scale}: {}.\n", today(), self.summary())?;
        writeln!(f, "| peer | is |\n| --- | --- |")?;
        for peer in self.parts().iter().flat_map(|part| &part.peers) {
            writeln!(f, "| {} | {} |", peer.name, peer.title)?;
        }
        writeln!(f, "\n## Our client, foreign servers\n")?;
        self.servers.write(f)?;
        writeln!(f, "## Foreign clients, our listener\n")?;
        self.clients.write(f)?;
        writeln!(f, "## Notes\n\n| peer | scenario | |\n| --- | --- | --- |")?;
        for (peer, scenario, verdict) in self.parts().iter().flat_map(|part| part.notes()) {
            let text = verdict.to_string().replace('|', "/").replace('\n', " ");
            writeln!(f, "| {peer} | {scenario} | {text} |")?;
        }
        write!(f, "\n{}", crate::oddity::LIVED_WITH)
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
