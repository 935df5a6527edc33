//! What the command line says.

use amqp10::proto::FrameTap;
use lexopt::prelude::*;

pub(crate) const USAGE: &str = "\
usage: quickstart [--count N]                              against a listener of its own
       quickstart --url URL --address ADDRESS [--count N]  against a broker, e.g. amqp://guest:guest@127.0.0.1:5672
       quickstart --listen ADDRESS                         keep a listener up, e.g. 127.0.0.1:5672
With --frames the client prints every frame, both ways, to standard error.";

pub(crate) struct Arguments {
    pub(crate) mode: Mode,
    pub(crate) count: usize,
    /// Sees the client's frames, if they are to be seen.
    pub(crate) tap: Option<FrameTap>,
}

pub(crate) enum Mode {
    Loopback,
    Broker { url: String, address: String },
    Listen { address: String },
    Help,
}

impl Arguments {
    pub(crate) fn parse() -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_env();
        let mut tap = None;
        let (mut count, mut url, mut address, mut listen) = (100_000, None, None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("count") => count = parser.value()?.parse()?,
                Long("url") => url = Some(parser.value()?.string()?),
                Long("address") => address = Some(parser.value()?.string()?),
                Long("listen") => listen = Some(parser.value()?.string()?),
                Long("frames") => tap = Some(FrameTap::new(|frame| eprintln!("{frame}"))),
                Short('h') | Long("help") => return Ok(Self { mode: Mode::Help, count, tap }),
                other => return Err(other.unexpected()),
            }
        }
        let mode = match (url, address, listen) {
            (None, None, None) => Mode::Loopback,
            (Some(url), Some(address), None) => Mode::Broker { url, address },
            (None, None, Some(address)) => Mode::Listen { address },
            (Some(_), None, None) => return Err("--url needs --address".into()),
            (None, Some(_), None) => return Err("--address needs --url".into()),
            (_, _, Some(_)) => return Err("--listen goes with nothing else".into()),
        };
        Ok(Self { mode, count, tap })
    }
}
