//! What the tests share: two cores joined in virtual time, and a peer that writes frames by hand.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "test code"
)]

use amqp_proto::codec::frame::{FRAME_TYPE_AMQP, FrameHeader, encode_frame};
use amqp_proto::codec::{Attach, Begin, Decoder, Encode, Flow, Handle, Open, Performative, ProtocolHeader, Role};
use amqp_proto::codec::{SequenceNo, Source, Target, Transfer};
use amqp_proto::{Config, ConfigBuilder, Connection, Event, Instant, LinkId, LinkOptions, Segments, Transmit};
use amqp_proto::{ReceiverId, SenderId, SessionId, SessionOptions};
use bytes::{Buf, Bytes, BytesMut};

pub const NEAR: SequenceNo = SequenceNo(u32::MAX - 2);

pub fn config(name: &'static str) -> ConfigBuilder {
    Config::builder(name)
}

/// One core with what it said.
pub struct Side {
    pub core: Connection,
    pub events: Vec<Event>,
    pub closing: bool,
    input: BytesMut,
    segments: Segments,
}

impl Side {
    pub fn new(core: Connection) -> Self {
        Self { core, events: Vec::new(), closing: false, input: BytesMut::new(), segments: Segments::new() }
    }

    /// Everything that it writes now.
    pub fn output(&mut self, now: Instant) -> Vec<u8> {
        let mut all = Vec::new();
        for _ in 0..10_000 {
            let transmit = self.core.poll_transmit(now, &mut self.segments);
            while self.segments.has_remaining() {
                let chunk = self.segments.chunk();
                all.extend_from_slice(chunk);
                let count = chunk.len();
                self.segments.advance(count);
            }
            if transmit != Transmit::More {
                self.closing |= transmit == Transmit::Closing;
                return all;
            }
        }
        panic!("poll_transmit says More for ever");
    }

    pub fn feed(&mut self, now: Instant, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        self.core.handle_input(now, &mut self.input);
    }

    pub fn drain_events(&mut self) {
        while let Some(event) = self.core.poll_event() {
            self.events.push(event);
        }
    }

    pub fn take(&mut self) -> Vec<Event> {
        self.drain_events();
        std::mem::take(&mut self.events)
    }

    pub fn count(&mut self, matching: impl Fn(&Event) -> bool) -> usize {
        self.drain_events();
        self.events.iter().filter(|event| matching(event)).count()
    }
}

/// A client and a listener, and the pipes between them.
pub struct Pair {
    pub client: Side,
    pub listener: Side,
    pub now: Instant,
    /// Octets that one reading yields.
    pub split: usize,
}

impl Pair {
    pub fn new(client: Config, listener: Config) -> Self {
        let client = Side::new(Connection::client(client, None, Instant::ZERO));
        let listener = Side::new(Connection::listener(listener, None, Instant::ZERO));
        Self { client, listener, now: Instant::ZERO, split: usize::MAX }
    }

    /// Moves octets until both are at rest.
    pub fn pump(&mut self) {
        for _ in 0..10_000 {
            let (a, b) = (self.client.output(self.now), self.listener.output(self.now));
            a.chunks(self.split.min(a.len().max(1))).for_each(|part| self.listener.feed(self.now, part));
            b.chunks(self.split.min(b.len().max(1))).for_each(|part| self.client.feed(self.now, part));
            self.client.drain_events();
            self.listener.drain_events();
            if a.is_empty() && b.is_empty() {
                return;
            }
        }
        panic!("the two never come to rest");
    }

    /// A session that the client began and the listener accepted.
    pub fn session(&mut self, client: SessionOptions, listener: SessionOptions) -> (SessionId, SessionId) {
        let ours = self.client.core.begin(client).unwrap();
        self.pump();
        let theirs = requested_session(&mut self.listener);
        self.listener.core.session(theirs).unwrap().accept(listener).unwrap();
        self.pump();
        (ours, theirs)
    }

    /// A link on which the client sends; `receiver` is what the listener answers.
    pub fn link(&mut self, session: SessionId, sender: LinkOptions, receiver: LinkOptions) -> (SenderId, ReceiverId) {
        let sender = self.client.core.session(session).unwrap().attach_sender(sender).unwrap();
        self.pump();
        let LinkId::Receiver(id) = requested_link(&mut self.listener) else { panic!("no receiver") };
        self.listener.core.receiver(id).unwrap().accept(receiver).unwrap();
        self.pump();
        (sender, id)
    }
}

pub fn requested_session(side: &mut Side) -> SessionId {
    side.drain_events();
    let found = side.events.iter().rev().find_map(|event| match event {
        Event::BeginRequested { session, .. } => Some(*session),
        _ => None,
    });
    found.expect("a begin was requested")
}

pub fn requested_link(side: &mut Side) -> LinkId {
    side.drain_events();
    let found = side.events.iter().rev().find_map(|event| match event {
        Event::AttachRequested { link, .. } => Some(*link),
        _ => None,
    });
    found.expect("an attach was requested")
}

/// One core, and a peer that writes what it likes.
pub struct Raw {
    pub side: Side,
    pub now: Instant,
}

pub fn frame(channel: u16, body: &impl Encode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_frame(&mut out, FRAME_TYPE_AMQP, channel, body, payload);
    out
}

impl Raw {
    /// A listener that has had the header and this open.
    pub fn listener(config: Config, open: &Open) -> Self {
        let mut raw = Self { side: Side::new(Connection::listener(config, None, Instant::ZERO)), now: Instant::ZERO };
        raw.octets(&ProtocolHeader::AMQP.to_bytes());
        raw.send(0, open);
        raw
    }

    /// The same with defaults, and a session that was accepted on channel 0.
    pub fn session() -> (Self, SessionId) {
        let mut raw = Self::listener(config("core").build().unwrap(), &Open::new("raw"));
        raw.send(0, &Begin::new(SequenceNo(0), 100, 100));
        let session = requested_session(&mut raw.side);
        raw.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
        raw.frames();
        (raw, session)
    }

    pub fn octets(&mut self, octets: &[u8]) {
        self.side.feed(self.now, octets);
        self.side.drain_events();
    }

    pub fn send(&mut self, channel: u16, body: &impl Encode) {
        self.octets(&frame(channel, body, &[]));
    }

    pub fn transfer(&mut self, transfer: &Transfer, payload: &[u8]) {
        self.octets(&frame(0, transfer, payload));
    }

    /// The core's frames since the last look, headers and heartbeats left out.
    pub fn frames(&mut self) -> Vec<(u16, Performative)> {
        let octets = Bytes::from(self.side.output(self.now));
        self.side.drain_events();
        let mut at = if octets.starts_with(b"AMQP") { 8 } else { 0 };
        let mut frames = Vec::new();
        while at < octets.len() {
            let header = FrameHeader::parse(&octets[at..], u32::MAX).unwrap().expect("whole frames only");
            let end = at + header.size as usize;
            let body = octets.slice(at + header.body_offset()..end);
            if !body.is_empty() {
                frames.push((header.channel, Decoder::new(&body).decode().unwrap()));
            }
            at = end;
        }
        frames
    }

    /// The names of the core's frames since the last look.
    pub fn names(&mut self) -> Vec<&'static str> {
        self.frames().iter().map(|(_, frame)| frame.name()).collect()
    }
}

/// An attach of a hand-written peer.
pub fn attach(name: &'static str, handle: u32, role: Role) -> Attach {
    let mut attach = Attach::new(name, Handle(handle), role);
    attach.source = Some(Source::new("s").into());
    attach.target = Some(Target::new("t").into());
    attach.initial_delivery_count = (role == Role::Sender).then_some(SequenceNo(0));
    attach
}

/// A transfer that is a whole delivery.
pub fn transfer(handle: u32, id: u32) -> Transfer {
    let mut transfer = Transfer::new(Handle(handle));
    transfer.delivery_id = Some(SequenceNo(id));
    transfer.delivery_tag = Some(id.into());
    transfer
}

/// A receiver's flow that grants credit.
pub fn credit(handle: u32, window: u32, link_credit: u32) -> Flow {
    let mut flow = Flow::new(window, SequenceNo(0), 100);
    flow.next_incoming_id = Some(SequenceNo(0));
    flow.handle = Some(Handle(handle));
    flow.link_credit = Some(link_credit);
    flow
}
