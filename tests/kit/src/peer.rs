//! A scripted peer: frames written by hand go into a core, and what it answers comes out as records.
//!
//! ```text
//! let mut peer = Peer::new(Connection::listener(config, None, Instant::ZERO));
//! peer.send("header layer=amqp")?;
//! peer.expect("header layer=amqp")?;
//! peer.send(r#"open container-id="peer""#)?;
//! peer.expect("open")?;
//! ```

use crate::clock::Clock;
use crate::trace::{parse_record, print_record};
use crate::wire::{Record, decode_unit, encode_unit, next_unit};
use amqp_proto::{Connection, Instant, Segments, Transmit};
use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::time::Duration;

/// More deadlines at one moment than this, or more output without input, means that the core never comes to rest.
const ROUNDS: usize = 10_000;

/// See the module.
pub struct Peer {
    /// The core under test.
    pub core: Connection,
    /// Its time.
    pub clock: Clock,
    /// Frames that it has sent and nobody has looked at yet.
    pub received: VecDeque<Record>,
    /// The core has said that nothing more will come.
    pub closing: bool,
    /// The transport takes no output.
    pub blocked: bool,
    /// What the core writes, octet by octet, for who wants to pass it on.
    pub tap: Option<Vec<u8>>,
    input: BytesMut,
    segments: Segments,
    unsplit: Vec<u8>,
}

impl Peer {
    /// A peer of this core.
    pub fn new(core: Connection) -> Self {
        Self {
            core,
            clock: Clock::default(),
            received: VecDeque::new(),
            closing: false,
            blocked: false,
            tap: None,
            input: BytesMut::new(),
            segments: Segments::default(),
            unsplit: Vec::new(),
        }
    }

    /// Sends a frame, written as a trace writes it.
    ///
    /// # Errors
    /// When the text is no frame, or the core answers with what is none.
    pub fn send(&mut self, frame: &str) -> Result<(), String> {
        let octets = encode_unit(&parse_record(frame)?)?;
        self.send_octets(&octets)
    }

    /// Sends octets, whatever they are.
    ///
    /// # Errors
    /// When the core answers with what is no frame.
    pub fn send_octets(&mut self, octets: &[u8]) -> Result<(), String> {
        self.input.extend_from_slice(octets);
        self.core.handle_input(self.clock.now(), &mut self.input);
        self.pull().map(|_| ())
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When the core answers with what is no frame.
    pub fn end(&mut self) -> Result<(), String> {
        self.core.handle_eof(self.clock.now());
        self.pull().map(|_| ())
    }

    /// The next frame must match this, written as a trace writes it.
    ///
    /// # Errors
    /// What was expected and what came.
    pub fn expect(&mut self, frame: &str) -> Result<(), String> {
        self.pull()?;
        let want = parse_record(frame)?;
        match self.received.pop_front() {
            Some(came) if want.matches(&came) => Ok(()),
            Some(came) => Err(format!("expected {frame}; came {}", print_record(&came))),
            None => Err(format!("expected {frame}; came nothing")),
        }
    }

    /// Lets time pass, serving every deadline on the way.
    ///
    /// # Errors
    /// When a deadline is served without end.
    pub fn advance(&mut self, time: Duration) -> Result<(), String> {
        let target = self.clock.after(time);
        for _ in 0..ROUNDS {
            if !self.serve_deadline(target) {
                return self.pull().map(|_| ());
            }
            self.pull()?;
        }
        Err(format!("a deadline is served again and again: {:?}", self.core.poll_timeout()))
    }

    /// Moves on to the next deadline up to `target` and serves it; without one, moves on to `target`.
    pub fn serve_deadline(&mut self, target: Instant) -> bool {
        match self.core.poll_timeout() {
            Some((deadline, _)) if deadline <= target => {
                self.clock.set(deadline);
                self.core.handle_timeout(self.clock.now());
                true
            }
            _ => {
                self.clock.set(target);
                false
            }
        }
    }

    /// Takes over what the core has to send; says whether there was any.
    ///
    /// # Errors
    /// When it is no frame.
    pub fn pull(&mut self) -> Result<bool, String> {
        let mut any = false;
        if self.blocked {
            return Ok(any);
        }
        for _ in 0..ROUNDS {
            let transmit = self.core.poll_transmit(self.clock.now(), &mut self.segments);
            self.closing |= transmit == Transmit::Closing;
            any |= self.segments.has_remaining();
            while self.segments.has_remaining() {
                let chunk = self.segments.chunk();
                let length = chunk.len();
                self.unsplit.extend_from_slice(chunk);
                if let Some(tap) = &mut self.tap {
                    tap.extend_from_slice(chunk);
                }
                self.segments.advance(length);
            }
            if transmit != Transmit::More {
                return self.split().map(|()| any);
            }
        }
        Err("the core has always more to send".to_owned())
    }

    fn split(&mut self) -> Result<(), String> {
        while let Some(length) = next_unit(&self.unsplit)? {
            let unit: Vec<u8> = self.unsplit.drain(..length).collect();
            let frame = decode_unit(&unit).map_err(|fault| format!("the core sent what is no frame: {fault}"))?;
            self.received.push_back(frame);
        }
        Ok(())
    }
}
