//! Messages (§3.2): golden octets, rules of order, payloads of foreign peers. Random messages are in
//! `tests/property`.

mod batch;
#[path = "../support/batches.rs"]
mod batches;
mod builder;
mod ids;
mod many;
mod nesting;
mod order;
mod recorded;
mod sections;
mod view;

use amqp_codec::message::EncodedMessage;
use amqp_codec::{Bytes, Decode, DecodeError, DecodeErrorKind, Decoder, Encode, Message};

/// Octets from hexadecimal digits; white space between them is left out.
fn hex(digits: &str) -> Bytes {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// Decodes one value from all of the octets.
fn decode<T: Decode>(octets: &Bytes) -> Result<T, DecodeError> {
    let mut decoder = Decoder::new(octets);
    let value = decoder.decode()?;
    assert!(decoder.is_empty(), "octets left over");
    Ok(value)
}

fn encode(value: &impl Encode) -> Bytes {
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out.len(), value.encoded_len(), "encoded_len is exact");
    out.into()
}

/// The value is written as these octets, and read from them.
#[track_caller]
fn golden<T: Encode + Decode + PartialEq + std::fmt::Debug>(value: &T, octets: &str) {
    let octets = hex(octets);
    assert_eq!(encode(value), octets, "encoded");
    assert_eq!(&decode::<T>(&octets).unwrap(), value, "decoded");
}

/// The message is refused for this reason, whole and as a view, and the error names this section.
#[track_caller]
fn refused(octets: &str, kind: DecodeErrorKind, expected: &str) {
    let octets = hex(octets);
    let whole = decode::<Message>(&octets).expect_err("the message is malformed");
    assert_eq!((whole.kind(), whole.expected()), (kind, expected));
    let view = EncodedMessage::parse(octets).and_then(|view| view.to_message());
    assert_eq!(view.expect_err("the message is malformed"), whole);
}
