//! [`MessageBuilder`](amqp_codec::message::MessageBuilder): every method sets its field.

use std::time::Duration;

use amqp_codec::message::{ApplicationProperties, Body, Header, Properties};
use amqp_codec::{Bytes, EncodedValue, Message, SequenceNo, Symbol, Timestamp, Value};

use super::{decode, encode};

fn every_property() -> Properties {
    Properties {
        message_id: Some(1.into()),
        user_id: Some(Bytes::from_static(b"u")),
        to: Some("to".into()),
        subject: Some("subject".into()),
        reply_to: Some("reply".into()),
        correlation_id: Some("correlation".into()),
        content_type: Some(Symbol::from_static("text/plain")),
        content_encoding: Some(Symbol::from_static("gzip")),
        absolute_expiry_time: Some(Timestamp(2)),
        creation_time: Some(Timestamp(1)),
        group_id: Some("group".into()),
        group_sequence: Some(SequenceNo(3)),
        reply_to_group_id: Some("reply-group".into()),
    }
}

#[test]
fn properties_one_by_one_or_all_at_once() {
    let one_by_one = Message::builder()
        .message_id(1)
        .user_id(&b"u"[..])
        .to("to")
        .subject("subject")
        .reply_to("reply")
        .correlation_id("correlation")
        .content_type(Symbol::from_static("text/plain"))
        .content_encoding(Symbol::from_static("gzip"))
        .absolute_expiry_time(Timestamp(2))
        .creation_time(Timestamp(1))
        .group_id("group")
        .group_sequence(3)
        .reply_to_group_id("reply-group")
        .build();
    assert_eq!(one_by_one.properties.as_deref(), Some(&every_property()));
    let at_once = Message::builder().properties(every_property()).build();
    assert_eq!(one_by_one, at_once);
}

#[test]
fn header_one_by_one_or_all_at_once() {
    let header = Header { durable: true, priority: 9, ttl: Some(1_500), first_acquirer: true, delivery_count: 2 };
    let one_by_one = Message::builder()
        .durable(true)
        .priority(9)
        .ttl(Duration::from_millis(1_500))
        .first_acquirer(true)
        .delivery_count(2)
        .build();
    assert_eq!(one_by_one.header, Some(header));
    assert_eq!(one_by_one, Message::builder().header(header).build());
}

#[test]
fn a_key_set_again_is_replaced() {
    let message = Message::builder()
        .property("k", 1)
        .message_annotation("x-opt-k", 1)
        .property("k", "two")
        .message_annotation("x-opt-k", "two")
        .build();
    assert_eq!(message.application_properties.len(), 1);
    assert_eq!(message.property("k"), Some("two".into()));
    assert_eq!(message.message_annotations.len(), 1);
    assert_eq!(message.message_annotations.get("x-opt-k"), Some("two".into()));
}

#[test]
fn the_last_body_counts() {
    let mut builder = Message::builder();
    assert_eq!(builder.data("data").build().body, Body::from(b"data"));
    assert_eq!(builder.data("data").value(1).build().body, Body::Value(Value::Int(1)));
    let sequence = Body::Sequence(vec![vec!["a".into(), "b".into()]]);
    assert_eq!(builder.data("data").sequence(["a", "b"]).build().body, sequence);
    assert_eq!(builder.data("data").body("text").build().body, Body::from("text"));
    assert_eq!(builder.build(), Message::default(), "built messages leave nothing behind");
}

#[test]
fn maps_of_any_size() {
    for count in [0, 1, 12, 127, 128, 1_000] {
        let entries = (0..count).map(|number| (format!("key {number}"), number));
        let mut message = Message::from("x");
        message.application_properties = entries.collect();
        assert_eq!(decode::<Message>(&encode(&message)).unwrap(), message);
    }
    let long = ApplicationProperties::from_iter([("k", "v".repeat(250))]);
    assert_eq!(encode(&long)[3], 0xd1);
    assert_eq!(decode::<ApplicationProperties>(&encode(&long)).unwrap(), long);
    let short = ApplicationProperties::from_iter([("k", "v".repeat(249))]);
    assert_eq!(encode(&short)[3], 0xc1);
}

#[test]
fn entries_are_taken_out() {
    let mut message = Message::builder().property("a", 1).property("b", 2).footer("x-opt-f", 3).build();
    assert_eq!(message.application_properties.remove("a"), Some(1.into()));
    assert_eq!(message.application_properties.remove("a"), None);
    assert_eq!(message.footer.remove("x-opt-f"), Some(3.into()));
    let left: Vec<_> = message.application_properties.into_iter().collect();
    assert_eq!(left, [("b".into(), 2.into())]);
}

/// What is kept encoded and what comes in a message are alike, also when they are changed.
#[test]
fn entries_that_came_are_changed() {
    let built = Message::builder().property("a", 1).property("long", "v".repeat(100)).property("b", 2).build();
    let mut came: Message = decode(&encode(&built)).unwrap();
    assert_eq!(came.property("long"), Some("v".repeat(100).into()));
    assert_eq!(came.application_properties.insert("a", "one"), Some(1.into()));
    assert_eq!(came.application_properties.insert("c", 3_u64), None);
    assert_eq!(came.application_properties.remove("long"), Some("v".repeat(100).into()));
    let left: Vec<_> = came.application_properties.iter().collect();
    assert_eq!(left, [("a".into(), "one".into()), ("b".into(), 2.into()), ("c".into(), 3_u64.into())]);
    assert_eq!(decode::<Message>(&encode(&came)).unwrap(), came);
    assert_eq!(built.property("a"), Some(1.into()), "the message that was sent is another");
}

/// The same entries are equal in whatever form their peers wrote them, and go out as they came.
#[test]
fn entries_keep_their_form() {
    let wide = Bytes::from_static(&[
        0x00, 0x53, 0x74, 0xd1, 0, 0, 0, 15, 0, 0, 0, 2, 0xb1, 0, 0, 0, 1, b'k', 0x71, 0, 0, 0, 1,
    ]);
    let properties: ApplicationProperties = decode(&wide).unwrap();
    assert_eq!(properties, ApplicationProperties::from_iter([("k", 1)]));
    assert_ne!(properties, ApplicationProperties::from_iter([("k", 2)]));
    assert_eq!(properties.get("k"), Some(1.into()));
    assert_eq!(encode(&properties)[6..], wide[12..]);
}

/// Keys that differ only where a hasty look does not see it are told apart, and found again.
#[test]
fn many_keys_are_told_apart() {
    let mut properties = ApplicationProperties::new();
    for number in 0..200_u32 {
        assert_eq!(properties.insert(format!("{number:03}-same-end"), number), None);
    }
    for number in 0..200_u32 {
        assert_eq!(properties.insert(format!("{number:03}-same-end"), number + 1), Some(number.into()));
    }
    assert_eq!(properties.len(), 200);
    assert_eq!(properties.get("199-same-end"), Some(200_u32.into()));
    assert_eq!(properties.get("200-same-end"), None);
    assert_eq!(decode::<ApplicationProperties>(&encode(&properties)).unwrap(), properties);
}

/// What the application nests deeper than a peer may comes out again.
#[test]
fn deep_values_are_kept() {
    let deep = |last: i32| (0..300).fold(Value::Int(last), |value, _| Value::List(vec![value]));
    let annotated = |last| Message::builder().message_annotation("x-opt-deep", deep(last)).build();
    assert_eq!(annotated(1).message_annotations.get("x-opt-deep"), Some(deep(1)));
    assert_eq!(annotated(1), annotated(1));
    assert_ne!(annotated(1), annotated(2));
    assert_eq!(EncodedValue::new(&deep(1)).to_value(), deep(1));
}
