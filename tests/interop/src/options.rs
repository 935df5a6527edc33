//! What the command line asks for.

use crate::server::Scale;
use lexopt::prelude::*;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
amqp10-interop [--quick|--all] [--peer NAME]... [--scenario NAME]... [--state DIR] [--write FILE] [--list]

Plays every scenario with every peer, in both roles; exits with 1 if one of them fails, with 75 if no peer can be run.
  --quick          five peers, smaller sizes (default)
  --all            all peers, whole sizes; writes docs/INTEROP.md unless peers or scenarios are chosen
  --peer NAME      only this one; may be repeated
  --scenario NAME  only this one; may be repeated
  --state DIR      where peers are installed; default target/interop, or $AMQP10_INTEROP_STATE
  --write FILE     where the table goes
  --frames         prints every frame of our clients
  --list           what peers and scenarios there are
Needs root, apt, Python 3, Node.js and a network for what is to be installed; skips, loudly, what cannot be.";

pub(crate) struct Options {
    pub(crate) scale: Scale,
    pub(crate) peers: Vec<String>,
    pub(crate) scenarios: Vec<String>,
    pub(crate) state: PathBuf,
    pub(crate) write: Option<PathBuf>,
    pub(crate) frames: bool,
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
}
