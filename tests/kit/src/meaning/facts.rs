//! The facts that one frame states.

use super::{pick, pick_strict, word};
use crate::observer::{Observer, Part, Seen, Side, Turn};
use crate::wire::{Record, Value};

/// What must be known from before the frame.
pub(super) struct Before {
    /// The core's side had closed, or ended, or detached what the frame is about.
    over: bool,
    /// So had the peer.
    answered: bool,
    draining: Vec<bool>,
}

impl Before {
    pub(super) fn of(observer: &Observer, frame: &Record) -> Self {
        let (over, answered) = (*observer.closed.of(Side::Ours), *observer.closed.of(Side::Theirs));
        let draining = observer.links.iter().map(|link| link.draining).collect();
        Self { over, answered: answered && frame.name != "close", draining }
    }
}

/// Says through `say` (lane, record, loose) what the frame states.
pub(super) fn state(
    observer: &Observer,
    before: &Before,
    seen: &Seen,
    frame: &Record,
    say: &mut dyn FnMut(String, Record, bool),
) {
    if before.over {
        return;
    }
    let loose = before.answered;
    let answer = |turn: &Turn| loose || *turn == Turn::Answers;
    match seen {
        Seen::Connection => connection(frame, say),
        Seen::Close => {
            let answers = *observer.closed.of(Side::Theirs);
            say("connection".to_owned(), pick_strict(frame, "close", &["error"]), answers);
        }
        Seen::Begin(at, _) => say(observer.session(*at).label.clone(), pick_strict(frame, "begin", BEGIN), loose),
        Seen::End(at, turn) => {
            say(observer.session(*at).label.clone(), pick_strict(frame, "end", &["error"]), answer(turn));
        }
        Seen::Attach(at, _) => say(observer.link(*at).label.clone(), attach(observer, *at, frame), loose),
        Seen::Detach(at, turn) => {
            let loose = answer(turn) || is_over(observer, *at);
            say(observer.link(*at).label.clone(), pick_strict(frame, "detach", &["closed", "error"]), loose);
        }
        Seen::Flow(_, Some(at)) => flow(observer, before, *at, frame, loose, say),
        Seen::Flow(_, None) => {}
        Seen::Transfer(at, number, part) => transfer(observer, (*at, *number), *part, loose, say),
        Seen::Disposition(held) => {
            let fact = pick_strict(frame, "disposition", &["role", "state", "settled"]);
            for delivery in held {
                let loose = loose || is_over(observer, delivery.0);
                say(format!("{} states", observer.delivery_label(*delivery)), fact.clone(), loose);
            }
        }
        Seen::Stray(why) => say("strays".to_owned(), Record::new("stray").with("why", why.as_str()), true),
    }
}

const OPEN: &[&str] = &[
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
const ATTACH: &[&str] = &[
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
pub(crate) const MECHANISMS: [&str; 3] = ["ANONYMOUS", "PLAIN", "EXTERNAL"];

fn connection(frame: &Record, say: &mut dyn FnMut(String, Record, bool)) {
    let fact = match frame.name.as_str() {
        "empty" => return,
        "open" => open(frame),
        "sasl-init" => {
            let plain = frame.text("mechanism") == Some("PLAIN");
            pick(frame, "sasl-init", if plain { &["mechanism", "initial-response"] } else { &["mechanism"] })
        }
        "sasl-mechanisms" => {
            let known = |value: &Value| matches!(value, Value::Symbol(name) if MECHANISMS.contains(&name.as_str()));
            let Value::List(offered) = frame.get("sasl-server-mechanisms") else { return };
            let offered: Vec<_> = offered.iter().filter(|value| known(value)).cloned().collect();
            Record::new("sasl-mechanisms").with("offered", Value::List(offered))
        }
        name => pick(frame, name, &["layer", "code", "challenge", "response"]),
    };
    say("connection".to_owned(), fact, false);
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

fn attach(observer: &Observer, at: usize, frame: &Record) -> Record {
    let link = observer.link(at);
    let own = if link.sender == Side::Ours { "source" } else { "target" };
    let asked = link.attach.of(Side::Theirs).as_ref();
    let refused = *frame.get(own) == Value::Null && asked.is_some_and(|asked| *asked.get(own) != Value::Null);
    if refused {
        return pick_strict(frame, "attach", &["name", "role", own]);
    }
    let mut fact = pick_strict(frame, "attach", ATTACH);
    if link.sender == Side::Theirs {
        fact.fields.retain(|(name, _)| name != "initial-delivery-count");
    }
    fact
}

/// The session or link is over on either side: whatever is said of it is said to nobody.
fn is_over(observer: &Observer, at: usize) -> bool {
    let ended = &observer.session(observer.link(at).session).ended;
    *ended.of(Side::Ours) || *ended.of(Side::Theirs)
}

fn flow(
    observer: &Observer,
    before: &Before,
    at: usize,
    frame: &Record,
    loose: bool,
    say: &mut dyn FnMut(String, Record, bool),
) {
    let link = observer.link(at);
    let loose = loose || is_over(observer, at) || *link.detached.of(Side::Theirs);
    if link.sender == Side::Theirs {
        let granted = Value::Number(link.granted().into());
        let fact = pick_strict(frame, "credit", &["drain"]).with("granted", granted);
        say(format!("{} credit", link.label), fact, loose);
    } else if before.draining.get(at) == Some(&true) && !link.draining {
        say(format!("{} drained", link.label), Record::new("drained"), loose);
    }
}

fn transfer(
    observer: &Observer,
    delivery: (usize, usize),
    part: Part,
    loose: bool,
    say: &mut dyn FnMut(String, Record, bool),
) {
    let (at, number) = delivery;
    let link = observer.link(at);
    let loose = loose || is_over(observer, at) || *link.detached.of(Side::Theirs);
    let delivery = observer.delivery(delivery);
    let fact = Record::new("delivery").with("number", word(format!("#{number}")));
    let fact = match part {
        Part::Begun => return,
        Part::Aborted => fact.with("aborted", true),
        Part::Whole => {
            let mut fact = fact;
            let meta = &delivery.meta;
            for name in ["delivery-tag", "rcv-settle-mode", "state", "settled"] {
                fact.fields.push((name.to_owned(), meta.get(name).clone()));
            }
            fact.set("message-format", Value::from(meta.uint("message-format").unwrap_or(0)));
            fact.with("payload", delivery.payload.as_slice())
        }
    };
    say(format!("{} deliveries", link.label), fact, loose);
}
