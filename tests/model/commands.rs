//! Commands as the trace format writes them, for what there is at that moment, and what the model has to know of those
//! that the core has carried out.

use super::Strictness;
use super::case::{Command, Side};
use super::line::{Given, Line};
use super::link::Link;
use super::session::Session;
use super::view::Half;
use super::world::{Checked, Request, World, word};
use amqp10_testkit::wire::{Record, Value};
use std::time::Duration;

/// Sessions that are live at once, and links that are on one of them.
const SESSIONS: usize = 3;
pub(super) const LINKS: usize = 4;

/// A link by the numbers of its session and its own.
pub(super) type At = (usize, usize);

pub(super) fn command(name: &str, subject: &str) -> Record {
    Record::new(name).with("subject", word(subject))
}

pub(super) fn pick<T: Copy>(among: &[T], number: u8) -> Option<T> {
    among.get(usize::from(number).checked_rem(among.len())?).copied()
}

pub(super) fn state(number: u8) -> Value {
    let composite = |name: &str| Value::from(Record::new(name));
    match number {
        0 => composite("accepted"),
        1 => composite("rejected"),
        2 => composite("released"),
        3 => Record::new("modified").with("delivery-failed", true).into(),
        4 => Record::new("received").with("section-number", 0u32).with("section-offset", 7u32).into(),
        _ => Value::Null,
    }
}

impl World {
    /// Carries a command out, if there is anything for it.
    pub(crate) fn step(&mut self, step: &Command) -> Checked {
        match *step {
            Command::Begin(side) => self.begin(side),
            Command::End(side, session) => self.end_session(side, session),
            Command::Attach { side, session, sends, snd, rcv, credit } => {
                self.attach(side, session, sends, (snd, rcv), credit)
            }
            Command::Reattach { side, link, credit } => self.reattach(side, link, credit),
            Command::Answer { side, refuse, credit } => self.answer(side, refuse, credit),
            Command::Detach { side, link, closed } => self.detach(side, link, closed),
            Command::Send { side, link, size, settled, more } => self.send(side, link, size, settled, more),
            Command::Round(side, size) => self.round(side, size.into()),
            Command::Write { side, link, size, more } => self.write(side, link, size, more),
            Command::Abort(side, link) => self.abort(side, link),
            Command::Credit { side, link, credit, drain } => {
                let fields = [("link-credit", u32::from(credit).into()), ("drain", drain.into())];
                self.receiver_flow(side, link, &fields)
            }
            Command::AutoCredit { side, link, credit } => {
                self.receiver_flow(side, link, &[("credit", u32::from(credit).into())])
            }
            Command::Drained(side, link) => self.sender_says(side, link, "drained", &[]),
            Command::SenderFlow { side, link, echo } => {
                self.sender_says(side, link, "flow", &[("available", 3u32.into()), ("echo", echo.into())])
            }
            Command::SessionFlow { side, session, echo } => self.session_flow(side, session, echo),
            Command::Window { side, session, transfers } => self.set_window(side, session, transfers.into()),
            Command::Take { side, link, count } => self.take(side, link, count),
            Command::Dispose { side, link, first, last, state: number, settled } => {
                self.dispose(side, link, (first, last), &state(number), settled)
            }
            Command::DisposeReceived { side, session, first, last, state: number, settled } => {
                self.dispose_received(side, session, (first, last), &state(number), settled)
            }
            Command::Batch { side, link, pattern, backwards } => self.batch(side, link, pattern, backwards),
            Command::Deliver(side, pieces) => {
                for _ in 0..pieces {
                    self.deliver(side)?;
                }
                Ok(())
            }
            Command::Advance(millis) => self.advance(Duration::from_millis(millis.into())),
            Command::Hold(side) => self.hold(side),
            Command::Release(side) => self.release(side),
            Command::Rest => self.rest(),
        }
    }

    pub(super) fn hold(&mut self, side: Side) -> Checked {
        if !self.end(side).is_held() {
            self.end_mut(side).strictness = Strictness::Delayed;
            let _ = self.tell(side, Record::new("hold"))?;
        }
        self.after(side)
    }

    pub(crate) fn release(&mut self, side: Side) -> Checked {
        if self.end(side).is_held() {
            let _ = self.tell(side, Record::new("release"))?;
            self.after(side)?;
            self.end_mut(side).strictness = Strictness::Exact;
        }
        self.after(side)
    }

    fn session_options(&self, side: Side, record: Record) -> Record {
        let setup = &self.end(side).setup;
        record
            .with("next-outgoing-id", setup.first)
            .with("delivery-id", setup.first.wrapping_sub(1))
            .with("incoming-window", setup.incoming_window)
            .with("outgoing-window", 100u32)
            .with("incoming-octets", setup.incoming_octets.map_or(Value::Null, Value::from))
    }

    pub(super) fn live_sessions(&self, side: Side) -> Vec<usize> {
        let sessions = self.end(side).view.sessions.iter().enumerate();
        sessions.filter(|(_, session)| session.is_live() && !session.subject.is_empty()).map(|(at, _)| at).collect()
    }

    /// Links on live sessions.
    pub(crate) fn links(&self, side: Side, wanted: impl Fn(&Session, &Link) -> bool) -> Vec<At> {
        let of = |at: usize| {
            let session = &self.end(side).view.sessions[at];
            let links = session.links.iter().enumerate();
            let wanted = links.filter(|(_, link)| !link.subject.is_empty() && wanted(session, link));
            wanted.map(|(link, _)| (at, link)).collect::<Vec<_>>()
        };
        self.live_sessions(side).into_iter().flat_map(of).collect()
    }

    pub(crate) fn link(&self, side: Side, (session, link): At) -> &Link {
        &self.end(side).view.sessions[session].links[link]
    }

    /// The application's side of a link.
    pub(crate) fn line_of(&mut self, side: Side, at: At) -> Option<&mut Line> {
        let name = self.link(side, at).name.clone();
        self.line(&name)
    }

    fn begin(&mut self, side: Side) -> Checked {
        if self.live_sessions(side).len() >= SESSIONS {
            return Ok(());
        }
        let subject = format!("s{}", self.end(side).begun[0]);
        let record = self.session_options(side, command("begin", &subject));
        if self.tell(side, record)?.is_ok() {
            let end = self.end_mut(side);
            end.begun[0] += 1;
            let window_max = end.setup.incoming_window;
            end.view.sessions.push(Session::new(subject, window_max));
        }
        self.after(side)
    }

    fn end_session(&mut self, side: Side, number: u8) -> Checked {
        // The first one stays, or there is little to see.
        let sessions = self.live_sessions(side);
        let Some(at) = pick(sessions.get(1..).unwrap_or_default(), number) else { return Ok(()) };
        self.end_this(side, at)
    }

    fn end_this(&mut self, side: Side, at: usize) -> Checked {
        let subject = self.session(side, at).subject.clone();
        if self.tell(side, command("end", &subject))?.is_ok() {
            self.session(side, at).given_up = true;
        }
        self.after(side)
    }

    fn attach(&mut self, side: Side, session: u8, sends: bool, modes: (u8, u8), credit: Option<u8>) -> Checked {
        let Some(at) = pick(&self.live_sessions(side), session) else { return Ok(()) };
        let session = self.session(side, at);
        if session.links.iter().filter(|link| link.is_live()).count() >= LINKS {
            return Ok(());
        }
        let subject = format!("{}/l{}", session.subject, session.attached);
        let name = format!("link{}", self.lines.len());
        let modes =
            (["mixed", "unsettled", "settled"][usize::from(modes.0) % 3], ["first", "second"][modes.1 as usize % 2]);
        let record = command("attach", &subject).with("name", name.as_str());
        let record = self.link_options(side, record, sends, modes, credit);
        if self.tell(side, record)?.is_ok() {
            let session = self.session(side, at);
            session.attached += 1;
            session.links.push(Link { name: name.clone(), subject, sends, ..Link::default() });
            self.lines.push(Line::new(name));
        }
        self.after(side)
    }

    pub(super) fn link_options(
        &self,
        side: Side,
        record: Record,
        sends: bool,
        modes: (&str, &str),
        credit: Option<u8>,
    ) -> Record {
        let record = if self.keeps { record.with("resume", word("keep")) } else { record };
        let record = record
            .with("role", word(if sends { "sender" } else { "receiver" }))
            .with("snd-settle-mode", word(modes.0))
            .with("rcv-settle-mode", word(modes.1))
            .with("source", Record::new("source").with("address", "q"))
            .with("target", Record::new("target").with("address", "q"));
        if sends {
            record.with("initial-delivery-count", self.end(side).setup.first)
        } else {
            let max_message_size = self.end(side).setup.max_message_size;
            record
                .with("credit", credit.map_or(Value::Null, |credit| u32::from(credit).into()))
                .with("max-message-size", max_message_size.map_or(Value::Null, Value::from))
        }
    }

    pub(crate) fn answer(&mut self, side: Side, refuse: bool, credit: Option<u8>) -> Checked {
        match self.end_mut(side).requests.pop_front() {
            None => Ok(()),
            Some(Request::Session(subject)) => self.answer_session(side, &subject, refuse),
            Some(Request::Link(subject)) => self.answer_link(side, &subject, refuse, credit),
        }
    }

    fn answer_session(&mut self, side: Side, subject: &str, refuse: bool) -> Checked {
        let sessions = &self.end(side).view.sessions;
        let Some(at) = sessions.iter().position(|session| session.subject == subject) else { return Ok(()) };
        if refuse {
            return self.end_this(side, at);
        }
        let record = self.session_options(side, command("accept", subject));
        self.session(side, at).window_max = self.end(side).setup.incoming_window;
        let _ = self.tell(side, record)?;
        self.after(side)
    }

    fn answer_link(&mut self, side: Side, subject: &str, refuse: bool, credit: Option<u8>) -> Checked {
        if refuse {
            let error = Record::new("error").with("condition", Value::Symbol("amqp:not-found".to_owned()));
            if self.tell(side, command("refuse", subject).with("error", error))?.is_ok() {
                let sessions = &mut self.end_mut(side).view.sessions;
                let links = sessions.iter_mut().flat_map(|session| &mut session.links);
                links.filter(|link| link.subject == subject).for_each(|link| link.refused = true);
            }
            return self.after(side);
        }
        let mut links = self.end(side).view.sessions.iter().flat_map(|session| &session.links);
        let Some(link) = links.find(|link| link.subject == subject) else { return Ok(()) };
        // The modes that the other side wishes; its own are in its attach.
        let (wished, sends) = (link.wished.clone(), link.sends);
        let modes = (wished.0.as_str(), wished.1.as_str());
        let name = link.name.clone();
        let record = self.link_options(side, command("accept", subject), sends, modes, credit);
        let record = self.with_map(side, subject, &name, record);
        if self.tell(side, record)?.is_err() {
            // The other side has detached it meanwhile.
            self.without_map(side, subject);
        }
        self.after(side)
    }

    pub(super) fn detach(&mut self, side: Side, number: u8, closed: bool) -> Checked {
        // The first two stay, or there is little to see.
        let live = self.links(side, |session, link| session.is_live() && link.is_live());
        let Some(at) = pick(live.get(2..).unwrap_or_default(), number) else { return Ok(()) };
        let seen = self.link(side, at).deliveries.len();
        if self.link(side, at).sends && !self.line_of(side, at).is_some_and(|line| line.is_seen(seen)) {
            return Ok(());
        }
        let record = command("detach", &self.link(side, at).subject).with("closed", closed);
        let window = self.window_now(side, at.0);
        if self.tell(side, record)?.is_ok() {
            self.detached(side, at, window);
        }
        self.after(side)
    }

    fn detached(&mut self, side: Side, (session, link): At, window: u32) {
        let subject = &self.link(side, (session, link)).subject;
        let asked = |request: &Request| matches!(request, Request::Link(asked) if asked == subject);
        // Before it was attached on this side. What the transport keeps back cannot be seen.
        let unanswered = self.end(side).requests.iter().any(asked) || !self.end(side).is_held();
        let this = &mut self.session(side, session).links[link];
        this.refused |= unanswered && this.ours == Half::Idle;
        let (sends, current) = (this.sends, this.current.is_some());
        this.left = !sends;
        this.resuming.over = true;
        let unsettled = this.deliveries.last().copied();
        let Some(line) = self.line_of(side, (session, link)) else { return };
        if !sends {
            line.cut = true;
            return;
        }
        line.leaving = true;
        if current && line.last().is_some_and(|last| last.given == Given::Part) {
            line.aborts();
            if let (true, Some(id)) = (window > 0, unsettled) {
                self.session(side, session).sent.settle(id);
            }
        }
    }
}
