//! The connection under test with a small application: it accepts what is asked for, takes and settles
//! what arrives, and sends where it may. What must hold whatever the peer sends is asserted here.

use crate::handshake::Stage;
use amqp_codec::frame::{FRAME_TYPE_AMQP, FrameHeader};
use amqp_codec::{Decoder, Performative, SaslCode, SaslFrame};
use amqp_proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, Mechanism, Outgoing, SaslClient, SaslListener, Segments,
    SenderId, SessionOptions, Transmit,
};
use bytes::{Buf, Bytes, BytesMut};
use std::time::Duration;

const MAX_FRAME_SIZE: u32 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Listener,
}

pub(crate) struct Machine {
    core: Connection,
    now: Instant,
    input: BytesMut,
    output: Segments,
    closing: bool,
    closed_events: u32,
    close_frames: u32,
}

impl Machine {
    pub(crate) fn new(side: Side, stage: Stage) -> Self {
        let config = Config::builder("fuzzed").max_frame_size(MAX_FRAME_SIZE).channel_max(7).build();
        let config = config.expect("valid");
        let core = match side {
            Side::Client => {
                let sasl = stage.has_sasl().then(|| SaslClient::plain("u", "p").insecure_allowed(true));
                Connection::client(config, sasl, Instant::ZERO)
            }
            Side::Listener => {
                let sasl = stage
                    .has_sasl()
                    .then(|| SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]).insecure_allowed(true));
                Connection::listener(config, sasl, Instant::ZERO)
            }
        };
        let mut machine = Self {
            core,
            now: Instant::ZERO,
            input: BytesMut::new(),
            output: Segments::new(),
            closing: false,
            closed_events: 0,
            close_frames: 0,
        };
        if side == Side::Client {
            machine.ask();
        }
        machine.pump();
        machine
    }

    /// What a client wants: a session with one link each way.
    fn ask(&mut self) {
        let session = self.core.begin(SessionOptions::default()).expect("nothing has gone wrong yet");
        let mut view = self.core.session(session).expect("just begun");
        view.attach_receiver(LinkOptions::receiver("in", "queue")).expect("usable");
        view.attach_sender(LinkOptions::sender("out", "queue")).expect("usable");
    }

    pub(crate) fn is_open(&self) -> bool {
        self.core.remote_open().is_some() && !self.core.is_closed()
    }

    pub(crate) fn feed(&mut self, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        self.core.handle_input(self.now, &mut self.input);
        assert!(self.input.len() < MAX_FRAME_SIZE as usize, "more than a frame is left in the input");
        self.pump();
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        for _ in 0..100 {
            match self.core.poll_timeout() {
                Some((deadline, _)) if deadline <= self.now => {
                    self.core.handle_timeout(self.now);
                    self.pump();
                }
                _ => return,
            }
        }
        panic!("a deadline is served again and again");
    }

    pub(crate) fn end(&mut self) {
        self.core.handle_eof(self.now);
        self.pump();
        assert!(self.core.is_closed());
        assert_eq!(self.closed_events, 1, "closed is raised once");
        assert!(self.core.poll_timeout().is_none(), "a deadline after the end");
    }

    /// Events answered and output taken, until there is no more of either.
    fn pump(&mut self) {
        for _ in 0..10_000 {
            let mut moved = false;
            while let Some(event) = self.core.poll_event() {
                moved = true;
                self.told(event);
            }
            let transmit = self.core.poll_transmit(self.now, &mut self.output);
            let written = self.output.copy_to_bytes(self.output.remaining());
            assert!(written.is_empty() || !self.closing, "output after the end of output");
            self.closing |= transmit == Transmit::Closing;
            self.check(&written);
            if !moved && transmit != Transmit::More && written.is_empty() {
                let _ = self.core.snapshot();
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn told(&mut self, event: Event) {
        // Commands may come too late: a later event says so. They must not panic.
        match event {
            Event::SaslInit(_) => drop(self.core.sasl_outcome(self.now, SaslCode::Ok)),
            Event::BeginRequested { session, .. } => {
                let _ = self.core.session(session).and_then(|mut session| session.accept(SessionOptions::default()));
            }
            Event::AttachRequested { link, attach } => {
                let options = LinkOptions::answering(&attach);
                let _ = match link {
                    LinkId::Sender(id) => self.core.sender(id).and_then(|mut link| link.accept(options)),
                    LinkId::Receiver(id) => self.core.receiver(id).and_then(|mut link| link.accept(options)),
                };
            }
            Event::Arrived { receiver } => {
                let Ok(mut receiver) = self.core.receiver(receiver) else { return };
                while let Some(delivery) = receiver.recv() {
                    let _ = receiver.accept_delivery(delivery.id);
                }
            }
            Event::Attached { link: LinkId::Sender(id), .. } | Event::Flow { link: LinkId::Sender(id), .. } => {
                self.send(id);
            }
            Event::Writable { sender } => self.send(sender),
            Event::Closed(_) => self.closed_events += 1,
            _ => {}
        }
    }

    /// A message as long as two frames.
    fn send(&mut self, id: SenderId) {
        if let Ok(mut sender) = self.core.sender(id) {
            let _ = sender.send(Outgoing::new(Bytes::from(vec![b'm'; 1000])));
        }
    }

    /// What we send is whole and well-formed, and close is the last of it.
    fn check(&mut self, mut written: &[u8]) {
        while !written.is_empty() {
            if written.starts_with(b"AMQP") {
                written = written.get(8..).expect("a whole header");
                continue;
            }
            let header = FrameHeader::parse(written, u32::MAX).expect("our frame").expect("a whole frame header");
            let (frame, rest) = written.split_at_checked(header.size as usize).expect("a whole frame");
            written = rest;
            let body = Bytes::copy_from_slice(&frame[header.body_offset()..]);
            let mut decoder = Decoder::new(&body);
            assert_eq!(self.close_frames, 0, "a frame after close");
            if header.frame_type != FRAME_TYPE_AMQP {
                decoder.decode::<SaslFrame>().expect("our SASL frame can be decoded");
            } else if !body.is_empty() {
                let performative = decoder.decode::<Performative>().expect("our frame can be decoded");
                self.close_frames += u32::from(matches!(performative, Performative::Close(_)));
            }
        }
    }
}
