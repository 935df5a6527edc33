//! What one side can know of a session and its deliveries, by the frames for it.

use super::link::{Link, modes};
use super::resume::{Resuming, map_of, sorted};
use super::settlement::{News, Settlement};
use super::view::Half;
use super::window::Window;
use super::{Checked, Strictness};
use amqp10_testkit::wire::Record;

/// A session, at one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// What the trace calls it.
    pub(crate) subject: String,
    pub(crate) ours: Half,
    pub(crate) theirs: Half,
    /// The channel that we have used for it, also after its end.
    pub(super) channel: Option<u32>,
    /// The same of the other side's.
    pub(super) remote_channel: Option<u32>,
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
    pub(super) next_sent: Option<u32>,
    pub(crate) next_received: Option<u32>,
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

    pub(super) fn our_link(&mut self, frame: &Record) -> Checked<usize> {
        let handle = frame.uint("handle").ok_or("no handle")?;
        let at = self.links.iter().position(|link| link.ours == Half::Active(handle));
        at.ok_or_else(|| format!("handle {handle} is not attached"))
    }

    pub(super) fn their_link(&mut self, frame: &Record) -> Checked<usize> {
        let handle = frame.uint("handle").ok_or("no handle")?;
        let at = self.links.iter().position(|link| link.theirs == Half::Active(handle));
        at.ok_or_else(|| format!("handle {handle} of the other side is not attached"))
    }

    pub(super) fn says(&mut self, frame: &Record, strictness: Strictness) -> Checked {
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

    pub(super) fn hears(&mut self, frame: &Record) -> Checked<Vec<News>> {
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
                if link.ours != Half::Idle && !link.refused {
                    let current = link.current.as_ref().map(|current| current.id);
                    let partial = link.resuming.cut.or(current).filter(|_| !link.sends);
                    let settlement = if link.sends { &self.sent } else { &self.received };
                    let mut left = settlement.left_by(at, link.sends, partial);
                    left.extend(link.resuming.waits.clone());
                    link.resuming.left = Some(sorted(left));
                }
                self.sent.forget(at);
                self.received.forget(at);
            }
            "end" => self.theirs = Half::Ended,
            other => return Err(format!("{other} on a session")),
        }
        Ok(Vec::new())
    }

    pub(super) fn says_attach(&mut self, frame: &Record) -> Checked {
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
            link.resuming = Resuming::default();
        }
        link.ours = Half::Active(handle);
        if map_of(frame, "unsettled") != link.resuming.ours && !link.refused {
            return Err("another map of what is unsettled".to_owned());
        }
        link.attach(frame, sends)
    }

    pub(super) fn hears_attach(&mut self, frame: &Record) -> Checked {
        let (name, sends) = (frame.text("name").unwrap_or_default(), frame.text("role") != Some("sender"));
        let theirs = Half::Active(frame.uint("handle").ok_or("no handle")?);
        let same = |link: &Link| link.name == name && link.sends == sends && link.theirs == Half::Idle;
        let at = self.links.iter().position(same).unwrap_or_else(|| {
            self.links.push(Link { name: name.to_owned(), sends, ..Link::default() });
            self.links.len() - 1
        });
        self.links[at].theirs = theirs;
        self.links[at].wished = modes(frame);
        self.links[at].resuming.theirs = map_of(frame, "unsettled");
        let link = &mut self.links[at];
        if link.resuming.ours.is_some() && !link.resuming.over {
            link.resuming.meet(sends);
        }
        self.links[at].attach(frame, !sends)
    }

    pub(super) fn says_flow(&mut self, frame: &Record, strictness: Strictness) -> Checked {
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

    pub(super) fn hears_flow(&mut self, frame: &Record) -> Checked {
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

    pub(super) fn says_transfer(&mut self, frame: &Record, strictness: Strictness) -> Checked {
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

    pub(super) fn hears_transfer(&mut self, frame: &Record) -> Checked {
        self.window.hears_transfer()?;
        let at = self.their_link(frame)?;
        let link = &mut self.links[at];
        let step = link.transfer(frame)?;
        if step.begins {
            follows(&mut self.next_received, step.id)?;
        }
        if link.ours == Half::Ended || link.left {
            // It crossed our detach.
            if !step.begins {
                link.resuming.cut.get_or_insert(step.id);
            }
            return Ok(());
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
