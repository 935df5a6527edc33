//! A message that a fuzzer found: descriptors that are themselves described.

use amqp_codec::{Bytes, Decoder, EncodedMessage, Message};

/// Reading over a value and decoding it agree on how deep it nests (req: TY-D-01, TY-1.2-03).
#[test]
fn the_view_and_the_message_agree_on_nesting() {
    // amqp-value of (described by (described by … 20 times)), side by side rather than inside each other.
    let mut octets = vec![0x00, 0x53, 0x77];
    for _ in 0..20 {
        octets.extend([0x00, 0x00, 0x44, 0x40]);
    }
    octets.push(0x40);
    let octets = Bytes::from(octets);
    Decoder::new(&octets).decode::<Message>().expect("21 levels");
    EncodedMessage::parse(octets).expect("21 levels, if 40 described values");
}
