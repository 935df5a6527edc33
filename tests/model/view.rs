//! What one side can know of sessions and links: from the frames that it has sent and heard, and nothing else. A frame
//! that it should not have sent is a fault, and so is one that it should not have had to hear.

use super::Strictness;
use super::credit::Credit;
use super::settlement::{News, Settlement};
use super::window::Window;
use amqp10_testkit::wire::Record;

/// How far one direction of a session or link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Half {
    #[default]
    Idle,
    /// begin or attach, with this channel or handle.
    Active(u32),
    Ended,
}

/// A link, at one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    pub(crate) name: String,
    /// What the trace calls it.
    pub(crate) subject: String,
    pub(crate) sends: bool,
    pub(crate) ours: Half,
    pub(crate) theirs: Half,
    /// Either attach was a refusal, or is there only to be followed by a closing detach.
    pub(crate) refused: bool,
    /// Our application has detached it; the frame may have to wait.
    pub(crate) left: bool,
    /// We have detached it, and not for good.
    pub(crate) suspended: bool,
    /// The other side has closed it.
    pub(crate) closed: bool,
    pub(crate) credit: Credit,
    /// snd-settle-mode of the sender's attach, rcv-settle-mode of the receiver's.
    pub(crate) modes: (String, String),
    /// Both modes, as the other side's attach has them.
    pub(crate) wished: (String, String),
    /// The delivery-ids, in the order in which they began.
    pub(crate) deliveries: Vec<u32>,
    /// The delivery in progress on the wire.
    pub(crate) current: Option<Current>,
}

/// A delivery of which more has to come.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    id: u32,
    settled: bool,
    /// Of payload, so far.
    pub(crate) octets: usize,
}

/// A session, at one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// What the trace calls it.
    pub(crate) subject: String,
    pub(crate) ours: Half,
    pub(crate) theirs: Half,
    /// The channel that we have used for it, also after its end.
    channel: Option<u32>,
    /// The same of the other side's.
    remote_channel: Option<u32>,
    /// The application has ended it; the frame may have to wait.
    pub(crate) given_up: bool,
    pub(crate) window: Window,
    /// The incoming-window that the application wants.
    pub(crate) window_max: u32,
    pub(crate) links: Vec<Link>,
    /// Links that the application has attached.
    pub(crate) attached: usize,
    pub(crate) sent: Settlement,
    pub(crate) received: Settlement,
    next_sent: Option<u32>,
    next_received: Option<u32>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct View {
    /// All there ever were, in the order in which they came to be known here.
    pub(crate) sessions: Vec<Session>,
}

type Checked<T = ()> = Result<T, String>;

impl Link {
    pub(crate) fn is_attached(&self) -> bool {
        matches!((self.ours, self.theirs), (Half::Active(_), Half::Active(_))) && !self.refused
    }

    /// Neither side has detached it.
    pub(crate) fn is_live(&self) -> bool {
        self.ours != Half::Ended && self.theirs != Half::Ended && !self.refused && !self.left
    }

    /// §2.6.6: suspended by us and then closed by the other side, it has to be attached again to be closed.
    fn has_to_close(&self) -> bool {
        (self.ours, self.theirs) == (Half::Ended, Half::Ended) && self.suspended && self.closed
    }

    fn attach(&mut self, frame: &Record, by_sender: bool) -> Checked {
        let (snd, rcv) = modes(frame);
        if by_sender {
            self.modes.0 = snd;
            self.credit.starts(frame)?;
        } else {
            self.modes.1 = rcv;
        }
        // Who refuses leaves out the terminus that is its own.
        self.refused |= frame.composite(if by_sender { "source" } else { "target" }).is_none();
        Ok(())
    }

    /// One transfer of a delivery: whether it begins one, and whether the delivery is unsettled before and after it.
    fn transfer(&mut self, frame: &Record) -> Checked<Step> {
        let octets = frame.binary("payload").map_or(0, <[u8]>::len);
        let begins = self.current.is_none();
        let mut current = match self.current.take() {
            Some(current) => current,
            None => Current {
                id: frame.uint("delivery-id").ok_or("a first transfer without delivery-id")?,
                settled: false,
                octets: 0,
            },
        };
        if frame.uint("delivery-id").is_some_and(|id| id != current.id) {
            return Err("deliveries of a link interleave".to_owned());
        }
        let (was, aborted) = (current.settled, frame.flag("aborted"));
        current.settled |= frame.flag("settled") || aborted;
        current.octets += octets;
        let (id, settled) = (current.id, current.settled);
        if !aborted && self.modes.0 == "unsettled" && settled {
            return Err("a settled delivery on a link of mode unsettled".to_owned());
        }
        if frame.flag("more") && !aborted {
            self.current = Some(current);
        } else if self.modes.0 == "settled" && !settled {
            return Err("an unsettled delivery on a link of mode settled".to_owned());
        }
        if begins {
            self.deliveries.push(id);
        }
        Ok(Step { id, begins, holds: begins && !settled, settles: !begins && !was && settled })
    }
}

/// snd-settle-mode and rcv-settle-mode of an attach.
fn modes(attach: &Record) -> (String, String) {
    let mode = |name, default: &str| attach.text(name).unwrap_or(default).to_owned();
    (mode("snd-settle-mode", "mixed"), mode("rcv-settle-mode", "first"))
}

struct Step {
    id: u32,
    begins: bool,
    holds: bool,
    settles: bool,
}

impl Session {
    /// One that the application begins.
    pub(crate) fn new(subject: String, window_max: u32) -> Self {
        Self { subject, window_max, ..Self::default() }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.ours != Half::Ended && self.theirs != Half::Ended && !self.given_up
    }

    pub(crate) fn is_begun(&self) -> bool {
        matches!((self.ours, self.theirs), (Half::Active(_), Half::Active(_))) && !self.given_up
    }

    fn our_link(&mut self, frame: &Record) -> Checked<usize> {
        let handle = frame.uint("handle").ok_or("no handle")?;
        let at = self.links.iter().position(|link| link.ours == Half::Active(handle));
        at.ok_or_else(|| format!("handle {handle} is not attached"))
    }

    fn their_link(&mut self, frame: &Record) -> Checked<usize> {
        let handle = frame.uint("handle").ok_or("no handle")?;
        let at = self.links.iter().position(|link| link.theirs == Half::Active(handle));
        at.ok_or_else(|| format!("handle {handle} of the other side is not attached"))
    }

    fn says(&mut self, frame: &Record, strictness: Strictness) -> Checked {
        match frame.name.as_str() {
            "attach" => self.says_attach(frame),
            "flow" => self.says_flow(frame, strictness),
            "transfer" => self.says_transfer(frame, strictness),
            "disposition" if frame.text("role") == Some("sender") => self.sent.says(frame),
            "disposition" => self.received.says(frame),
            "detach" => {
                let at = self.our_link(frame)?;
                let link = &mut self.links[at];
                (link.ours, link.suspended) = (Half::Ended, !frame.flag("closed"));
                Ok(())
            }
            "end" => {
                self.ours = Half::Ended;
                Ok(())
            }
            other => Err(format!("{other} on a session")),
        }
    }

    fn hears(&mut self, frame: &Record) -> Checked<Vec<News>> {
        match frame.name.as_str() {
            "attach" => self.hears_attach(frame)?,
            "flow" => self.hears_flow(frame)?,
            "transfer" => self.hears_transfer(frame)?,
            "disposition" if frame.text("role") == Some("sender") => return self.received.hears(frame),
            "disposition" => return self.sent.hears(frame),
            "detach" => {
                let at = self.their_link(frame)?;
                let link = &mut self.links[at];
                (link.theirs, link.closed) = (Half::Ended, frame.flag("closed"));
                self.sent.forget(at);
                self.received.forget(at);
            }
            "end" => self.theirs = Half::Ended,
            other => return Err(format!("{other} on a session")),
        }
        Ok(Vec::new())
    }

    fn says_attach(&mut self, frame: &Record) -> Checked {
        let (name, sends) = (frame.text("name").unwrap_or_default(), frame.text("role") == Some("sender"));
        let handle = frame.uint("handle").ok_or("no handle")?;
        if self.links.iter().any(|link| link.ours == Half::Active(handle)) {
            return Err(format!("handle {handle} is attached"));
        }
        let may = |link: &Link| link.ours == Half::Idle || link.has_to_close();
        let same = |link: &&mut Link| link.name == name && link.sends == sends && may(link);
        let link = self.links.iter_mut().find(same).ok_or("an attach that nobody wanted")?;
        if link.has_to_close() {
            (link.theirs, link.closed, link.refused) = (Half::Idle, false, true);
        }
        link.ours = Half::Active(handle);
        link.attach(frame, sends)
    }

    fn hears_attach(&mut self, frame: &Record) -> Checked {
        let (name, sends) = (frame.text("name").unwrap_or_default(), frame.text("role") != Some("sender"));
        let theirs = Half::Active(frame.uint("handle").ok_or("no handle")?);
        let same = |link: &Link| link.name == name && link.sends == sends && link.theirs == Half::Idle;
        let at = self.links.iter().position(same).unwrap_or_else(|| {
            self.links.push(Link { name: name.to_owned(), sends, ..Link::default() });
            self.links.len() - 1
        });
        self.links[at].theirs = theirs;
        self.links[at].wished = modes(frame);
        self.links[at].attach(frame, !sends)
    }

    fn says_flow(&mut self, frame: &Record, strictness: Strictness) -> Checked {
        // What was said late may be of a window that is no more.
        let most = if strictness == Strictness::Exact { self.window_max } else { u32::MAX };
        self.window.says_flow(frame, most, strictness)?;
        if frame.uint("handle").is_none() {
            return Ok(());
        }
        let at = self.our_link(frame)?;
        let link = &mut self.links[at];
        if link.sends {
            link.credit.sender_says_flow(frame, strictness)
        } else {
            let attached = link.theirs != Half::Idle;
            link.credit.receiver_says_flow(frame, attached, strictness)
        }
    }

    fn hears_flow(&mut self, frame: &Record) -> Checked {
        self.window.hears_flow(frame)?;
        if frame.uint("handle").is_none() {
            return Ok(());
        }
        let at = self.their_link(frame)?;
        let link = &mut self.links[at];
        match (link.ours, link.sends) {
            (Half::Ended, _) => {}
            _ if link.left => {}
            (_, true) => link.credit.sender_hears_flow(frame),
            (_, false) => link.credit.receiver_hears_flow(frame)?,
        }
        Ok(())
    }

    fn says_transfer(&mut self, frame: &Record, strictness: Strictness) -> Checked {
        self.window.says_transfer(strictness)?;
        let at = self.our_link(frame)?;
        let link = &mut self.links[at];
        if !link.sends || link.theirs == Half::Idle || link.refused {
            return Err("a transfer on a link where nothing can be sent".to_owned());
        }
        let step = link.transfer(frame)?;
        if step.begins {
            link.credit.sender_begins(strictness)?;
            follows(&mut self.next_sent, step.id)?;
        }
        // Written before the other side's detach was heard, it is forgotten by now.
        if step.holds && self.links[at].theirs != Half::Ended {
            self.sent.begins(step.id, at, frame.binary("delivery-tag").ok_or("no delivery-tag")?)?;
        }
        if step.settles {
            self.sent.settle(step.id);
        }
        Ok(())
    }

    fn hears_transfer(&mut self, frame: &Record) -> Checked {
        self.window.hears_transfer()?;
        let at = self.their_link(frame)?;
        let link = &mut self.links[at];
        let step = link.transfer(frame)?;
        if step.begins {
            follows(&mut self.next_received, step.id)?;
        }
        if link.ours == Half::Ended || link.left {
            return Ok(()); // it crossed our detach
        }
        if step.begins {
            link.credit.receiver_hears_delivery()?;
        }
        if step.holds {
            self.received.begins(step.id, at, frame.binary("delivery-tag").ok_or("no delivery-tag")?)?;
        }
        if step.settles {
            self.received.settle(step.id);
        }
        Ok(())
    }

    /// The delivery that an event is about, as the trace calls it.
    pub(crate) fn delivery_subject(&self, link: usize, id: u32) -> String {
        let link = &self.links[link];
        let number = link.deliveries.iter().rposition(|known| *known == id);
        format!("{}#{}", link.subject, number.map_or_else(|| "unknown".to_owned(), |number| number.to_string()))
    }
}

/// Delivery-ids of a session go up by one (§2.6.12).
fn follows(next: &mut Option<u32>, id: u32) -> Checked {
    match next.replace(id.wrapping_add(1)) {
        Some(next) if next != id => Err(format!("delivery {next} is next")),
        _ => Ok(()),
    }
}

impl View {
    /// A frame that this side has sent.
    pub(crate) fn says(&mut self, frame: &Record, strictness: Strictness) -> Checked {
        if ["header", "open", "empty", "close"].contains(&frame.name.as_str()) {
            return Ok(());
        }
        let channel = frame.uint("ch").unwrap_or(0);
        if frame.name == "begin" {
            return self.says_begin(frame, channel);
        }
        let session = self.sessions.iter_mut().find(|session| session.ours == Half::Active(channel));
        session.ok_or_else(|| format!("no session on channel {channel}"))?.says(frame, strictness)
    }

    /// A frame that has come: what the application has to hear of deliveries, by the number of the session.
    pub(crate) fn hears(&mut self, frame: &Record) -> Checked<Vec<(usize, News)>> {
        if ["header", "open", "empty", "close"].contains(&frame.name.as_str()) {
            return Ok(Vec::new());
        }
        let channel = frame.uint("ch").unwrap_or(0);
        if frame.name == "begin" {
            return self.hears_begin(frame, channel).map(|()| Vec::new());
        }
        let at = self.sessions.iter().position(|session| session.theirs == Half::Active(channel));
        let at = at.ok_or_else(|| format!("no session of the other side on channel {channel}"))?;
        let session = &mut self.sessions[at];
        if session.is_live() || frame.name == "end" {
            session.hears(frame).map(|news| news.into_iter().map(|news| (at, news)).collect())
        } else {
            Ok(Vec::new())
        }
    }

    fn says_begin(&mut self, frame: &Record, channel: u32) -> Checked {
        if self.sessions.iter().any(|session| session.ours == Half::Active(channel)) {
            return Err(format!("channel {channel} is in use"));
        }
        let answers = frame.uint("remote-channel");
        let waits = |session: &&mut Session| {
            session.ours == Half::Idle
                && match answers {
                    Some(remote) => session.remote_channel == Some(remote),
                    None => session.theirs == Half::Idle,
                }
        };
        let session = self.sessions.iter_mut().find(waits).ok_or("a begin that nobody wanted")?;
        session.ours = Half::Active(channel);
        session.channel = Some(channel);
        session.window.says_begin(frame)
    }

    fn hears_begin(&mut self, frame: &Record, channel: u32) -> Checked {
        let Some(remote) = frame.uint("remote-channel") else {
            let (theirs, remote_channel) = (Half::Active(channel), Some(channel));
            self.sessions.push(Session { theirs, remote_channel, ..Session::default() });
            return self.sessions.last_mut().map_or(Ok(()), |session| session.window.hears_begin(frame));
        };
        let answered = self.answered(remote);
        let session = answered.ok_or("a begin in answer to none")?;
        (session.theirs, session.remote_channel) = (Half::Active(channel), Some(channel));
        session.window.hears_begin(frame)
    }

    /// The oldest session that has this channel and no answer: one that was ended meanwhile comes before its successor.
    fn answered(&mut self, remote: u32) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.theirs == Half::Idle && session.channel == Some(remote))
    }
}
