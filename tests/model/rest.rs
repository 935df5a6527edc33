//! Coming to rest: everything under way arrives. Then both sides agree, and whoever waits knows what for. And the end
//! of a case: the applications do all that is left to do, and nothing may be lost.

use super::case::Side;
use super::line::Given;
use super::session::Session;
use super::view::Half;
use super::world::{Checked, World};
use amqp10_testkit::wire::{Record, Value};

/// More than this without rest means that there is none.
const ROUNDS: usize = 20_000;

/// A session by its numbers at both ends.
type Two = (usize, usize);

impl World {
    /// Delivers all that is under way, now and later.
    pub(crate) fn rest(&mut self) -> Checked {
        for _ in 0..ROUNDS {
            if self.deliver(Side::Client)? || self.deliver(Side::Listener)? {
                continue;
            }
            let now = self.end(Side::Client).live.now();
            let arrivals = self.ends.iter().filter_map(|end| end.pipe.next_arrival());
            match arrivals.min() {
                Some(arrival) => self.advance(arrival.saturating_duration_since(now))?,
                None => return self.agree(),
            }
        }
        self.fault(Side::Client, "the two never come to rest", None)
    }

    /// At rest both ends say the same.
    fn agree(&mut self) -> Checked {
        if self.closing || self.ends.iter().any(super::world::End::is_held) {
            return Ok(());
        }
        for (client, listener) in self.pairs() {
            for (side, (ours, theirs)) in [(Side::Client, (client, listener)), (Side::Listener, (listener, client))] {
                self.agree_on(side, ours, theirs)?;
                self.nobody_waits_in_vain(side, ours)?;
                self.nobody_starves(side, ours)?;
            }
        }
        Ok(())
    }

    /// The sessions that are live at both ends.
    fn pairs(&self) -> Vec<Two> {
        let begun = |side: Side| {
            let sessions = self.end(side).view.sessions.iter().enumerate();
            sessions.filter(|(_, session)| session.is_begun())
        };
        let twin = |(at, session): (usize, &Session)| {
            let twin =
                begun(Side::Listener).find(|(_, twin)| twin.ours == session.theirs && twin.theirs == session.ours);
            twin.map(|(twin, _)| (at, twin))
        };
        begun(Side::Client).filter_map(twin).collect()
    }

    /// What `side` has sent is what the other has heard.
    fn agree_on(&self, side: Side, ours: usize, theirs: usize) -> Checked {
        let session = &self.end(side).view.sessions[ours];
        let (us, them) = (self.end(side).live.core().snapshot(), self.end(side.other()).live.core().snapshot());
        let id = |side: Side, at: usize| self.end(side).live.session(&self.end(side).view.sessions[at].subject);
        let us = us.sessions.iter().find(|is| Some(is.id) == id(side, ours));
        let them = them.sessions.iter().find(|is| Some(is.id) == id(side.other(), theirs));
        let (Some(us), Some(them)) = (us, them) else { return self.fault(side, "a session is gone", None) };
        let (out, into) = (&us.windows, &them.windows);
        let differ = |what: &str| self.fault(side, format!("{}: the two differ in {what}", session.subject), None);
        if Some(out.next_outgoing_id) != into.next_incoming_id {
            return differ("the transfer-ids");
        }
        if out.remote_incoming_window != into.incoming_window {
            return differ("the incoming-window");
        }
        if !session.sent.all_said() || !session.received.all_said() {
            return differ("what was disposed of and never said");
        }
        for link in &us.links {
            let twin = them.links.iter().find(|twin| twin.remote_handle == Some(link.handle));
            let Some(twin) = twin.filter(|_| link.remote_handle.is_some()) else { continue };
            if (link.delivery_count, link.link_credit) != (twin.delivery_count, twin.link_credit) {
                return differ("delivery-count or link-credit");
            }
            // What was taken back may wait for the window.
            if link.unsettled != twin.unsettled && !link.in_progress && !twin.in_progress {
                return differ("what is unsettled");
            }
        }
        Ok(())
    }

    /// Whoever was told to wait has a reason to, or has been told that it is over (§2.6.7, §2.5.6).
    fn nobody_waits_in_vain(&self, side: Side, session: usize) -> Checked {
        let links = self.end(side).view.sessions[session].links.iter().enumerate();
        for (at, link) in links.filter(|(_, link)| link.sends && link.is_attached()) {
            let waits = self.lines.iter().any(|line| line.name == link.name && line.waits && !line.leaving);
            if waits && self.reason_now(side, (session, at)).is_none() {
                return self.fault(side, format!("{} was told to wait, and never to go on", link.subject), None);
            }
        }
        Ok(())
    }

    /// What one link leaves unread does not close the window for another that has nothing to take (DECISIONS). The
    /// connection's memory is never used up here.
    fn nobody_starves(&self, side: Side, session: usize) -> Checked {
        let session = &self.end(side).view.sessions[session];
        if session.window_max == 0 || session.window.incoming > 0 {
            return Ok(());
        }
        for link in session.links.iter().filter(|link| !link.sends && link.is_attached()) {
            let may_come = link.credit.link_credit > 0 || link.current.is_some();
            let nothing_there = self.link_snapshot(side, link).is_some_and(|is| is.idle.is_some());
            if may_come && nothing_there {
                return self.fault(side, format!("{} has credit and never a window", link.subject), None);
            }
        }
        Ok(())
    }

    /// The applications do what is left to do, until nothing is; then every message has come, and nothing is unsettled.
    pub(crate) fn settle_down(&mut self) -> Checked {
        for side in Side::BOTH {
            self.release(side)?;
        }
        for _ in 0..ROUNDS {
            self.rest()?;
            let mut busy = false;
            for side in Side::BOTH {
                busy |= self.chores(side)?;
            }
            if !busy {
                return self.all_is_done();
            }
        }
        self.fault(Side::Client, "the applications are never done", None)
    }

    /// What the application of a side can do; whether there was anything.
    fn chores(&mut self, side: Side) -> Checked<bool> {
        let mut busy = self.open_windows(side)?;
        while !self.end(side).requests.is_empty() {
            self.answer(side, false, Some(2))?;
            busy = true;
        }
        for at in self.links(side, |_, _| true) {
            busy |=
                if self.link(side, at).sends { self.sender_chores(side, at)? } else { self.receiver_chores(side, at)? };
        }
        Ok(busy)
    }

    /// A window that was closed by the application would keep everything back for ever.
    fn open_windows(&mut self, side: Side) -> Checked<bool> {
        let sessions = &self.end(side).view.sessions;
        let closed = sessions.iter().filter(|session| session.is_live() && session.is_begun());
        let closed: Vec<_> = closed.enumerate().filter(|(_, session)| session.window_max == 0).collect();
        let Some(number) = closed.first().and_then(|(number, _)| u8::try_from(*number).ok()) else { return Ok(false) };
        self.set_window(side, number, 3)?;
        Ok(true)
    }

    fn sender_chores(&mut self, side: Side, at: (usize, usize)) -> Checked<bool> {
        let link = self.link(side, at).clone();
        let Some(line) = self.line_of(side, at) else { return Ok(false) };
        let (leaving, given) = (line.leaving, line.last().map(|last| last.given));
        let whole = line.last().map_or(0, |last| last.payload.len());
        let mut busy = false;
        if link.is_attached() && !leaving && given == Some(Given::Part) {
            busy |= self.write_to(side, at, u16::from(!link.is_too_large(whole + 1)), false)?;
        }
        if link.is_attached() && link.credit.drain && link.credit.link_credit > 0 && link.current.is_none() {
            self.tell_link(side, at, "drained", &[])?;
            busy = true;
        }
        // In mode second the receiver waits for us.
        let session = &self.end(side).view.sessions[at.0];
        let mut held = session.sent.held.iter().filter(|held| held.link == at.1);
        if let Some(held) = held.find(|held| held.state != Value::Null).map(|held| held.id) {
            self.dispose_these(side, at, (held, held), &Value::Null, true)?;
            busy = true;
        }
        Ok(busy)
    }

    fn receiver_chores(&mut self, side: Side, at: (usize, usize)) -> Checked<bool> {
        let seen = self.line_of(side, at).map_or(0, |line| line.seen.len());
        // An application looks where it was told to.
        let by_pieces = self.end(side).setup.by_pieces;
        let is = self.link_snapshot(side, self.link(side, at));
        if is.is_some_and(|is| is.buffered > 0 || (is.in_progress && by_pieces)) {
            self.take_from(side, at, 1000)?;
        }
        let mut busy = self.line_of(side, at).map_or(0, |line| line.seen.len()) > seen;
        let accepted = Value::from(Record::new("accepted"));
        let second = self.link(side, at).modes.1 == "second";
        for id in self.known(side, at) {
            let held = self.end(side).view.sessions[at.0].received.held.iter().find(|held| held.id == id);
            if held.is_none_or(|held| second && held.said != Value::Null) {
                continue;
            }
            self.dispose_these(side, at, (id, id), &accepted, !second)?;
            busy = true;
        }
        Ok(busy)
    }

    fn all_is_done(&mut self) -> Checked {
        for (client, listener) in self.pairs() {
            for (side, at, twin) in [(Side::Client, client, listener), (Side::Listener, listener, client)] {
                let session = &self.end(side).view.sessions[at];
                if session.window.remote_incoming == 0 {
                    return self.fault(side, format!("{}: the window never opens again", session.subject), None);
                }
                for link in session.links.iter().filter(|link| link.sends) {
                    self.link_is_done(side, link.name.as_str(), at, twin)?;
                }
            }
        }
        Ok(())
    }

    fn link_is_done(&self, side: Side, name: &str, at: usize, twin: usize) -> Checked {
        let session = &self.end(side).view.sessions[at];
        let Some(place) = session.links.iter().rposition(|link| link.name == name) else { return Ok(()) };
        let (link, line) = (&session.links[place], self.lines.iter().find(|line| line.name == name));
        let other = self.end(side.other()).view.sessions[twin].links.iter().rfind(|link| link.name == name);
        let Some(line) = line.filter(|line| !line.cut && other.is_some_and(|other| !other.refused)) else {
            return Ok(());
        };
        if !line.is_empty() && !link.refused && link.theirs != Half::Idle {
            return self.fault(side, format!("a message on {} never came", link.subject), None);
        }
        if session.sent.of_link(place) > 0 && link.is_attached() {
            return self.fault(side, format!("deliveries on {} are never settled", link.subject), None);
        }
        Ok(())
    }
}
