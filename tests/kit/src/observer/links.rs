//! Attach, detach and flow, as seen from outside.

use super::{Both, Link, Observer, Seen, Side, turn};
use crate::wire::Record;

impl Observer {
    pub(super) fn attach(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let session = self.session_of(side, frame)?;
        let handle = frame.uint("handle").ok_or("attach without a handle")?;
        let sender = if frame.text("role") == Some("sender") { side } else { side.other() };
        let name = frame.text("name").unwrap_or_default();
        let pending = |link: &Link| {
            let asked = link.attach.of(side.other()).as_ref();
            link.session == session
                && link.sender == sender
                && link.attach.of(side).is_none()
                && asked.is_some_and(|attach| attach.text("name") == Some(name))
        };
        let answered = self.links.iter().position(pending);
        let at = answered.unwrap_or_else(|| self.new_link(session, side, sender));
        *self.links[at].attach.of_mut(side) = Some(frame.clone());
        if sender == side {
            self.links[at].delivery_count = frame.uint("initial-delivery-count").unwrap_or(0);
        }
        self.sessions[session].handles.of_mut(side).insert(handle, at);
        Ok(Seen::Attach(at, turn(answered.is_some())))
    }

    fn new_link(&mut self, session: usize, side: Side, sender: Side) -> usize {
        let owner = &mut self.sessions[session];
        let count = owner.attached.of_mut(side);
        let letter = if side == Side::Ours { 'l' } else { 'p' };
        let label = format!("{}/{letter}{count}", owner.label);
        *count += 1;
        self.links.push(Link {
            label,
            session,
            sender,
            attach: Both::default(),
            detached: Both::default(),
            closed: Both::default(),
            deliveries: Vec::new(),
            credit: 0,
            delivery_count: 0,
            draining: false,
        });
        self.links.len() - 1
    }

    /// The link of a frame's handle.
    pub(super) fn link_of(&self, side: Side, session: usize, frame: &Record) -> Result<usize, String> {
        let handle = frame.uint("handle").ok_or_else(|| format!("{} without a handle", frame.name))?;
        let link = self.sessions[session].handles.of(side).get(&handle).copied();
        link.ok_or_else(|| format!("{} on handle {handle}, which has no link", frame.name))
    }

    pub(super) fn detach(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let session = self.session_of(side, frame)?;
        let at = self.link_of(side, session, frame)?;
        let handle = frame.uint("handle").unwrap_or_default();
        self.sessions[session].handles.of_mut(side).remove(&handle);
        *self.links[at].closed.of_mut(side) = frame.flag("closed");
        let detached = &mut self.links[at].detached;
        *detached.of_mut(side) = true;
        Ok(Seen::Detach(at, turn(*detached.of(side.other()))))
    }

    pub(super) fn flow(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let session = self.session_of(side, frame)?;
        if frame.uint("handle").is_none() {
            return Ok(Seen::Flow(session, None));
        }
        let at = self.link_of(side, session, frame)?;
        let link = &mut self.links[at];
        if link.sender == side {
            link.sender_flow(frame);
        } else {
            link.receiver_flow(frame);
        }
        Ok(Seen::Flow(session, Some(at)))
    }
}

impl Link {
    /// Where the sender's delivery-count began; 0 before its attach.
    fn initial_delivery_count(&self) -> u32 {
        let attach = self.attach.of(self.sender).as_ref();
        attach.and_then(|attach| attach.uint("initial-delivery-count")).unwrap_or(0)
    }

    /// How many deliveries the receiver has ever allowed.
    pub fn granted(&self) -> i64 {
        self.credit + i64::from(self.delivery_count.wrapping_sub(self.initial_delivery_count()))
    }

    /// §2.6.7: what the receiver grants counts from the delivery-count that it has seen. rhea's receivers always say
    /// 0, which may be ahead of the sender's: a core that sends takes such a flow for no more than its link-credit,
    /// the recorded senders go by the letter, and then a core in rhea's place has to grant what they read.
    fn receiver_flow(&mut self, frame: &Record) {
        let seen = frame.uint("delivery-count").unwrap_or_else(|| self.initial_delivery_count());
        let in_flight = i64::from(self.delivery_count.wrapping_sub(seen) as i32);
        let in_flight = if self.sender == Side::Ours { in_flight.max(0) } else { in_flight };
        self.credit = i64::from(frame.uint("link-credit").unwrap_or(0)) - in_flight;
        self.draining = frame.flag("drain") && self.credit > 0;
    }

    /// The sender may move its delivery-count on, which uses up credit (drain).
    fn sender_flow(&mut self, frame: &Record) {
        if let Some(count) = frame.uint("delivery-count") {
            self.credit -= i64::from(count.wrapping_sub(self.delivery_count) as i32);
            self.delivery_count = count;
        }
        self.draining &= self.credit > 0;
    }
}
