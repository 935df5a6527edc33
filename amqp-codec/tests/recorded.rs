//! Frames of foreign peers, recorded (`shared/traces`): each decodes, and its
//! meaning survives being written our way.

use amqp_codec::frame::FRAME_TYPE_SASL;
use amqp_codec::{Bytes, Decode, Decoder, Encode, FrameHeader, Performative, SaslFrame};

/// Reads a frame body; writes it and reads that. Returns the type's name and
/// what follows the body.
fn again<T: Decode + Encode + PartialEq + std::fmt::Debug>(body: &Bytes) -> (T, Bytes) {
    let mut decoder = Decoder::new(body);
    let value: T = decoder.decode().unwrap_or_else(|error| panic!("{error}: {body:02x?}"));
    let mut octets = Vec::new();
    value.encode(&mut octets);
    assert_eq!(octets.len(), value.encoded_len(), "{value:?}");
    let octets = Bytes::from(octets);
    assert_eq!(Decoder::new(&octets).decode::<T>().as_ref(), Ok(&value));
    (value, decoder.rest())
}

// req: TR-2.3.2-01 SE-5.3.1-03
#[test]
fn every_frame_decodes() {
    for line in include_str!("recorded.txt").lines().filter(|line| !line.starts_with('#')) {
        let (what, hex) = line.split_once(' ').unwrap();
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        let frame: Bytes = hex.as_bytes().chunks(2).map(|pair| octet(pair).unwrap()).collect();
        let header = FrameHeader::parse(&frame, u32::MAX).unwrap().unwrap();
        assert_eq!(header.size as usize, frame.len());
        let body = frame.slice(header.body_offset()..);
        if header.body_len() == 0 {
            assert_eq!(what, "empty");
            continue;
        }
        let (name, rest) = if header.frame_type == FRAME_TYPE_SASL {
            let (sasl, rest) = again::<SaslFrame>(&body);
            (sasl.name(), rest)
        } else {
            let (performative, rest) = again::<Performative>(&body);
            (performative.name(), rest)
        };
        assert_eq!(name, what);
        assert!(rest.is_empty() || name == "transfer", "{name} with payload");
    }
}
