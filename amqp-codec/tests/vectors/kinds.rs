//! As what octets may be read.

use std::fmt::{self, Debug};

use amqp_codec::delivery_state::{Accepted, Released};
use amqp_codec::frame::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, begin_frame, finish_frame};
use amqp_codec::message::{DeliveryAnnotations, Footer, Header, MessageAnnotations};
use amqp_codec::terminus::{DeleteOnClose, DeleteOnNoLinks, DeleteOnNoLinksOrMessages, DeleteOnNoMessages};
use amqp_codec::*;

/// Something that octets may be read as.
pub(crate) struct Kind {
    pub(crate) read: fn(&Bytes) -> Result<Reading, Refusal>,
    /// Its octets say where it ends.
    pub(crate) delimited: bool,
}

/// What octets are, and what it is written as.
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) writes: Vec<u8>,
}

/// Why octets are refused.
pub(crate) struct Refusal {
    pub(crate) kind: String,
    error: Option<DecodeError>,
}

impl Refusal {
    fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), error: None }
    }

    pub(crate) fn field(&self) -> Option<String> {
        self.error.map(|error| format!("in {}", error.expected()))
    }

    pub(crate) fn place(&self) -> Option<String> {
        self.error.map(|error| format!("at {}", error.offset()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        [self.field(), self.place()].iter().flatten().try_for_each(|part| write!(f, " {part}"))
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let kind = match error.kind() {
            DecodeErrorKind::UnexpectedCode { code } => format!("UnexpectedCode 0x{code:02x}"),
            kind => format!("{kind:?}"),
        };
        Self { kind, error: Some(error) }
    }
}

pub(crate) fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
}

/// What is read without a type to read it as is told by its type and value.
fn value(input: &Bytes) -> Result<Reading, Refusal> {
    let reading = typed::<Value>(input)?;
    let value: Value = Decoder::new(input).decode()?;
    Ok(Reading { text: format!("{} {}", value.type_name(), reading.text), ..reading })
}

fn typed<T: Decode + Encode + PartialEq + Debug>(input: &Bytes) -> Result<Reading, Refusal> {
    let value: T = whole(input)?;
    let amid: Bytes = [&[0x00], &input[..], &[0xff, 0x00]].concat().into();
    let amid = amid.slice(1..);
    let mut decoder = Decoder::new(&amid);
    if decoder.decode::<T>()? != value || decoder.remaining() != 2 {
        return Err(Refusal::new("read differently amid other octets"));
    }
    let mut decoder = Decoder::new(input);
    decoder.skip()?;
    if !decoder.is_empty() {
        return Err(Refusal::new("skipped only in part"));
    }
    Ok(Reading { text: format!("{value:?}"), writes: written(&value)? })
}

/// A type that a wider one has among its choices.
fn choice<T, Wide>(input: &Bytes) -> Result<Reading, Refusal>
where
    T: Decode + Encode + PartialEq + Debug + Into<Wide>,
    Wide: Decode + Encode + PartialEq + Debug,
{
    let (reading, wide) = (typed::<T>(input)?, typed::<Wide>(input)?);
    if whole::<T>(input)?.into() != whole::<Wide>(input)? || reading.writes != wide.writes {
        return Err(Refusal::new(format!("as the wider type it is {}", wide.text)));
    }
    Ok(reading)
}

fn whole<T: Decode>(input: &Bytes) -> Result<T, Refusal> {
    let mut decoder = Decoder::new(input);
    let value = decoder.decode()?;
    if decoder.is_empty() { Ok(value) } else { Err(Refusal::new("octets behind it")) }
}

fn written<T: Decode + Encode + PartialEq>(value: &T) -> Result<Vec<u8>, Refusal> {
    let mut out = vec![0xaa];
    value.encode(&mut out);
    let octets = out.split_off(1);
    if octets.len() != value.encoded_len() {
        return Err(Refusal::new(format!("encoded_len is {}, not {}", value.encoded_len(), octets.len())));
    }
    if whole::<T>(&octets.clone().into())? != *value {
        return Err(Refusal::new(format!("written as another value: {octets:02x?}")));
    }
    Ok(octets)
}

/// A message, whole and section by section.
fn message(input: &Bytes) -> Result<Reading, Refusal> {
    let read = whole::<Message>(input);
    let view = EncodedMessage::parse(input.clone()).and_then(|view| view.to_message()).map_err(Refusal::from);
    match (read, view) {
        (Ok(message), Ok(view)) if view == message => Ok(Reading { text: told(&message), writes: written(&message)? }),
        (Err(refusal), Err(view)) if view.to_string() == refusal.to_string() => Err(refusal),
        _ => Err(Refusal::new("read differently section by section")),
    }
}

/// The sections that a message has; those without fields by their names.
fn told(message: &Message) -> String {
    let named = |name: &str, empty: bool, content: &dyn Debug| (!empty).then(|| format!("{name} {content:?}"));
    let Message { header, delivery_annotations, message_annotations, properties, application_properties, .. } = message;
    let mut sections = vec![
        header.as_ref().map(|header| format!("{header:?}")),
        named("delivery-annotations", delivery_annotations.is_empty(), delivery_annotations),
        named("message-annotations", message_annotations.is_empty(), message_annotations),
        properties.as_ref().map(|properties| format!("{properties:?}")),
        named("application-properties", application_properties.is_empty(), application_properties),
    ];
    match &message.body {
        Body::Empty => {}
        Body::Data(all) => sections.extend(all.iter().map(|data| named("data", false, data))),
        Body::Sequence(all) => sections.extend(all.iter().map(|list| named("amqp-sequence", false, list))),
        Body::Value(value) => sections.push(named("amqp-value", false, value)),
    }
    sections.push(named("footer", message.footer.is_empty(), &message.footer));
    sections.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn protocol_header(input: &Bytes) -> Result<Reading, Refusal> {
    match ProtocolHeader::parse(input) {
        HeaderStatus::Complete(header) => {
            Ok(Reading { text: format!("{header:?}"), writes: header.to_bytes().to_vec() })
        }
        HeaderStatus::Incomplete => Err(Refusal::new("Incomplete")),
        HeaderStatus::Invalid => Err(Refusal::new("Invalid")),
    }
}

/// A frame of at most 512 octets: type, channel, body, and how many octets of payload.
fn frame(input: &Bytes) -> Result<Reading, Refusal> {
    let header = FrameHeader::parse(input, 512).map_err(|error| Refusal::new(format!("{error:?}")))?;
    let header = header.filter(|header| header.size as usize <= input.len());
    let header = header.ok_or_else(|| Refusal::new("Incomplete"))?;
    let body = input.slice(header.body_offset()..header.size as usize);
    let mut writes = Vec::new();
    let start = begin_frame(&mut writes, header.frame_type, header.channel);
    let (layer, (text, payload)) = match header.frame_type {
        FRAME_TYPE_AMQP => (format!("channel {}", header.channel), frame_body::<Performative>(&body, &mut writes)?),
        FRAME_TYPE_SASL => ("sasl".into(), frame_body::<SaslFrame>(&body, &mut writes)?),
        other => return Err(Refusal::new(format!("type {other}"))),
    };
    writes.extend_from_slice(&payload);
    finish_frame(&mut writes, start, 0);
    let payload = if payload.is_empty() { String::new() } else { format!(", {} octets", payload.len()) };
    Ok(Reading { text: format!("{layer}: {text}{payload}"), writes })
}

fn frame_body<T: Decode + Encode + Debug>(body: &Bytes, out: &mut Vec<u8>) -> Result<(String, Bytes), Refusal> {
    if body.is_empty() {
        return Ok(("empty".into(), Bytes::new()));
    }
    let mut decoder = Decoder::new(body);
    let value: T = decoder.decode()?;
    value.encode(out);
    Ok((format!("{value:?}"), decoder.rest()))
}

macro_rules! kinds {
    ($($name:literal: $read:expr,)*) => {
        &[$(($name, Kind { read: $read, delimited: true })),*, ("message", Kind { read: message, delimited: false })]
    };
}

static KINDS: &[(&str, Kind)] = kinds! {
    "value": value,
    "boolean": typed::<bool>, "ubyte": typed::<u8>, "ushort": typed::<u16>, "uint": typed::<u32>,
    "ulong": typed::<u64>, "byte": typed::<i8>, "short": typed::<i16>, "int": typed::<i32>, "long": typed::<i64>,
    "char": typed::<char>, "timestamp": typed::<Timestamp>, "uuid": typed::<Uuid>,
    "binary": typed::<Bytes>, "string": typed::<Str>, "symbol": typed::<Symbol>,
    "list": typed::<Vec<Value>>, "map": typed::<Map>, "array": typed::<Array>, "described": typed::<Described>,
    "multiple symbol": typed::<Multiple<Symbol>>, "multiple ulong": typed::<Multiple<u64>>,
    "fields": typed::<Fields>, "delivery-tag": typed::<DeliveryTag>, "error": typed::<Error>,
    "role": typed::<Role>, "sender-settle-mode": typed::<SenderSettleMode>,
    "receiver-settle-mode": typed::<ReceiverSettleMode>,
    "performative": typed::<Performative>,
    "open": choice::<Open, Performative>, "begin": choice::<Begin, Performative>,
    "attach": choice::<Attach, Performative>, "flow": choice::<Flow, Performative>,
    "transfer": choice::<Transfer, Performative>, "disposition": choice::<Disposition, Performative>,
    "detach": choice::<Detach, Performative>, "end": choice::<End, Performative>,
    "close": choice::<Close, Performative>,
    "delivery-state": typed::<DeliveryState>, "outcome": typed::<Outcome>,
    "received": choice::<Received, DeliveryState>, "accepted": typed::<Accepted>,
    "rejected": choice::<Rejected, DeliveryState>, "released": typed::<Released>,
    "modified": choice::<Modified, DeliveryState>, "declared": choice::<Declared, DeliveryState>,
    "transactional-state": choice::<TransactionalState, DeliveryState>,
    "source": choice::<Source, SourceTerminus>, "target": choice::<Target, TargetTerminus>,
    "coordinator": choice::<Coordinator, TargetTerminus>,
    "lifetime-policy": typed::<LifetimePolicy>, "delete-on-close": choice::<DeleteOnClose, LifetimePolicy>,
    "delete-on-no-links": choice::<DeleteOnNoLinks, LifetimePolicy>,
    "delete-on-no-messages": choice::<DeleteOnNoMessages, LifetimePolicy>,
    "delete-on-no-links-or-messages": choice::<DeleteOnNoLinksOrMessages, LifetimePolicy>,
    "declare": typed::<Declare>, "discharge": typed::<Discharge>,
    "sasl-frame": typed::<SaslFrame>, "sasl-mechanisms": choice::<SaslMechanisms, SaslFrame>,
    "sasl-init": choice::<SaslInit, SaslFrame>, "sasl-challenge": choice::<SaslChallenge, SaslFrame>,
    "sasl-response": choice::<SaslResponse, SaslFrame>, "sasl-outcome": choice::<SaslOutcome, SaslFrame>,
    "header": typed::<Header>, "delivery-annotations": typed::<DeliveryAnnotations>,
    "message-annotations": typed::<MessageAnnotations>, "properties": typed::<Properties>,
    "application-properties": typed::<ApplicationProperties>, "footer": typed::<Footer>,
    "protocol-header": protocol_header, "frame": frame,
};
