//! The hostile catalogue: octets that a broken or malicious peer can send, and the reaction each must get.
//!
//! The format is told in the catalogue's own README. A case is played in four steps: the preamble brings the core to
//! a state (`endpoint` is the application meanwhile), the octets go in, time passes if asked, and the reaction is
//! judged (`judge`). Panics, time and heap are watched around the middle two.

mod case;
mod endpoint;
mod judge;

use crate::heap;
use case::{Case, Preambles};
use endpoint::Endpoint;
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

/// Plays a catalogue, a line a case and a count at the end; says whether none failed.
///
/// # Errors
/// When the catalogue, or the `preambles.json` beside it, cannot be read.
pub fn run(path: &Path) -> Result<bool, String> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()));
    let preambles = Preambles::parse(&read(&path.with_file_name("preambles.json"))?)?;
    let (mut passed, mut skipped, mut failed) = (0u32, 0u32, 0u32);
    for (number, line) in read(path)?.lines().enumerate() {
        let case = Case::parse(line).map_err(|fault| format!("{}:{}: {fault}", path.display(), number + 1))?;
        if let Some(feature) = &case.feature {
            println!("{}: skipped: needs {feature}", case.id);
            skipped += 1;
            continue;
        }
        match play(&case, &preambles) {
            Ok(()) => {
                println!("{}: pass", case.id);
                passed += 1;
            }
            Err(fault) => {
                println!("{}: FAIL: {fault}", case.id);
                failed += 1;
            }
        }
    }
    println!("{passed} pass, {skipped} skipped, {failed} FAIL");
    Ok(failed == 0)
}

/// On a stack of 128 KiB where the case is about the stack, as the catalogue demands.
fn play(case: &Case, preambles: &Preambles) -> Result<(), String> {
    if !case.must_not("stack-overflow") {
        return play_here(case, preambles);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 * 1024);
        let running = thread.spawn_scoped(scope, || play_here(case, preambles)).map_err(|fault| fault.to_string())?;
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
    let early = pieces.len() / 100;
    let before = heap::live();
    let mut after_early = before;
    heap::reset_peak();
    let mut stopped = false;
    let started = Instant::now();
    for (number, piece) in pieces.iter().enumerate() {
        if number == early {
            after_early = heap::live();
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
    let time = started.elapsed();
    let heap = heap::peak().saturating_sub(before);
    Ok(Watched { heap, growth: heap::live().saturating_sub(after_early), time, stopped })
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
