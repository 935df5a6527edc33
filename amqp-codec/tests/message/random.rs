//! Random messages and random octets.

use amqp_codec::message::{
    AnnotationKey, Annotations, ApplicationProperties, Body, EncodedMessage, Header, MessageId, Properties, SimpleValue,
};
use amqp_codec::{Bytes, DecodeError, Decoder, Encode, Map, Message, SequenceNo, Str, Symbol, Timestamp, Uuid, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{decode, encode, hex};

fn str() -> impl Strategy<Value = Str> {
    "\\PC{0,8}".prop_map(Str::from)
}

fn symbol() -> impl Strategy<Value = Symbol> {
    "[ -~]{0,8}".prop_map(|text| Symbol::try_from(text).unwrap())
}

/// Short ones, and now and then one that takes a size of four octets.
fn octets() -> impl Strategy<Value = Bytes> {
    let len = prop_oneof![9 => 0..20_usize, 1 => 250..300_usize];
    len.prop_flat_map(|len| vec(any::<u8>(), len)).prop_map(Bytes::from)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

fn simple() -> impl Strategy<Value = SimpleValue> {
    prop_oneof![
        Just(SimpleValue::NULL),
        any::<bool>().prop_map(SimpleValue::from),
        any::<u8>().prop_map(SimpleValue::from),
        any::<u32>().prop_map(SimpleValue::from),
        any::<i64>().prop_map(SimpleValue::from),
        any::<u64>().prop_map(|bits| f64::from_bits(bits).into()),
        any::<char>().prop_map(SimpleValue::from),
        timestamp().prop_map(SimpleValue::from),
        any::<[u8; 16]>().prop_map(|octets| Uuid(octets).into()),
        octets().prop_map(SimpleValue::from),
        str().prop_map(SimpleValue::from),
        symbol().prop_map(SimpleValue::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = simple().prop_map(Value::from);
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            vec((inner.clone(), inner), 0..4).prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

fn annotations() -> impl Strategy<Value = Annotations> {
    let key = prop_oneof![
        3 => symbol().prop_map(AnnotationKey::from),
        1 => any::<u64>().prop_map(AnnotationKey::from),
    ];
    vec((key, value()), 0..4).prop_map(Annotations::from_iter)
}

fn message_id() -> impl Strategy<Value = MessageId> {
    prop_oneof![
        any::<u64>().prop_map(MessageId::from),
        any::<[u8; 16]>().prop_map(|octets| Uuid(octets).into()),
        octets().prop_map(MessageId::from),
        str().prop_map(MessageId::from),
    ]
}

prop_compose! {
    fn header()(
        durable: bool,
        priority: u8,
        ttl: Option<u32>,
        first_acquirer: bool,
        delivery_count: u32,
    ) -> Header {
        Header { durable, priority, ttl, first_acquirer, delivery_count }
    }
}

prop_compose! {
    fn properties()(
        message_id in option::of(message_id()),
        user_id in option::of(octets()),
        (to, subject, reply_to) in (option::of(str()), option::of(str()), option::of(str())),
        correlation_id in option::of(message_id()),
        (content_type, content_encoding) in (option::of(symbol()), option::of(symbol())),
        absolute_expiry_time in option::of(timestamp()),
        creation_time in option::of(timestamp()),
        (group_id, reply_to_group_id) in (option::of(str()), option::of(str())),
        group_sequence in option::of(any::<u32>()),
    ) -> Properties {
        Properties {
            message_id, user_id, to, subject, reply_to, correlation_id, content_type,
            content_encoding, absolute_expiry_time, creation_time, group_id,
            group_sequence: group_sequence.map(SequenceNo),
            reply_to_group_id,
        }
    }
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::Empty),
        vec(octets(), 1..4).prop_map(|sections| Body::Data(sections.into_iter().collect())),
        vec(vec(value(), 0..4), 1..4).prop_map(Body::Sequence),
        value().prop_map(Body::Value),
    ]
}

prop_compose! {
    pub(super) fn message()(
        header in option::of(header()),
        delivery_annotations in annotations(),
        message_annotations in annotations(),
        properties in option::of(properties()),
        application_properties in vec((str(), simple()), 0..4),
        body in body(),
        footer in annotations(),
    ) -> Message {
        let mut message = Message::from(body);
        message.header = header;
        message.delivery_annotations = delivery_annotations.into();
        message.message_annotations = message_annotations.into();
        message.properties = properties.map(Box::new);
        message.application_properties = ApplicationProperties::from_iter(application_properties);
        message.footer = footer.into();
        message
    }
}

/// Octets that look like sections often enough to get past the first check.
fn nearly_a_message() -> impl Strategy<Value = Bytes> {
    let piece = prop_oneof![
        (0x6f..0x7a_u8).prop_map(|code| vec![0x00, 0x53, code]),
        Just(vec![0x45]),
        Just(vec![0xc1, 0x01, 0x00]),
        vec(any::<u8>(), 0..6),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat().into())
}

/// The view and the whole message accept the same octets, and hold the same.
fn same_by_parts_and_whole(octets: &Bytes) {
    let whole = Decoder::new(octets).decode::<Message>();
    let view = EncodedMessage::parse(octets.clone());
    if let Ok(view) = &view {
        let parts = (|| {
            let mut message = Message::from(view.body()?);
            message.header = view.header()?;
            message.delivery_annotations = view.delivery_annotations()?;
            message.message_annotations = view.message_annotations()?;
            message.properties = view.properties()?.map(Box::new);
            message.application_properties = view.application_properties()?;
            message.footer = view.footer()?;
            Ok::<_, DecodeError>(message)
        })();
        assert_eq!(parts.ok(), whole.ok());
        assert!(view.bare().len() <= octets.len());
    } else {
        assert!(whole.is_err());
    }
}

proptest! {
    #[test]
    fn round_trip(message in message()) {
        let octets = encode(&message);
        prop_assert_eq!(&decode::<Message>(&octets).unwrap(), &message);
        let view = EncodedMessage::parse(octets.clone()).unwrap();
        prop_assert_eq!(&view.to_message().unwrap(), &message);
        prop_assert_eq!(message.to_bytes(), octets);
    }

    #[test]
    fn view_and_whole_agree(message in message()) {
        same_by_parts_and_whole(&encode(&message));
    }

    #[test]
    fn any_octets_are_survived(octets in vec(any::<u8>(), 0..200)) {
        same_by_parts_and_whole(&octets.into());
    }

    #[test]
    fn octets_near_a_message_are_survived(octets in nearly_a_message()) {
        same_by_parts_and_whole(&octets);
    }

    #[test]
    fn changed_and_cut_messages_are_survived(
        message in message(),
        at: prop::sample::Index,
        octet: u8,
        len: prop::sample::Index,
    ) {
        let mut octets = encode(&message).to_vec();
        prop_assume!(!octets.is_empty());
        let at = at.index(octets.len());
        octets[at] = octet;
        octets.truncate(len.index(octets.len()) + 1);
        same_by_parts_and_whole(&octets.into());
    }
}

#[test]
fn nesting_is_bounded_in_every_section() {
    let deep = "00".repeat(100_000);
    for section in ["70", "72", "74", "75", "76", "77"] {
        same_by_parts_and_whole(&hex(&format!("0053{section}{deep}")));
    }
    let mut nested = Value::Null;
    for _ in 0..100 {
        nested = Value::List(vec![nested]);
    }
    same_by_parts_and_whole(&Message::from(nested).to_bytes());
}

#[test]
fn encoding_appends() {
    let mut out = vec![1, 2, 3];
    Message::from("x").encode(&mut out);
    assert_eq!(out[..3], [1, 2, 3]);
    assert_eq!(out[3..], *Message::from("x").to_bytes());
}
