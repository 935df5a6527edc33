//! Measures the work of a program that obeys the words of `program.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Repetitions in the two runs whose instructions are compared.
const FEW: u64 = 500;
const MANY: u64 = 2_500;

/// How often time is taken, and for how many nanoseconds each time.
const RUNS: u32 = 5;
const LONG: f64 = 50e6;

/// A program, and what it can do.
pub(crate) struct Program {
    pub(crate) name: String,
    path: PathBuf,
    works: Vec<String>,
}

impl Program {
    /// Asks the program what it can do.
    ///
    /// # Errors
    /// It does not run.
    pub(crate) fn new(name: &str, path: &Path) -> Result<Self, String> {
        let mut program = Self { name: name.into(), path: path.into(), works: Vec::new() };
        let list = program.run(&["list"])?;
        program.works = list.lines().map(String::from).collect();
        Ok(program)
    }

    /// The names of what it can do.
    pub(crate) fn works(&self) -> &[String] {
        &self.works
    }

    /// The instructions that doing it once takes, by callgrind, one of valgrind's tools; none if it cannot do it.
    ///
    /// It is done few times and many times. The difference is divided by that of the repetitions, so that what
    /// happens once cancels out: loading the program, making the input. The figure repeats exactly, whatever else
    /// the machine does.
    ///
    /// # Errors
    /// The program does not run under valgrind.
    pub(crate) fn instructions(&self, work: &str) -> Result<Option<f64>, String> {
        if !self.can(work) {
            return Ok(None);
        }
        self.difference(work, FEW, MANY).map(Some)
    }

    /// The same by these repetitions, of work that is known.
    ///
    /// # Errors
    /// The program does not run under valgrind.
    pub(crate) fn difference(&self, work: &str, few: u64, many: u64) -> Result<f64, String> {
        let less = self.collected(work, few)?;
        let more = self.collected(work, many)?;
        Ok(more.saturating_sub(less) as f64 / (many - few) as f64)
    }

    /// The nanoseconds that doing it once takes, in the fastest of a few runs; none if it cannot do it.
    ///
    /// # Errors
    /// The program does not run.
    pub(crate) fn nanoseconds(&self, work: &str) -> Result<Option<f64>, String> {
        if !self.can(work) {
            return Ok(None);
        }
        let once = self.timed(work, MANY)?;
        let repetitions = (LONG / once.max(1.0)) as u64;
        let mut fastest = f64::INFINITY;
        for _ in 0..RUNS {
            fastest = fastest.min(self.timed(work, repetitions)?);
        }
        Ok(Some(fastest))
    }

    fn can(&self, work: &str) -> bool {
        self.works.iter().any(|known| known == work)
    }

    fn timed(&self, work: &str, repetitions: u64) -> Result<f64, String> {
        let output = self.run(&[work, &repetitions.to_string()])?;
        output.trim().parse().map_err(|_| format!("{}: not a time: {output}", self.name))
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.path).args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{}: {error}", self.path.display()))?;
        if !output.status.success() {
            return Err(format!("{} {arguments:?}: {}", self.path.display(), output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn collected(&self, work: &str, repetitions: u64) -> Result<u64, String> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.path)
            .args([work, &repetitions.to_string()])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("valgrind does not start: {error}"))?;
        let report = String::from_utf8_lossy(&output.stderr);
        let count = report.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
        match count.map(str::parse) {
            Some(Ok(count)) if output.status.success() => Ok(count),
            _ => Err(format!("{} {work} under valgrind: {}\n{report}", self.path.display(), output.status)),
        }
    }
}
