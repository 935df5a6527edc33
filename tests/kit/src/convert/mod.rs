//! A recorded session, seen from one side, as a scenario for the core in that side's place.
//!
//! What the played side sent becomes commands (and is kept as expectation), what its peer sent is fed octet by octet,
//! in the recorded order; the events that must follow are derived from the peer's frames. A command stands where its
//! frame was recorded, so that it is given after the same input as the original had.

mod commands;
mod events;
mod scram;
mod setup;

use crate::observer::{Observer, Seen, Side};
use crate::recording::{Content, From, Session};
use crate::trace::{Compare, Role, Script, Step, Trace};
use crate::wire::{Record, Value, decode_unit};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Shorter silences are not written down.
const SILENCE_MILLIS: u64 = 50;

/// Converts every connection of a recording for the core in `role`.
///
/// # Errors
/// When the recording cannot be read.
pub fn convert(file: &str, text: &str, role: Role) -> Result<Trace, String> {
    let sessions = crate::recording::read(text).map_err(|fault| format!("{file}: {fault}"))?;
    let recording = file.trim_end_matches(".jsonl");
    let mut parts = recording.splitn(3, "--");
    let title = match (parts.next(), parts.next(), parts.next()) {
        (Some(client), Some(server), Some(scenario)) => format!("{scenario}, recorded of {client} with {server}"),
        _ => format!("Recorded: {recording}"),
    };
    let title = format!("{title}; the core is the {}.", role.name());
    let connections = sessions.iter().map(|session| Converter::new(session, role).run()).collect();
    Ok(Trace { file: file.to_owned(), comments: vec![title], connections })
}

/// A piece with its side told and its frame read.
struct Piece {
    millis: u64,
    side: Side,
    octets: Vec<u8>,
    /// `None`: the end of the stream, or junk.
    frame: Option<Record>,
    end: bool,
}

/// What the whole recording says of a piece before it is converted.
#[derive(Default)]
struct Outline {
    /// How all of it stood at the end.
    last: Observer,
    /// Incoming windows that the played side's flows gave.
    windows: Vec<(Seen, u32)>,
    /// Errors of detaches, by link and whether the played side sent it.
    detach_errors: BTreeMap<(usize, bool), Value>,
    /// Layers of the headers that the played side sent.
    headers: Vec<Value>,
    /// A SASL mechanism was chosen.
    chosen: bool,
}

impl Outline {
    fn of(pieces: &[Piece]) -> Self {
        let mut outline = Self::default();
        for piece in pieces {
            outline.add(piece);
        }
        outline
    }

    fn add(&mut self, piece: &Piece) {
        let Some(frame) = &piece.frame else { return };
        let seen = self.last.observe(piece.side, frame);
        self.chosen |= frame.name == "sasl-init";
        if (piece.side, frame.name.as_str()) == (Side::Ours, "header") {
            self.headers.push(frame.get("layer").clone());
        }
        if let (Side::Ours, Seen::Flow(..), Some(window)) = (piece.side, &seen, frame.uint("incoming-window")) {
            self.windows.push((seen.clone(), window));
        }
        if let Seen::Detach(link, _) = seen {
            self.detach_errors.insert((link, piece.side == Side::Ours), frame.get("error").clone());
        }
    }
}

struct Converter {
    pieces: Vec<Piece>,
    outline: Outline,
    observer: Observer,
    script: Script,
    /// Sessions and links whose last event has been written.
    sessions_told: BTreeSet<usize>,
    links_told: BTreeSet<usize>,
    closed_told: bool,
    torn_down: bool,
    clock: u64,
}

impl Converter {
    fn new(session: &Session, role: Role) -> Self {
        let mut pieces: Vec<_> = session.pieces.iter().map(|piece| read_piece(piece, role)).collect();
        scram::last_word_into_outcome(&mut pieces);
        Self {
            outline: Outline::of(&pieces),
            pieces,
            observer: Observer::default(),
            script: Script::new(role, Compare::Meaning),
            sessions_told: BTreeSet::new(),
            links_told: BTreeSet::new(),
            closed_told: false,
            torn_down: false,
            clock: 0,
        }
    }

    fn run(mut self) -> Script {
        self.set_up();
        let pieces = std::mem::take(&mut self.pieces);
        for piece in &pieces {
            self.pass_time(piece.millis);
            self.snapshot_before_the_end(piece);
            match (piece.side, &piece.frame) {
                (Side::Ours, Some(frame)) => self.ours(frame),
                (Side::Ours, None) => {}
                (Side::Theirs, Some(frame)) => {
                    self.script.push(Step::Raw(piece.octets.clone(), describe(frame)));
                    self.theirs(frame);
                }
                (Side::Theirs, None) if piece.end => {
                    self.script.push(Step::InputEnd);
                    self.end_of_input();
                }
                (Side::Theirs, None) => self.script.push(Step::Raw(piece.octets.clone(), "junk".to_owned())),
            }
        }
        self.snapshot_at_the_end();
        self.script
    }

    fn pass_time(&mut self, millis: u64) {
        let silence = millis.saturating_sub(self.clock);
        if silence >= SILENCE_MILLIS {
            self.script.push(Step::Advance(Duration::from_millis(silence)));
            self.clock = millis;
        }
    }

    fn event(&mut self, record: Record) {
        self.script.push(Step::Event(record));
    }

    fn command(&mut self, mut record: Record) {
        crate::meaning::conform(&mut record);
        self.script.push(Step::Command(record));
    }

    fn unsupported(&mut self, why: impl Into<String>) {
        self.script.unsupported.get_or_insert(why.into());
    }
}

fn read_piece(piece: &crate::recording::Piece, role: Role) -> Piece {
    let ours = match role {
        Role::Client => From::Client,
        Role::Listener => From::Server,
    };
    let side = if piece.from == ours { Side::Ours } else { Side::Theirs };
    let (octets, frame) = match &piece.content {
        Content::Unit(octets) => (octets.clone(), decode_unit(octets).ok()),
        Content::Junk(octets) => (octets.clone(), None),
        Content::End => (Vec::new(), None),
    };
    Piece { millis: piece.millis, side, octets, frame, end: piece.content == Content::End }
}

/// The frame in words, for the comment beside its octets.
fn describe(frame: &Record) -> String {
    let mut frame = frame.clone();
    if let Some(payload) = frame.binary("payload").map(<[u8]>::len) {
        frame.set("payload", crate::meaning::word(format!("{payload}-octets")));
    }
    crate::meaning::shorten(&crate::trace::print_record(&frame))
}
