//! Who sees the frames of a scenario: nobody, people, or a recording that the conformance suite can play.

use amqp10::proto::{FrameTap, RecordedAt};
use amqp10::recording;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What becomes of the frames of one scenario.
#[derive(Clone, Debug, Default)]
pub(crate) enum Watch {
    #[default]
    Nothing,
    /// Printed.
    Shown,
    /// Written to files that begin with this, one a connection, counted from the second on.
    Recorded { stem: PathBuf, files: Arc<AtomicU32> },
}

impl Watch {
    /// `CLIENT--SERVER--SCENARIO.jsonl` in this folder, then `CLIENT--SERVER--SCENARIO-2.jsonl` and so on.
    pub(crate) fn recorded(folder: &Path, client: &str, server: &str, scenario: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let stem = folder.join(format!("{client}--{server}--{scenario}"));
        Ok(Self::Recorded { stem, files: Arc::default() })
    }

    /// The tap for one more connection, if anything is to be seen.
    pub(crate) fn tap(&self, at: RecordedAt) -> Option<FrameTap> {
        let Self::Recorded { stem, files } = self else {
            return matches!(self, Self::Shown).then(|| FrameTap::new(|frame| eprintln!("{frame}")));
        };
        let number = files.fetch_add(1, Ordering::Relaxed) + 1;
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let file = format!("{}{suffix}.jsonl", stem.display());
        match File::create(&file) {
            Ok(to) => Some(recording(at, to)),
            Err(error) => {
                eprintln!("not recorded: {file}: {error}");
                None
            }
        }
    }
}
