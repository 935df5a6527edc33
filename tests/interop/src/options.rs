//! What the command line asks for.

use crate::server::Scale;
use crate::watch::Watch;
use lexopt::prelude::*;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) const USAGE: &str = "\
amqp10-interop [--quick|--all] [--peer NAME]... [--scenario NAME]... [--state DIR] [--write FILE] [--frames|--record DIR]
               [--second-try] [--minutes N] [--list]

Plays every scenario with every peer, in both roles; exits with 1 if one of them fails, with 75 if no peer can be run.
  --quick          seven peers, smaller sizes (default)
  --all            all peers, whole sizes; writes docs/INTEROP.md unless peers or scenarios are chosen
  --peer NAME      only this one; may be repeated
  --scenario NAME  only this one; may be repeated
  --state DIR      where peers are installed; default target/interop, or $AMQP10_INTEROP_STATE
  --write FILE     where the table goes
  --frames         prints every frame of ours
  --record DIR     writes every connection of ours to a file of its own, as tests/recordings has them
  --second-try     what fails is played once more; what then passes is told as such
  --minutes N      after so long nothing more is begun; what is left is skipped, and the exit status is 75
  --list           what peers and scenarios there are
Needs root, apt, Python 3, Node.js and a network for what is to be installed; skips, loudly, what cannot be.";

pub(crate) struct Options {
    pub(crate) scale: Scale,
    pub(crate) peers: Vec<String>,
    pub(crate) scenarios: Vec<String>,
    pub(crate) state: PathBuf,
    pub(crate) write: Option<PathBuf>,
    pub(crate) frames: bool,
    pub(crate) record: Option<PathBuf>,
    pub(crate) second_try: bool,
    /// When nothing more is begun.
    pub(crate) until: Option<Instant>,
    pub(crate) list: bool,
}

impl Options {
    /// `None`: help was asked for.
    pub(crate) fn parse() -> Result<Option<Self>, lexopt::Error> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut options = Self {
            scale: Scale::Quick,
            peers: Vec::new(),
            scenarios: Vec::new(),
            state: std::env::var_os("AMQP10_INTEROP_STATE").map_or(root.join("target/interop"), PathBuf::from),
            write: None,
            frames: false,
            record: None,
            second_try: false,
            until: None,
            list: false,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("quick") => options.scale = Scale::Quick,
                Long("all") => options.scale = Scale::Whole,
                Long("peer") => options.peers.push(parser.value()?.string()?),
                Long("scenario") => options.scenarios.push(parser.value()?.string()?),
                Long("state") => options.state = parser.value()?.into(),
                Long("write") => options.write = Some(parser.value()?.into()),
                Long("frames") => options.frames = true,
                Long("record") => options.record = Some(parser.value()?.into()),
                Long("second-try") => options.second_try = true,
                Long("minutes") => {
                    let minutes: u64 = parser.value()?.parse()?;
                    options.until = Some(Instant::now() + Duration::from_secs(60 * minutes));
                }
                Long("list") => options.list = true,
                Short('h') | Long("help") => return Ok(None),
                _ => return Err(argument.unexpected()),
            }
        }
        let all = options.scale == Scale::Whole && options.peers.is_empty() && options.scenarios.is_empty();
        if all && options.write.is_none() {
            options.write = Some(root.join("docs/INTEROP.md"));
        }
        Ok(Some(options))
    }

    pub(crate) fn wants_peer(&self, name: &str, quick: bool) -> bool {
        if self.peers.is_empty() { quick || self.scale == Scale::Whole } else { self.peers.iter().any(|it| it == name) }
    }

    pub(crate) fn wants_scenario(&self, name: &str) -> bool {
        self.scenarios.is_empty() || self.scenarios.iter().any(|it| it == name)
    }

    /// Whether the time is up.
    pub(crate) fn time_is_up(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }

    /// Who sees the frames of this scenario.
    pub(crate) fn watch(&self, client: &str, server: &str, scenario: &str) -> io::Result<Watch> {
        match &self.record {
            Some(folder) => Watch::recorded(folder, client, server, scenario),
            None if self.frames => Ok(Watch::Shown),
            None => Ok(Watch::Nothing),
        }
    }
}
