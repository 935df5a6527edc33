//! The work of the codec, defined once: timed by `main.rs`, counted by `instructions.rs`, and proved to allocate no
//! more than it says by `amqp-codec/tests/allocations`.

use amqp_codec::message::Section;
use amqp_codec::{Array, Bytes, Decode, Decoder, Encode, EncodedMessage, Map, Message, Performative, Transfer};
use bytes::BytesMut;
use std::hint::black_box;

use crate::values;

/// One thing that the codec does, on one input.
pub(crate) struct Work {
    /// What a command line calls it.
    pub(crate) name: &'static str,
    /// The most instructions that it may take, where there is such a limit.
    pub(crate) budget: Option<u64>,
    /// The most allocations that it may make.
    pub(crate) allocations: u64,
    /// Prepares the input.
    pub(crate) start: fn() -> Operation,
}

/// Does the work once. What it makes it also drops.
pub(crate) type Operation = Box<dyn FnMut()>;

/// The size of the buffer that output goes into, time after time: enough for all of it.
const ROOM: usize = 8_192;

const fn work(name: &'static str, budget: Option<u64>, allocations: u64, start: fn() -> Operation) -> Work {
    Work { name, budget, allocations, start }
}

/// All of it, in the order of the tables.
pub(crate) const ALL: &[Work] = &[
    work("transfer-decode", Some(250), 0, || decoding::<Performative>(&values::TRANSFER)),
    work("transfer-encode", Some(200), 0, || encoding(transfer())),
    work("flow-decode", None, 0, || decoding::<Performative>(&octets(&values::flow()))),
    work("flow-encode", None, 0, || encoding(values::flow())),
    work("disposition-decode", None, 0, || decoding::<Performative>(&octets(&values::disposition()))),
    work("disposition-encode", None, 0, || encoding(values::disposition())),
    work("open-decode", None, 3, || decoding::<Performative>(&octets(&values::open()))),
    work("open-encode", None, 0, || encoding(values::open())),
    work("attach-decode", None, 4, || decoding::<Performative>(&octets(&values::attach()))),
    work("attach-encode", None, 0, || encoding(values::attach())),
    work("message-build-encode", Some(1_600), 3, || building(values::message)),
    work("message-copy-encode", None, 10, || building(values::message_of_copies)),
    work("message-encode", Some(700), 0, || encoding(values::message(&values::body()))),
    work("message-decode", Some(2_000), 2, || decoding::<Message>(&message())),
    work("message-route", Some(600), 0, routing),
    work("map-decode", None, 4, || decoding::<Map>(&octets(&values::map()))),
    work("map-encode", None, 0, || encoding(values::map())),
    work("array-decode", None, 1, decoding_ints),
    work("array-encode", None, 1, encoding_ints),
];

/// Reads a value of the type `T`. Of a message that is every section; the body is a slice of the input.
fn decoding<T: Decode>(octets: &[u8]) -> Operation {
    let input = received(octets);
    Box::new(move || {
        let value: T = Decoder::new(black_box(&input)).decode().expect("the input is valid");
        black_box(&value);
    })
}

/// Writes a value that is there.
fn encoding(value: impl Encode + 'static) -> Operation {
    let mut out = Vec::with_capacity(ROOM);
    Box::new(move || {
        out.clear();
        black_box(&value).encode(&mut out);
        black_box(&out);
    })
}

/// Makes a message and writes it, as an application does for each.
fn building(build: impl Fn(&[u8]) -> Message + 'static) -> Operation {
    let body = values::body();
    let mut out = Vec::with_capacity(ROOM);
    Box::new(move || {
        out.clear();
        build(black_box(&body)).encode(&mut out);
        black_box(&out);
    })
}

/// Reads of a message what an intermediary needs to pass it on: the header, whether there are message-annotations,
/// and the bare message as it came.
fn routing() -> Operation {
    let input = received(&message());
    Box::new(move || {
        let message = EncodedMessage::parse(black_box(&input).clone()).expect("the input is valid");
        let header = message.header().expect("the header is valid");
        let annotated = message.section(Section::MessageAnnotations).is_some();
        black_box(&(header, annotated, message.bare()));
    })
}

/// Reads an array, and takes its elements out.
fn decoding_ints() -> Operation {
    let input = received(&octets(&values::array()));
    Box::new(move || {
        let array: Array = Decoder::new(black_box(&input)).decode().expect("the input is valid");
        let ints = array.to_vec::<i32>().expect("the elements are ints");
        black_box(&ints);
    })
}

/// Makes an array of ints, and writes it.
fn encoding_ints() -> Operation {
    let ints = values::ints();
    let mut out = Vec::with_capacity(ROOM);
    Box::new(move || {
        out.clear();
        Array::of(black_box(&ints)).encode(&mut out);
        black_box(&out);
    })
}

fn transfer() -> Transfer {
    Decoder::new(&Bytes::from_static(&values::TRANSFER)).decode().expect("a transfer")
}

/// The typical message, encoded.
fn message() -> Vec<u8> {
    let octets = octets(&values::message(&values::body()));
    assert_eq!(octets.len(), 320, "the figures are those of a message of 320 octets");
    octets
}

fn octets(value: &impl Encode) -> Vec<u8> {
    let mut octets = Vec::new();
    value.encode(&mut octets);
    octets
}

/// Octets as they come from a transport: a part of a buffer that others share.
fn received(octets: &[u8]) -> Bytes {
    BytesMut::from(octets).split_to(octets.len()).freeze()
}
