//! Settlement (§2.6.12) of one session and direction at one end: which deliveries are unsettled there, what the other
//! side has said of them, and what the application has said that has to leave.

use super::resume::{Map, is_outcome, sorted};
use amqp10_testkit::wire::{Record, Value};

/// A delivery that is not settled at this end.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: u32,
    /// Its place among the links of the session.
    pub(crate) link: usize,
    tag: Vec<u8>,
    /// The state that the other side reported last.
    pub(crate) state: Value,
    /// The state that this side reported last.
    pub(crate) said: Value,
    /// The same, but for what was no state.
    reported: Value,
}

/// What the application has said and no frame has yet.
#[derive(Clone, Debug, PartialEq)]
struct Due {
    id: u32,
    state: Value,
    settled: bool,
}

/// What the application has to hear of a disposition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct News {
    pub(crate) link: usize,
    pub(crate) id: u32,
    pub(crate) state: Value,
    pub(crate) settled: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settlement {
    /// In the order of their delivery-ids.
    pub(crate) held: Vec<Held>,
    due: Vec<Due>,
}

fn range(frame: &Record) -> Result<(u32, u32), String> {
    let first = frame.uint("first").ok_or("a disposition without first")?;
    let last = frame.uint("last").unwrap_or(first);
    if last.wrapping_sub(first) > 10_000 { Err("a range of more than there is".to_owned()) } else { Ok((first, last)) }
}

impl Settlement {
    /// An unsettled delivery begins.
    pub(crate) fn begins(&mut self, id: u32, link: usize, tag: &[u8]) -> Result<(), String> {
        if self.held.iter().any(|held| held.link == link && held.tag == tag) {
            return Err("a delivery-tag that an unsettled delivery of the link has".to_owned());
        }
        self.held.push(Held {
            id,
            link,
            tag: tag.to_vec(),
            state: Value::Null,
            said: Value::Null,
            reported: Value::Null,
        });
        Ok(())
    }

    /// A delivery is settled: by its sender in a transfer, or by abort.
    pub(crate) fn settle(&mut self, id: u32) {
        self.held.retain(|held| held.id != id);
    }

    /// The link is gone for both.
    pub(crate) fn forget(&mut self, link: usize) {
        self.held.retain(|held| held.link != link);
    }

    /// What the link leaves when it is gone: not what has come in part (§2.6.14).
    pub(crate) fn left_by(&self, link: usize, sends: bool, partial: Option<u32>) -> Map {
        let left = self.held.iter().filter(|held| held.link == link && Some(held.id) != partial);
        let state = |held: &Held| match &held.reported {
            Value::Null if sends && is_outcome(&held.state) => held.state.clone(),
            reported => reported.clone(),
        };
        sorted(left.map(|held| (Value::Binary(held.tag.clone()), state(held))).collect())
    }

    pub(crate) fn of_link(&self, link: usize) -> usize {
        self.held.iter().filter(|held| held.link == link).count()
    }

    /// The application disposes of the deliveries from `first` to `last`, of one link or of all.
    pub(crate) fn disposes(&mut self, link: Option<usize>, (first, last): (u32, u32), state: &Value, settled: bool) {
        self.held.retain_mut(|held| {
            let ours = link.is_none_or(|link| held.link == link);
            let touched = ours && held.id.wrapping_sub(first) <= last.wrapping_sub(first);
            if touched {
                self.due.push(Due { id: held.id, state: state.clone(), settled });
                held.said = state.clone();
                if *state != Value::Null {
                    held.reported = state.clone();
                }
            }
            !(touched && settled)
        });
    }

    /// How many of these ids are those of unsettled deliveries before one comes that is not; `None`: all of them are.
    pub(crate) fn missing(&self, (first, last): (u32, u32)) -> Option<u32> {
        (0..=last.wrapping_sub(first))
            .find(|offset| !self.held.iter().any(|held| held.id == first.wrapping_add(*offset)))
    }

    /// What was disposed of has been said in frames.
    pub(crate) fn all_said(&self) -> bool {
        self.due.is_empty()
    }

    /// This side sends a disposition: of each delivery just what its application wanted, and each once.
    pub(crate) fn says(&mut self, frame: &Record) -> Result<(), String> {
        let (first, last) = range(frame)?;
        let (state, settled) = (frame.get("state"), frame.flag("settled"));
        for offset in 0..=last.wrapping_sub(first) {
            let id = first.wrapping_add(offset);
            let due = self.due.iter().position(|due| due.id == id && due.state == *state && due.settled == settled);
            self.due.remove(due.ok_or_else(|| format!("nobody has said so of delivery {id}"))?);
        }
        Ok(())
    }

    /// The other side's disposition: what is new in it, in the order of the deliveries.
    pub(crate) fn hears(&mut self, frame: &Record) -> Result<Vec<News>, String> {
        let (first, last) = range(frame)?;
        let settled = frame.flag("settled");
        let mut news = Vec::new();
        self.held.retain_mut(|held| {
            if held.id.wrapping_sub(first) > last.wrapping_sub(first) {
                return true;
            }
            let state = frame.get("state");
            let is_new = *state != Value::Null && !is_outcome(&held.state) && held.state != *state;
            if is_new {
                held.state = state.clone();
            }
            if is_new || settled {
                news.push(News { link: held.link, id: held.id, state: held.state.clone(), settled });
            }
            !settled
        });
        Ok(news)
    }
}
