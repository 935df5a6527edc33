//! The codec's work through `serde_amqp` and `fe2o3-amqp-types`.

#[path = "../../codec/program.rs"]
mod program;
mod setup;
#[path = "../../codec/values.rs"]
#[expect(dead_code, reason = "the message of copies is for our own bench")]
mod values;

use fe2o3_amqp_types::messaging::message::__private::{Deserializable, Serializable};
use fe2o3_amqp_types::messaging::{ApplicationProperties, Data, Header, Message, MessageId, Properties};
use fe2o3_amqp_types::performatives::Performative;
use program::Start;
use serde_amqp::Value;
use serde_amqp::primitives::{Array, Binary, Symbol, Timestamp};
use serde_amqp::ser::Serializer;
use serde_amqp::serde::{Serialize, de::DeserializeOwned};
use setup::octets;
use std::hint::black_box;
use std::process::ExitCode;

type Operation = Box<dyn FnMut()>;

/// The size of the buffer that output goes into, time after time: enough for all of it.
const ROOM: usize = 8_192;

const ALL: &[(&str, Start)] = &[
    ("transfer-decode", || decoding::<Performative>(values::TRANSFER.to_vec())),
    ("transfer-encode", || encoding::<Performative>(values::TRANSFER.to_vec())),
    ("flow-decode", || decoding::<Performative>(octets(&values::flow()))),
    ("flow-encode", || encoding::<Performative>(octets(&values::flow()))),
    ("disposition-decode", || decoding::<Performative>(octets(&values::disposition()))),
    ("disposition-encode", || encoding::<Performative>(octets(&values::disposition()))),
    ("open-decode", || decoding::<Performative>(octets(&values::open()))),
    ("open-encode", || encoding::<Performative>(octets(&values::open()))),
    ("attach-decode", || decoding::<Performative>(octets(&values::attach()))),
    ("attach-encode", || encoding::<Performative>(octets(&values::attach()))),
    ("message-build-encode", building),
    ("message-copy-encode", building),
    ("message-encode", encoding_message),
    ("message-decode", decoding_message),
    ("map-decode", || decoding::<Value>(octets(&values::map()))),
    ("map-encode", || encoding::<Value>(octets(&values::map()))),
    ("array-decode", || decoding::<Array<i32>>(octets(&values::array()))),
    ("array-encode", || encoding::<Array<i32>>(octets(&values::array()))),
];

fn main() -> ExitCode {
    setup::main(ALL)
}

fn decoding<T: DeserializeOwned>(input: Vec<u8>) -> Operation {
    Box::new(move || {
        let value: T = serde_amqp::from_slice(black_box(&input)).expect("the input is valid");
        black_box(&value);
    })
}

/// Writes what the input says.
fn encoding<T: DeserializeOwned + Serialize + 'static>(input: Vec<u8>) -> Operation {
    let value: T = serde_amqp::from_slice(&input).expect("the input is valid");
    let mut out = Vec::with_capacity(ROOM);
    Box::new(move || write(black_box(&value), &mut out))
}

fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    out.clear();
    value.serialize(&mut Serializer::new(&mut *out)).expect("it can be written");
    black_box(&*out);
}

fn building() -> Operation {
    let body = values::body();
    let mut out = Vec::with_capacity(ROOM);
    write(&Serializable(message(&body)), &mut out);
    assert_eq!(out, setup::message(), "the same octets as ours");
    Box::new(move || write(&Serializable(message(black_box(&body))), &mut out))
}

fn encoding_message() -> Operation {
    let message = Serializable(message(&values::body()));
    let mut out = Vec::with_capacity(ROOM);
    Box::new(move || write(black_box(&message), &mut out))
}

fn decoding_message() -> Operation {
    decoding::<Deserializable<Message<Data>>>(setup::message())
}

/// The typical message. The library's own strings are copies, so it is that of `message_of_copies` too.
fn message(body: &[u8]) -> Message<Data> {
    let properties = Properties::builder()
        .message_id(MessageId::String("msg-0000000001".into()))
        .to("queue/orders")
        .subject("order.created")
        .reply_to("queue/replies")
        .correlation_id(MessageId::String("corr-12345678".into()))
        .content_type(Symbol::from("application/octet-stream"))
        .creation_time(Timestamp::from_milliseconds(1_700_000_000_000))
        .build();
    let application_properties = ApplicationProperties::builder()
        .insert("tenant", "acme-corp")
        .insert("region", "eu-west-1")
        .insert("attempt", 3_i32)
        .insert("sequence", 1_234_567_890_123_i64)
        .insert("urgent", true)
        .build();
    Message::builder()
        .header(Header::builder().durable(true).ttl(60_000_u32).build())
        .properties(properties)
        .application_properties(application_properties)
        .data(Binary::from(body.to_vec()))
        .build()
}
