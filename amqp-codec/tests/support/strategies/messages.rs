//! Messages with all their sections and every kind of body (§3.2).

use amqp_codec::message::{
    AnnotationKey, Annotations, ApplicationProperties, Body, Header, Message, MessageId, Properties, SimpleValue,
};
use amqp_codec::{SequenceNo, Str};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::values::{octets, simple, symbol, text, timestamp, uuid, value};

pub(crate) fn header() -> impl Strategy<Value = Header> {
    let fields = (any::<bool>(), any::<u8>(), option::of(any::<u32>()), any::<bool>(), any::<u32>());
    fields.prop_map(|(durable, priority, ttl, first_acquirer, delivery_count)| Header {
        durable,
        priority,
        ttl,
        first_acquirer,
        delivery_count,
    })
}

pub(crate) fn annotations() -> BoxedStrategy<Annotations> {
    let key = prop_oneof![
        3 => symbol().prop_map(AnnotationKey::from),
        1 => any::<u64>().prop_map(AnnotationKey::from),
    ];
    vec((key, value()), 0..4).prop_map(Annotations::from_iter).boxed()
}

pub(crate) fn message_id() -> impl Strategy<Value = MessageId> {
    prop_oneof![
        any::<u64>().prop_map(MessageId::from),
        uuid().prop_map(MessageId::from),
        octets().prop_map(MessageId::from),
        text().prop_map(MessageId::from),
    ]
}

pub(crate) fn properties() -> BoxedStrategy<Properties> {
    let ids = (option::of(message_id()), option::of(octets()), option::of(message_id()));
    let addresses = (option::of(text()), option::of(text()), option::of(text()));
    let content = (option::of(symbol()), option::of(symbol()));
    let times = (option::of(timestamp()), option::of(timestamp()));
    let group = (option::of(text()), option::of(any::<u32>()), option::of(text()));
    (ids, addresses, content, times, group)
        .prop_map(|(ids, (to, subject, reply_to), content, times, group)| {
            let (message_id, user_id, correlation_id) = ids;
            let (content_type, content_encoding) = content;
            let (absolute_expiry_time, creation_time) = times;
            let (group_id, group_sequence, reply_to_group_id) = group;
            Properties {
                message_id,
                user_id,
                to,
                subject,
                reply_to,
                correlation_id,
                content_type,
                content_encoding,
                absolute_expiry_time,
                creation_time,
                group_id,
                group_sequence: group_sequence.map(SequenceNo),
                reply_to_group_id,
            }
        })
        .boxed()
}

pub(crate) fn simple_value() -> impl Strategy<Value = SimpleValue> {
    simple().prop_map(|value| SimpleValue::try_from(value).expect("simple"))
}

pub(crate) fn application_properties() -> BoxedStrategy<ApplicationProperties> {
    let entries: BoxedStrategy<Vec<(Str, SimpleValue)>> = vec((text(), simple_value()), 0..4).boxed();
    entries.prop_map(ApplicationProperties::from_iter).boxed()
}

pub(crate) fn body() -> BoxedStrategy<Body> {
    prop_oneof![
        1 => Just(Body::Empty),
        4 => vec(octets(), 1..4).prop_map(|sections| Body::Data(sections.into_iter().collect())),
        4 => vec(vec(value(), 0..4), 1..4).prop_map(Body::Sequence),
        4 => value().prop_map(Body::Value),
    ]
    .boxed()
}

pub(crate) fn message() -> BoxedStrategy<Message> {
    let annotations = || prop_oneof![2 => Just(Annotations::new()), 1 => annotations()];
    let bare = (option::of(properties()), application_properties(), body());
    (option::of(header()), annotations(), annotations(), bare, annotations())
        .prop_map(|(header, delivery_annotations, message_annotations, bare, footer)| {
            let (properties, application_properties, body) = bare;
            Message {
                header,
                delivery_annotations: delivery_annotations.into(),
                message_annotations: message_annotations.into(),
                properties: properties.map(Box::new),
                application_properties,
                body,
                footer: footer.into(),
            }
        })
        .boxed()
}
