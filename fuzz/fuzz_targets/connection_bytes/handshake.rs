//! What a well-behaved peer sends before the fuzzed bytes begin.

use crate::machine::Side;
use amqp_codec::frame::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, begin_frame, finish_frame};
use amqp_codec::{
    Attach, Begin, Bytes, Encode, Flow, Handle, Multiple, Open, Role, SaslCode, SaslInit, SaslMechanisms, SaslOutcome,
    SequenceNo, Source, Str, Symbol, Target,
};

/// How far the handshake has come when the fuzzed bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has come; bare AMQP.
    Start,
    /// Nothing has come; with SASL.
    SaslStart,
    /// The SASL header.
    SaslHeader,
    /// The whole SASL exchange.
    Authenticated,
    /// The AMQP header.
    Header,
    /// open.
    Open,
    /// begin, on channel 0.
    Begun,
    /// Two links: handle 0, on which we receive, and handle 1, on which we send and have credit.
    Attached,
}

impl Stage {
    pub(crate) const ALL: [Stage; 8] = [
        Stage::Start,
        Stage::SaslStart,
        Stage::SaslHeader,
        Stage::Authenticated,
        Stage::Header,
        Stage::Open,
        Stage::Begun,
        Stage::Attached,
    ];

    pub(crate) fn has_sasl(self) -> bool {
        matches!(self, Stage::SaslStart | Stage::SaslHeader | Stage::Authenticated)
    }

    pub(crate) fn is_behind_open(self) -> bool {
        matches!(self, Stage::Open | Stage::Begun | Stage::Attached)
    }
}

/// The octets of the peer up to `stage`, for us on `side`.
pub(crate) fn of_peer(side: Side, stage: Stage) -> Vec<u8> {
    let mut out = Vec::new();
    match stage {
        Stage::Start | Stage::SaslStart => {}
        Stage::SaslHeader => out.extend_from_slice(b"AMQP\x03\x01\x00\x00"),
        Stage::Authenticated => sasl(side, &mut out),
        Stage::Header | Stage::Open | Stage::Begun | Stage::Attached => out.extend_from_slice(b"AMQP\x00\x01\x00\x00"),
    }
    if stage.is_behind_open() {
        frame(&mut out, FRAME_TYPE_AMQP, &Open::new(Str::from_static("peer")));
    }
    if matches!(stage, Stage::Begun | Stage::Attached) {
        let remote_channel = (side == Side::Client).then_some(0);
        frame(&mut out, FRAME_TYPE_AMQP, &Begin { remote_channel, ..Begin::new(SequenceNo(u32::MAX), 100, 100) });
    }
    if stage == Stage::Attached {
        links(&mut out);
    }
    out
}

fn sasl(side: Side, out: &mut Vec<u8>) {
    out.extend_from_slice(b"AMQP\x03\x01\x00\x00");
    let plain = Symbol::from_static("PLAIN");
    if side == Side::Client {
        frame(out, FRAME_TYPE_SASL, &SaslMechanisms { sasl_server_mechanisms: Multiple::from(plain) });
        frame(out, FRAME_TYPE_SASL, &SaslOutcome { code: SaslCode::Ok, additional_data: None });
    } else {
        let initial_response = Some(Bytes::from_static(b"\0u\0p"));
        frame(out, FRAME_TYPE_SASL, &SaslInit { mechanism: plain, initial_response, hostname: None });
    }
}

fn links(out: &mut Vec<u8>) {
    let attach = |name, handle, role| {
        let mut attach = Attach::new(Str::from_static(name), Handle(handle), role);
        attach.source = Some(Source::default().into());
        attach.target = Some(Target::default().into());
        attach
    };
    let mut sender = attach("in", 0, Role::Sender);
    sender.initial_delivery_count = Some(SequenceNo(u32::MAX));
    frame(out, FRAME_TYPE_AMQP, &sender);
    frame(out, FRAME_TYPE_AMQP, &attach("out", 1, Role::Receiver));
    let mut flow = Flow::new(100, SequenceNo(u32::MAX), 100);
    flow.next_incoming_id = Some(SequenceNo(0));
    flow.handle = Some(Handle(1));
    flow.delivery_count = Some(SequenceNo(0));
    flow.link_credit = Some(3);
    frame(out, FRAME_TYPE_AMQP, &flow);
}

fn frame(out: &mut Vec<u8>, frame_type: u8, body: &impl Encode) {
    let start = begin_frame(out, frame_type, 0);
    body.encode(out);
    finish_frame(out, start, 0);
}
