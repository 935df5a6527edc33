//! Any octets as a protocol header and the frames behind it (§2.2, §2.3).
//!
//! In however many pieces the octets arrive, the same header, frames and errors come out; what a frame header is found
//! to be does not depend on what follows. The first octet is the size of the pieces.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::frame::{FRAME_TYPE_SASL, encode_frame};
use amqp_codec::{FrameHeader, HeaderStatus, ProtocolHeader};
use libfuzzer_sys::fuzz_target;
use support::reader::{Body, Item, MAX_FRAME_SIZE, Reader};

fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = Reader::read([stream]);
    let size = usize::from(*size).max(1);
    assert_eq!(Reader::read(stream.chunks(size)), whole, "in pieces of {size}");
    verdicts_stand(stream);
    whole.iter().for_each(is_written_as_it_is_read);
});

/// A header that is complete, or an error, is so whatever comes behind it.
fn verdicts_stand(octets: &[u8]) {
    let whole = FrameHeader::parse(octets, MAX_FRAME_SIZE);
    for len in 0..octets.len().min(FrameHeader::LEN) {
        match FrameHeader::parse(&octets[..len], MAX_FRAME_SIZE) {
            Ok(None) => {}
            verdict => assert_eq!(verdict, whole),
        }
    }
    if let Ok(Some(header)) = whole {
        assert!((8..=MAX_FRAME_SIZE).contains(&header.size));
        assert_eq!(header.body_offset() + header.body_len(), header.size as usize);
    }
    let whole = ProtocolHeader::parse(octets);
    for len in 0..octets.len().min(ProtocolHeader::LEN) {
        match ProtocolHeader::parse(&octets[..len]) {
            HeaderStatus::Incomplete => {}
            verdict => assert_eq!(verdict, whole),
        }
    }
}

/// A frame that was understood is read as the same again when we have written it.
fn is_written_as_it_is_read(item: &Item) {
    let mut octets = ProtocolHeader::AMQP.to_bytes().to_vec();
    let Item::Frame(header, Ok(body)) = item else { return };
    match body {
        Body::Empty => return,
        Body::Amqp(body, payload) => {
            encode_frame(&mut octets, header.frame_type, header.channel, body, payload);
        }
        Body::Sasl(body) => encode_frame(&mut octets, FRAME_TYPE_SASL, header.channel, body, &[]),
    }
    // Our form of a field with several values may be longer than the one that was read.
    if octets.len() > MAX_FRAME_SIZE as usize {
        return;
    }
    let again = Reader::read([&octets[..]]);
    let [_, Item::Frame(header_again, Ok(body_again))] = &again[..] else { panic!("{again:?}") };
    assert_eq!((header_again.frame_type, header_again.channel), (header.frame_type, header.channel));
    assert_eq!(body_again, body);
}
