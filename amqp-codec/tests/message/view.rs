//! [`EncodedMessage`]: sections on demand.

use amqp_codec::message::{Body, EncodedMessage, Section, SimpleValue};
use amqp_codec::{Bytes, DecodeErrorKind, Encode, Limits, Message, Symbol, Value};

use super::{decode, encode, hex};

fn full() -> Message {
    let mut message = Message::builder()
        .durable(true)
        .delivery_annotation(Symbol::from_static("x-opt-d"), 1)
        .message_annotation(Symbol::from_static("x-opt-m"), 2)
        .to("q")
        .property("k", "v")
        .data("body")
        .footer(Symbol::from_static("x-opt-f"), 3)
        .build();
    message.body = Body::Data(["a", "b"].into_iter().map(Bytes::from).collect());
    message
}

#[test]
fn every_accessor() {
    let message = full();
    let view = EncodedMessage::parse(message.to_bytes()).unwrap();
    assert_eq!(view.header().unwrap(), message.header);
    assert_eq!(view.delivery_annotations().unwrap(), message.delivery_annotations);
    assert_eq!(view.message_annotations().unwrap(), message.message_annotations);
    assert_eq!(view.properties().unwrap(), message.properties.as_deref().cloned());
    assert_eq!(view.application_properties().unwrap(), message.application_properties);
    assert_eq!(view.body().unwrap(), message.body);
    assert_eq!(view.body_section(), Some(Section::Data));
    assert_eq!(view.footer().unwrap(), message.footer);
    assert_eq!(view.to_message().unwrap(), message);
    assert_eq!(view.into_bytes(), message.to_bytes());
}

// req: MS-3.2.1-01, MS-3.2.2-01
#[test]
fn absent_sections() {
    let view = EncodedMessage::parse(Bytes::new()).unwrap();
    assert_eq!(view.header().unwrap(), None);
    assert!(view.message_annotations().unwrap().is_empty());
    assert_eq!(view.properties().unwrap(), None);
    assert!(view.application_properties().unwrap().is_empty());
    assert_eq!(view.body().unwrap(), Body::Empty);
    assert_eq!(view.body_section(), None);
    assert!(view.bare().is_empty());
    assert_eq!(view.section(Section::Footer), None);
}

// req: MS-3.2-05
// scenario: MS-05
#[test]
fn bare_message_is_kept_octet_for_octet() {
    // Wide encodings, nulls at the end and a symbolic descriptor: nothing that we would write.
    let bare = "00a314616d71703a70726f706572746965733a6c697374 d00000000600000002 4040
                005374 d10000000400000000 005375 b000000001ff 005375 a000";
    let around = format!("005370 c00201 42 005372c10100 {bare} 005378c10100");
    let view = EncodedMessage::parse(hex(&around)).unwrap();
    assert_eq!(view.bare(), hex(bare));
    assert_eq!(view.section(Section::Data).unwrap(), hex("005375b000000001ff 005375a000"));
    assert_ne!(encode(&view.to_message().unwrap()), hex(&around));
}

// req: MS-3.2-05
#[test]
fn bare_message_without_properties_or_around_sections() {
    for bare in ["00537740", "005374c10100 00537740", "00537345 00537740"] {
        let view = EncodedMessage::parse(hex(bare)).unwrap();
        assert_eq!(view.bare(), hex(bare));
        let view = EncodedMessage::parse(hex(&format!("00537045 {bare}"))).unwrap();
        assert_eq!(view.bare(), hex(bare));
    }
}

// req: MS-3.2-06
// scenario: MS-12
#[test]
fn sections_are_decoded_only_when_asked_for() {
    // A property of a wrong type, and a body that is no UTF-8.
    let view = EncodedMessage::parse(hex("00537045 005373c00201 41 005377a101ff")).unwrap();
    assert!(view.header().is_ok());
    let error = view.properties().unwrap_err();
    assert_eq!((error.expected(), error.offset()), ("properties.message-id", 10));
    let error = view.body().unwrap_err();
    assert_eq!((error.kind(), error.expected()), (DecodeErrorKind::InvalidUtf8, "amqp-value"));
    assert_eq!(error.to_string(), "section amqp-value: string: string is not valid UTF-8 (at octet 17)");
}

#[test]
fn payloads_are_joined() {
    let octets = full().to_bytes();
    for at in 0..octets.len() {
        let parts = [octets.slice(..at), octets.slice(at..)];
        let view = EncodedMessage::from_payloads(&parts).unwrap();
        assert_eq!(view.as_bytes(), &octets);
    }
    let view = EncodedMessage::from_payloads(std::slice::from_ref(&octets)).unwrap();
    assert_eq!(view.as_bytes().as_ptr(), octets.as_ptr());
}

#[test]
fn limits_bind_what_is_decoded_later() {
    let mut nested = Value::Null;
    for _ in 0..8 {
        nested = Value::List(vec![nested]);
    }
    let octets = Message::from(nested).to_bytes();
    let tight = EncodedMessage::parse_with_limits(octets.clone(), Limits::new().depth(4)).unwrap();
    assert_eq!(tight.body().unwrap_err().kind(), DecodeErrorKind::NestingTooDeep);
    assert!(EncodedMessage::parse(octets).unwrap().body().is_ok());
}

#[test]
fn encoded_again_from_parts() {
    let message = full();
    let view = EncodedMessage::try_from(message.to_bytes()).unwrap();
    let mut out = Vec::new();
    message.header.unwrap().encode(&mut out);
    message.delivery_annotations.encode(&mut out);
    message.message_annotations.encode(&mut out);
    out.extend_from_slice(&view.bare());
    message.footer.encode(&mut out);
    assert_eq!(out, message.to_bytes());
    assert_eq!(decode::<Message>(&out.into()).unwrap().property("k"), Some(SimpleValue::from("v")));
}
