//! Any bytes as a message (§3.2), section by section and as a whole: no panic, and both agree.
#![no_main]

use amqp_codec::{Bytes, Decoder, EncodedMessage, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    let encoded = match EncodedMessage::parse(input.clone()) {
        Ok(encoded) => encoded,
        Err(_) => {
            assert!(Decoder::new(&input).decode::<Message>().is_err(), "a message whose borders are not found");
            return;
        }
    };
    let _ = encoded.bare();
    let sections = [
        encoded.header().is_ok(),
        encoded.delivery_annotations().is_ok(),
        encoded.message_annotations().is_ok(),
        encoded.properties().is_ok(),
        encoded.application_properties().is_ok(),
        encoded.body().is_ok(),
        encoded.footer().is_ok(),
    ];
    let Ok(message) = encoded.to_message() else {
        assert!(sections.contains(&false), "every section can be read, the message cannot");
        return;
    };
    assert!(!sections.contains(&false), "the message can be read, a section cannot");

    let first = message.to_bytes();
    let again: Message = Decoder::new(&first).decode().expect("what we encode can be decoded");
    assert_eq!(first, again.to_bytes());
});
