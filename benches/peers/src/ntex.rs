//! The codec's work through `ntex-amqp-codec`.

#[path = "../../codec/program.rs"]
mod program;
mod setup;
#[path = "../../codec/values.rs"]
#[expect(dead_code, reason = "the message of copies is for our own bench")]
mod values;

use ntex_amqp_codec::protocol::{Frame, Header, MessageId, Properties, Timestamp};
use ntex_amqp_codec::types::{Str, Symbol, Variant};
use ntex_amqp_codec::{Decode, Encode, Message};
use ntex_bytes::{BytePages, ByteString, Bytes};
use program::Start;
use setup::octets;
use std::hint::black_box;
use std::process::ExitCode;

type Operation = Box<dyn FnMut()>;

const ALL: &[(&str, Start)] = &[
    ("transfer-decode", || decoding::<Frame>(&values::TRANSFER)),
    ("transfer-encode", || encoding::<Frame>(&values::TRANSFER)),
    ("flow-decode", || decoding::<Frame>(&octets(&values::flow()))),
    ("flow-encode", || encoding::<Frame>(&octets(&values::flow()))),
    ("disposition-decode", || decoding::<Frame>(&octets(&values::disposition()))),
    ("disposition-encode", || encoding::<Frame>(&octets(&values::disposition()))),
    ("open-decode", || decoding::<Frame>(&octets(&values::open()))),
    ("open-encode", || encoding::<Frame>(&octets(&values::open()))),
    ("attach-decode", || decoding::<Frame>(&octets(&values::attach()))),
    ("attach-encode", || encoding::<Frame>(&octets(&values::attach()))),
    ("message-build-encode", || building(ByteString::from_static)),
    ("message-copy-encode", || building(ByteString::from)),
    ("message-encode", || encoding::<Message>(&setup::message())),
    ("message-decode", || decoding::<Message>(&setup::message())),
    ("map-decode", || decoding::<Variant>(&octets(&values::map()))),
    ("map-encode", || encoding::<Variant>(&octets(&values::map()))),
    ("array-decode", || decoding::<Vec<i32>>(&octets(&values::array()))),
    ("array-encode", || encoding::<Vec<i32>>(&octets(&values::array()))),
];

fn main() -> ExitCode {
    setup::main(ALL)
}

fn decoding<T: Decode>(input: &[u8]) -> Operation {
    let input = Bytes::copy_from_slice(input);
    Box::new(move || {
        let value = T::decode(&mut black_box(&input).clone()).expect("the input is valid");
        black_box(&value);
    })
}

/// Writes what the input says.
fn encoding<T: Decode + Encode + 'static>(input: &[u8]) -> Operation {
    let value = T::decode(&mut Bytes::copy_from_slice(input)).expect("the input is valid");
    let mut out = BytePages::default();
    Box::new(move || write(black_box(&value), &mut out))
}

/// Writes into pages, which go back to the library's cache.
fn write(value: &impl Encode, out: &mut BytePages) {
    value.encode(out);
    black_box(&*out);
    out.clear();
}

fn building(text: fn(&'static str) -> ByteString) -> Operation {
    let body = values::body();
    let time = creation_time();
    let mut out = BytePages::default();
    message(&body, time, text).encode(&mut out);
    let again = Message::decode(&mut out.freeze()).expect("the message is valid");
    let ours = Message::decode(&mut setup::message().into()).expect("the message is valid");
    assert_eq!((again.0.header, again.0.properties), (ours.0.header, ours.0.properties));
    assert_eq!((again.0.application_properties, again.0.body), (ours.0.application_properties, ours.0.body));
    Box::new(move || write(&message(black_box(&body), time, text), &mut out))
}

/// The typical message, its texts copied or not.
fn message(body: &[u8], time: Timestamp, text: fn(&'static str) -> ByteString) -> Message {
    let mut message = Message::with_body(Bytes::copy_from_slice(body));
    let header = Header { durable: true, priority: 4, ttl: Some(60_000), first_acquirer: false, delivery_count: 0 };
    message.set_header(header);
    *message.properties_mut() = Properties {
        message_id: Some(MessageId::String(text("msg-0000000001"))),
        to: Some(text("queue/orders")),
        subject: Some(text("order.created")),
        reply_to: Some(text("queue/replies")),
        correlation_id: Some(MessageId::String(text("corr-12345678"))),
        content_type: Some(Symbol::from_static("application/octet-stream")),
        creation_time: Some(time),
        ..Properties::default()
    };
    message.set_app_property(Str::from_static("tenant"), Variant::from(text("acme-corp")));
    message.set_app_property(Str::from_static("region"), Variant::from(text("eu-west-1")));
    message.set_app_property(Str::from_static("attempt"), Variant::Int(3));
    message.set_app_property(Str::from_static("sequence"), Variant::Long(1_234_567_890_123));
    message.set_app_property(Str::from_static("urgent"), Variant::Boolean(true));
    message
}

/// That of the typical message; the library's type for it is of a crate that is not ours to name.
fn creation_time() -> Timestamp {
    let message = Message::decode(&mut Bytes::from(setup::message())).expect("the message is valid");
    message.properties().and_then(|properties| properties.creation_time).expect("it has a time")
}
