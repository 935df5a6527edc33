//! Sections and bodies as Rust values. Their octets are in `vectors/messaging`.

use std::time::Duration;

use amqp_codec::message::{
    Annotations, ApplicationProperties, Body, Header, MESSAGE_FORMAT, MessageAnnotations, SimpleValue,
};
use amqp_codec::{Bytes, Map, Message, Str, Symbol, Value};

use super::{decode, encode, golden, hex};

// req: MS-3.2.1-01
// scenario: MS-04
#[test]
fn header_nulls_and_absence_mean_defaults() {
    let nulls: Header = decode(&hex("005370 c00605 40 40 40 40 40")).unwrap();
    assert_eq!(nulls, Header::default());
    let message = Message::from("x");
    assert_eq!(message.header, None);
    assert!(!message.is_durable());
    assert_eq!((message.priority(), message.delivery_count()), (4, 0));
}

// req: MS-3.2.1-07
#[test]
fn ttl_saturates() {
    let message = Message::builder().ttl(Duration::MAX).build();
    assert_eq!(message.header.unwrap().ttl, Some(u32::MAX));
}

// req: MS-3.2.10-01
#[test]
fn annotations_are_found_by_symbol_or_ulong() {
    let annotations: MessageAnnotations = decode(&hex("005372 c10c06 5307 41 a30161 43 44 a10162")).unwrap();
    assert_eq!(annotations.get_ulong(7), Some(Value::Boolean(true)));
    assert_eq!(annotations.get("a"), Some(Value::Uint(0)));
    assert_eq!(annotations.get_ulong(0), Some(Value::from("b")));
}

// req: MS-3.2.10-02
#[test]
fn optional_annotations_are_told_apart() {
    let annotations = Annotations::from_iter([("x-opt-a", 1), ("x-b", 2)]);
    let optional: Vec<bool> = annotations.iter().map(|(key, _)| key.is_optional()).collect();
    assert_eq!(optional, [true, false]);
}

// req: MS-3.2.4-05
#[test]
fn content_encoding_is_carried_not_undone() {
    let message = Message::builder().data(&b"\x1f\x8b"[..]).content_encoding(Symbol::from_static("gzip")).build();
    let decoded: Message = decode(&message.to_bytes()).unwrap();
    assert_eq!(decoded.body.to_data().as_deref(), Some(&b"\x1f\x8b"[..]));
}

// req: MS-3.2.5-01
#[test]
fn application_properties() {
    let properties = ApplicationProperties::from_iter([
        ("s", SimpleValue::from("v")),
        ("n", SimpleValue::NULL),
        ("i", SimpleValue::from(-1)),
    ]);
    golden(&properties, "005374 c11006 a10173 a10176 a1016e 40 a10169 54ff");
}

// req: MS-3.2.6-01
// scenario: MS-03
#[test]
fn data_bodies() {
    golden(&Message::from(vec![1, 2]), "005375 a0020102");
    golden(&Message::default(), "005375 a000");
    let sections = [Bytes::from_static(b"a"), Bytes::new(), Bytes::from_static(b"bc")];
    let body = Body::Data(sections.iter().cloned().collect());
    assert_eq!(body.to_data().as_deref(), Some(&b"abc"[..]));
    let message = Message::from(body);
    golden(&message, "005375 a00161 005375 a000 005375 a0026263");
}

// req: MS-3.2.6-01
#[test]
fn data_is_not_copied() {
    let octets = Message::from(vec![7; 300]).to_bytes();
    let decoded: Message = decode(&octets).unwrap();
    let data = decoded.body.to_data().unwrap();
    assert_eq!(data.as_ptr(), octets[8..].as_ptr());
}

// req: MS-3.2.7-01
#[test]
fn sequence_bodies() {
    let one = Message::builder().sequence([1, 2]).build();
    golden(&one, "005376 c00502 5401 5402");
    let body = Body::Sequence(vec![vec![], vec![Value::Null, Value::List(vec![])]]);
    golden(&Message::from(body), "005376 45 005376 c00302 40 45");
}

// req: MS-3.2.8-01
#[test]
fn value_bodies() {
    golden(&Message::from("text"), "005377 a10474657874");
    golden(&Message::from(Value::Null), "005377 40");
    let map = Map::from_iter([("k", 1)]);
    golden(&Message::from(map), "005377 c10602 a1016b 5401");
    let described: Message = decode(&hex("005377 00 a3016e 5401")).unwrap();
    golden(&described, "005377 00 a3016e 5401");
}

#[test]
fn bodies_without_sections_are_still_bodies() {
    let data = Message::from(Body::Data([].into_iter().collect()));
    assert_eq!(encode(&data), hex("005375a000"));
    let sequence = Message::from(Body::Sequence(vec![]));
    assert_eq!(encode(&sequence), hex("00537645"));
    assert_eq!(encode(&Message::builder().build()), hex("005375a000"));
}

#[test]
fn missing_body_is_received_and_told_apart() {
    golden(&Message::from(Body::Empty), "");
    let message: Message = decode(&hex("005373 c00401 a10161")).unwrap();
    assert_eq!(message.body, Body::Empty);
}

// req: MS-3.2.16-01
#[test]
fn the_format_of_these_messages_is_0() {
    assert_eq!(MESSAGE_FORMAT, 0);
}

// req: MS-3.2.4-06
#[test]
fn a_content_type_is_never_made_up() {
    for message in [Message::from("text"), Message::from(vec![7]), Message::from(vec![Value::Null])] {
        assert_eq!(message.properties, None);
    }
    let message = Message::builder().value("text").message_id(7).build();
    assert_eq!(message.properties.and_then(|properties| properties.content_type), None);
}

#[test]
fn text_of_a_body_wherever_it_is() {
    assert_eq!(Body::from("t").as_str(), Some("t"));
    assert_eq!(Body::from(b"t").as_str(), Some("t"));
    assert_eq!(Body::from(b"\xff").as_str(), None);
    assert_eq!(Body::from(Value::Null).as_str(), None);
    assert_eq!(Body::from(Str::from("t")).as_value(), Some(&"t".into()));
}
