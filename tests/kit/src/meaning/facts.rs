//! The facts that one frame states.

use super::{Weight, pick, pick_strict, word};
use crate::observer::{Observer, Part, Seen, Side, Turn};
use crate::wire::{Record, Value};

/// What must be known from before the frame.
pub(super) struct Before {
    /// The core's side had closed the connection.
    over: bool,
    /// So had the peer.
    unheard: bool,
    draining: Vec<bool>,
}

impl Before {
    pub(super) fn of(observer: &Observer) -> Self {
        let draining = observer.links.iter().map(|link| link.draining).collect();
        Self { over: *observer.closed.of(Side::Ours), unheard: *observer.closed.of(Side::Theirs), draining }
    }
}

/// What one frame of the compared side says.
pub(super) struct Speaker<'a> {
    /// What is known, this frame included.
    pub(super) observer: &'a Observer,
    pub(super) before: Before,
    pub(super) frame: &'a Record,
    /// Answers count for what they should have been.
    pub(super) recorded: bool,
    /// Lane, fact, weight.
    pub(super) said: Vec<(String, Record, Weight)>,
}

/// The fields of open that are an application's to choose.
pub(crate) const OPEN: &[&str] = &[
    "container-id",
    "hostname",
    "max-frame-size",
    "channel-max",
    "idle-time-out",
    "outgoing-locales",
    "incoming-locales",
    "offered-capabilities",
    "desired-capabilities",
    "properties",
];
const BEGIN: &[&str] = &["handle-max", "offered-capabilities", "desired-capabilities", "properties"];
/// The fields of attach that are an application's to choose.
pub(crate) const ATTACH: &[&str] = &[
    "name",
    "role",
    "snd-settle-mode",
    "rcv-settle-mode",
    "source",
    "target",
    "initial-delivery-count",
    "max-message-size",
    "offered-capabilities",
    "desired-capabilities",
    "properties",
];

/// Mechanisms the core can offer and choose.
pub(crate) const MECHANISMS: [&str; 8] =
    ["ANONYMOUS", "PLAIN", "EXTERNAL", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];

impl Speaker<'_> {
    /// States the facts of a frame about `seen`.
    pub(super) fn state(&mut self, seen: &Seen) {
        if self.before.over {
            return;
        }
        match seen {
            Seen::Connection => self.connection(),
            Seen::Close => self.close(),
            Seen::Begin(at, _) => self.begin(*at),
            Seen::End(at, turn) => self.end(*at, *turn),
            Seen::Attach(at, _) => self.attach(*at),
            Seen::Detach(at, turn) => self.detach(*at, *turn),
            Seen::Flow(_, Some(at)) => self.flow(*at),
            Seen::Flow(_, None) => {}
            Seen::Transfer(at, number, part) => self.transfer(*at, *number, *part),
            Seen::Disposition(held) => self.disposition(held),
            Seen::Stray(why) => {
                self.say("strays".to_owned(), Record::new("stray").with("why", why.as_str()), Weight::Unheard);
            }
        }
    }

    fn say(&mut self, lane: String, fact: Record, weight: Weight) {
        self.said.push((lane, fact, weight));
    }

    /// What counts, unless nobody hears it.
    fn weight(&self, unheard: bool) -> Weight {
        if unheard || self.before.unheard { Weight::Unheard } else { Weight::Counts }
    }

    /// The fact of a frame that may be an answer: then, of a recorded one, what it should have been.
    fn answer(&mut self, lane: String, turn: Turn, due: &Record, weight: Weight) {
        let answers = turn == Turn::Answers;
        let frame = if self.recorded && answers { due } else { self.frame };
        let fact = pick_strict(frame, &due.name, &["closed", "error"]);
        self.say(lane, fact, if answers && weight == Weight::Counts { Weight::Answer } else { weight });
    }

    fn connection(&mut self) {
        let frame = self.frame;
        let fact = match frame.name.as_str() {
            "empty" => return,
            "open" => open(frame),
            "sasl-init" => {
                let free = matches!(frame.text("mechanism"), Some("ANONYMOUS" | "EXTERNAL"));
                pick(frame, "sasl-init", if free { &["mechanism"] } else { &["mechanism", "initial-response"] })
            }
            "sasl-mechanisms" => offer(frame),
            name => pick(frame, name, &["layer", "code", "challenge", "response", "additional-data"]),
        };
        self.say("connection".to_owned(), fact, Weight::Counts);
    }

    fn close(&mut self) {
        let turn = if self.before.unheard { Turn::Answers } else { Turn::Asks };
        self.answer("connection".to_owned(), turn, &Record::new("close"), Weight::Counts);
    }

    fn begin(&mut self, at: usize) {
        let session = self.observer.session(at);
        let weight = self.weight(*session.ended.of(Side::Theirs));
        self.say(session.label.clone(), pick_strict(self.frame, "begin", BEGIN), weight);
    }

    fn end(&mut self, at: usize, turn: Turn) {
        let lane = self.observer.session(at).label.clone();
        self.answer(lane, turn, &Record::new("end"), self.weight(false));
    }

    fn attach(&mut self, at: usize) {
        let link = self.observer.link(at);
        let mut fact = pick_strict(self.frame, "attach", ATTACH);
        if self.refuses(at) {
            fact = pick_strict(self.frame, "attach", &["name", "role", self.own_terminus(at)]);
        } else if link.sender == Side::Theirs {
            fact.fields.retain(|(name, _)| name != "initial-delivery-count");
        }
        let weight = self.weight(self.is_over(at) || *link.detached.of(Side::Theirs));
        self.say(link.label.clone(), fact, weight);
    }

    fn detach(&mut self, at: usize, turn: Turn) {
        let link = self.observer.link(at);
        let weight = self.weight(self.is_over(at));
        let due = Record::new("detach").with("closed", *link.closed.of(Side::Theirs));
        let turn = if self.refuses(at) { Turn::Asks } else { turn };
        self.answer(link.label.clone(), turn, &due, weight);
    }

    fn flow(&mut self, at: usize) {
        let link = self.observer.link(at);
        let weight = self.weight(self.is_over(at) || *link.detached.of(Side::Theirs));
        if link.sender == Side::Theirs {
            let granted = Value::Number(link.granted().into());
            let fact = pick_strict(self.frame, "credit", &["drain"]).with("granted", granted);
            self.say(format!("{} credit", link.label), fact, weight);
        } else if self.before.draining.get(at) == Some(&true) && !link.draining {
            self.say(format!("{} drained", link.label), Record::new("drained"), weight);
        }
    }

    fn transfer(&mut self, at: usize, number: usize, part: Part) {
        let link = self.observer.link(at);
        let meta = &link.deliveries[number].meta;
        let mut fact = Record::new("delivery").with("number", word(format!("#{number}")));
        match part {
            Part::Begun => return,
            Part::Aborted => fact.set("aborted", Value::Bool(true)),
            Part::Whole => {
                fact.fields
                    .extend(pick_strict(meta, "", &["delivery-tag", "rcv-settle-mode", "state", "settled"]).fields);
                fact.set("message-format", Value::from(meta.uint("message-format").unwrap_or(0)));
                fact.set("payload", Value::from(link.deliveries[number].payload.as_slice()));
            }
        }
        let weight = self.weight(self.is_over(at) || *link.detached.of(Side::Theirs));
        self.say(format!("{} deliveries", link.label), fact, weight);
    }

    fn disposition(&mut self, held: &[(usize, usize)]) {
        let fact = pick_strict(self.frame, "disposition", &["role", "state", "settled"]);
        for delivery in held {
            let weight = self.weight(self.is_over(delivery.0));
            self.say(format!("{} states", self.observer.delivery_label(*delivery)), fact.clone(), weight);
        }
    }

    /// The session is over on either side: whatever is said of its links is said to nobody.
    fn is_over(&self, at: usize) -> bool {
        let ended = &self.observer.session(self.observer.link(at).session).ended;
        *ended.of(Side::Ours) || *ended.of(Side::Theirs)
    }

    /// The terminus that the compared side has to give.
    fn own_terminus(&self, at: usize) -> &'static str {
        if self.observer.link(at).sender == Side::Ours { "source" } else { "target" }
    }

    /// The compared side has attached without its own terminus, although one was asked for.
    fn refuses(&self, at: usize) -> bool {
        let (link, own) = (self.observer.link(at), self.own_terminus(at));
        let terminus = |side| link.attach.of(side).as_ref().map(|attach| attach.get(own));
        terminus(Side::Ours) == Some(&Value::Null) && terminus(Side::Theirs).is_some_and(|asked| *asked != Value::Null)
    }
}

/// An idle-time-out of 0 is none (§2.4.5).
fn open(frame: &Record) -> Record {
    let mut fact = pick_strict(frame, "open", OPEN);
    if fact.number("idle-time-out") == Some(0) {
        fact.fields.retain(|(name, _)| name != "idle-time-out");
        fact.fields.push(("idle-time-out".to_owned(), Value::Null));
    }
    fact
}

/// The mechanisms offered that the core has.
fn offer(frame: &Record) -> Record {
    let known = |value: &&Value| matches!(value, Value::Symbol(name) if MECHANISMS.contains(&name.as_str()));
    let offered = match frame.get("sasl-server-mechanisms") {
        Value::List(offered) => offered.iter().filter(known).cloned().collect(),
        _ => Vec::new(),
    };
    Record::new("sasl-mechanisms").with("offered", Value::List(offered))
}
