//! What the snapshot of a core has to say, by the model; and why a sender cannot send.

use super::case::Side;
use super::line::Given;
use super::link::Link;
use super::session::Session;
use super::world::{Checked, World, word};
use amqp_proto::{Blocked, Idle, LinkSnapshot, SessionSnapshot};
use amqp10_testkit::trace::Step;
use amqp10_testkit::wire::{Record, Value};

/// A field of a snapshot: its name in traces, what it is, what it has to be.
type Field = (&'static str, Value, Value);

fn number(is: usize) -> Value {
    Value::from(is as u64)
}

fn session_fields(is: &SessionSnapshot, model: &Session) -> Vec<Field> {
    let (windows, window) = (&is.windows, &model.window);
    let id = |id: Option<u32>| id.map_or(Value::Null, Value::from);
    vec![
        ("next-outgoing-id", windows.next_outgoing_id.0.into(), window.next_outgoing.into()),
        ("next-incoming-id", id(windows.next_incoming_id.map(|id| id.0)), id(window.next_incoming)),
        ("remote-incoming-window", windows.remote_incoming_window.into(), window.remote_incoming.into()),
        ("incoming-window", windows.incoming_window.into(), window.incoming.into()),
        ("remote-outgoing-window", windows.remote_outgoing_window.into(), window.remote_outgoing.into()),
        ("unsettled-outgoing", number(is.unsettled_outgoing), number(model.sent.held.len())),
        ("unsettled-incoming", number(is.unsettled_incoming), number(model.received.held.len())),
    ]
}

fn link_fields(is: &LinkSnapshot, session: &Session, at: usize) -> Vec<Field> {
    let model = &session.links[at];
    let settlement = if model.sends { &session.sent } else { &session.received };
    vec![
        ("credit", is.link_credit.into(), model.credit.link_credit.into()),
        ("delivery-count", is.delivery_count.0.into(), model.credit.delivery_count.into()),
        ("drain", is.drain.into(), (if model.credit.is_unsure { is.drain } else { model.credit.drain }).into()),
        ("unsettled", is.unsettled.into(), number(settlement.of_link(at))),
    ]
}

/// As traces write it.
pub(crate) fn reason_word(reason: Option<Blocked>) -> Value {
    match reason {
        None => Value::Null,
        Some(Blocked::NotAttached) => word("not-attached"),
        Some(Blocked::Busy) => word("busy"),
        Some(Blocked::NoCredit) => word("no-credit"),
        Some(Blocked::WindowClosed) => word("window-closed"),
        Some(Blocked::OutputFull) => word("output-full"),
        Some(Blocked::Unsettled) => word("unsettled"),
        Some(other) => word(format!("{other:?}")),
    }
}

/// Why nothing has come on a link that there would be to take.
fn idle(session: &Session, link: &Link) -> Idle {
    if !link.is_attached() || !session.is_begun() {
        Idle::NotAttached
    } else if link.credit.link_credit == 0 && link.current.is_none() {
        Idle::NoCredit
    } else if session.window.incoming == 0 {
        Idle::WindowClosed
    } else {
        Idle::NothingSent
    }
}

impl World {
    /// What is known at one end against the snapshot, but not while the transport keeps back what was written: then
    /// the frames that move the counters cannot be seen.
    pub(crate) fn check(&mut self, side: Side) -> Checked {
        if self.end(side).is_held() || self.closing {
            return Ok(());
        }
        let snapshot = self.end(side).live.core().snapshot();
        for at in 0..self.end(side).view.sessions.len() {
            let session = &self.end(side).view.sessions[at];
            let id = self.end(side).live.session(&session.subject);
            let is = snapshot.sessions.iter().find(|is| Some(is.id) == id);
            let Some(is) = is.filter(|_| session.is_begun()) else { continue };
            self.same(side, "session", &session.subject, session_fields(is, session))?;
            for link in 0..self.end(side).view.sessions[at].links.len() {
                self.check_link(side, is, (at, link))?;
            }
        }
        Ok(())
    }

    fn check_link(&mut self, side: Side, is: &SessionSnapshot, at: (usize, usize)) -> Checked {
        let (session, link) = (&self.end(side).view.sessions[at.0], self.link(side, at));
        if link.is_attached() && link.resuming.ours.is_some() && !link.resuming.compared {
            return self.fault(side, format!("{}: nobody is told what the maps say", link.subject), None);
        }
        let id = self.end(side).live.link(&link.subject);
        let Some(is) = is.links.iter().find(|is| Some(is.id) == id) else { return Ok(()) };
        let mut fields = if link.is_attached() { link_fields(is, session, at.1) } else { Vec::new() };
        if link.sends {
            fields.push(("blocked", reason_word(is.blocked), reason_word(self.reason(side, at))));
        } else if is.idle.is_some() && is.idle != Some(idle(session, link)) {
            // What can be taken only the core knows; where nothing can, why.
            return self.fault(side, format!("{}: {:?}, not {:?}", link.subject, is.idle, idle(session, link)), None);
        }
        self.same(side, "link", &link.subject, fields)
    }

    fn same(&self, side: Side, name: &str, subject: &str, fields: Vec<Field>) -> Checked {
        let Some((field, is, model)) = fields.into_iter().find(|(_, is, model)| is != model) else { return Ok(()) };
        let demand = Record::new(name).with("subject", word(subject));
        let demand = Record { fields: [demand.fields, vec![(field.to_owned(), model.clone())]].concat(), ..demand };
        self.fault(side, format!("{subject}: {field} is {is:?}, not {model:?}"), Some(Step::Snapshot(demand)))
    }

    /// Why nothing can be sent on a link, by the model; the transport is not in the way.
    pub(crate) fn reason(&self, side: Side, at: (usize, usize)) -> Option<Blocked> {
        let end = self.end(side);
        let (session, link) = (&end.view.sessions[at.0], self.link(side, at));
        let closed = session.window.remote_incoming == 0;
        if !link.is_attached() || !session.is_begun() {
            Some(Blocked::NotAttached)
        } else if link.current.is_some() && !(closed && self.has_more_to_send(link)) {
            Some(Blocked::Busy)
        } else if link.credit.link_credit == 0 && link.current.is_none() {
            Some(Blocked::NoCredit)
        } else if closed {
            Some(Blocked::WindowClosed)
        } else if session.sent.held.len() >= end.setup.max_unsettled as usize {
            Some(Blocked::Unsettled)
        } else {
            None
        }
    }

    /// The delivery in progress does not wait for its application.
    fn has_more_to_send(&self, link: &Link) -> bool {
        let message = self.lines.iter().find(|line| line.name == link.name).and_then(|line| line.last());
        let (Some(message), Some(current)) = (message, &link.current) else { return true };
        message.given != Given::Part || current.octets != message.payload.len()
    }

    /// Why a new message would not be taken: by the model, or where that cannot know it, by the core itself.
    pub(crate) fn reason_now(&self, side: Side, at: (usize, usize)) -> Option<Blocked> {
        let link = self.link(side, at);
        if !self.end(side).is_held() {
            return self.reason(side, at);
        }
        let is = self.link_snapshot(side, link)?;
        is.blocked.or(is.in_progress.then_some(Blocked::Busy))
    }

    /// What the other side's window has room for: by the model, or where that cannot know it, by the core itself.
    pub(crate) fn window_now(&self, side: Side, at: usize) -> u32 {
        let (live, session) = (&self.end(side).live, &self.end(side).view.sessions[at]);
        let sessions = if self.end(side).is_held() { live.core().snapshot().sessions } else { Vec::new() };
        let is = sessions.iter().find(|is| Some(is.id) == live.session(&session.subject));
        is.map_or(session.window.remote_incoming, |is| is.windows.remote_incoming_window)
    }

    pub(crate) fn link_snapshot(&self, side: Side, link: &Link) -> Option<LinkSnapshot> {
        let live = &self.end(side).live;
        let id = live.link(&link.subject);
        let sessions = live.core().snapshot().sessions;
        sessions.into_iter().flat_map(|session| session.links).find(|is| Some(is.id) == id)
    }
}
