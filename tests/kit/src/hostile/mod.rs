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
use judge::Played;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// More than this for one case in a release build counts as hanging.
const HANG: Duration = Duration::from_secs(1);

/// Those of this tree, for a catalogue that has none beside it.
const PREAMBLES: &str = include_str!("../../../hostile/preambles.json");

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
    /// It is about a part that the core does not have, and for want of which it refused the link, doing nothing else that
    /// it must not.
    Skipped(String),
    /// What was wrong.
    Fail(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Skipped(part) => write!(f, "skipped: needs {part}"),
            Self::Fail(fault) => write!(f, "FAIL: {fault}"),
        }
    }
}

/// Plays a catalogue, a line a case and a count at the end; says whether none failed.
///
/// # Errors
/// When the catalogue, or the `preambles.json` beside it if there is one, cannot be read.
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
    let beside = path.with_file_name("preambles.json");
    let preambles = if beside.exists() { Preambles::parse(&read(&beside)?)? } else { Preambles::parse(PREAMBLES)? };
    let verdict = |case: Case| (case.id.clone(), verdict(&case, &preambles));
    Ok(cases(path)?.into_iter().map(verdict).collect())
}

/// A case about a part that is not built is played all the same: it has to be refused, and must do no harm.
fn verdict(case: &Case, preambles: &Preambles) -> Verdict {
    if let Some(part) = case.unknown_part() {
        return Verdict::Skipped(part.to_owned());
    }
    match play(case, preambles) {
        Ok(Played { demanded: Ok(()), .. }) => Verdict::Pass,
        Ok(Played { demanded: Err(fault), refused }) => match case.part_of_link() {
            Some(part) if refused => Verdict::Skipped(part.to_owned()),
            _ => Verdict::Fail(fault),
        },
        Err(fault) => Verdict::Fail(fault),
    }
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
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(case).collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// On a small stack where the case is about the stack.
fn play(case: &Case, preambles: &Preambles) -> Result<Played, String> {
    if case.must_not("stack-overflow") {
        on_small_stack(|| play_here(case, preambles))
    } else {
        play_here(case, preambles)
    }
}

/// On a stack of 128 KiB, as the catalogue demands.
fn on_small_stack<T: Send>(run: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 * 1024);
        let running = thread.spawn_scoped(scope, run).map_err(|fault| fault.to_string())?;
        running.join().map_err(|_| "the thread died".to_owned())?
    })
}

fn play_here(case: &Case, preambles: &Preambles) -> Result<Played, String> {
    catch_unwind(AssertUnwindSafe(|| play_unguarded(case, preambles))).map_err(|_| "panic".to_owned())?
}

fn play_unguarded(case: &Case, preambles: &Preambles) -> Result<Played, String> {
    let mut endpoint = Endpoint::new(case)?;
    for octets in preambles.steps(&case.preamble)? {
        endpoint.feed(&octets)?;
    }
    endpoint.ready()?;
    let before = endpoint.frames()?;
    endpoint.begin_case(case.pieces().len());
    let watched = feed(case, &mut endpoint)?;
    if case.advance_millis > 0 {
        endpoint.advance(Duration::from_millis(case.advance_millis))?;
    }
    let played = judge::judge(case, &mut endpoint, &before)?;
    judge_watched(case, &watched).map(|()| played)
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
