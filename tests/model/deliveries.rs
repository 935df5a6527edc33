//! Commands about deliveries and credit, and what the model has to know of those that the core has carried out.

use super::case::Side;
use super::commands::{At, command, pick, state};
use super::line::{Given, Line};
use super::link::{Current, Link};
use super::view::Half;
use super::world::{Checked, World};
use amqp_proto::Blocked;
use amqp10_testkit::wire::Value;

impl World {
    pub(super) fn senders(&mut self, side: Side, wanted: impl Fn(&Link, &Line) -> bool) -> Vec<At> {
        let all = self.links(side, |_, link| link.sends && link.is_live());
        let mut wanted = |at: &At| {
            let link = self.link(side, *at).clone();
            self.line_of(side, *at).is_some_and(|line| wanted(&link, line))
        };
        all.into_iter().filter(|at| wanted(at)).collect()
    }

    pub(super) fn send(&mut self, side: Side, number: u8, size: u16, settled: bool, more: bool) -> Checked {
        let senders = self.senders(side, |_, line| !line.leaving);
        let Some(at) = pick(&senders, number) else { return Ok(()) };
        let link = self.link(side, at);
        let settled = match link.modes.0.as_str() {
            "mixed" => settled,
            mode => mode == "settled",
        };
        let (link, blocked) = (link.clone(), self.reason_now(side, at));
        let Some(line) = self.line_of(side, at) else { return Ok(()) };
        let payload = line.payload(size);
        let record = command("send", &link.subject).with("payload", payload.as_slice());
        let record = record.with("settled", settled).with("more", more);
        let sent = self.tell(side, record)?;
        if link.is_too_large(size.into()) {
            return self.is_refused(side, &sent);
        }
        self.as_foreseen(side, &sent, blocked)?;
        let Some(line) = self.line_of(side, at) else { return Ok(()) };
        match sent {
            Ok(()) => line.begins(payload, if more { Given::Part } else { Given::Whole }),
            Err(_) => line.waits = true,
        }
        self.after(side)
    }

    /// One message on each link, where there is nothing in its way.
    pub(super) fn round(&mut self, side: Side, size: u16) -> Checked {
        let senders = self.senders(side, |_, line| !line.leaving).len();
        (0..senders).try_for_each(|number| self.send(side, number as u8, size, false, false))
    }

    /// No message leaves that is larger than the receiver takes.
    fn is_refused(&mut self, side: Side, sent: &Result<(), String>) -> Checked {
        match sent {
            Err(text) if text.contains("max-message-size") => self.after(side),
            other => self.fault(side, format!("too large for the receiver: {other:?}"), None),
        }
    }

    /// A send is refused for the reason that there is, and taken if there is none.
    pub(super) fn as_foreseen(&mut self, side: Side, sent: &Result<(), String>, blocked: Option<Blocked>) -> Checked {
        match (sent, blocked) {
            (Ok(()), None) => Ok(()),
            (Err(text), Some(blocked)) if text.contains(&blocked.to_string()) => Ok(()),
            (Ok(()), Some(blocked)) => self.fault(side, format!("nothing can be sent: {blocked}"), None),
            (Err(text), blocked) => self.fault(side, format!("{text}; the model: {blocked:?}"), None),
        }
    }

    pub(super) fn write(&mut self, side: Side, number: u8, size: u16, more: bool) -> Checked {
        let open = |_: &Link, line: &Line| !line.leaving && line.last().is_some_and(|last| last.given == Given::Part);
        let Some(at) = pick(&self.senders(side, open), number) else { return Ok(()) };
        self.write_to(side, at, size, more).map(|_| ())
    }

    /// The next piece of a message; whether the core has taken it.
    pub(crate) fn write_to(&mut self, side: Side, at: At, size: u16, more: bool) -> Checked<bool> {
        let link = self.link(side, at).clone();
        let Some(line) = self.line_of(side, at) else { return Ok(false) };
        let payload = line.payload(size);
        let octets = payload.len() + line.last().map_or(0, |last| last.payload.len());
        let record = command("write", &link.subject).with("payload", payload.as_slice()).with("more", more);
        let wrote = self.tell(side, record)?;
        let busy = wrote.as_ref().is_err_and(|text| !text.contains("max-message-size"));
        if link.is_too_large(octets) && !busy {
            return self.is_refused(side, &wrote).map(|()| false);
        }
        let Some(line) = self.line_of(side, at) else { return Ok(false) };
        match wrote {
            Ok(()) => line.goes_on(&payload, if more { Given::Part } else { Given::Whole }),
            Err(_) => line.waits = true,
        }
        self.after(side)?;
        Ok(wrote.is_ok())
    }

    pub(super) fn abort(&mut self, side: Side, number: u8) -> Checked {
        let senders = self.senders(side, |link, line| link.current.is_some() && line.is_seen(link.deliveries.len()));
        let Some(at) = pick(&senders, number) else { return Ok(()) };
        let link = self.link(side, at);
        let (subject, id) = (link.subject.clone(), link.deliveries.last().copied());
        if self.tell(side, command("abort", &subject))?.is_ok() {
            if let Some(line) = self.line_of(side, at) {
                line.aborts();
            }
            if let Some(id) = id {
                self.session(side, at.0).sent.settle(id);
            }
        }
        self.after(side)
    }

    pub(super) fn receiver_flow(&mut self, side: Side, number: u8, fields: &[(&str, Value)]) -> Checked {
        let receivers = self.links(side, |_, link| {
            !link.sends && link.is_live() && (link.ours != Half::Idle || link.theirs == Half::Idle)
        });
        let Some(at) = pick(&receivers, number) else { return Ok(()) };
        self.tell_link(side, at, "flow", fields)
    }

    pub(super) fn sender_says(&mut self, side: Side, number: u8, what: &str, fields: &[(&str, Value)]) -> Checked {
        let senders = self.links(side, |_, link| link.sends && link.is_attached());
        let Some(at) = pick(&senders, number) else { return Ok(()) };
        self.tell_link(side, at, what, fields)
    }

    pub(crate) fn tell_link(&mut self, side: Side, at: At, what: &str, fields: &[(&str, Value)]) -> Checked {
        let record = command(what, &self.link(side, at).subject);
        let record = fields.iter().fold(record, |record, (name, value)| record.with(name, value.clone()));
        let _ = self.tell(side, record)?;
        self.after(side)
    }

    pub(super) fn session_flow(&mut self, side: Side, number: u8, echo: bool) -> Checked {
        let Some(at) = pick(&self.live_sessions(side), number) else { return Ok(()) };
        let record = command("flow", &self.session(side, at).subject).with("echo", echo);
        let _ = self.tell(side, record)?;
        self.after(side)
    }

    pub(crate) fn set_window(&mut self, side: Side, number: u8, transfers: u32) -> Checked {
        let begun: Vec<_> = self.live_sessions(side);
        let begun: Vec<_> = begun.into_iter().filter(|at| self.end(side).view.sessions[*at].is_begun()).collect();
        let Some(at) = pick(&begun, number) else { return Ok(()) };
        let record = command("flow", &self.session(side, at).subject).with("incoming-window", transfers);
        if self.tell(side, record)?.is_ok() {
            self.session(side, at).window_max = transfers;
        }
        self.after(side)
    }

    pub(super) fn take(&mut self, side: Side, number: u8, count: u8) -> Checked {
        let receivers = self.links(side, |_, link| !link.sends);
        let Some(at) = pick(&receivers, number) else { return Ok(()) };
        self.take_from(side, at, count.into())
    }

    pub(crate) fn take_from(&mut self, side: Side, at: At, count: u32) -> Checked {
        let pieces = Value::from(self.end(side).setup.by_pieces);
        self.tell_link(side, at, "take", &[("count", count.into()), ("pieces", pieces)])
    }

    /// The unsettled deliveries of a link that the application of this side knows of.
    pub(crate) fn known(&mut self, side: Side, at: At) -> Vec<u32> {
        let sends = self.link(side, at).sends;
        let seen = self.line_of(side, at).map(|line| line.seen.clone()).unwrap_or_default();
        let session = &self.end(side).view.sessions[at.0];
        let held = if sends { &session.sent.held } else { &session.received.held };
        let known = held.iter().filter(|held| held.link == at.1);
        let known = known.filter(|held| sends || seen.contains(&session.delivery_subject(at.1, held.id)));
        known.map(|held| held.id).collect()
    }

    pub(super) fn dispose(
        &mut self,
        side: Side,
        number: u8,
        (first, more): (u8, u8),
        state: &Value,
        settled: bool,
    ) -> Checked {
        let links = self.links(side, |_, _| true);
        let links: Vec<_> = links.into_iter().filter(|at| !self.known(side, *at).is_empty()).collect();
        let Some(at) = pick(&links, number) else { return Ok(()) };
        let known = self.known(side, at);
        let first = usize::from(first) % known.len();
        let last = (first + usize::from(more)).min(known.len() - 1);
        self.dispose_these(side, at, (known[first], known[last]), state, settled)
    }

    /// Of all links of a session: from one delivery that the application has seen to another, whatever is between them, and
    /// whatever has become of them. Before that it takes one of each link, or there would hardly ever be some of several.
    pub(super) fn dispose_received(
        &mut self,
        side: Side,
        number: u8,
        (back, more): (u8, u8),
        state: &Value,
        settled: bool,
    ) -> Checked {
        let Some(session) = pick(&self.live_sessions(side), number) else { return Ok(()) };
        let links: Vec<_> = self.links(side, |_, link| !link.sends).into_iter().filter(|at| at.0 == session).collect();
        let mut seen: Vec<(u32, usize)> = Vec::new();
        for at in links {
            self.take_from(side, at, 1)?;
            let known = self.line_of(side, at).map(|line| line.seen.clone()).unwrap_or_default();
            let model = &self.end(side).view.sessions[session];
            let ids =
                model.links[at.1].deliveries.iter().filter(|id| known.contains(&model.delivery_subject(at.1, **id)));
            seen.extend(ids.map(|id| (*id, at.1)));
        }
        // In the order in which they came.
        let next = self.session(side, session).next_received.unwrap_or_default();
        seen.sort_by_key(|(id, _)| id.wrapping_sub(next));
        let Some(back) = usize::from(back).checked_rem(seen.len()) else { return Ok(()) };
        let first = seen.len() - 1 - back;
        let last = (first + usize::from(more)).min(seen.len() - 1);
        self.dispose_all(side, session, (seen[first], seen[last]), state, settled)
    }

    /// Deliveries come with their links.
    fn dispose_all(
        &mut self,
        side: Side,
        at: usize,
        ((first, link), (last, last_link)): ((u32, usize), (u32, usize)),
        state: &Value,
        settled: bool,
    ) -> Checked {
        let session = &self.end(side).view.sessions[at];
        let record = command("dispose", &session.delivery_subject(link, first)).with("state", state.clone());
        let through = session.delivery_subject(last_link, last);
        let record = record.with("through", through.as_str()).with("settled", settled);
        let record = record.with("missing", session.received.missing((first, last)).map_or(Value::Null, Value::from));
        // What is settled while it comes is not wanted any more.
        let is_held = |id: u32| session.received.held.iter().any(|held| held.id == id);
        let in_range = |current: &Current| {
            settled && current.id.wrapping_sub(first) <= last.wrapping_sub(first) && is_held(current.id)
        };
        let unwanted = session.links.iter().filter(|link| !link.sends && link.current.as_ref().is_some_and(in_range));
        let unwanted: Vec<_> = unwanted.map(|link| (link.name.clone(), link.deliveries.len() - 1)).collect();
        if let Err(refusal) = self.tell(side, record)? {
            return self.fault(side, refusal, None);
        }
        self.session(side, at).received.disposes(None, (first, last), state, settled);
        for (name, number) in unwanted {
            if let Some(line) = self.line(&name) {
                line.unwanted(number);
            }
        }
        self.after(side)
    }

    /// Dispositions that the core can put together: nothing is taken of it in between.
    pub(super) fn batch(&mut self, side: Side, number: u8, pattern: u8, backwards: bool) -> Checked {
        let links = self.links(side, |_, link| !link.sends);
        let links: Vec<_> = links.into_iter().filter(|at| !self.known(side, *at).is_empty()).collect();
        let Some(at) = pick(&links, number) else { return Ok(()) };
        let was_held = self.end(side).is_held();
        self.hold(side)?;
        let mut known = self.known(side, at);
        if backwards {
            known.reverse();
        }
        for (_, id) in known.into_iter().enumerate().filter(|(bit, _)| pattern & (1 << (bit % 8)) != 0) {
            self.dispose_these(side, at, (id, id), &state(0), true)?;
        }
        if was_held { Ok(()) } else { self.release(side) }
    }

    pub(crate) fn dispose_these(
        &mut self,
        side: Side,
        at: At,
        (first, last): (u32, u32),
        state: &Value,
        settled: bool,
    ) -> Checked {
        let session = &self.end(side).view.sessions[at.0];
        let link = &session.links[at.1];
        let number = |id: u32| link.deliveries.iter().rposition(|known| *known == id).unwrap_or(usize::MAX);
        let numbers = number(first)..=number(last);
        let record = command("dispose", &session.delivery_subject(at.1, first)).with("state", state.clone());
        let record = record.with("settled", settled);
        let record = if first == last { record } else { record.with("last", *numbers.end() as u64) };
        let (sends, current) = (link.sends, link.deliveries.len().checked_sub(1).filter(|_| link.current.is_some()));
        if self.tell(side, record)?.is_err() {
            return self.after(side);
        }
        let session = self.session(side, at.0);
        let settlement = if sends { &mut session.sent } else { &mut session.received };
        settlement.disposes(Some(at.1), (first, last), state, settled);
        // What is settled in the middle of reading it is not wanted any more.
        let unwanted = current.filter(|number| !sends && settled && numbers.contains(number));
        if let (Some(number), Some(line)) = (unwanted, self.line_of(side, at)) {
            line.unwanted(number);
        }
        self.after(side)
    }
}
