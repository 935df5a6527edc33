//! Links that come back (§2.6.13): what each end leaves unsettled, and what the maps of both say together (§3.4.6).

use super::case::Side;
use super::commands::{LINKS, command, pick};
use super::line::Line;
use super::link::Link;
use super::view::Half;
use super::world::{Checked, World};
use amqp10_testkit::trace::Step;
use amqp10_testkit::wire::{Record, Value};

/// Unsettled deliveries: tags with their states, in the order of the tags.
pub(crate) type Map = Vec<(Value, Value)>;

/// Of one end of a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resuming {
    /// The map of our attach.
    pub(crate) ours: Option<Map>,
    /// What of it waits to be resumed.
    pub(crate) waits: Map,
    /// The map of the other side's attach.
    pub(crate) theirs: Option<Map>,
    /// Our application has detached it: nobody compares any more.
    pub(crate) over: bool,
    /// The application has been told what the two say.
    pub(crate) compared: bool,
    /// A delivery that had come in part when we detached the link: what came of it afterwards is nobody's.
    pub(crate) cut: Option<u32>,
    /// What the link leaves, until the application has been told.
    pub(crate) left: Option<Map>,
}

pub(crate) fn sorted(mut map: Map) -> Map {
    map.sort_by(|(one, _), (other, _)| match (one, other) {
        (Value::Binary(one), Value::Binary(other)) => one.cmp(other),
        _ => std::cmp::Ordering::Equal,
    });
    map
}

/// The map in a field of a frame or event.
pub(crate) fn map_of(record: &Record, name: &str) -> Option<Map> {
    match record.get(name) {
        Value::Map(map) => Some(sorted(map.clone())),
        _ => None,
    }
}

/// A state that does not change any more (§2.6.12).
pub(crate) fn is_outcome(state: &Value) -> bool {
    let outcomes = ["accepted", "rejected", "released", "modified"];
    matches!(state, Value::Composite(state) if outcomes.contains(&state.name.as_str()))
}

/// How far a message has come, by its state.
fn point(state: &Value) -> (u32, u32) {
    match state {
        Value::Composite(state) if state.name == "received" => {
            (state.uint("section-number").unwrap_or(0), state.uint("section-offset").unwrap_or(0))
        }
        _ => (0, 0),
    }
}

impl Resuming {
    /// What has to be told of the two maps: of each of our deliveries what is to be done, and its state over there.
    pub(crate) fn compare(&self, sends: bool) -> Map {
        let ours = self.ours.iter().flatten();
        let compared = ours.map(|(tag, state)| {
            let theirs = self.theirs.iter().flatten().find(|(known, _)| known == tag).map(|(_, state)| state);
            let what = Value::Word(word(sends, state, theirs).to_owned());
            (tag.clone(), Value::List(vec![what, theirs.cloned().unwrap_or(Value::Null)]))
        });
        compared.collect()
    }

    /// Both maps are there: what is settled by that is forgotten.
    pub(crate) fn meet(&mut self, sends: bool) {
        let theirs = &self.theirs;
        let theirs = |tag: &Value| theirs.iter().flatten().find(|(known, _)| known == tag).map(|(_, state)| state);
        self.waits.retain(|(tag, state)| !["unknown", "settled"].contains(&word(sends, state, theirs(tag))));
    }
}

/// The examples of §3.4.6 as a rule; `theirs`: what the other side says of the delivery, if it knows it.
fn word(sends: bool, ours: &Value, theirs: Option<&Value>) -> &'static str {
    let Some(theirs) = theirs else { return if sends && !is_outcome(ours) { "unknown" } else { "settled" } };
    match (sends, is_outcome(ours), is_outcome(theirs)) {
        (false, ..) => "awaited",
        (true, true, true) if ours != theirs => "restate",
        (true, _, true) => "outcome",
        (true, false, false) if point(ours) <= point(theirs) => "content",
        (true, _, false) => "abort",
    }
}

impl World {
    fn link_of(&mut self, side: Side, subject: &str) -> Option<&mut Link> {
        let links = self.end_mut(side).view.sessions.iter_mut().flat_map(|session| &mut session.links);
        links.into_iter().find(|link| link.subject == subject)
    }

    /// What a link leaves is what the model knows to be unsettled; of a session that has ended it knows nothing any more.
    pub(super) fn suspended(&mut self, side: Side, subject: &str, event: &Record) -> Checked {
        let is_held = self.end(side).is_held();
        let Some(link) = self.link_of(side, subject) else { return Ok(()) };
        let (name, returns) = (link.name.clone(), link.suspended && !link.closed);
        let (Some(left), Some(is)) = (link.resuming.left.take(), map_of(event, "unsettled")) else { return Ok(()) };
        // What the transport keeps back cannot be seen.
        if left != is && !is_held {
            let mut wanted = event.clone();
            wanted.set("unsettled", Value::Map(left));
            return self.fault(side, "a link leaves something else", Some(Step::Event(wanted)));
        }
        if returns {
            self.end_mut(side).left.push((name, is));
        }
        Ok(())
    }

    pub(super) fn compared(&mut self, side: Side, subject: &str, event: &Record) -> Checked {
        let Some(link) = self.link_of(side, subject) else { return Ok(()) };
        let deliveries = link.resuming.compare(link.sends);
        let mut wanted = event.clone();
        wanted.set("remembers", Value::from(link.resuming.theirs.is_some()));
        wanted.set("deliveries", Value::Map(deliveries.clone()));
        let is = (map_of(event, "deliveries"), event.flag("remembers"));
        if is != (Some(deliveries), link.resuming.theirs.is_some()) && !link.refused {
            return self.fault(side, "the maps say something else", Some(Step::Event(wanted)));
        }
        link.resuming.compared = true;
        Ok(())
    }

    /// Whoever keeps something has been told of all that is left.
    pub(super) fn all_is_told(&mut self, side: Side) -> Checked {
        if self.end(side).is_held() {
            // A link that comes back to be closed (§2.6.6) is not gone before that has left.
            return Ok(());
        }
        let keeps = self.keeps && !self.closing;
        let links = self.end_mut(side).view.sessions.iter_mut().filter(|session| session.is_live());
        let links = links.flat_map(|session| &mut session.links);
        let left: Vec<_> = links.filter_map(|link| link.resuming.left.take().map(|_| link.subject.clone())).collect();
        match left.first() {
            Some(subject) if keeps => self.fault(side, format!("{subject} leaves something, and nobody is told"), None),
            _ => Ok(()),
        }
    }

    /// The map of the attach by which a link comes back.
    pub(super) fn with_map(&mut self, side: Side, subject: &str, name: &str, record: Record) -> Record {
        let left = &mut self.end_mut(side).left;
        let Some(place) = left.iter().position(|(known, _)| known == name) else { return record };
        let (_, map) = left.remove(place);
        if let Some(link) = self.link_of(side, subject) {
            (link.resuming.ours, link.resuming.waits) = (Some(map.clone()), map.clone());
            if link.theirs != Half::Idle {
                link.resuming.meet(link.sends);
            }
        }
        record.with("unsettled", Value::Map(map))
    }

    /// The attach with that map will not be.
    pub(super) fn without_map(&mut self, side: Side, subject: &str) {
        if let Some(link) = self.link_of(side, subject) {
            link.resuming = Resuming { theirs: link.resuming.theirs.take(), ..Resuming::default() };
        }
    }

    /// A link comes back: one that both ends have suspended, with so few deliveries that they fit into an attach. If there is
    /// none, one is suspended.
    pub(super) fn reattach(&mut self, side: Side, number: u8, credit: Option<u8>) -> Checked {
        if self.keeps && self.end(side).left.is_empty() {
            return self.detach(side, number, false);
        }
        let few = |end: Side, name: &str| self.end(end).left.iter().any(|(known, map)| known == name && map.len() <= 8);
        let left = self.end(side).left.iter().map(|(name, _)| name.as_str());
        let left: Vec<&str> = left.filter(|name| few(side, name) && few(side.other(), name)).collect();
        let (Some(name), Some(at)) = (pick(&left, number), pick(&self.live_sessions(side), number)) else {
            return Ok(());
        };
        let name = name.to_owned();
        let known = self.end(side).view.sessions.iter().flat_map(|session| &session.links);
        let Some(sends) = known.into_iter().find(|link| link.name == name).map(|link| link.sends) else {
            return Ok(());
        };
        let session = self.session(side, at);
        if session.links.iter().filter(|link| link.is_live()).count() >= LINKS {
            return Ok(());
        }
        let subject = format!("{}/l{}", session.subject, session.attached);
        session.attached += 1;
        self.call_before(&name);
        let link = Link { name: name.clone(), subject: subject.clone(), sends, ..Link::default() };
        self.session(side, at).links.push(link);
        self.lines.push(Line::new(name.clone()));
        let record = command("attach", &subject).with("name", name.as_str());
        let record = self.link_options(side, record, sends, ("mixed", "first"), credit);
        let record = self.with_map(side, &subject, &name, record);
        if let Err(refusal) = self.tell(side, record)? {
            return self.fault(side, refusal, None);
        }
        self.after(side)
    }

    /// What was on the link before goes on under another name: what has arrived can be taken still.
    fn call_before(&mut self, name: &str) {
        let before = format!("{name}, before line {}", self.lines.len());
        if let Some(line) = self.line(name) {
            line.name.clone_from(&before);
            line.cut = true;
        }
        for end in &mut self.ends {
            let links = end.view.sessions.iter_mut().flat_map(|session| &mut session.links);
            links.filter(|link| link.name == name).for_each(|link| link.name.clone_from(&before));
        }
    }
}
