//! The hostile catalogue: octets that a broken or malicious peer can send, and the reaction each must get.
//!
//! The format is told in the catalogue's own README. A case is played in four steps: the preamble brings the core to
//! a state (`endpoint` is the application meanwhile), the octets go in, time passes if asked, and the reaction is
//! judged (`judge`). Panics, time and heap are watched around the middle two. Cases about the codec (`k-…`) can be
//! played against it alone besides (`codec`).

mod case;
mod codec;
mod endpoint;
mod judge;

use crate::heap::{live, measure};
use case::{Case, Preambles};
use endpoint::Endpoint;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// More than this for one case in a release build counts as hanging.
const HANG: Duration = Duration::from_secs(1);

/// What the case did beside its reaction.
struct Watched {
    heap: usize,
    growth: usize,
    time: Duration,
    /// It stopped reading, as it may while nobody takes its output.
    stopped: bool,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The reaction was right.
    Pass,
    /// It needs a part that the core does not have.
    Skipped(String),
    /// What was wrong.
    Fail(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Skipped(feature) => write!(f, "skipped: needs {feature}"),
            Self::Fail(fault) => write!(f, "FAIL: {fault}"),
        }
    }
}

/// Plays a catalogue, a line a case and a count at the end; says whether none failed.
///
/// # Errors
/// When the catalogue, or the `preambles.json` beside it, cannot be read.
pub fn run(path: &Path) -> Result<bool, String> {
    let verdicts = play_all(path)?;
    verdicts.iter().for_each(|(id, verdict)| println!("{id}: {verdict}"));
    let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|(_, verdict)| wanted(verdict)).count();
    let passed = count(|verdict| *verdict == Verdict::Pass);
    let failed = count(|verdict| matches!(verdict, Verdict::Fail(_)));
    println!("{passed} pass, {} skipped, {failed} FAIL", verdicts.len() - passed - failed);
    Ok(failed == 0)
}

/// Plays a catalogue; the verdicts by the ids of the cases.
///
/// # Errors
/// As [`run`].
pub fn play_all(path: &Path) -> Result<Vec<(String, Verdict)>, String> {
    let preambles = Preambles::parse(&read(&path.with_file_name("preambles.json"))?)?;
    let verdict = |case: Case| {
        let verdict = match &case.feature {
            Some(feature) if feature != "scram" => Verdict::Skipped(feature.clone()),
            _ => play(&case, &preambles).map_or_else(Verdict::Fail, |()| Verdict::Pass),
        };
        (case.id, verdict)
    };
    Ok(cases(path)?.into_iter().map(verdict).collect())
}

/// Plays the cases about the codec against the codec alone.
///
/// # Errors
/// When the catalogue cannot be read.
pub fn play_codec(path: &Path) -> Result<Vec<(String, Verdict)>, String> {
    let cases = cases(path)?.into_iter().filter(|case| case.id.starts_with("k-"));
    Ok(cases.map(|case| (case.id.clone(), codec::play(&case).map_or_else(Verdict::Fail, |()| Verdict::Pass))).collect())
}

fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let text = read(path)?;
    let case = |(number, line)| Case::parse(line).map_err(|fault| format!("{}:{number}: {fault}", path.display()));
    (1..).zip(text.lines()).map(case).collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// On a small stack where the case is about the stack.
fn play(case: &Case, preambles: &Preambles) -> Result<(), String> {
    if case.must_not("stack-overflow") {
        on_small_stack(|| play_here(case, preambles))
    } else {
        play_here(case, preambles)
    }
}

/// On a stack of 128 KiB, as the catalogue demands.
fn on_small_stack(run: impl FnOnce() -> Result<(), String> + Send) -> Result<(), String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 * 1024);
        let running = thread.spawn_scoped(scope, run).map_err(|fault| fault.to_string())?;
        running.join().map_err(|_| "the thread died".to_owned())?
    })
}

fn play_here(case: &Case, preambles: &Preambles) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| play_unguarded(case, preambles))).map_err(|_| "panic".to_owned())?
}

fn play_unguarded(case: &Case, preambles: &Preambles) -> Result<(), String> {
    let mut endpoint = Endpoint::new(case)?;
    for octets in preambles.steps(&case.preamble)? {
        endpoint.feed(&octets)?;
    }
    endpoint.ready()?;
    endpoint.begin_case(case.pieces().len());
    let watched = feed(case, &mut endpoint)?;
    if case.advance_millis > 0 {
        endpoint.advance(Duration::from_millis(case.advance_millis))?;
    }
    judge::judge(case, &mut endpoint)?;
    judge_watched(case, &watched)
}

fn feed(case: &Case, endpoint: &mut Endpoint) -> Result<Watched, String> {
    let pieces = case.pieces();
    let started = Instant::now();
    let (fed, heap) = measure(|| feed_unwatched(case, endpoint, &pieces));
    let (stopped, growth) = fed?;
    Ok(Watched { heap: heap.peak, growth, time: started.elapsed(), stopped })
}

/// Whether the endpoint stopped reading, and how many octets the heap grew by after the first hundredth.
fn feed_unwatched(case: &Case, endpoint: &mut Endpoint, pieces: &[Vec<u8>]) -> Result<(bool, usize), String> {
    let early = pieces.len() / 100;
    let mut after_early = live();
    let mut stopped = false;
    for (number, piece) in pieces.iter().enumerate() {
        if number == early {
            after_early = live();
        }
        if !case.hold_output {
            endpoint.feed(piece)?;
        } else if !endpoint.push(piece) {
            stopped = true;
            break;
        }
    }
    if case.hold_output {
        endpoint.pump()?;
    }
    if case.eof {
        endpoint.end()?;
    }
    Ok((stopped, usize::try_from(live() - after_early).unwrap_or(0)))
}

fn judge_watched(case: &Case, watched: &Watched) -> Result<(), String> {
    let kib = |octets: usize| octets / 1024;
    for (limit, name) in [(64 * 1024, "alloc>64KiB"), (1024 * 1024, "alloc>1MiB")] {
        if case.must_not(name) && watched.heap > limit {
            return Err(format!("{name}: the heap grew by {} KiB", kib(watched.heap)));
        }
    }
    if case.must_not("grow") && !watched.stopped && watched.growth > 64 * 1024 {
        return Err(format!("grow: {} KiB more after all repetitions than after a few", kib(watched.growth)));
    }
    if case.must_not("hang") && !cfg!(debug_assertions) && watched.time > HANG {
        return Err(format!("hang: {:?}", watched.time));
    }
    Ok(())
}
