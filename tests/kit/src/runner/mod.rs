//! Plays a trace against the core and tells the first difference.

mod command;
mod driver;
mod event;
mod live;
mod sasl;
mod snapshot;
mod start;
mod translate;
mod typed;

use crate::meaning::{Difference, Meaning, shorten};
use crate::observer::Side;
use crate::trace::{Compare, Entry, Script, Step, Trace, print_record};
use crate::wire::{Record, Value, decode_unit, encode_unit, next_unit};
use driver::Driver;
pub use live::Live;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of playing a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything expected came, and nothing else.
    Pass,
    /// The core cannot play it, for this reason.
    Unsupported(String),
    /// The first difference.
    Fail(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::Fail(difference) => write!(f, "FAIL: {difference}"),
        }
    }
}

/// Plays all connections of a trace, one after the other.
pub fn play(trace: &Trace) -> Verdict {
    play_shown(trace, false)
}

/// As [`play`]; `shown` prints every frame and event that comes out of the core.
pub fn play_shown(trace: &Trace, shown: bool) -> Verdict {
    if let Some(why) = trace.connections.iter().find_map(|script| script.unsupported.clone()) {
        return Verdict::Unsupported(why);
    }
    for script in &trace.connections {
        let played = catch_unwind(AssertUnwindSafe(|| Run::play(script, shown)));
        let Ok(played) = played else { return Verdict::Fail(format!("{}: panic", trace.file)) };
        if let Err(difference) = played {
            let line = if difference.line == usize::MAX { String::new() } else { format!(":{}", difference.line) };
            let Difference { expected, came, .. } = difference;
            return Verdict::Fail(format!("{}{line}: expected {expected}; came {came}", trace.file));
        }
    }
    Verdict::Pass
}

/// Events that say nothing which frames, deliveries and snapshots do not say.
const QUIET: [&str; 6] = ["flow", "echo", "writable", "arrived", "drain", "drained"];

/// One connection being played.
struct Run<'a> {
    script: &'a Script,
    driver: Driver,
    expected: Meaning,
    actual: Meaning,
}

type Played = Result<(), Difference>;

impl<'a> Run<'a> {
    fn play(script: &'a Script, shown: bool) -> Played {
        let mut driver = Driver::new(script).map_err(|fault| wrong(0, "the configuration", fault))?;
        driver.shown = shown;
        let mut run = Self { script, driver, expected: Meaning::recorded(), actual: Meaning::default() };
        run.pump(0)?;
        if let Some(start) = start::script(script).map_err(|fault| wrong(0, "a state to start from", fault))? {
            for entry in &start.entries {
                // A difference there is told at the first line of the trace's own.
                let line = script.entries.first().map_or(0, |entry| entry.line);
                run.entry(&Entry { line, step: entry.step.clone() })?;
            }
        }
        for entry in &script.entries {
            run.entry(entry)?;
        }
        run.finish()
    }

    fn exact(&self) -> bool {
        self.script.compare == Compare::Exact
    }

    fn pump(&mut self, line: usize) -> Played {
        let pumped = self.driver.pump();
        pumped.map_err(|fault| wrong(line, "the core to come to rest", fault))?;
        self.collect();
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Played {
        let line = entry.line;
        if self.exact() && asks_for_silence(&entry.step) {
            self.nothing_left(line)?;
        }
        let done = match &entry.step {
            Step::Comment(_) => Ok(()),
            Step::Input(frame) => self.input(frame),
            Step::Raw(octets, _) => self.raw(octets),
            Step::Part(input) => self.part(input),
            Step::InputEnd => self.driver.end_of_input(),
            Step::Advance(time) => self.driver.advance(*time),
            Step::Command(command) => self.driver.command(command),
            Step::Output(frame) => return self.expect_output(frame, line),
            Step::Event(event) => return self.expect_event(event, line),
            Step::Snapshot(snapshot) => return self.expect_snapshot(snapshot, line),
        };
        self.collect();
        done.map_err(|fault| match &entry.step {
            Step::Command(command) => wrong(line, &shorten(&print_record(command)), fault),
            _ => wrong(line, "the core to take it", fault),
        })
    }

    /// A frame written out: in meaning, its numbers are the trace's and may have to be told anew.
    fn input(&mut self, frame: &Record) -> Result<(), String> {
        if self.exact() {
            return self.driver.feed(&encode_unit(frame)?, Some(frame));
        }
        let frames = translate::translate(&self.expected.observer, &self.driver.observer, frame)?;
        self.expected.theirs(frame);
        for frame in frames {
            self.actual.theirs(&frame);
            self.driver.feed(&encode_unit(&frame)?, Some(&frame))?;
        }
        Ok(())
    }

    fn raw(&mut self, octets: &[u8]) -> Result<(), String> {
        let Some(frame) = whole_unit(octets) else { return self.driver.feed(octets, None) };
        if self.exact() {
            return self.driver.feed(octets, Some(&frame));
        }
        let frames = translate::translate(&self.expected.observer, &self.driver.observer, &frame)?;
        if frames != [frame.clone()] {
            return self.input(&frame);
        }
        self.expected.theirs(&frame);
        self.actual.theirs(&frame);
        self.driver.feed(octets, Some(&frame))
    }

    fn part(&mut self, input: &Step) -> Result<(), String> {
        match input {
            Step::Input(frame) if self.exact() => self.driver.part(&encode_unit(frame)?, Some(frame)),
            Step::Raw(octets, _) if self.exact() => self.driver.part(octets, whole_unit(octets).as_ref()),
            _ => return Err("only frames and octets of an exact trace can wait for the next ones".to_owned()),
        }
        Ok(())
    }

    /// In meaning, what came is kept for the comparison at the end.
    fn collect(&mut self) {
        if self.exact() {
            return;
        }
        while let Some(frame) = self.driver.output.pop_front() {
            self.actual.ours(&frame, 0);
        }
        while let Some(event) = self.driver.events.pop_front() {
            if !QUIET.contains(&event.name.as_str()) {
                self.actual.fact(event_lane(&event), event, 0);
            }
        }
    }

    fn expect_output(&mut self, frame: &Record, line: usize) -> Played {
        if !self.exact() {
            self.expected.ours(frame, line);
            return Ok(());
        }
        let came = self.driver.output.pop_front();
        match came {
            Some(came) if frame.matches(&came) => Ok(()),
            came => Err(differs(line, frame, came.as_ref())),
        }
    }

    fn expect_event(&mut self, event: &Record, line: usize) -> Played {
        if !self.exact() {
            self.expected.fact(event_lane(event), event.clone(), line);
            let unheard = ["eof", "sasl", "header"].map(Some).contains(&event.text("reason"));
            if event.name == "closed" && unheard {
                self.expected.over();
            }
            return Ok(());
        }
        let quiet = |came: &Record| QUIET.contains(&came.name.as_str());
        while self.driver.events.front().is_some_and(|came| quiet(came) && !event.matches(came)) {
            self.driver.events.pop_front();
        }
        match self.driver.events.pop_front() {
            Some(came) if event.matches(&came) => Ok(()),
            came => Err(differs(line, event, came.as_ref())),
        }
    }

    /// Nothing that the trace does not name has come.
    fn nothing_left(&mut self, line: usize) -> Played {
        let loud = self.driver.events.iter().find(|event| !QUIET.contains(&event.name.as_str()));
        match (self.driver.output.front(), loud) {
            (Some(frame), _) => Err(wrong(line, "no more frames", shorten(&print_record(frame)))),
            (None, Some(event)) => Err(wrong(line, "no more events", shorten(&print_record(event)))),
            (None, None) => Ok(()),
        }
    }

    fn expect_snapshot(&mut self, want: &Record, line: usize) -> Played {
        let is = self.driver.snapshot(want);
        match is {
            Ok(is) if want.matches(&is) => Ok(()),
            Ok(is) => Err(differs(line, want, Some(&is))),
            Err(fault) => Err(wrong(line, &print_record(want), fault)),
        }
    }

    fn finish(&mut self) -> Played {
        if self.exact() {
            return self.nothing_left(self.script.entries.last().map_or(0, |entry| entry.line));
        }
        if let Some(difference) = Meaning::compare(&self.expected, &self.actual) {
            return Err(difference);
        }
        self.driver.note_silence();
        let allowed = self.driver.observer.open.of(Side::Theirs).as_ref().and_then(|open| open.number("idle-time-out"));
        let silence = u64::try_from(self.driver.silence.as_millis()).unwrap_or(u64::MAX);
        match allowed {
            Some(allowed) if allowed > 0 && silence > allowed => {
                let came = format!("{silence} ms of silence");
                Err(wrong(usize::MAX, &format!("something within the peer's idle-time-out of {allowed} ms"), came))
            }
            _ => Ok(()),
        }
    }
}

/// The header or frame that these octets are, if they are just one.
fn whole_unit(octets: &[u8]) -> Option<Record> {
    let length = next_unit(octets).ok().flatten()?;
    if length == octets.len() { decode_unit(octets).ok() } else { None }
}

/// Before these, everything that came must have been expected.
fn asks_for_silence(step: &Step) -> bool {
    match step {
        Step::Input(_) | Step::Raw(..) | Step::Part(_) | Step::InputEnd | Step::Advance(_) => true,
        Step::Comment(_) | Step::Output(_) | Step::Command(_) | Step::Event(_) | Step::Snapshot(_) => false,
    }
}

/// Events are compared in the order of their session, link or delivery; those of a link's deliveries among themselves.
fn event_lane(event: &Record) -> String {
    let subject = event.text("subject").unwrap_or("connection");
    match (event.name.as_str(), subject.split_once('#')) {
        ("delivery", Some((link, _))) => format!("arrivals of {link}"),
        _ => format!("events of {subject}"),
    }
}

fn wrong(line: usize, expected: &str, came: impl Into<String>) -> Difference {
    Difference { line, expected: expected.to_owned(), came: came.into() }
}

fn differs(line: usize, want: &Record, came: Option<&Record>) -> Difference {
    let Some(came) = came else { return wrong(line, &shorten(&print_record(want)), "nothing") };
    let field = want.fields.iter().find(|(name, _)| {
        let only = Record { name: want.name.clone(), fields: vec![(name.clone(), want.get(name).clone())] };
        want.name == came.name && !only.matches(came)
    });
    match field {
        Some((name, value)) => {
            let print = |value: &Value| shorten(&crate::trace::print_value(value));
            wrong(line, &format!("{} {name}={}", want.name, print(value)), format!("{name}={}", print(came.get(name))))
        }
        None => wrong(line, &shorten(&print_record(want)), shorten(&print_record(came))),
    }
}
