//! Numbers of the recording into numbers of the run, where the peer's frames quote the core's.
//!
//! Octets are fed as recorded wherever the core happens to use the recorded numbers, which is the rule. Otherwise
//! three places have to be told anew: `remote-channel` of a begin, `first` and `last` of a disposition for deliveries
//! that the core sent, and `next-incoming-id` of a flow, where the core cut its deliveries into other frames.

use crate::observer::{Observer, Part, Session, Side};
use crate::wire::{Record, Value};

/// What to feed in place of `frame`: usually one frame, and the very same.
///
/// `recorded` has seen the recording up to before this frame, `actual` the run.
pub(super) fn translate(recorded: &Observer, actual: &Observer, frame: &Record) -> Result<Vec<Record>, String> {
    let same = vec![frame.clone()];
    match frame.name.as_str() {
        "begin" => begin(recorded, actual, frame),
        "disposition" if frame.text("role") == Some("receiver") => Ok(disposition(recorded, actual, frame)),
        "flow" => Ok(flow(recorded, actual, frame).unwrap_or(same)),
        _ => Ok(same),
    }
}

/// The session of that name in the run.
fn same_session<'a>(actual: &'a Observer, session: &Session) -> Option<&'a Session> {
    actual.sessions.iter().find(|other| other.label == session.label)
}

fn begin(recorded: &Observer, actual: &Observer, frame: &Record) -> Result<Vec<Record>, String> {
    let Some(at) = recorded.answered(Side::Theirs, frame) else { return Ok(vec![frame.clone()]) };
    let session = recorded.session(at);
    let begun = same_session(actual, session).filter(|session| session.begin.of(Side::Ours).is_some());
    let begun =
        begun.ok_or_else(|| format!("the peer answers the begin of {}, which the core has not sent", session.label))?;
    let mut frame = frame.clone();
    replace(&mut frame, "remote-channel", (*begun.channel.of(Side::Ours)).into());
    Ok(vec![frame])
}

fn replace(frame: &mut Record, name: &str, number: u32) {
    for (field, value) in &mut frame.fields {
        if field == name {
            *value = Value::from(number);
        }
    }
}

/// Deliveries that the core sent, by the ids it gave them; one frame for each run of ids.
fn disposition(recorded: &Observer, actual: &Observer, frame: &Record) -> Vec<Record> {
    let held = recorded.held(Side::Theirs, frame).unwrap_or_default();
    let id = |(link, number): (usize, usize)| {
        let label = &recorded.link(link).label;
        let link = actual.links.iter().find(|other| other.label == *label)?;
        link.deliveries.get(number).map(|delivery| delivery.id)
    };
    let same = held.iter().all(|delivery| id(*delivery).is_none_or(|id| id == recorded.delivery(*delivery).id));
    if same {
        return vec![frame.clone()];
    }
    let mut ids: Vec<u32> = held.iter().filter_map(|delivery| id(*delivery)).collect();
    ids.sort_unstable();
    let mut frames = Vec::new();
    for run in ids.chunk_by(|a, b| a.wrapping_add(1) == *b) {
        let mut part = frame.clone();
        part.set("first", run.first().map_or(Value::Null, |id| Value::from(*id)));
        part.set("last", run.last().map_or(Value::Null, |id| Value::from(*id)));
        frames.push(part);
    }
    frames
}

/// How far the peer has read: up to the end of the same delivery.
fn flow(recorded: &Observer, actual: &Observer, frame: &Record) -> Option<Vec<Record>> {
    let read = frame.uint("next-incoming-id")?;
    let at = recorded.session_of(Side::Theirs, frame).ok()?;
    let session = recorded.session(at);
    let begin = |session: &Session| session.begin.of(Side::Ours).as_ref()?.uint("next-outgoing-id");
    let other = same_session(actual, session)?;
    let frames = read.wrapping_sub(begin(session)?);
    let ours = recorded.links.iter().filter(|link| link.session == at && link.sender == Side::Ours);
    let mut mapped = 0;
    for link in ours {
        let twin = actual.links.iter().find(|other| other.label == link.label)?;
        for (delivery, twin) in link.deliveries.iter().zip(&twin.deliveries) {
            if delivery.part.is_some_and(|part| part != Part::Begun) && delivery.frames.1 <= frames {
                mapped = mapped.max(twin.frames.1);
            }
        }
    }
    let mut frame = frame.clone();
    replace(&mut frame, "next-incoming-id", begin(other)?.wrapping_add(mapped));
    Some(vec![frame])
}
