//! The core with names for what it holds: it is fed, pumped and looked into, all in virtual time.

use super::{sasl, typed};
use crate::clock::Clock;
use crate::observer::{Observer, Side};
use crate::peer::Peer;
use crate::trace::{Role, Script, print_record};
use crate::wire::{Record, decode_unit, next_unit};
use amqp_proto::{Connection, DeliveryId, LinkId, ScramHash, SessionId};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// More rounds of output and events than this without rest means that the core never comes to rest.
const ROUNDS: usize = 10_000;

/// See the module.
pub(super) struct Driver {
    pub(super) peer: Peer,
    pub(super) names: Names,
    /// What both sides have really sent.
    pub(super) observer: Observer,
    /// Frames that the core has sent and nobody has looked at yet.
    pub(super) output: VecDeque<Record>,
    /// Events that nobody has looked at yet.
    pub(super) events: VecDeque<Record>,
    pub(super) take: Take,
    /// Input that arrives together with the next one.
    parts: Vec<u8>,
    /// Input that is no whole frame yet.
    unsplit: Vec<u8>,
    /// Octets that one reading of the transport yields.
    split: usize,
    last_output: Duration,
    /// The longest silence of the core while the connection was open.
    pub(super) silence: Duration,
    /// What comes out is printed.
    pub(super) shown: bool,
    /// The SCRAM that the last client chose.
    pub(super) scram: Option<ScramHash>,
}

/// Who takes deliveries out of the core.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// The driver, as they arrive.
    AtOnce,
    /// The same, piece by piece.
    Pieces,
    /// The trace, by `! take`.
    OnCommand,
}

/// Subjects of traces and ids of the core.
#[derive(Default)]
pub(super) struct Names {
    pub(super) sessions: BTreeMap<String, SessionId>,
    pub(super) links: BTreeMap<String, LinkId>,
    pub(super) deliveries: BTreeMap<String, DeliveryId>,
    /// How many there are of each kind: `s`, `p`, `s0/l`…
    counts: BTreeMap<String, usize>,
}

impl Names {
    /// The next name of a kind.
    pub(super) fn next(&mut self, kind: &str) -> String {
        let count = self.counts.entry(kind.to_owned()).or_default();
        let name = format!("{kind}{count}");
        *count += 1;
        name
    }

    pub(super) fn session(&self, id: SessionId) -> String {
        name_of(&self.sessions, &id)
    }

    pub(super) fn link(&self, id: LinkId) -> String {
        name_of(&self.links, &id)
    }
}

fn name_of<T: PartialEq>(names: &BTreeMap<String, T>, id: &T) -> String {
    let found = names.iter().find(|(_, known)| *known == id);
    found.map_or_else(|| "unknown".to_owned(), |(name, _)| name.clone())
}

impl Driver {
    pub(super) fn new(script: &Script) -> Result<Self, String> {
        let now = Clock::default().now();
        let config = typed::config(script)?;
        let core = match script.role {
            Role::Client => Connection::client(config, sasl::client(script)?, now),
            Role::Listener => Connection::listener(config, sasl::listener(script)?, now),
        };
        let split = script.config.number("split").and_then(|octets| usize::try_from(octets).ok());
        let take = match script.config.text("take") {
            Some("manual") => Take::OnCommand,
            Some("pieces") => Take::Pieces,
            _ => Take::AtOnce,
        };
        Ok(Self {
            peer: Peer::new(core),
            names: Names::default(),
            observer: Observer::default(),
            output: VecDeque::new(),
            events: VecDeque::new(),
            take,
            parts: Vec::new(),
            unsplit: Vec::new(),
            split: split.unwrap_or(usize::MAX).max(1),
            last_output: Duration::ZERO,
            silence: Duration::ZERO,
            shown: false,
            scram: None,
        })
    }

    /// Octets of the peer; `frame` is what they say, if they say anything.
    pub(super) fn feed(&mut self, octets: &[u8], frame: Option<&Record>) -> Result<(), String> {
        self.part(octets, frame);
        let octets = std::mem::take(&mut self.parts);
        octets.chunks(self.split).try_for_each(|piece| self.peer.send_octets(piece))?;
        self.pump()
    }

    /// Octets of the peer that arrive together with the next ones.
    pub(super) fn part(&mut self, octets: &[u8], frame: Option<&Record>) {
        match frame {
            Some(frame) if self.unsplit.is_empty() => _ = self.observer.observe(Side::Theirs, frame),
            _ => self.observe_octets(octets),
        }
        self.parts.extend_from_slice(octets);
    }

    /// Shows the observer the frames that come in pieces. What is none is for the core to judge.
    fn observe_octets(&mut self, octets: &[u8]) {
        self.unsplit.extend_from_slice(octets);
        while let Ok(Some(length)) = next_unit(&self.unsplit) {
            let unit: Vec<u8> = self.unsplit.drain(..length).collect();
            if let Ok(frame) = decode_unit(&unit) {
                self.observer.observe(Side::Theirs, &frame);
            }
        }
    }

    /// The end of the peer's stream.
    pub(super) fn end_of_input(&mut self) -> Result<(), String> {
        self.peer.end()?;
        self.pump()
    }

    /// Lets time pass, serving every deadline on the way.
    pub(super) fn advance(&mut self, time: Duration) -> Result<(), String> {
        let target = self.peer.clock.after(time);
        for _ in 0..ROUNDS {
            if !self.peer.serve_deadline(target) {
                return self.pump();
            }
            self.pump()?;
        }
        Err(format!("a deadline is served again and again: {:?}", self.peer.core.poll_timeout()))
    }

    /// Moves output and events out until there is no more of either.
    pub(super) fn pump(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS {
            let wrote = self.transmit()?;
            let told = self.tell()?;
            if !wrote && !told {
                return Ok(());
            }
        }
        Err("the core does not come to rest".to_owned())
    }

    fn transmit(&mut self) -> Result<bool, String> {
        self.peer.pull()?;
        let any = !self.peer.received.is_empty();
        if any {
            self.note_silence();
        }
        while let Some(frame) = self.peer.received.pop_front() {
            self.observer.observe(Side::Ours, &frame);
            self.show('<', &frame);
            self.output.push_back(frame);
        }
        Ok(any)
    }

    /// Tells a person what comes out of the core, if one wants to see it.
    pub(super) fn show(&self, sigil: char, record: &Record) {
        if self.shown {
            println!("    {:>6}ms {sigil} {}", self.peer.clock.now().as_duration().as_millis(), print_record(record));
        }
    }

    /// Measures how long the core was silent on an open connection (§2.4.5).
    pub(super) fn note_silence(&mut self) {
        let now = self.peer.clock.now().as_duration();
        let open = self.observer.open.of(Side::Ours).is_some() && !*self.observer.closed.of(Side::Ours);
        if open {
            self.silence = self.silence.max(now.saturating_sub(self.last_output));
        }
        self.last_output = now;
    }

    fn tell(&mut self) -> Result<bool, String> {
        let mut any = false;
        while let Some(event) = self.peer.core.poll_event() {
            any = true;
            self.told(event)?;
        }
        Ok(any)
    }
}
