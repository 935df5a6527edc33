//! What an application may choose about a connection beyond the protocol's own
//! [`Config`](amqp_proto::Config): deadlines, and whether the peer may begin things.

use crate::error::Step;
use crate::trace;
use amqp_proto::codec::{Fields, Symbol};
use amqp_proto::{Config, RecordedAt};
use std::env::consts::{ARCH, OS};
use std::time::Duration;

/// Events that the core lets wait while it reads frames: the driver takes them all before it does anything else.
const EVENTS: usize = 64;

/// What the open of every connection says of this library, unless [`properties`](amqp_proto::ConfigBuilder::properties) or
/// [`property`](amqp_proto::ConfigBuilder::property) says otherwise.
fn introduction() -> Fields {
    let platform = format!("{OS}/{ARCH}");
    let mut said = Fields::new();
    for (key, value) in [("product", "amqp10"), ("version", env!("CARGO_PKG_VERSION")), ("platform", &platform)] {
        said.insert(Symbol::from_static(key), value);
    }
    said
}

/// How one connection is to be handled.
#[derive(Clone, Debug)]
pub struct Options {
    /// The protocol's parameters.
    pub config: Config,
    /// Deadlines of the steps that wait for the peer.
    pub timeouts: Timeouts,
    /// What to do with sessions and links that the peer asks for.
    pub incoming: Incoming,
}

impl Options {
    /// Defaults for a listener, with the protocol's defaults and a container-id made up at random.
    #[must_use]
    pub fn default_listener() -> Self {
        #[expect(clippy::expect_used, reason = "the defaults are valid, and tested to be")]
        let config = crate::connect::default_config().build().expect("the default configuration is valid");
        Self::listener(config)
    }

    /// What the core is to have: the configuration with what we say of ourselves, and what the environment asks for.
    pub(crate) fn effective(&self, at: RecordedAt) -> Config {
        trace::tapped(self.config.clone().introduced(introduction()).events_at_once(EVENTS), at)
    }

    /// Defaults for a client: the peer may not begin sessions or attach links of its own.
    #[must_use]
    pub fn client(config: Config) -> Self {
        Self { config, timeouts: Timeouts::default(), incoming: Incoming::Refuse }
    }

    /// Defaults for a listener: the application answers what the peer asks for.
    #[must_use]
    pub fn listener(config: Config) -> Self {
        Self { incoming: Incoming::Queue, ..Self::client(config) }
    }
}

/// What to do with a begin or attach that the peer sends of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Answer it with `amqp:not-allowed`.
    Refuse,
    /// Keep it for [`Connection::incoming_session`](crate::Connection::incoming_session) and
    /// [`Session::incoming_link`](crate::Session::incoming_link). No more can wait than channel-max and
    /// handle-max allow.
    Queue,
}

/// How long to wait for the peer at each step; `None` waits for ever.
///
/// The handshake (header, SASL, open) and close have theirs in
/// [`Config`](amqp_proto::ConfigBuilder::handshake_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// begin (§2.5.1). Default 10 s.
    pub begin: Option<Duration>,
    /// attach (§2.6.3). Default 10 s.
    pub attach: Option<Duration>,
    /// Handing a message or a piece of one over: until the link's credit, the session's window and the output
    /// have room (§2.6.7, §2.5.6). Default 60 s.
    pub send: Option<Duration>,
    /// Settlement by the peer (§2.6.12): the outcome of a message that was sent, or the confirmation of one that was
    /// received. Counts from when it is waited for. Default 60 s.
    pub settle: Option<Duration>,
    /// drain (§2.6.7). Default 10 s.
    pub drain: Option<Duration>,
    /// detach (§2.6.4). Default 5 s.
    pub detach: Option<Duration>,
    /// end (§2.5.2). Default 5 s.
    pub end: Option<Duration>,
}

impl Timeouts {
    /// The same deadline for all steps.
    #[must_use]
    pub fn all(deadline: Duration) -> Self {
        let deadline = Some(deadline);
        Self {
            begin: deadline,
            attach: deadline,
            send: deadline,
            settle: deadline,
            drain: deadline,
            detach: deadline,
            end: deadline,
        }
    }

    pub(crate) fn of(&self, step: Step) -> Option<Duration> {
        match step {
            Step::Begin => self.begin,
            Step::Attach => self.attach,
            Step::Send => self.send,
            Step::Settle => self.settle,
            Step::Drain => self.drain,
            Step::Detach => self.detach,
            Step::End => self.end,
            // the caller's, the runtime's, and the core's own
            Step::Receive | Step::Probe => None,
            Step::Resolve | Step::Connect | Step::Tls | Step::Login | Step::Open | Step::Close | Step::Idle => None,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let (open, close) = (Some(Duration::from_secs(10)), Some(Duration::from_secs(5)));
        let message = Some(Duration::from_secs(60));
        Self { begin: open, attach: open, send: message, settle: message, drain: open, detach: close, end: close }
    }
}
