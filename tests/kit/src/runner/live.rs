//! A core that is played by hand, and writes down as a trace what is done to it and what comes of it.
//!
//! Whatever reaches the core passes through here, and through the same [`Driver`] that plays traces: so the trace plays
//! again what happened, octet by octet. Whoever plays looks at each frame and event, and [`note`](Live::note)s those
//! that are right; what comes last in the script of a failure is what should have been.

use super::driver::Driver;
use crate::trace::{Compare, Role, Script, Step};
use crate::wire::{Record, Value};
use amqp_proto::{Connection, Instant, LinkId, SessionId};
use std::time::Duration;

/// See the module.
pub struct Live {
    driver: Driver,
    script: Script,
}

impl Live {
    /// A core; `config` has the fields of an `@ client` or `@ listener` line. Deliveries wait for `take`.
    ///
    /// # Errors
    /// When there is no such configuration.
    pub fn new(role: Role, config: Record) -> Result<Self, String> {
        let mut script = Script::new(role, Compare::Exact);
        script.config = config.with("take", Value::Word("manual".to_owned()));
        let mut driver = Driver::new(&script)?;
        driver.peer.tap = Some(Vec::new());
        driver.pump()?;
        Ok(Self { driver, script })
    }

    /// Does what a `!` line says.
    ///
    /// # Errors
    /// Why the core refuses it.
    pub fn command(&mut self, command: &Record) -> Result<(), String> {
        // Written down before it is done: it may be the last thing that the core does.
        self.note(Step::Command(command.clone()));
        let done = self.driver.command(command);
        if let (Err(refusal), Some(Step::Command(noted))) =
            (&done, self.script.entries.last_mut().map(|entry| &mut entry.step))
        {
            noted.set("fails", Value::from(refusal.as_str()));
        }
        done
    }

    /// A piece of the peer's octets arrives.
    ///
    /// # Errors
    /// When the core does not come to rest, or sends what is no frame.
    pub fn feed(&mut self, octets: &[u8]) -> Result<(), String> {
        self.note(Step::Raw(octets.to_vec(), String::new()));
        self.driver.feed(octets, None)
    }

    /// Time passes; every deadline on the way is served.
    ///
    /// # Errors
    /// As for [`feed`](Self::feed).
    pub fn advance(&mut self, time: Duration) -> Result<(), String> {
        self.note(Step::Advance(time));
        self.driver.advance(time)
    }

    /// The next frame that it has sent. Write it down if it is right.
    pub fn next_frame(&mut self) -> Option<Record> {
        self.driver.output.pop_front()
    }

    /// The next event that it has raised. Write it down if it is right.
    pub fn next_event(&mut self) -> Option<Record> {
        self.driver.events.pop_front()
    }

    /// Writes down one more line.
    pub fn note(&mut self, step: Step) {
        self.script.push(step);
    }

    /// The octets that it has sent since the last call.
    pub fn octets(&mut self) -> Vec<u8> {
        self.driver.peer.tap.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What has been written down.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The core.
    pub fn core(&self) -> &Connection {
        &self.driver.peer.core
    }

    /// Its time.
    pub fn now(&self) -> Instant {
        self.driver.peer.clock.now()
    }

    /// The session that the trace calls so.
    pub fn session(&self, name: &str) -> Option<SessionId> {
        self.driver.names.sessions.get(name).copied()
    }

    /// The link that the trace calls so.
    pub fn link(&self, name: &str) -> Option<LinkId> {
        self.driver.names.links.get(name).copied()
    }
}
