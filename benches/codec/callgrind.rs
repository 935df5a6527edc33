//! Instructions by callgrind, one of valgrind's tools. They repeat exactly, on a busy machine too.

use std::path::Path;
use std::process::{Command, Stdio};

/// Repetitions in the two runs.
const FEW: u64 = 500;
const MANY: u64 = 2_500;

/// The instructions of one repetition of `work` by `program`, which takes its name and the number of repetitions.
///
/// It is run twice, and the difference divided by that of the repetitions: what happens once, such as loading the
/// program and making the input, cancels out.
///
/// # Errors
/// The program does not run under valgrind.
pub(crate) fn instructions(program: &Path, work: &str) -> Result<f64, String> {
    let few = collected(program, work, FEW)?;
    let many = collected(program, work, MANY)?;
    Ok(many.saturating_sub(few) as f64 / (MANY - FEW) as f64)
}

fn collected(program: &Path, work: &str, repetitions: u64) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([work, &repetitions.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let count = report.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    match count.map(str::parse) {
        Some(Ok(count)) if output.status.success() => Ok(count),
        _ => Err(format!("{} {work} {repetitions} under valgrind: {}\n{report}", program.display(), output.status)),
    }
}
