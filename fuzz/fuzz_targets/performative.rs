//! Any octets as the body of an AMQP frame (§2.7): performative and payload.
//!
//! Decoding keeps to the bounds of memory; what was decoded survives a round trip and ends where a value of any type
//! does; the payload, and only that, is what follows.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::{Bytes, Decoder, DeliveryState, Performative, SourceTerminus, TargetTerminus, UnsettledMap};
use libfuzzer_sys::fuzz_target;
use support::check::{decode_as, encode, ends_as_any_value};

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    ends_as_any_value::<Performative>(&input);
    decode_as::<DeliveryState>(&input);
    decode_as::<SourceTerminus>(&input);
    decode_as::<TargetTerminus>(&input);
    decode_as::<UnsettledMap>(&input);

    let Some((performative, payload)) = decode_as::<Performative>(&input) else { return };
    assert!(input.ends_with(&payload));
    let frame = Bytes::from([encode(&performative), b"payload"[..].into()].concat());
    let mut decoder = Decoder::new(&frame);
    assert_eq!(decoder.decode::<Performative>().as_ref(), Ok(&performative));
    assert_eq!(decoder.rest(), b"payload"[..]);
});
