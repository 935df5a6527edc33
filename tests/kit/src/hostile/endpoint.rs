//! The endpoint under test: the core, configured as the catalogue says, and a small application.
//!
//! The application accepts sessions and links (but for the address `missing`), grants four credits, sends three
//! messages where it is a sender with credit, settles nothing, and consumes nothing until the case is over.

use super::case::Case;
use crate::wire::{Record, decode_unit, next_unit};
use amqp_proto::codec::{Attach, Body, Condition, Decoder, Error, Handle, Message, Role, SaslCode, TargetTerminus};
use amqp_proto::{
    Config, Connection, CreditMode, Event, Instant, LinkId, LinkOptions, Mechanism, Outgoing, ReceiverFlow, ReceiverId,
    SaslClient, SaslListener, SaslRequest, Scram, ScramCredential, ScramHash, Segments, SenderId, SessionId,
    SessionOptions, Transmit,
};
use bytes::{Buf, Bytes, BytesMut};
use std::time::Duration;

type Done = Result<(), String>;

/// Neither random nor used once.
const NONCE: &str = "0123456789abcdef";

/// Octets of output above which nothing more is read.
const HIGH_WATER: usize = 256 * 1024;

/// See the module.
pub(super) struct Endpoint {
    pub(super) core: Connection,
    now: Instant,
    input: BytesMut,
    segments: Segments,
    /// All that it has sent since the case began.
    pub(super) sent: Vec<u8>,
    /// It has ended its stream.
    pub(super) shut: bool,
    pub(super) authenticated: bool,
    pub(super) settled: bool,
    pub(super) receivers: Vec<ReceiverId>,
    client: Option<Plan>,
    to_send: u8,
}

/// What was there for the application.
#[derive(Clone, Copy, Default)]
pub(super) struct Consumed {
    /// A complete delivery.
    pub(super) whole: bool,
    /// One that can be read as a message.
    pub(super) parsed: bool,
}

/// What a client does by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Nothing,
    Begin,
    Receive,
    Send,
}

fn session_options() -> SessionOptions {
    SessionOptions { incoming_window: 8, handle_max: Handle(7), ..SessionOptions::default() }
}

fn link_options(name: &'static str, sender: bool) -> LinkOptions {
    let options = if sender { LinkOptions::sender(name, "q") } else { LinkOptions::receiver(name, "q") };
    LinkOptions { credit: CreditMode::Manual, max_message_size: (!sender).then_some(10_000), ..options }
}

fn offered() -> SaslListener {
    let offered = [Mechanism::Plain, Mechanism::Scram(ScramHash::Sha256)];
    SaslListener::new(offered).insecure_allowed(true).nonce(NONCE)
}

/// The core, configured as the catalogue says.
fn connection(case: &Case) -> Result<Connection, String> {
    let config = Config::builder("eut")
        .hostname("eut.example")
        .max_frame_size(4096)
        .channel_max(7)
        .idle_time_out(Some(Duration::from_secs(60)))
        .handshake_timeout(Some(Duration::from_secs(10)))
        .close_timeout(Duration::from_secs(5))
        .output_high_water(HIGH_WATER)
        .build()
        .map_err(|fault| fault.to_string())?;
    let scram = case.preamble.contains("scram");
    let sasl = case.preamble.contains("sasl") || scram;
    Ok(if case.client {
        let login = || match scram {
            true => SaslClient::new(Scram::new(ScramHash::Sha256, "u", "p")).nonce(NONCE),
            false => SaslClient::plain("u", "p").insecure_allowed(true),
        };
        Connection::client(config, sasl.then(login), Instant::ZERO)
    } else {
        Connection::listener(config, sasl.then(offered), Instant::ZERO)
    })
}

/// A message as this application takes it: it insists on the body that §3.2 demands, which the codec leaves to it.
fn read(payload: &Bytes) -> Result<Message, Error> {
    let message = Decoder::new(payload).decode::<Message>();
    match message.map_err(|fault| Error::new(fault.condition(), "cannot be read"))? {
        Message { body: Body::Empty, .. } => Err(Error::new(Condition::DECODE_ERROR, "no body")),
        message => Ok(message),
    }
}

impl Endpoint {
    pub(super) fn new(case: &Case) -> Result<Self, String> {
        let core = connection(case)?;
        let plan = match case.preamble.as_str() {
            "c-sess" => Plan::Begin,
            "c-rcv" => Plan::Receive,
            "c-att" | "c-snd" => Plan::Send,
            _ => Plan::Nothing,
        };
        let mut endpoint = Self {
            core,
            now: Instant::ZERO,
            input: BytesMut::new(),
            segments: Segments::default(),
            sent: Vec::new(),
            shut: false,
            authenticated: false,
            settled: false,
            receivers: Vec::new(),
            client: case.client.then_some(plan),
            to_send: if case.preamble == "s-snd3" {
                3
            } else if case.preamble == "c-snd" {
                2
            } else {
                0
            },
        };
        endpoint.pump()?;
        Ok(endpoint)
    }

    /// The preamble is over: the state it promises has been reached.
    pub(super) fn ready(&mut self) -> Done {
        self.pump()?;
        if self.to_send > 0 { Err("the preamble did not bring the endpoint to its state".to_owned()) } else { Ok(()) }
    }

    /// From here on what is sent counts. Room is made for it, so that the harness's copy is not taken for the core's.
    pub(super) fn begin_case(&mut self, pieces: usize) {
        self.sent = Vec::with_capacity(64 * 1024 + 256 * pieces);
        self.authenticated = false;
        self.settled = false;
    }

    /// Octets, and what follows from them.
    pub(super) fn feed(&mut self, octets: &[u8]) -> Done {
        self.input.extend_from_slice(octets);
        self.core.handle_input(self.now, &mut self.input);
        self.pump()
    }

    /// Octets, while nobody reads what the endpoint would answer. False when it has stopped reading: an adapter reads
    /// no more while the output is above its high-water mark.
    pub(super) fn push(&mut self, octets: &[u8]) -> bool {
        if self.core.snapshot().output_pending > HIGH_WATER {
            return false;
        }
        self.input.extend_from_slice(octets);
        self.core.handle_input(self.now, &mut self.input);
        while let Some(event) = self.core.poll_event() {
            self.told(event);
        }
        true
    }

    pub(super) fn end(&mut self) -> Done {
        self.core.handle_eof(self.now);
        self.pump()
    }

    pub(super) fn advance(&mut self, time: Duration) -> Done {
        let target = self.now.saturating_add(time);
        for _ in 0..10_000 {
            match self.core.poll_timeout() {
                Some((deadline, _)) if deadline <= target => {
                    self.now = self.now.max(deadline);
                    self.core.handle_timeout(self.now);
                    self.pump()?;
                }
                _ => {
                    self.now = target;
                    return self.pump();
                }
            }
        }
        Err("a deadline is served again and again".to_owned())
    }

    /// Events answered and output taken, until there is no more of either.
    pub(super) fn pump(&mut self) -> Done {
        for _ in 0..10_000 {
            let mut moved = false;
            while let Some(event) = self.core.poll_event() {
                moved = true;
                self.told(event);
            }
            let transmit = self.core.poll_transmit(self.now, &mut self.segments);
            self.shut |= transmit == Transmit::Closing || self.core.is_closed();
            moved |= transmit == Transmit::More || self.segments.has_remaining();
            while self.segments.has_remaining() {
                let chunk = self.segments.chunk();
                let length = chunk.len();
                self.sent.extend_from_slice(chunk);
                self.segments.advance(length);
            }
            if !moved {
                return Ok(());
            }
        }
        Err("the core does not come to rest".to_owned())
    }

    /// The case is over: the application takes what has arrived. What it cannot read it rejects, as it should.
    pub(super) fn consume(&mut self) -> Result<Consumed, String> {
        let mut consumed = Consumed::default();
        for id in self.receivers.clone() {
            let Ok(mut receiver) = self.core.receiver(id) else { continue };
            while let Some(delivery) = receiver.recv() {
                consumed.whole = true;
                let payload = delivery.payload.into_bytes();
                match read(&payload) {
                    Ok(_) => consumed.parsed = true,
                    Err(error) => {
                        let _ = receiver.reject_delivery(delivery.id, Some(error));
                    }
                }
            }
        }
        self.pump().map(|()| consumed)
    }

    /// What it has sent since the case began: headers and frames.
    pub(super) fn frames(&self) -> Result<Vec<Record>, String> {
        let mut rest = self.sent.as_slice();
        let mut frames = Vec::new();
        while let Some(length) = next_unit(rest)? {
            let (unit, after) = rest.split_at(length);
            frames.push(decode_unit(unit)?);
            rest = after;
        }
        Ok(frames)
    }

    fn login(&mut self, request: SaslRequest) {
        let _ = if let SaslRequest::Scram { hash, user, .. } = request {
            let known = (user.as_str() == "u").then(|| ScramCredential::derive(hash, "p", *b"salt", 4096));
            self.core.sasl_answer(self.now, known.into())
        } else {
            let right = matches!(&request, SaslRequest::Plain { user, password, .. }
                if user.as_str() == "u" && password.expose() == b"p");
            self.core.sasl_outcome(self.now, if right { SaslCode::Ok } else { SaslCode::Auth })
        };
    }

    /// A command that is refused changes nothing: the case judges what is sent.
    fn told(&mut self, event: Event) {
        match event {
            Event::SaslInit(request) => self.login(*request),
            Event::Authenticated { .. } => self.authenticated = true,
            Event::Open(_) if self.client.is_some_and(|plan| plan != Plan::Nothing) => {
                let _ = self.core.begin(session_options());
            }
            Event::Begun { session, .. } => self.begun(session),
            Event::BeginRequested { session, .. } => {
                let _ = self.core.session(session).and_then(|mut session| session.accept(session_options()));
            }
            Event::AttachRequested { link, attach } => self.attach_requested(link, &attach),
            Event::Attached { link: LinkId::Receiver(receiver), .. } => self.grant(receiver),
            Event::Flow { link: LinkId::Sender(sender), .. } | Event::Writable { sender } => self.send(sender),
            Event::Disposition { settled, .. } => self.settled |= settled,
            _ => {}
        }
    }

    fn begun(&mut self, session: SessionId) {
        let Ok(mut session) = self.core.session(session) else { return };
        match self.client {
            Some(Plan::Receive) => {
                let _ = session.attach_receiver(link_options("L", false));
            }
            Some(Plan::Send) => {
                let _ = session.attach_sender(link_options("L", true));
            }
            Some(Plan::Nothing | Plan::Begin) | None => {}
        }
    }

    fn attach_requested(&mut self, link: LinkId, attach: &Attach) {
        let address = match (attach.role, &attach.target) {
            (Role::Sender, Some(TargetTerminus::Target(target))) => target.address.clone(),
            (Role::Sender, _) => None,
            (Role::Receiver, _) => attach.source.as_ref().and_then(|source| source.as_source()?.address.clone()),
        };
        let missing = address.as_ref().is_some_and(|address| address.as_str() == "missing");
        let coordinator = matches!(attach.target, Some(TargetTerminus::Coordinator(_)));
        let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::answering(attach) };
        let error = if missing { Condition::NOT_FOUND } else { Condition::NOT_IMPLEMENTED };
        let error = Error::new(error, "not here");
        match link {
            LinkId::Sender(id) => {
                let Ok(mut sender) = self.core.sender(id) else { return };
                let _ = if missing { sender.refuse(error) } else { sender.accept(options) };
                self.send(id);
            }
            LinkId::Receiver(id) => {
                let Ok(mut receiver) = self.core.receiver(id) else { return };
                let options = LinkOptions { max_message_size: Some(10_000), ..options };
                let refused = missing || coordinator;
                let _ = if refused { receiver.refuse(error) } else { receiver.accept(options) };
                if !refused {
                    self.grant(id);
                }
            }
        }
    }

    fn grant(&mut self, id: ReceiverId) {
        let Ok(mut receiver) = self.core.receiver(id) else { return };
        let _ = receiver.flow(ReceiverFlow { link_credit: 4, drain: false, echo: false, properties: None });
        self.receivers.push(id);
    }

    fn send(&mut self, id: SenderId) {
        while self.to_send > 0 {
            let Ok(mut sender) = self.core.sender(id) else { return };
            if sender.send(Outgoing::new(vec![0x00, 0x53, 0x77, 0x40])).is_err() {
                return;
            }
            self.to_send -= 1;
        }
    }
}
