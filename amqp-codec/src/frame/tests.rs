use alloc::vec::Vec;

use super::*;
use crate::{Bytes, Decoder, DeliveryTag, Detach, Handle, Performative, SequenceNo, Transfer};

#[test]
fn size_is_judged_first() {
    // req: TR-2.3.1-01 TR-2.3.1-02 TR-2.3.1-07
    let parse = |input: &[u8]| FrameHeader::parse(input, 512);
    assert_eq!(parse(&[0, 0, 2]), Ok(None));
    assert_eq!(parse(&[0, 0, 2, 0]), Ok(None));
    let too_large = FrameError::TooLarge { size: 513, max: 512 };
    assert_eq!(parse(&[0, 0, 2, 1]), Err(too_large));
    assert_eq!(parse(&[0, 0, 0, 7]), Err(FrameError::TooSmall { size: 7 }));
    assert_eq!(parse(&[0, 0, 0, 8, 2, 0, 0]), Ok(None));
}

#[test]
fn offset_and_type() {
    // req: TR-2.3.1-03 TR-2.3.1-04 TR-2.3.1-05 TR-2.3.1-06
    let parse = |input: &[u8]| FrameHeader::parse(input, 512);
    let empty = parse(&[0, 0, 0, 8, 2, 0, 1, 2]).unwrap().unwrap();
    assert_eq!((empty.channel, empty.body_len()), (0x0102, 0));
    let extended = parse(&[0, 0, 0, 16, 3, 1, 0, 0]).unwrap().unwrap();
    assert_eq!((extended.body_offset(), extended.body_len()), (12, 4));
    let offset = |data_offset, size| Err(FrameError::DataOffset { data_offset, size });
    assert_eq!(parse(&[0, 0, 0, 8, 1, 0, 0, 0]), offset(1, 8));
    assert_eq!(parse(&[0, 0, 0, 11, 3, 0, 0, 0]), offset(3, 11));
    let unknown = FrameError::UnknownType { frame_type: 2 };
    assert_eq!(parse(&[0, 0, 0, 8, 2, 2, 0, 0]), Err(unknown));
}

#[test]
fn protocol_headers() {
    // req: TR-2.2-01 TR-2.2-11 SE-5.3-01
    let amqp = *b"AMQP\x00\x01\x00\x00";
    assert_eq!(ProtocolHeader::AMQP.to_bytes(), amqp);
    assert_eq!(ProtocolHeader::SASL.to_bytes(), *b"AMQP\x03\x01\x00\x00");
    assert_eq!(ProtocolHeader::parse(&amqp), HeaderStatus::Complete(ProtocolHeader::AMQP));
    assert_eq!(ProtocolHeader::parse(b""), HeaderStatus::Incomplete);
    assert_eq!(ProtocolHeader::parse(b"AMQP\x00\x01\x00"), HeaderStatus::Incomplete);
    assert_eq!(ProtocolHeader::parse(b"G"), HeaderStatus::Invalid);
    assert_eq!(ProtocolHeader::parse(b"AMQG"), HeaderStatus::Invalid);
    assert_eq!(ProtocolHeader::parse(b"\x16\x03\x01"), HeaderStatus::Invalid);
}

/// The abort and detach frames that Proton's tests have as literals.
#[test]
fn literal_frames() {
    let abort = Transfer {
        delivery_id: Some(SequenceNo(0)),
        delivery_tag: DeliveryTag::try_from(&b"tag"[..]).ok(),
        message_format: Some(0),
        settled: Some(true),
        aborted: true,
        ..Transfer::new(Handle(0))
    };
    let mut out = Vec::new();
    encode_frame(&mut out, FRAME_TYPE_AMQP, 0, &abort, &[]);
    let expected = b"\0\0\0\x1c\x02\0\0\0\0\x53\x14\xc0\x0f\x0a\x43\x43\xa0\x03tag\x43\x41\
        \x40\x40\x40\x40\x41";
    assert_eq!(out, expected);

    let detach = Detach { handle: Handle(0), closed: true, error: None };
    let start = out.len();
    encode_frame(&mut out, FRAME_TYPE_AMQP, 0, &detach, &[]);
    assert_eq!(out.split_off(start), b"\0\0\0\x10\x02\0\0\0\0\x53\x16\xc0\x03\x02\x43\x41");

    let frame = Bytes::from(out).slice(FrameHeader::LEN..);
    assert_eq!(Decoder::new(&frame).decode(), Ok(Performative::Transfer(abort)));
}

#[test]
fn payload_inside_and_outside() {
    // req: TR-2.3.2-01 TR-2.3.2-04
    let mut out = Vec::new();
    let start = begin_frame(&mut out, FRAME_TYPE_AMQP, 0x0102);
    assert_eq!(finish_frame(&mut out, start, 0), 8);
    assert_eq!(out, [0, 0, 0, 8, 2, 0, 1, 2]);
    let start = begin_frame(&mut out, FRAME_TYPE_SASL, 0);
    assert_eq!(finish_frame(&mut out, start, 100), 108);
    assert_eq!(out.split_off(start), [0, 0, 0, 108, 2, 1, 0, 0]);
}
