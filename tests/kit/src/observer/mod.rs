//! A bystander: reads the frames of both sides and knows which session, link and delivery each is about.
//!
//! It gives everything a name that does not depend on channels, handles and delivery-ids (see [`crate::trace`],
//! "Subjects"), so that a recording and a run of the core can be held side by side. It judges nothing: it believes
//! what it is shown, and calls a frame that it cannot place a stray.

mod links;
mod transfers;

use crate::wire::Record;
use std::collections::BTreeMap;

/// Who sent a frame: the core (or whoever it plays), or its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The core's side.
    Ours,
    /// The peer.
    Theirs,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Ours => Self::Theirs,
            Self::Theirs => Self::Ours,
        }
    }
}

/// Something of each side.
#[derive(Clone, Debug, Default)]
pub struct Both<T> {
    ours: T,
    theirs: T,
}

impl<T> Both<T> {
    /// That side's.
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        }
    }

    /// That side's, to change.
    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Ours => &mut self.ours,
            Side::Theirs => &mut self.theirs,
        }
    }
}

/// What a frame was about. Numbers are places in [`Observer::sessions`], [`Observer::links`] and
/// [`Link::deliveries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A header, a SASL frame, an empty frame, an open: the connection as a whole.
    Connection,
    /// A close.
    Close,
    /// A begin; whether it answers the other side's.
    Begin(usize, Turn),
    /// An end.
    End(usize, Turn),
    /// An attach.
    Attach(usize, Turn),
    /// A detach.
    Detach(usize, Turn),
    /// A flow of a session, perhaps of one link.
    Flow(usize, Option<usize>),
    /// A transfer: the link, the delivery, and where in it this frame stands.
    Transfer(usize, usize, Part),
    /// A disposition: the deliveries (link, number) that were unsettled until then.
    Disposition(Vec<(usize, usize)>),
    /// A frame that fits nothing seen before.
    Stray(String),
}

/// Whether a frame asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It comes first.
    Asks,
    /// The other side did so before.
    Answers,
}

/// Where in its delivery a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// More follow.
    Begun,
    /// The last one.
    Whole,
    /// The last one, taking everything back.
    Aborted,
}

/// A session as both sides see it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// `s0`, `p0`…
    pub label: String,
    /// The begins.
    pub begin: Both<Option<Record>>,
    /// Who has ended it.
    pub ended: Both<bool>,
    /// The channel each side sends on.
    pub channel: Both<u16>,
    /// Transfer frames sent.
    pub transfers: Both<u32>,
    handles: Both<BTreeMap<u32, usize>>,
    deliveries: Both<Vec<(u32, usize, usize)>>,
    attached: Both<usize>,
}

/// A link as both sides see it.
#[derive(Clone, Debug)]
pub struct Link {
    /// `s0/l0`, `s0/p0`…
    pub label: String,
    /// Its session.
    pub session: usize,
    /// Who sends deliveries.
    pub sender: Side,
    /// The attaches.
    pub attach: Both<Option<Record>>,
    /// Who has detached it.
    pub detached: Both<bool>,
    /// Whose detach closed it.
    pub closed: Both<bool>,
    /// In the order of their first transfers.
    pub deliveries: Vec<Delivery>,
    /// Deliveries the receiver may still send for, by its last flow.
    pub credit: i64,
    /// The sender's delivery-count.
    pub delivery_count: u32,
    /// The receiver asked to drain and has had no answer.
    pub draining: bool,
}

/// A delivery.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// Its delivery-id.
    pub id: u32,
    /// Of its first transfer; `settled` and `state` of the last that had them.
    pub meta: Record,
    /// Of all its transfers.
    pub payload: Vec<u8>,
    /// How it stands.
    pub part: Option<Part>,
    /// Either side has settled it.
    pub settled: bool,
    /// Transfer frames sent on the session before it, and with it.
    pub frames: (u32, u32),
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// All, in the order of their begins.
    pub sessions: Vec<Session>,
    /// All, in the order of their attaches.
    pub links: Vec<Link>,
    /// Who has closed the connection.
    pub closed: Both<bool>,
    /// The opens.
    pub open: Both<Option<Record>>,
    begun: Both<usize>,
    channels: Both<BTreeMap<u16, usize>>,
}

impl Observer {
    /// One frame that `side` sent.
    pub fn observe(&mut self, side: Side, frame: &Record) -> Seen {
        let seen = match frame.name.as_str() {
            "begin" => Ok(self.begin(side, frame)),
            "end" => self.end(side, frame),
            "attach" => self.attach(side, frame),
            "detach" => self.detach(side, frame),
            "flow" => self.flow(side, frame),
            "transfer" => self.transfer(side, frame),
            "disposition" => self.disposition(side, frame),
            "close" => {
                *self.closed.of_mut(side) = true;
                Ok(Seen::Close)
            }
            name => {
                if name == "open" {
                    *self.open.of_mut(side) = Some(frame.clone());
                }
                Ok(Seen::Connection)
            }
        };
        seen.unwrap_or_else(Seen::Stray)
    }

    /// A session, by its place.
    pub fn session(&self, at: usize) -> &Session {
        &self.sessions[at]
    }

    /// A link, by its place.
    pub fn link(&self, at: usize) -> &Link {
        &self.links[at]
    }

    /// A delivery, by its link and number.
    pub fn delivery(&self, (link, number): (usize, usize)) -> &Delivery {
        &self.links[link].deliveries[number]
    }

    /// The name of a delivery.
    pub fn delivery_label(&self, (link, number): (usize, usize)) -> String {
        format!("{}#{number}", self.links[link].label)
    }

    /// How many deliveries of some links nobody has settled.
    pub fn unsettled(&self, of: impl Fn(&Link) -> bool) -> usize {
        let deliveries = self.links.iter().filter(|link| of(link)).flat_map(|link| &link.deliveries);
        deliveries.filter(|delivery| !delivery.settled).count()
    }

    /// Whether frames about the link still mean something: nobody has closed, ended or detached it.
    pub fn is_live(&self, link: usize) -> bool {
        let link = self.link(link);
        self.is_session_live(link.session) && !link.detached.ours && !link.detached.theirs
    }

    /// Whether frames about the session still mean something.
    pub fn is_session_live(&self, session: usize) -> bool {
        let ended = &self.session(session).ended;
        !ended.ours && !ended.theirs && !self.closed.ours && !self.closed.theirs
    }

    /// The session of a frame's channel.
    ///
    /// # Errors
    /// When it has none.
    pub fn session_of(&self, side: Side, frame: &Record) -> Result<usize, String> {
        let channel = channel(frame);
        let session = self.channels.of(side).get(&channel).copied();
        session.ok_or_else(|| format!("{} on channel {channel}, which has no session", frame.name))
    }

    /// The session that a begin answers, if it answers one.
    pub fn answered(&self, side: Side, frame: &Record) -> Option<usize> {
        let answered = frame.number("remote-channel").and_then(|channel| u16::try_from(channel).ok());
        let waits = |session: &Session| {
            session.begin.of(side.other()).is_some()
                && session.begin.of(side).is_none()
                && Some(*session.channel.of(side.other())) == answered
        };
        self.sessions.iter().rposition(waits)
    }

    fn begin(&mut self, side: Side, frame: &Record) -> Seen {
        let (at, turn) = match self.answered(side, frame) {
            Some(at) => (at, Turn::Answers),
            None => {
                let count = self.begun.of_mut(side);
                let letter = if side == Side::Ours { 's' } else { 'p' };
                self.sessions.push(Session { label: format!("{letter}{count}"), ..Session::default() });
                *count += 1;
                (self.sessions.len() - 1, Turn::Asks)
            }
        };
        let channel = channel(frame);
        self.channels.of_mut(side).insert(channel, at);
        let session = &mut self.sessions[at];
        *session.begin.of_mut(side) = Some(frame.clone());
        *session.channel.of_mut(side) = channel;
        Seen::Begin(at, turn)
    }

    fn end(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let at = self.session_of(side, frame)?;
        self.channels.of_mut(side).remove(&channel(frame));
        let ended = &mut self.sessions[at].ended;
        *ended.of_mut(side) = true;
        Ok(Seen::End(at, turn(*ended.of(side.other()))))
    }
}

fn channel(frame: &Record) -> u16 {
    frame.number("ch").and_then(|channel| u16::try_from(channel).ok()).unwrap_or(0)
}

fn turn(other_did: bool) -> Turn {
    if other_did { Turn::Answers } else { Turn::Asks }
}
