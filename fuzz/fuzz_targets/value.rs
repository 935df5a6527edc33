//! Any bytes as one value (Part 1): no panic, and what was decoded survives a round trip.
#![no_main]

use amqp_codec::{Bytes, Decoder, Encode, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    let Ok(value) = Decoder::new(&input).decode::<Value>() else { return };
    let mut first = Vec::new();
    value.encode(&mut first);
    assert_eq!(first.len(), value.encoded_len());

    let first = Bytes::from(first);
    let mut decoder = Decoder::new(&first);
    let again: Value = decoder.decode().expect("what we encode can be decoded");
    assert!(decoder.is_empty());
    // By octets: a value may hold NaN, which does not equal itself.
    let mut second = Vec::new();
    again.encode(&mut second);
    assert_eq!(first, second);
});
