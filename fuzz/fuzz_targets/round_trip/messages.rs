//! Messages with all their sections and every kind of body (§3.2).

use amqp_codec::message::{
    AnnotationKey, Annotations, ApplicationProperties, Body, Header, Message, MessageId, Properties, SimpleValue,
};
use amqp_codec::{Str, Value};

use crate::octets::{Made, Octets};
use crate::types::{of_fields, one_of};
use crate::values::any_simple;

of_fields! {
    Header { durable priority ttl first_acquirer delivery_count }
    Properties {
        message_id user_id to subject reply_to correlation_id content_type content_encoding absolute_expiry_time
        creation_time group_id group_sequence reply_to_group_id
    }
}

one_of! {
    MessageId:
        |octets| Self::Ulong(octets.make()), |octets| Self::Uuid(octets.make()), |octets| Self::Binary(octets.make()),
        |octets| Self::String(octets.make());
    Body:
        |_| Self::Empty,
        |octets| Self::Data((0..=octets.below(3)).map(|_| octets.make()).collect()),
        |octets| Self::Sequence((0..=octets.below(3)).map(|_| octets.several(4)).collect()),
        |octets| Self::Value(octets.make());
}

impl Made for AnnotationKey {
    fn made(octets: &mut Octets<'_>) -> Self {
        match octets.below(4) {
            0 => Self::from(octets.make::<u64>()),
            _ => Self::from(octets.make::<amqp_codec::Symbol>()),
        }
    }
}

impl Made for Annotations {
    fn made(octets: &mut Octets<'_>) -> Self {
        (0..octets.below(4)).map(|_| (octets.make::<AnnotationKey>(), octets.make::<Value>())).collect()
    }
}

impl Made for ApplicationProperties {
    fn made(octets: &mut Octets<'_>) -> Self {
        let simple = |octets: &mut Octets<'_>| SimpleValue::try_from(any_simple(octets)).expect("simple");
        (0..octets.below(4)).map(|_| (octets.make::<Str>(), simple(octets))).collect()
    }
}

impl Made for Message {
    fn made(octets: &mut Octets<'_>) -> Self {
        Self {
            header: octets.make(),
            delivery_annotations: octets.make::<Annotations>().into(),
            message_annotations: octets.make::<Annotations>().into(),
            properties: octets.make(),
            application_properties: octets.make(),
            body: octets.make(),
            footer: octets.make::<Annotations>().into(),
        }
    }
}
