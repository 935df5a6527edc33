//! Two cores joined by two pipes, in virtual time: driven to rest, then on to the earliest deadline.

use crate::clock::Clock;
use crate::pipe::{Cut, Lag, Pipe, Pulled};
use amqp_proto::{Connection, Event, Instant, Segments, Transmit};
use bytes::{Buf, BytesMut};
use std::time::Duration;

/// One core, its events, and the pipe that it writes to.
pub struct End {
    /// The core.
    pub core: Connection,
    /// Its events that nobody has taken yet.
    pub events: Vec<Event>,
    /// What it wrote, on its way to the other end.
    pub pipe: Pipe,
    input: BytesMut,
    segments: Segments,
}

impl End {
    /// A core that writes to this pipe.
    pub fn new(core: Connection, pipe: Pipe) -> Self {
        Self { core, events: Vec::new(), pipe, input: BytesMut::new(), segments: Segments::default() }
    }

    /// Moves output and events out; says whether there were any.
    fn work(&mut self, now: Instant) -> bool {
        let before = self.events.len();
        let transmit = self.core.poll_transmit(now, &mut self.segments);
        let wrote = self.segments.has_remaining();
        while self.segments.has_remaining() {
            let chunk = self.segments.chunk();
            let length = chunk.len();
            self.pipe.push(now, chunk);
            self.segments.advance(length);
        }
        if transmit == Transmit::Closing {
            self.pipe.close(now);
        }
        while let Some(event) = self.core.poll_event() {
            self.events.push(event);
        }
        wrote || transmit == Transmit::More || self.events.len() > before
    }

    fn take(&mut self, now: Instant, pulled: Pulled) -> bool {
        match pulled {
            Pulled::Octets(octets) => {
                self.input.extend_from_slice(&octets);
                self.core.handle_input(now, &mut self.input);
                true
            }
            Pulled::End => {
                self.core.handle_eof(now);
                true
            }
            Pulled::Nothing => false,
        }
    }
}

/// A client and a listener.
pub struct Pair {
    /// The one that connects.
    pub client: End,
    /// The one that answers.
    pub listener: End,
    /// The time of both.
    pub clock: Clock,
}

/// The cores did not come to rest within this many steps.
#[derive(Debug, PartialEq, Eq)]
pub struct Restless(pub usize);

impl Pair {
    /// Joins two cores by pipes that cut and delay alike.
    pub fn new(client: Connection, listener: Connection, cut: Cut, lag: impl Into<Lag>) -> Self {
        let lag = lag.into();
        let end = |core| End::new(core, Pipe::new(cut, lag));
        Self { client: end(client), listener: end(listener), clock: Clock::default() }
    }

    /// Pumps until nothing moves at the present moment.
    ///
    /// # Errors
    /// [`Restless`] when `bound` steps are not enough.
    pub fn drive(&mut self, bound: usize) -> Result<(), Restless> {
        let now = self.clock.now();
        for _ in 0..bound {
            let mut moved = self.client.work(now);
            moved |= self.listener.work(now);
            let (to_listener, to_client) = (self.client.pipe.pull(now), self.listener.pipe.pull(now));
            moved |= self.listener.take(now, to_listener);
            moved |= self.client.take(now, to_client);
            if !moved {
                return Ok(());
            }
        }
        Err(Restless(bound))
    }

    /// Moves on to the earliest arrival or deadline and serves it; false when there is none.
    pub fn jump(&mut self) -> bool {
        let deadline = |end: &End| end.core.poll_timeout().map(|(deadline, _)| deadline);
        let moments = [
            deadline(&self.client),
            deadline(&self.listener),
            self.client.pipe.next_arrival(),
            self.listener.pipe.next_arrival(),
        ];
        let Some(next) = moments.into_iter().flatten().min() else { return false };
        self.clock.set(next);
        for end in [&mut self.client, &mut self.listener] {
            if deadline(end).is_some_and(|deadline| deadline <= next) {
                end.core.handle_timeout(next);
            }
        }
        true
    }

    /// Drives and jumps until `done`, or until `limit` of virtual time has passed; says whether it was done.
    ///
    /// # Errors
    /// [`Restless`] when `bound` steps at one moment are not enough.
    pub fn drive_until(
        &mut self,
        limit: Duration,
        bound: usize,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<bool, Restless> {
        let end = self.clock.after(limit);
        loop {
            self.drive(bound)?;
            if done(self) {
                return Ok(true);
            }
            if !self.jump() || self.clock.now() > end {
                return Ok(false);
            }
        }
    }
}
