//! Frames of the played side as commands.

use super::Converter;
use crate::meaning::{ATTACH, pick, word};
use crate::observer::{Part, Seen, Side, Turn};
use crate::trace::Step;
use crate::wire::{Record, Value};

const BEGIN: [&str; 6] =
    ["next-outgoing-id", "outgoing-window", "handle-max", "offered-capabilities", "desired-capabilities", "properties"];
const SEND: [&str; 6] = ["delivery-tag", "message-format", "settled", "rcv-settle-mode", "state", "batchable"];

/// A record about `subject`.
pub(super) fn about(name: &str, subject: &str) -> Record {
    Record::new(name).with("subject", word(subject))
}

impl Converter {
    /// The command that makes the core send such a frame, if it takes one, and the frame as expectation.
    pub(super) fn ours(&mut self, frame: &Record) {
        let draining: Vec<_> = self.observer.links.iter().map(|link| link.draining).collect();
        let seen = self.observer.observe(Side::Ours, frame);
        self.rule_out_of_turn(&seen);
        if !*self.observer.closed.of(Side::Theirs) && !self.closed_told {
            match &seen {
                Seen::Connection if frame.name == "sasl-outcome" => {
                    self.sasl_outcome(frame);
                }
                Seen::Connection if frame.name == "sasl-challenge" => self.sasl_challenge(frame),
                Seen::Close => self.command(pick(frame, "close", &["error"])),
                Seen::Begin(at, turn) => self.begin(*at, *turn, frame),
                Seen::End(at, Turn::Asks) => self.end(*at, frame),
                Seen::Attach(at, turn) => self.attach(*at, *turn, frame),
                Seen::Detach(at, Turn::Asks) => self.detach(*at, frame),
                Seen::Flow(session, None) => self.session_flow(*session, frame),
                Seen::Flow(_, Some(at)) => self.link_flow(*at, draining.get(*at) == Some(&true), frame),
                Seen::Transfer(at, number, _) => self.send(*at, *number),
                Seen::Disposition(held) => self.dispose(held, frame),
                Seen::Connection | Seen::End(_, Turn::Answers) | Seen::Detach(_, Turn::Answers) | Seen::Stray(_) => {}
            }
        }
        self.script.push(Step::Output(frame.clone()));
        self.after_ours(frame, &seen);
    }

    /// What no core that keeps to the text can be made to send.
    fn rule_out_of_turn(&mut self, seen: &Seen) {
        match seen {
            Seen::Transfer(at, number, _) if self.observer.is_live(*at) && self.observer.link(*at).credit < 0 => {
                let label = self.observer.delivery_label((*at, *number));
                self.unsupported(format!("the recorded side sends {label} without credit"));
            }
            Seen::Stray(why) => self.unsupported(format!("the recorded side is out of turn: {why}")),
            _ => {}
        }
    }

    fn begin(&mut self, at: usize, turn: Turn, frame: &Record) {
        let session = self.observer.session(at);
        let verb = if turn == Turn::Asks { "begin" } else { "accept" };
        let mut command = about(verb, &session.label);
        command.set("incoming-window", Value::from(self.widest_window(at, frame)));
        for name in BEGIN {
            command.set(name, frame.get(name).clone());
        }
        self.command(command);
    }

    /// The largest window that the recorded side ever gave: the core has one maximum for the session.
    fn widest_window(&self, session: usize, begin: &Record) -> u32 {
        let about = |seen: &Seen| matches!(seen, Seen::Flow(at, _) if *at == session);
        let flows = self.outline.windows.iter().filter(|(seen, _)| about(seen)).map(|(_, window)| *window);
        flows.chain(begin.uint("incoming-window")).max().unwrap_or(0)
    }

    fn end(&mut self, at: usize, frame: &Record) {
        let label = self.observer.session(at).label.clone();
        self.command(about("end", &label).with("error", frame.get("error").clone()));
    }

    fn attach(&mut self, at: usize, turn: Turn, frame: &Record) {
        if !self.observer.is_live(at) {
            return;
        }
        self.rule_out_half_refused(at, Side::Ours);
        let label = self.observer.link(at).label.clone();
        let mut command = about(if turn == Turn::Asks { "attach" } else { "accept" }, &label);
        if let (Turn::Answers, Some(error)) = (turn, self.refusal(at, Side::Ours)) {
            self.command(about("refuse", &label).with("error", error));
            return;
        }
        for name in ATTACH {
            command.set(name, frame.get(name).clone());
        }
        self.command(command);
    }

    /// The error of a link that `side` refuses, over the whole recording: an attach without its own terminus, although
    /// one was asked for, and then a detach.
    pub(super) fn refusal(&self, at: usize, side: Side) -> Option<Value> {
        let error = self.outline.detach_errors.get(&(at, side == Side::Ours))?;
        (self.leaves_null(at, side) && *error != Value::Null).then(|| error.clone())
    }

    /// `side` answers an attach without the terminus that is its own to give, although one was asked for.
    fn leaves_null(&self, at: usize, side: Side) -> bool {
        let link = self.outline.last.link(at);
        let own = if link.sender == side { "source" } else { "target" };
        let attach = |side| link.attach.of(side).as_ref().map(|attach: &Record| attach.get(own));
        attach(side.other()).is_some_and(|asked| *asked != Value::Null) && attach(side) == Some(&Value::Null)
    }

    /// A link that was never refused, and works, although its terminus is missing (fe2o3's answer to dynamic).
    pub(super) fn rule_out_half_refused(&mut self, at: usize, side: Side) {
        if self.leaves_null(at, side) && !self.outline.last.link(at).deliveries.is_empty() {
            let label = self.observer.link(at).label.clone();
            self.unsupported(format!("{label} is attached with a null terminus and used all the same"));
        }
    }

    fn detach(&mut self, at: usize, frame: &Record) {
        let refused = self.refusal(at, Side::Ours).is_some();
        let session = self.observer.link(at).session;
        if refused || !self.observer.is_session_live(session) {
            return;
        }
        let label = self.observer.link(at).label.clone();
        let command = about("detach", &label).with("closed", frame.flag("closed"));
        self.command(command.with("error", frame.get("error").clone()));
    }

    fn session_flow(&mut self, session: usize, frame: &Record) {
        if frame.flag("echo") && self.observer.is_session_live(session) {
            let label = self.observer.session(session).label.clone();
            self.command(about("flow", &label).with("echo", true));
        }
    }

    fn link_flow(&mut self, at: usize, was_draining: bool, frame: &Record) {
        if !self.observer.is_live(at) {
            return;
        }
        let link = self.observer.link(at);
        let label = link.label.clone();
        if link.sender == Side::Theirs {
            // Deliveries that had passed the recorder, but had not reached the side when it wrote this, are not given
            // once more.
            let credit = u32::try_from(link.credit.max(0)).unwrap_or(u32::MAX);
            let mut command = about("flow", &label).with("link-credit", credit);
            command.fields.extend(pick(frame, "flow", &["drain", "echo", "properties"]).fields);
            self.command(command);
        } else if was_draining && !link.draining {
            self.command(about("drained", &label));
        }
    }

    /// A delivery is sent whole when its first transfer was recorded: how it is cut is the core's business. One that was
    /// never finished is not begun.
    fn send(&mut self, at: usize, number: usize) {
        let (first, last) = self.observer.delivery((at, number)).frames;
        let delivery = self.outline.last.delivery((at, number));
        let verb = match delivery.part {
            Some(Part::Whole) => "send",
            Some(Part::Aborted) => "abort",
            Some(Part::Begun) | None => return,
        };
        if last.wrapping_sub(first) != 1 || !self.observer.is_live(at) {
            return;
        }
        let mut command = about(verb, &self.observer.link(at).label);
        for name in SEND {
            command.set(name, delivery.meta.get(name).clone());
        }
        let payload = Value::from(delivery.payload.as_slice());
        self.command(command.with("payload", payload));
    }

    /// One command for each unbroken run of deliveries of a link.
    fn dispose(&mut self, held: &[(usize, usize)], frame: &Record) {
        let mut held: Vec<_> = held.iter().copied().filter(|(at, _)| self.observer.is_live(*at)).collect();
        held.sort_unstable();
        let mut rest = held.as_slice();
        while let Some((at, first)) = rest.first().copied() {
            let run = rest.iter().zip(first..).take_while(|(delivery, number)| **delivery == (at, *number)).count();
            let mut command = about("dispose", &self.observer.delivery_label((at, first)));
            if run > 1 {
                let last = u64::try_from(first + run - 1).unwrap_or(u64::MAX);
                command.set("last", Value::from(last));
            }
            self.command(command.with("state", frame.get("state").clone()).with("settled", frame.flag("settled")));
            rest = rest.get(run..).unwrap_or_default();
        }
    }
}
