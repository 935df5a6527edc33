//! What a side said, apart from how it said it.
//!
//! A recording and a run of the core in its place are both boiled down to facts, and the facts are compared lane by
//! lane: the connection, each session, each link, its credit, its deliveries, and the states of each delivery are
//! lanes of their own. Within a lane the order must be the recorded one, and every field that follows must agree:
//!
//! * headers; SASL mechanism and credentials, mechanisms offered, challenges and responses, outcome code;
//! * open: container-id, hostname, max-frame-size, channel-max, idle-time-out, locales, capabilities, properties;
//! * begin: handle-max, capabilities, properties; end and close: the whole error;
//! * attach: name, role, settle modes, source, target, initial-delivery-count, max-message-size, capabilities,
//!   properties; detach: closed, and the whole error;
//! * credit: how many deliveries the receiver has allowed so far, with each flow, and drain; that the sender answered
//!   a drain;
//! * deliveries: tag, message-format, payload joined over the frames, settled, state, whether taken back;
//! * dispositions: for each delivery the sequence of state and settled, and which side said so.
//!
//! # Freedoms
//! Where the text leaves a choice, or the recorded side did what nobody need imitate, the comparison is loose:
//!
//! 1. Channels, handles and delivery-ids: any numbers; what the peer's frames say of them is mapped when fed.
//! 2. Session windows, next-ids and session flows: a policy of each container, not compared at all.
//! 3. Empty frames: when they are due is a matter of time, not of the recording.
//! 4. Framing of a delivery: one transfer or many; `settled`, `state` on the first or the last of them.
//! 5. A range of deliveries settled at once or one by one; `batchable`; dispositions of different deliveries in any
//!    order.
//! 6. A flow repeated without news, and a sender's flows except the answer to a drain.
//! 7. Frames after the point where they could matter: the recorded side's after its own close, end or detach; after the
//!    peer's end of stream, a failed SASL exchange or headers that disagree; and what it sent on something that the peer
//!    had ended before, for the core answers at once and says no more.
//! 8. The answer to a detach, end or close: the core must give the one that the text demands (closed as the peer said,
//!    no error of its own), whatever the recorded side wrote there, or owed; and the begin or attach that has to go
//!    before, where the peer gave up what nobody had accepted yet.
//! 9. SASL mechanisms the core does not have are no part of an offer; ANONYMOUS's trace and EXTERNAL's response are free.
//! 10. A refusing attach: only name and role, and that the refused terminus is null.
//! 11. A disposition of what is settled already, or one that repeats the state before it, says nothing.
//! 12. A receiver's initial-delivery-count, which the text wants ignored; an idle-time-out of 0, which is none.
//! 13. What the recorded side may not write and the core cannot: strings for keys of a fields map (symbols, then), an
//!     error without a condition (none, then).
//! 14. The last word of a SCRAM server may be a challenge of its own, which an empty response answers, or in the
//!     outcome; the core as a listener has it in the outcome.
//! 15. Defaults may be written out or left out; one symbol is an array of one.

mod facts;

pub(crate) use facts::{ATTACH, MECHANISMS, OPEN};

use crate::observer::{Observer, Side};
use crate::trace::print_record;
use crate::wire::{Record, Value};
use facts::{Before, Speaker};
use std::collections::BTreeMap;
use std::fmt;

/// One thing said.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is about.
    pub lane: String,
    /// What was said.
    pub record: Record,
    /// The line of the trace that says so; 0 for what the core said.
    pub line: usize,
    /// What it matters.
    pub weight: Weight,
}

/// What a fact matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It must be there, and only if it is expected.
    Counts,
    /// It must be there if it is expected, and may be there in any case (freedom 8).
    Answer,
    /// It need not be there (freedom 7).
    Unheard,
}

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line of the trace that is not met.
    pub line: usize,
    /// What it wants.
    pub expected: String,
    /// What was there instead.
    pub came: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line != usize::MAX {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "expected {}; came {}", self.expected, self.came)
    }
}

/// Boils one side's frames down to facts; the other side's are context.
#[derive(Debug, Default)]
pub struct Meaning {
    /// What is known of the session so far.
    pub observer: Observer,
    facts: Vec<Fact>,
    recorded: bool,
    over: bool,
}

impl Meaning {
    /// Of a recorded side, whose answers count for what they should have been (freedom 8).
    pub fn recorded() -> Self {
        Self { recorded: true, ..Self::default() }
    }

    /// A frame of the side that is compared.
    pub fn ours(&mut self, frame: &Record, line: usize) {
        let before = Before::of(&self.observer);
        let seen = self.observer.observe(Side::Ours, frame);
        let Self { observer, recorded, over, .. } = self;
        let mut speaker = Speaker { observer, before, frame, recorded: *recorded, said: Vec::new() };
        speaker.state(&seen);
        for (lane, mut record, weight) in speaker.said {
            conform(&mut record);
            let weight = if *over { Weight::Unheard } else { weight };
            self.facts.push(Fact { lane, record, line, weight });
        }
    }

    /// There is nobody left to talk to: what follows is said to nobody (freedom 7).
    pub fn over(&mut self) {
        self.over = true;
    }

    /// A frame of its peer.
    pub fn theirs(&mut self, frame: &Record) {
        self.observer.observe(Side::Theirs, frame);
    }

    /// A fact that no frame tells, such as an event.
    pub fn fact(&mut self, lane: String, mut record: Record, line: usize) {
        conform(&mut record);
        self.facts.push(Fact { lane, record, line, weight: Weight::Counts });
    }

    /// The first difference between what was to be said and what was.
    pub fn compare(expected: &Self, actual: &Self) -> Option<Difference> {
        let mut lanes: BTreeMap<&str, (Vec<&Fact>, Vec<&Fact>)> = BTreeMap::new();
        for fact in without_repeats(&expected.facts) {
            lanes.entry(&fact.lane).or_default().0.push(fact);
        }
        for fact in without_repeats(&actual.facts) {
            lanes.entry(&fact.lane).or_default().1.push(fact);
        }
        let differences = lanes.iter().filter_map(|(lane, (expected, actual))| compare_lane(lane, expected, actual));
        differences.min_by_key(|difference| difference.line)
    }
}

/// Facts without those that only repeat the one before in their lane, where a repetition says nothing.
fn without_repeats(facts: &[Fact]) -> Vec<&Fact> {
    let mut last: BTreeMap<&str, &Record> = BTreeMap::new();
    let mut kept = Vec::new();
    for fact in facts {
        let repeats = last.insert(&fact.lane, &fact.record) == Some(&fact.record);
        if !(repeats && matches!(fact.record.name.as_str(), "credit" | "disposition" | "drained")) {
            kept.push(fact);
        }
    }
    kept
}

fn compare_lane(lane: &str, expected: &[&Fact], actual: &[&Fact]) -> Option<Difference> {
    let mut actual = actual.iter().peekable();
    let mut line = 0;
    for want in expected {
        line = want.line;
        let mut came = actual.peek();
        while came.is_some_and(|came| came.weight != Weight::Counts && !want.record.matches(&came.record)) {
            actual.next();
            came = actual.peek();
        }
        match came {
            Some(came) if want.record.matches(&came.record) => {
                actual.next();
            }
            _ if want.weight == Weight::Unheard => {}
            came => return Some(difference(lane, want, came.map(|fact| &fact.record))),
        }
    }
    let extra = actual.find(|fact| fact.weight == Weight::Counts)?;
    let line = if line == 0 { usize::MAX } else { line };
    let expected = format!("{lane}: nothing more");
    Some(Difference { line, expected, came: shorten(&print_record(&extra.record)) })
}

/// Names the field that differs, where it is but one fact against another of its kind.
fn difference(lane: &str, want: &Fact, came: Option<&Record>) -> Difference {
    let line = want.line;
    let Some(came) = came else {
        let expected = format!("{lane}: {}", shorten(&print_record(&want.record)));
        return Difference { line, expected, came: "nothing".to_owned() };
    };
    let fields = want.record.fields.iter();
    let field = fields.map(|(name, value)| (name, value, came.get(name))).find(|(_, value, came)| !value.matches(came));
    match field {
        Some((name, value, other)) if want.record.name == came.name => Difference {
            line,
            expected: format!("{lane}: {} {name}={}", want.record.name, shorten(&crate::trace::print_value(value))),
            came: format!("{name}={}", shorten(&crate::trace::print_value(other))),
        },
        _ => Difference {
            line,
            expected: format!("{lane}: {}", shorten(&print_record(&want.record))),
            came: shorten(&print_record(came)),
        },
    }
}

/// A line that stays readable however long the payload.
pub(crate) fn shorten(text: &str) -> String {
    if text.len() <= 300 {
        return text.to_owned();
    }
    let head: String = text.chars().take(280).collect();
    format!("{head}… ({} characters)", text.len())
}

/// The fields of a record that a fact keeps, under a new name.
pub(crate) fn pick(record: &Record, name: &str, fields: &[&str]) -> Record {
    fields.iter().fold(Record::new(name), |fact, field| fact.with(field, record.get(field).clone()))
}

/// As [`pick`], and a field that is absent must stay absent.
pub(crate) fn pick_strict(record: &Record, name: &str, fields: &[&str]) -> Record {
    let mut fact = Record::new(name);
    fact.fields = fields.iter().map(|field| ((*field).to_owned(), record.get(field).clone())).collect();
    fact
}

/// Puts right what the text does not allow and the core cannot write (freedom 13): keys of fields maps become symbols,
/// an error without condition becomes none.
pub(crate) fn conform(record: &mut Record) {
    for (name, value) in &mut record.fields {
        match value {
            Value::Composite(inner) if inner.name == "error" && inner.text("condition").is_none() => {
                *value = Value::Null;
            }
            Value::Composite(inner) => conform(inner),
            Value::Map(pairs) if FIELDS.contains(&name.as_str()) => {
                for (key, _) in pairs {
                    if let Value::String(text) = key {
                        *key = Value::Symbol(std::mem::take(text));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Fields whose type is `fields` (§2.8.13), or a filter set or node properties, which are keyed alike.
const FIELDS: [&str; 5] = ["info", "properties", "filter", "dynamic-node-properties", "message-annotations"];

/// `Value::Word` of a text.
pub(crate) fn word(text: impl Into<String>) -> Value {
    Value::Word(text.into())
}
