//! Any bytes as a frame body (§2.7, §5.3.3): no panic, and what was decoded survives a round trip.
#![no_main]

use amqp_codec::{Bytes, Decode, Decoder, Encode, Performative, SaslFrame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    round_trip::<Performative>(&input);
    round_trip::<SaslFrame>(&input);
});

fn round_trip<T: Decode + Encode + std::fmt::Debug>(input: &Bytes) {
    let Ok(frame) = Decoder::new(input).decode::<T>() else { return };
    let _ = format!("{frame:?}");
    let mut first = Vec::new();
    frame.encode(&mut first);
    assert_eq!(first.len(), frame.encoded_len());

    let first = Bytes::from(first);
    let mut decoder = Decoder::new(&first);
    let again: T = decoder.decode().expect("what we encode can be decoded");
    assert!(decoder.is_empty());
    let mut second = Vec::new();
    again.encode(&mut second);
    assert_eq!(first, second);
}
