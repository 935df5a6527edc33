//! The events that the peer's frames must raise, and the snapshots at the turning points.

use super::commands::about;
use super::{Converter, Piece};
use crate::meaning::{pick, pick_strict, word};
use crate::observer::{Part, Seen, Side, Turn};
use crate::trace::Step;
use crate::wire::{Record, Value};

impl Converter {
    /// The peer's frame has been fed: what must the core tell?
    pub(super) fn theirs(&mut self, frame: &Record) {
        let over = *self.observer.closed.of(Side::Ours) || self.closed_told;
        let seen = self.observer.observe(Side::Theirs, frame);
        if seen == Seen::Close {
            self.close(frame, over);
        }
        if over {
            return;
        }
        if let Seen::Transfer(at, number, _) = &seen {
            self.rule_out_overdrawn(*at, *number);
        }
        match &seen {
            Seen::Connection => self.connection(frame),
            Seen::Begin(at, turn) => self.begun(*at, *turn, frame),
            Seen::End(at, turn) => self.ended(*at, *turn, frame),
            Seen::Attach(at, turn) => self.attached(*at, *turn, frame),
            Seen::Detach(at, turn) => self.detached(*at, *turn, frame),
            Seen::Transfer(at, number, Part::Whole) => self.arrived(*at, *number),
            Seen::Disposition(held) => self.disposed(held, frame),
            Seen::Close | Seen::Flow(..) | Seen::Transfer(_, _, Part::Begun | Part::Aborted) | Seen::Stray(_) => {}
        }
    }

    /// What the played side's own frame brings about.
    pub(super) fn after_ours(&mut self, frame: &Record, seen: &Seen) {
        if frame.name == "sasl-outcome" {
            if frame.text("code") == Some("ok") {
                self.event(Record::new("authenticated"));
            } else {
                self.closed(Record::new("closed").with("reason", word("sasl")));
            }
        }
        if let Seen::End(at, Turn::Asks) = seen {
            self.links_gone(Some(*at));
        }
    }

    fn connection(&mut self, frame: &Record) {
        match frame.name.as_str() {
            "open" => self.event(frame.clone()),
            "sasl-init" => self.event(pick(frame, "sasl-init", &["mechanism"])),
            "sasl-outcome" if frame.text("code") == Some("ok") => self.event(Record::new("authenticated")),
            "sasl-outcome" => self.closed(Record::new("closed").with("reason", word("sasl"))),
            "sasl-mechanisms" if !self.outline.chosen => {
                self.closed(Record::new("closed").with("reason", word("sasl")));
            }
            "header" if self.disagrees(frame) => self.closed(Record::new("closed").with("reason", word("header"))),
            _ => {}
        }
    }

    /// The peer's header is not the one that the played side sent, or was going to answer with.
    fn disagrees(&self, frame: &Record) -> bool {
        let layer = frame.get("layer");
        let ours = self.outline.headers.iter().any(|ours| ours == layer);
        !ours && !self.outline.headers.is_empty()
    }

    fn begun(&mut self, at: usize, turn: Turn, frame: &Record) {
        let session = self.observer.session(at);
        if *session.ended.of(Side::Ours) {
            return;
        }
        let name = if turn == Turn::Asks { "begin-requested" } else { "begun" };
        let fields = ["next-outgoing-id", "incoming-window", "outgoing-window", "handle-max", "properties"];
        let mut event = about(name, &session.label);
        event.fields.extend(pick(frame, name, &fields).fields);
        self.event(event);
    }

    fn ended(&mut self, at: usize, turn: Turn, frame: &Record) {
        self.links_gone(Some(at));
        if self.sessions_told.insert(at) {
            let event = about("ended", &self.observer.session(at).label);
            self.event(match turn {
                Turn::Asks => event.with("reason", word("remote")).with("error", frame.get("error").clone()),
                Turn::Answers => event.with("reason", word("local")),
            });
        }
    }

    fn attached(&mut self, at: usize, turn: Turn, frame: &Record) {
        let link = self.observer.link(at);
        let over = *self.observer.session(link.session).ended.of(Side::Ours) || *link.detached.of(Side::Ours);
        if over || (turn == Turn::Answers && self.refusal(at, Side::Theirs).is_some()) {
            return;
        }
        self.rule_out_half_refused(at, Side::Theirs);
        let link = self.observer.link(at);
        let mut event = about(if turn == Turn::Asks { "attach-requested" } else { "attached" }, &link.label);
        event.fields.extend(frame.fields.iter().filter(|(name, _)| name != "handle" && name != "ch").cloned());
        self.event(event);
    }

    fn detached(&mut self, at: usize, turn: Turn, frame: &Record) {
        if *self.observer.session(self.observer.link(at).session).ended.of(Side::Ours) || !self.links_told.insert(at) {
            return;
        }
        let link = self.observer.link(at);
        let suspended = *link.detached.of(Side::Ours) && !*link.closed.of(Side::Ours);
        if turn == Turn::Answers && suspended && frame.flag("closed") {
            let label = link.label.clone();
            self.unsupported(format!(
                "the peer closes {label}, which was suspended, and is not told of a close (§2.6.6)"
            ));
        }
        let refused = self.refusal(at, Side::Theirs).is_some();
        // A refusal of ours detaches at once, whenever the recorded side did.
        let refusing = self.refusal(at, Side::Ours).is_some();
        let event = about("detached", &self.observer.link(at).label);
        let error = frame.get("error").clone();
        self.event(if refused {
            event.with("reason", word("refused")).with("error", error)
        } else if turn == Turn::Answers || refusing {
            event.with("reason", word("local"))
        } else {
            event.with("reason", word("remote")).with("closed", frame.flag("closed")).with("error", error)
        });
    }

    /// The peer had read more credit out of the played side's flows than the core can write into its own: rhea and
    /// Proton state a delivery-count that they do not know yet.
    fn rule_out_overdrawn(&mut self, at: usize, number: usize) {
        if self.observer.is_live(at) && self.observer.link(at).credit < 0 {
            let label = self.observer.delivery_label((at, number));
            self.unsupported(format!("the recorded peer sends {label} beyond the credit that it was given"));
        }
    }

    fn arrived(&mut self, at: usize, number: usize) {
        let link = self.observer.link(at);
        if *link.detached.of(Side::Ours) || *self.observer.session(link.session).ended.of(Side::Ours) {
            return;
        }
        let delivery = self.observer.delivery((at, number));
        let meta = pick_strict(&delivery.meta, "", &["delivery-tag", "message-format", "settled", "state"]);
        let mut event = about("delivery", &self.observer.delivery_label((at, number)));
        event.fields.extend(meta.fields);
        self.event(event.with("payload", delivery.payload.as_slice()));
    }

    fn disposed(&mut self, held: &[(usize, usize)], frame: &Record) {
        for delivery in held {
            let link = self.observer.link(delivery.0);
            if *link.detached.of(Side::Ours) || *self.observer.session(link.session).ended.of(Side::Ours) {
                continue;
            }
            let mut event = about("disposition", &self.observer.delivery_label(*delivery));
            event.fields.extend(pick_strict(frame, "", &["state", "settled"]).fields);
            self.event(event);
        }
    }

    fn close(&mut self, frame: &Record, answers: bool) {
        let event = Record::new("closed");
        self.closed(match answers {
            true => event.with("reason", word("local")),
            false => event.with("reason", word("remote")).with("error", frame.get("error").clone()),
        });
    }

    /// The end of the peer's stream: without its close before, that is what closed the connection.
    pub(super) fn end_of_input(&mut self) {
        self.closed(Record::new("closed").with("reason", word("eof")));
    }

    /// The last event of the connection, after those of everything it held.
    fn closed(&mut self, event: Record) {
        if self.closed_told {
            return;
        }
        self.closed_told = true;
        self.links_gone(None);
        for at in 0..self.observer.sessions.len() {
            if self.sessions_told.insert(at) {
                let label = self.observer.session(at).label.clone();
                self.event(about("ended", &label).with("reason", word("connection")));
            }
        }
        self.event(event);
    }

    /// The links of one session, or of all, go with it.
    fn links_gone(&mut self, session: Option<usize>) {
        for at in 0..self.observer.links.len() {
            let link = self.observer.link(at);
            let concerned = session.is_none_or(|session| link.session == session);
            let label = link.label.clone();
            if concerned && self.links_told.insert(at) {
                self.event(about("detached", &label).with("reason", word("session")));
            }
        }
    }

    /// Before the first detach, end, close or end of stream: how every session and link stands.
    pub(super) fn snapshot_before_the_end(&mut self, piece: &Piece) {
        let teardown = |frame: &Record| matches!(frame.name.as_str(), "detach" | "end" | "close");
        if self.torn_down || !(piece.end || piece.frame.as_ref().is_some_and(teardown)) {
            return;
        }
        self.torn_down = true;
        for at in 0..self.observer.sessions.len() {
            let session = self.observer.session(at);
            if self.observer.is_session_live(at) && session.begin.of(Side::Ours).is_some() {
                let line = about("session", &session.label).with("local", word("active"));
                let unsettled =
                    |sender| count(self.observer.unsettled(|link| link.session == at && link.sender == sender));
                let line = line.with("unsettled-outgoing", unsettled(Side::Ours));
                self.script.push(Step::Snapshot(line.with("unsettled-incoming", unsettled(Side::Theirs))));
            }
        }
        for at in 0..self.observer.links.len() {
            let link = self.observer.link(at);
            let attached = link.attach.of(Side::Ours).is_some() && link.attach.of(Side::Theirs).is_some();
            if attached && self.observer.is_live(at) && !self.refused(at) {
                let credit = Value::from(u32::try_from(link.credit.max(0)).unwrap_or(u32::MAX));
                let unsettled = count(self.observer.unsettled(|other| other.label == link.label));
                let line = about("link", &link.label).with("local", word("active")).with("remote", word("active"));
                self.script.push(Step::Snapshot(line.with("credit", credit).with("unsettled", unsettled)));
            }
        }
    }

    /// At the very end: whether the connection is over.
    pub(super) fn snapshot_at_the_end(&mut self) {
        let state = word(if self.closed_told { "closed" } else { "open" });
        self.script.push(Step::Snapshot(Record::new("connection").with("state", state)));
    }

    fn refused(&self, at: usize) -> bool {
        self.refusal(at, Side::Ours).is_some() || self.refusal(at, Side::Theirs).is_some()
    }
}

fn count(number: usize) -> Value {
    Value::from(u64::try_from(number).unwrap_or(u64::MAX))
}
