//! Each section and each kind of body as octets.

use std::time::Duration;

use amqp_codec::message::{
    Annotations, ApplicationProperties, Body, DeliveryAnnotations, Footer, Header, MessageAnnotations, Properties,
    SimpleValue,
};
use amqp_codec::{Bytes, DecodeErrorKind, Map, Message, SequenceNo, Str, Symbol, Timestamp, Uuid, Value};

use super::{decode, encode, golden, hex, refused};

// req: MS-3.2.1-01
#[test]
fn header_defaults_are_left_out() {
    golden(&Header::default(), "005370 45");
    let header = Header { durable: true, ttl: Some(60_000), ..Header::default() };
    golden(&header, "005370 c00803 41 40 700000ea60");
    let full = Header { durable: true, priority: 9, ttl: Some(0), first_acquirer: true, delivery_count: 300 };
    golden(&full, "005370 c00b05 41 5009 43 41 700000012c");
}

// req: MS-3.2.1-01
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

// req: MS-3.2.2-01, MS-3.2.3-01, MS-3.2.9-01
#[test]
fn annotation_sections() {
    let annotations = Annotations::from_iter([("x-opt-a", 1)]);
    let map = "c10c02 a307 782d6f70742d61 5401";
    let section = |descriptor: &str| format!("{descriptor} {map}");
    golden(&DeliveryAnnotations(annotations.clone()), &section("005371"));
    golden(&MessageAnnotations(annotations.clone()), &section("005372"));
    golden(&Footer(annotations), &section("005378"));
}

// req: MS-3.2.2-01
#[test]
fn empty_map_and_absent_section_are_the_same() {
    let message: Message = decode(&hex("005371c10100 005372c10100 005374c10100 005375a000 005378c10100")).unwrap();
    assert_eq!(message, Message::default());
    assert_eq!(encode(&message), hex("005375a000"));
}

// req: MS-3.2.10-01
#[test]
fn annotation_keys_are_symbols_or_ulongs() {
    let annotations: MessageAnnotations = decode(&hex("005372 c10c06 5307 41 a30161 43 44 a10162")).unwrap();
    assert_eq!(annotations.get_ulong(7), Some(&Value::Boolean(true)));
    assert_eq!(annotations.get("a"), Some(&Value::Uint(0)));
    assert_eq!(annotations.get_ulong(0), Some(&Value::from("b")));
    for key in ["a10161", "5207", "40", "41"] {
        let octets = format!("005372 d1000000{:02x}00000002 {key} 41", 5 + key.len() / 2);
        let code = hex(key)[0];
        refused(&octets, DecodeErrorKind::UnexpectedCode { code }, "message-annotations");
    }
}

// req: MS-3.2.10-01
#[test]
fn annotation_keys_occur_once() {
    refused("005378 c10904 a30161 41 a30161 42", DecodeErrorKind::DuplicateKey, "footer");
}

// req: MS-3.2.10-02
#[test]
fn optional_annotations_are_told_apart() {
    let annotations = Annotations::from_iter([("x-opt-a", 1), ("x-b", 2)]);
    let optional: Vec<bool> = annotations.iter().map(|(key, _)| key.is_optional()).collect();
    assert_eq!(optional, [true, false]);
}

// req: MS-3.2.4-01, MS-3.2.4-02, MS-3.2.4-03
#[test]
fn properties_with_every_field() {
    let properties = Properties {
        message_id: Some("m".into()),
        user_id: Some(Bytes::from_static(b"u")),
        to: Some("t".into()),
        subject: Some("s".into()),
        reply_to: Some("r".into()),
        correlation_id: Some(Uuid([0x11; 16]).into()),
        content_type: Some(Symbol::from_static("ct")),
        content_encoding: Some(Symbol::from_static("ce")),
        absolute_expiry_time: Some(Timestamp(-1)),
        creation_time: Some(Timestamp(1)),
        group_id: Some("g".into()),
        group_sequence: Some(SequenceNo(0)),
        reply_to_group_id: Some("rg".into()),
    };
    golden(
        &properties,
        "005373 c0430d a1016d a00175 a10174 a10173 a10172 98 11111111111111111111111111111111
         a3026374 a3026365 83ffffffffffffffff 830000000000000001 a10167 43 a1027267",
    );
    golden(&Properties::default(), "005373 45");
}

// req: MS-3.2.4-02, MS-3.2.4-03
#[test]
fn properties_of_a_wrong_type_are_named() {
    for (at, field) in [
        (1, "properties.user-id"),
        (2, "properties.to"),
        (3, "properties.subject"),
        (4, "properties.reply-to"),
        (6, "properties.content-type"),
        (7, "properties.content-encoding"),
        (8, "properties.absolute-expiry-time"),
        (9, "properties.creation-time"),
        (10, "properties.group-id"),
        (11, "properties.group-sequence"),
        (12, "properties.reply-to-group-id"),
    ] {
        let nulls = "40".repeat(at);
        let octets = format!("005373 d0 000000{:02x} 000000{:02x} {nulls} 41", at + 5, at + 1);
        let kind = DecodeErrorKind::UnexpectedCode { code: 0x41 };
        refused(&octets, kind, field);
    }
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

// req: MS-3.2.5-01
#[test]
fn application_properties_take_every_simple_type() {
    let simple = [
        "40",
        "41",
        "42",
        "5601",
        "50ff",
        "60ffff",
        "700000ffff",
        "5201",
        "43",
        "800000000100000000",
        "5301",
        "44",
        "51ff",
        "618000",
        "7180000000",
        "54ff",
        "818000000000000000",
        "55ff",
        "7200000000",
        "827ff8000000000001",
        "7400000000",
        "840000000000000000",
        "9400000000000000000000000000000000",
        "730001f600",
        "838000000000000000",
        "9800000000000000000000000000000000",
        "a000",
        "a100",
        "a300",
    ];
    for value in simple {
        let octets = format!("005374 c1{:02x}02 a1016b {value}", 4 + value.len() / 2);
        let properties: ApplicationProperties = decode(&hex(&octets)).unwrap();
        let held = properties.get("k").unwrap().clone();
        let plain: Value = decode(&hex(value)).unwrap();
        assert_eq!(Value::from(held.clone()), plain);
        assert_eq!(encode(&held), encode(&plain));
    }
}

// req: MS-3.2.5-01
#[test]
fn application_properties_refuse_what_is_not_simple() {
    for value in ["45", "c00100", "c10100", "e0020040", "00530140", "d00000000400000000"] {
        let octets = format!("005374 c1{:02x}02 a1016b {value}", 4 + value.len() / 2);
        let code = hex(value)[0];
        refused(&octets, DecodeErrorKind::UnexpectedCode { code }, "application-properties");
    }
}

// req: MS-3.2.5-01
#[test]
fn application_properties_refuse_keys_that_are_no_strings() {
    for key in ["40", "a3016b", "a0016b", "5201"] {
        let octets = format!("005374 c1{:02x}02 {key} 41", 2 + key.len() / 2);
        let code = hex(key)[0];
        refused(&octets, DecodeErrorKind::UnexpectedCode { code }, "application-properties");
    }
}

// req: MS-3.2.5-01
#[test]
fn application_properties_refuse_equal_keys_and_odd_counts() {
    let kind = DecodeErrorKind::DuplicateKey;
    refused("005374 c10904 a1016b 41 a1016b 42", kind, "application-properties");
    let kind = DecodeErrorKind::OddMap;
    refused("005374 c10401 a1016b", kind, "application-properties");
}

// req: MS-3.2.6-01
#[test]
fn data_bodies() {
    golden(&Message::from(vec![1, 2]), "005375 a0020102");
    golden(&Message::default(), "005375 a000");
    let sections = [Bytes::from_static(b"a"), Bytes::new(), Bytes::from_static(b"bc")];
    let body = Body::Data(sections.iter().cloned().collect());
    assert_eq!(body.to_data().as_deref(), Some(&b"abc"[..]));
    let message = Message::from(body);
    golden(&message, "005375 a00161 005375 a000 005375 a0026263");
    let kind = DecodeErrorKind::UnexpectedCode { code: 0xa1 };
    refused("005375 a10161", kind, "data");
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
    let kind = DecodeErrorKind::UnexpectedCode { code: 0xc1 };
    refused("005376 c10100", kind, "amqp-sequence");
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
    refused("005377", DecodeErrorKind::Incomplete, "amqp-value");
    let kind = DecodeErrorKind::UnexpectedCode { code: 0x3f };
    refused("005377 3f", kind, "amqp-value");
}

// req: MS-3.2-04
#[test]
fn bodies_without_sections_are_still_bodies() {
    let data = Message::from(Body::Data([].into_iter().collect()));
    assert_eq!(encode(&data), hex("005375a000"));
    let sequence = Message::from(Body::Sequence(vec![]));
    assert_eq!(encode(&sequence), hex("00537645"));
    assert_eq!(encode(&Message::builder().build()), hex("005375a000"));
}

// req: MS-3.2-04
#[test]
fn missing_body_is_received_and_told_apart() {
    golden(&Message::from(Body::Empty), "");
    let message: Message = decode(&hex("005373 c00401 a10161")).unwrap();
    assert_eq!(message.body, Body::Empty);
}

// req: MS-3.2-09
#[test]
fn descriptors_in_every_encoding() {
    let text = Message::from("t");
    let symbol = "amqp:amqp-value:*";
    let digits: String = symbol.bytes().map(|octet| format!("{octet:02x}")).collect();
    for descriptor in
        ["5377".to_owned(), "800000000000000077".to_owned(), format!("a311{digits}"), format!("b300000011{digits}")]
    {
        let octets = hex(&format!("00 {descriptor} a10174"));
        assert_eq!(decode::<Message>(&octets).unwrap(), text);
    }
    let prefix = format!("00 a310 {} a10174", &digits[..32]);
    refused(&prefix, DecodeErrorKind::UnknownDescriptor, "message");
    let longer = format!("00 a312 {digits}2a a10174");
    refused(&longer, DecodeErrorKind::UnknownDescriptor, "message");
}

#[test]
fn text_of_a_body_wherever_it_is() {
    assert_eq!(Body::from("t").as_str(), Some("t"));
    assert_eq!(Body::from(b"t").as_str(), Some("t"));
    assert_eq!(Body::from(b"\xff").as_str(), None);
    assert_eq!(Body::from(Value::Null).as_str(), None);
    assert_eq!(Body::from(Str::from("t")).as_value(), Some(&"t".into()));
}
