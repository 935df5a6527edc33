//! Batches: exact sizes, the limit, what a hostile one costs.

use amqp_codec::message::{BatchError, Body, MAX_SECTIONS};
use amqp_codec::{Bytes, DecodeErrorKind, EncodedMessage, Limits, Message, MessageBatch, Value};

use super::batches::{message_of, unpack};
use super::hex;

/// The octets are those that uamqp writes.
#[test]
fn golden() {
    let envelope = Message::builder().message_annotation("x-opt-partition-key", "pk").build();
    let mut batch = MessageBatch::with_envelope(None, envelope);
    for text in ["a", "b"] {
        batch.push(&Message::builder().data(text).build()).unwrap();
    }
    let octets = hex("005372c11a02a313782d6f70742d706172746974696f6e2d6b6579a102706b
                      005375a006005375a00161 005375a006005375a00162");
    assert_eq!(batch.finish().unwrap(), octets);
}

#[test]
fn a_section_grows_by_three_octets_at_256() {
    for (len, section) in [(254, 259), (255, 260), (256, 264), (257, 265)] {
        let mut batch = MessageBatch::new(Some(section));
        let message = message_of(len);
        batch.push(&message).unwrap();
        assert_eq!(batch.encoded_len() as u64, section);
        assert_eq!(batch.finish().unwrap().len() as u64, section);

        let mut tight = MessageBatch::new(Some(section - 1));
        assert_eq!(tight.push(&message), Err(BatchError::TooLarge { excess: 1 }));
        assert_eq!(tight.finish(), None);
    }
}

#[test]
fn a_refusal_says_by_how_much_and_what_helps() {
    let mut batch = MessageBatch::new(Some(40));
    batch.push(&message_of(20)).unwrap();
    assert_eq!(batch.push(&message_of(11)), Err(BatchError::Full { excess: 1 }));
    assert_eq!(batch.push(&message_of(40)), Err(BatchError::TooLarge { excess: 5 }));
    assert_eq!((batch.len(), batch.encoded_len()), (1, 25));
    batch.push(&message_of(10)).unwrap();
    assert_eq!(batch.encoded_len(), 40);

    assert!(BatchError::Full { excess: 1 }.fits_empty() && BatchError::TooMany.fits_empty());
    assert!(!BatchError::TooLarge { excess: 1 }.fits_empty());
}

#[test]
fn an_envelope_above_the_limit_leaves_room_for_nothing() {
    let mut batch = MessageBatch::with_envelope(Some(10), Message::builder().subject("12 octets"));
    assert!(matches!(batch.push_encoded(&[]), Err(BatchError::TooLarge { .. })));
    assert_eq!((batch.encoded_len(), batch.finish()), (0, None));
}

#[test]
fn none_and_zero_are_no_limit() {
    for limit in [None, Some(0), Some(u64::MAX)] {
        let mut batch = MessageBatch::new(limit);
        batch.push(&message_of(100_000)).unwrap();
        assert_eq!(batch.encoded_len(), 100_008);
    }
}

#[test]
fn the_next_batch_has_the_same_envelope() {
    let envelope = Message::builder()
        .durable(true)
        .message_annotation("x-opt-m", 1)
        .property("k", "v")
        .data("left out")
        .footer("x-opt-f", 2)
        .build();
    let mut batch = MessageBatch::with_envelope(None, envelope.clone());
    for text in ["first", "second"] {
        batch.push_encoded(&Message::from(text).to_bytes()).unwrap();
        let octets = batch.finish().unwrap();
        assert!(batch.is_empty());
        assert_eq!(unpack(&octets), [Message::from(text)]);
        let mut received = EncodedMessage::parse(octets).unwrap().to_message().unwrap();
        received.body = envelope.body.clone();
        assert_eq!(received, envelope);
    }
}

#[test]
fn a_batch_has_no_more_messages_than_can_be_read() {
    let envelope = Message::builder()
        .durable(true)
        .delivery_annotation("x-opt-d", 1)
        .message_annotation("x-opt-m", 1)
        .subject("s")
        .property("k", "v")
        .footer("x-opt-f", 2)
        .build();
    let mut batch = MessageBatch::with_envelope(None, envelope);
    let message = Message::from("x");
    let first_refusal = (0..MAX_SECTIONS).find_map(|_| batch.push(&message).err());
    assert_eq!(first_refusal, Some(BatchError::TooMany));
    assert_eq!(batch.len(), MAX_SECTIONS as usize - 6);
    let octets = batch.finish().unwrap();
    assert_eq!(unpack(&octets).len(), MAX_SECTIONS as usize - 6);
}

#[test]
fn messages_share_the_octets_of_the_batch() {
    let mut batch = MessageBatch::new(None);
    batch.push(&Message::from("hello")).unwrap();
    let octets = batch.finish().unwrap();
    let received = EncodedMessage::parse(octets.clone()).unwrap();
    let message = received.batched_messages().next().unwrap().unwrap();
    assert_eq!(message.as_bytes().as_ptr(), octets[5..].as_ptr());
}

#[test]
fn a_malformed_message_does_not_hide_those_behind_it() {
    // A good one, one that is cut off, one that is no message, one under a symbolic descriptor.
    let batch = EncodedMessage::parse(hex("005375a004 00537740 005375a003 005377 005375a00141
                       00a310616d71703a646174613a62696e617279 b000000004 00537740"))
    .unwrap();
    let kinds: Vec<_> = batch.batched_messages().map(|message| message.err().map(|error| error.kind())).collect();
    let unexpected = DecodeErrorKind::UnexpectedCode { code: 0x41 };
    assert_eq!(kinds, [None, Some(DecodeErrorKind::Incomplete), Some(unexpected), None]);
}

#[test]
fn other_bodies_are_no_batches() {
    for body in [Body::from("text"), Body::from(vec![Value::Null])] {
        let message = EncodedMessage::parse(Message::from(body).to_bytes()).unwrap();
        let mut messages = message.batched_messages();
        let error = messages.next().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.expected()), (DecodeErrorKind::UnknownDescriptor, "data"));
        assert!(messages.next().is_none());
    }
    let nothing = EncodedMessage::parse(Bytes::new()).unwrap();
    assert!(nothing.batched_messages().next().is_none());
}

#[test]
fn a_batch_within_a_batch_is_one_message() {
    let mut octets = Message::from("innermost").to_bytes();
    for _ in 0..1_000 {
        let mut batch = MessageBatch::new(None);
        batch.push_encoded(&octets).unwrap();
        octets = batch.finish().unwrap();
    }
    let outer = EncodedMessage::parse(octets.clone()).unwrap();
    let inner: Vec<_> = outer.batched_messages().map(Result::unwrap).collect();
    assert_eq!(inner.len(), 1);
    assert_eq!(inner[0].as_bytes(), &octets[8..]);
}

#[test]
fn the_limits_of_the_batch_bind_its_messages() {
    let mut batch = MessageBatch::new(None);
    batch.push(&Message::from(vec![Value::List(vec![Value::List(vec![Value::Null])])])).unwrap();
    let octets = batch.finish().unwrap();
    let tight = EncodedMessage::parse_with_limits(octets, Limits::new().depth(2)).unwrap();
    let message = tight.batched_messages().next().unwrap().unwrap();
    assert_eq!(message.body().unwrap_err().kind(), DecodeErrorKind::NestingTooDeep);
}

#[test]
fn too_many_sections_are_refused() {
    let most = hex(&"005375a000".repeat(MAX_SECTIONS as usize));
    assert_eq!(EncodedMessage::parse(most).unwrap().batched_messages().count(), MAX_SECTIONS as usize);
    let more = hex(&"005375a000".repeat(MAX_SECTIONS as usize + 1));
    assert_eq!(EncodedMessage::parse(more).unwrap_err().kind(), DecodeErrorKind::TooManySections);
}
