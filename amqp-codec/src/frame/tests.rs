//! Writing frames around bodies; `tests/vectors/transport` has their octets.

use alloc::vec::Vec;

use super::*;

#[test]
fn payload_inside_and_outside() {
    // req: TR-2.3.1-01 TR-2.3.2-01 TR-2.3.2-04
    let mut out = Vec::new();
    let start = begin_frame(&mut out, FRAME_TYPE_AMQP, 0x0102);
    assert_eq!(finish_frame(&mut out, start, 0), 8);
    assert_eq!(out, [0, 0, 0, 8, 2, 0, 1, 2]);
    let start = begin_frame(&mut out, FRAME_TYPE_SASL, 0);
    assert_eq!(finish_frame(&mut out, start, 100), 108);
    assert_eq!(out.split_off(start), [0, 0, 0, 108, 2, 1, 0, 0]);
}

#[test]
fn the_body_is_what_the_headers_leave() {
    let header = FrameHeader::parse(&[0, 0, 0, 16, 3, 1, 0, 7], 512).unwrap().unwrap();
    assert_eq!((header.body_offset(), header.body_len(), header.channel), (12, 4, 7));
    assert_eq!(header.frame_type, FRAME_TYPE_SASL);
}
