//! Runs the scripts of `peers/`: they install, start and stop peers, and play scenarios as foreign clients.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the scripts are, and where peers keep what they install.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    scripts: PathBuf,
    state: PathBuf,
}

/// What a script left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) success: bool,
    /// Both outputs.
    pub(crate) output: String,
}

impl Scripts {
    pub(crate) fn new(state: &Path) -> io::Result<Self> {
        fs::create_dir_all(state)?;
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Ok(Self { scripts, state: state.canonicalize()? })
    }

    /// The folder of one peer.
    pub(crate) fn folder(&self, peer: &str) -> PathBuf {
        self.state.join(peer)
    }

    /// Runs a script to its end, or until the time is up. Blocks.
    pub(crate) fn run(
        &self,
        script: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        limit: Duration,
    ) -> io::Result<Finished> {
        let name = format!("{script}-{}", arguments.join("-").replace(['/', ':', '{', '}', '@', ' '], "_"));
        let log = self.state.join(format!("{}.log", name.chars().take(120).collect::<String>()));
        let output = File::create(&log)?;
        // a group of its own, so that what it started for itself goes with it
        let mut child = Command::new("setsid")
            .arg(self.scripts.join(script))
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if Instant::now() > deadline {
                let _ = Command::new("kill").args(["--", &format!("-{}", child.id())]).status();
                let _ = child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if status.is_none() {
            text.push_str(&format!("\nstopped after {} s", limit.as_secs()));
        }
        Ok(Finished { success: status.is_some_and(|status| status.success()), output: text })
    }
}

impl Finished {
    /// The last lines, on one.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.output.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(4)..].join(" | ").chars().take(400).collect()
    }
}
