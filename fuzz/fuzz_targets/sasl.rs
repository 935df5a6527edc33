//! Any octets as the body of a SASL frame (§5.3.3).
//!
//! Decoding keeps to the bounds of memory; what was decoded survives a round trip and ends where a value of any type
//! does; no secret can be told from what is printed.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::{Bytes, SaslFrame};
use libfuzzer_sys::fuzz_target;
use support::check::{decode_as, ends_as_any_value};

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    ends_as_any_value::<SaslFrame>(&input);
    let Some((frame, _)) = decode_as::<SaslFrame>(&input) else { return };
    assert_eq!(format!("{frame:?}"), format!("{:?}", with_other_secrets(frame.clone())));
});

/// The same frame, with secrets of the same length.
fn with_other_secrets(mut frame: SaslFrame) -> SaslFrame {
    let other = |secret: &Bytes| Bytes::from_iter(secret.iter().map(|octet| octet ^ 0x55));
    match &mut frame {
        SaslFrame::Mechanisms(_) => {}
        SaslFrame::Init(init) => init.initial_response = init.initial_response.as_ref().map(other),
        SaslFrame::Challenge(challenge) => challenge.challenge = other(&challenge.challenge),
        SaslFrame::Response(response) => response.response = other(&response.response),
        SaslFrame::Outcome(outcome) => outcome.additional_data = outcome.additional_data.as_ref().map(other),
    }
    frame
}
