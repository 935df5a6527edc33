//! The trace format: a session with the core as text that people read, write and diff.
//!
//! One line is one entry; its first character says what it is.
//!
//! | line | meaning |
//! | --- | --- |
//! | `@ client container-id="x" …` | a connection begins; the core is the client (or `@ listener`), with this configuration |
//! | `@ sasl mechanism=:PLAIN user="u" password="p"` | its SASL layer; `mechanism` may be a list, `insecure-allowed=false` keeps PLAIN back; a listener's is `@ sasl mechanisms=[:PLAIN]`, `optional=true` takes bare AMQP too; more below |
//! | `@ unsupported "why"` | the core cannot play this yet: the verdict is `unsupported`, neither pass nor fail |
//! | `> open container-id="peer"` | from the peer to the core: a header, a frame, or `eof` |
//! | `> 0000001802000000…  # text` | the same as raw octets, for input that must be exact; the comment is for people |
//! | `+ open container-id="peer"` | the same as `>`, but held back: it arrives in one piece with the next `>` |
//! | `< begin remote-channel=0` | expected from the core |
//! | `! begin s0 incoming-window=10` | a command of the application |
//! | `= begun s0` | an event expected from the core |
//! | `~ 250ms` | time passes; every deadline on the way is served |
//! | `? link s0/l0 credit=3 unsettled=0` | the core's snapshot must say so now |
//! | `# …` | a comment; `# req: TR-2.4.5-01` names the rows of the requirements that the file proves |
//!
//! After its name a line has an optional subject (`s0`, `s0/l0`, `s0/l0#3`) and fields `name=value`, named as the
//! specification names them. Of an expectation only the fields written are compared; `*` matches anything and `null`
//! wants the field absent. Values: `null` `true` `5` `"text"` `:symbol` `0xc0ffee` `[a b]` `{key=value}`
//! `@source{address="q"}`, words out of a choice (`sender`, `second`), and where no table tells the type
//! `uint(5)`, `timestamp(0)`, `uuid(0x…)`, `array[…]`, `described(descriptor value)`. `octets("a\1")` is binary, written
//! as text. `0x00*512` and `"x"*512` are repeated so often.
//!
//! # Subjects
//! Sessions that the core begins are `s0`, `s1`…, those that the peer begins `p0`, `p1`…, each in that order. Links
//! are `s0/l0`, `s0/l1`… when the core attaches first, `s0/p0`… when the peer does. `s0/l0#3` is the fourth delivery
//! of that link. So no line needs a channel, a handle or a delivery-id to say what it means.
//!
//! # The first line
//! `@ client` and `@ listener` take the fields of open, and: `start=open|session|sender|receiver` (play that far
//! first, see the runner), `take=manual` (deliveries stay in the core until `! take`), `take=pieces` (they are read as
//! they come, as `piece` events), `split=1` (input arrives in pieces of so many octets), `pipelining=on`,
//! `required-capabilities`,
//! `compare=meaning`; times in milliseconds `handshake-timeout`, `close-timeout`; `heartbeat-percent`,
//! `output-high-water`; and what a peer may cost, named as the fields of `PeerLimits`: `max-sessions`, `max-links`…
//!
//! # SASL
//! A client's line takes `user`, `password`, `token`, `host`, `port`, `nonce`, `max-iterations`, as its mechanisms need them;
//! `:SCRAM` is all three of them. A listener's takes `nonce`, and `secret`, from which users that do not exist get their
//! salt. `:X-ECHO` is a mechanism for tests that says back what it is told; an empty message asks the application.
//!
//! # Commands
//! `begin`, `accept`, `attach`, `refuse`, `flow`, `drain`, `drained`, `pause`, `resume`, `send`, `write`, `abort`, `dispose`,
//! `skip`, `take`,
//! `detach`, `end`, `close`, `sasl-outcome`: each with the fields of the frame that it makes the core send.
//! `sasl-scram password="p" salt=0x00 iterations=4096` answers for a user, without a password for one that there is not;
//! `sasl-custom data=0x00` has `:X-ECHO` challenge with that. `begin` and
//! `accept` of a session take `incoming-octets`, `low-water` and the first `delivery-id`; `flow s0 incoming-window=N` sets that window. `attach`
//! and `accept` of a receiver take `credit=N` to have the core grant it, with `low-water=N` and `counts=on-settle`
//! where wanted; of either end `settle-modes=required` to take no others. `send … more=true` begins a delivery,
//! `write` goes on with it, `abort` gives it up (with a tag: one that it begins for that); `dispose s0/l0#3 last=9`
//! settles a range, `dispose s0/l0#3 through="s0/p0#1"` one of all links of the session; where that says that deliveries in
//! it are missing, `missing=2` is how many are before the first of them. `attach` and `accept` with `resume=keep` keep what is unsettled, with `unsettled={0x01=null}` go on with
//! that, and `resume s0/l0 delivery-tag=0x01` resumes one; `take s0/l0 count=2` takes so many deliveries, with
//! `pieces=true` so many pieces of them; `flow s0/l0 credit=5` turns to automatic credit; with `fails="text"` the core must refuse the command
//! and give that text for a reason. `output-high-water octets=N` sets that mark. `hold` and `release` are the
//! transport's: between them it takes no output of the core.
//!
//! # Snapshots
//! `? connection` has `state`, `local`, `remote`, `sessions`, `output-pending`, `output` (`open`, or `ended` once the
//! core has said that nothing will follow), and the next `deadline` in milliseconds from now and what it is `of`.
//! `? link` of a sender says why it is `blocked`, and since how many milliseconds (`for`); of a receiver why it is `idle`.
//! `memory-used` of the connection, `unread-octets` of a session and `buffered-octets` of a link are what waits to be taken.
//!
//! # Comparison
//! `compare=exact` (the default) wants just the frames and events written, in order; flow, arrived and writable
//! events may be left out. `compare=meaning`, made for recordings, is the business of [`crate::meaning`].

mod line;
mod parse;
mod print;
mod scan;

use crate::wire::Record;
use std::time::Duration;

pub use line::{FrameLine, parse_frame};
pub use print::{print_record, print_value};

/// Reads one record: a name, perhaps a subject, and fields.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_record(text: &str) -> Result<Record, String> {
    scan::Scanner::new(text).record()
}

/// A file: connections one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Where it came from, for messages.
    pub file: String,
    /// What stands before the first connection: title, provenance, requirement rows.
    pub comments: Vec<String>,
    /// The connections.
    pub connections: Vec<Script>,
}

/// One connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Which side the core is.
    pub role: Role,
    /// How its output is compared.
    pub compare: Compare,
    /// The fields of the `@ client`/`@ listener` line.
    pub config: Record,
    /// The fields of the `@ sasl` line.
    pub sasl: Option<Record>,
    /// Why the core cannot play this, if so.
    pub unsupported: Option<String>,
    /// The rest, in order.
    pub entries: Vec<Entry>,
}

/// Which side the core is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It opens the connection.
    Client,
    /// It answers.
    Listener,
}

impl Role {
    /// As the format writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Listener => "listener",
        }
    }
}

/// How expectations are compared with what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Frame by frame, event by event.
    Exact,
    /// In meaning, by [`crate::meaning`].
    Meaning,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the file, from 1; 0 when not from a file.
    pub line: usize,
    /// What it says.
    pub step: Step,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `#`
    Comment(String),
    /// `>` a frame written out.
    Input(Record),
    /// `>` octets, and what they are in words.
    Raw(Vec<u8>, String),
    /// `+` an input that arrives together with the next one.
    Part(Box<Step>),
    /// `> eof`
    InputEnd,
    /// `<`
    Output(Record),
    /// `!`
    Command(Record),
    /// `=`
    Event(Record),
    /// `~`
    Advance(Duration),
    /// `?`
    Snapshot(Record),
}

impl Script {
    /// A connection without entries.
    pub fn new(role: Role, compare: Compare) -> Self {
        let config = Record::new(role.name());
        Self { role, compare, config, sasl: None, unsupported: None, entries: Vec::new() }
    }

    /// Appends an entry that comes from no file.
    pub fn push(&mut self, step: Step) {
        self.entries.push(Entry { line: 0, step });
    }
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// `file:line: what is wrong`.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        parse::parse(file, text)
    }

    /// The requirement rows that the file says it proves.
    pub fn requirements(&self) -> Vec<String> {
        let inner = self.connections.iter().flat_map(|script| &script.entries).filter_map(|entry| match &entry.step {
            Step::Comment(text) => Some(text),
            _ => None,
        });
        let rows = self.comments.iter().chain(inner).filter_map(|text| text.trim().strip_prefix("req:"));
        rows.flat_map(|rows| rows.split([',', ' ']).filter(|row| !row.is_empty()).map(str::to_owned)).collect()
    }
}
