//! Any octets as a message (§3.2).
//!
//! Section by section and as a whole the same octets are accepted, and the same is read; the bare message is octet for
//! octet part of the input; in how many payloads the message arrives makes no difference.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::message::Section;
use amqp_codec::{Bytes, EncodedMessage};
use libfuzzer_sys::fuzz_target;
use support::check::{identity, sections_agree};

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    if let Some(message) = sections_agree(&input) {
        identity(&message);
    }

    let whole = EncodedMessage::parse(input.clone());
    let size = usize::from(data.first().copied().unwrap_or(1)).max(1);
    let payloads: Vec<Bytes> = data.chunks(size).map(Bytes::copy_from_slice).collect();
    assert_eq!(EncodedMessage::from_payloads(&payloads), whole, "in pieces of {size}");

    if let Ok(encoded) = whole {
        let sections = Section::ALL.into_iter().filter_map(|section| encoded.section(section));
        assert_eq!(sections.collect::<Vec<_>>().concat(), data, "the sections are the message");
    }
});
