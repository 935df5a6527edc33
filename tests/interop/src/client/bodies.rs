//! Messages whole: sections, kinds of body, sizes in frames of several sizes (§2.6.14, §3.2).

use crate::client::parts::there_and_back;
use crate::server::{Scale, Target};
use crate::verdict::Check;
use amqp10::Value;
use amqp10::codec::{Body, Map, Message, MessageId, Timestamp, Uuid};
use amqp10::proto::ConfigBuilder;
use std::time::Duration;

/// Every property there is, and each type of message-id.
pub(crate) async fn sections(target: Target) -> Check {
    let ids = [MessageId::from(7_u64), Uuid(*b"0123456789abcdef").into(), vec![0_u8, 255].into(), "text".into()];
    let messages = ids.map(|id| {
        Message::builder()
            .durable(true)
            .priority(5)
            .ttl(Duration::from_secs(600))
            .message_annotation("x-opt-number", 7_u64)
            .message_id(id.clone())
            .correlation_id(id)
            .user_id(b"guest".to_vec())
            .to("somewhere")
            .subject("subject")
            .reply_to("reply")
            .content_type(amqp10::codec::Symbol::from_static("text/plain"))
            .content_encoding(amqp10::codec::Symbol::from_static("identity"))
            .absolute_expiry_time(Timestamp(4_000_000_000_000))
            .creation_time(Timestamp(1_700_000_000_000))
            .group_id("group")
            .group_sequence(u32::MAX)
            .reply_to_group_id("other")
            .property("n", 1_i64)
            .value("body")
            .build()
    });
    round_trip(&target, "sections", Target::config(), messages.into()).await
}

/// data, amqp-sequence and amqp-value: one section, several, empty.
pub(crate) async fn kinds(target: Target) -> Check {
    let data = |sections: &[&'static [u8]]| Body::Data(sections.iter().map(|octets| (*octets).into()).collect());
    let bodies = [
        data(&[b"data"]),
        data(&[b""]),
        data(&[b"one", b"", b"two", b"three"]),
        Body::Sequence(vec![vec![]]),
        Body::Sequence(vec![vec![Value::from(1_i64), Value::Null], vec![Value::from("more")]]),
        Body::Value(Value::Null),
        Body::Value("text".into()),
        Body::Value(Value::List(vec![Value::from(1_i64), Value::from("in a list")])),
        Body::Value(Value::Map(Map::from([("key", "value")]))),
    ];
    let messages = bodies.map(|body| Message::builder().durable(true).message_id("id").body(body).build());
    round_trip(&target, "body-kinds", Target::config(), messages.into()).await
}

/// Data, a binary value and a sequence of one binary, of each size.
pub(crate) async fn frames_of_512(target: Target) -> Check {
    sizes(&target, "sizes-512", Target::config().max_frame_size(512)).await
}

pub(crate) async fn frames_of_4096(target: Target) -> Check {
    sizes(&target, "sizes-4096", Target::config().max_frame_size(4096)).await
}

pub(crate) async fn default_frames(target: Target) -> Check {
    sizes(&target, "sizes-default", Target::config()).await
}

async fn sizes(target: &Target, queue: &str, config: ConfigBuilder) -> Check {
    let sizes: &[usize] = match target.scale {
        Scale::Quick => &[0, 1, 255, 256, 4096, 100_000, 1 << 20],
        Scale::Whole => &[0, 1, 255, 256, 450, 511, 512, 513, 4095, 4096, 65_536, 100_000, 1 << 20, 10 << 20],
    };
    let kinds = |octets: Vec<u8>| {
        let [one, two] = [octets.clone(), octets.clone()].map(Value::from);
        [Body::Data([octets.into()].into_iter().collect()), Body::Value(one), Body::Sequence(vec![vec![two]])]
    };
    let octets = sizes.iter().map(|size| (0..*size).map(|at| (at % 251) as u8).collect());
    let messages = octets.flat_map(kinds).map(|body| Message::builder().durable(true).body(body).build());
    round_trip(target, queue, config, messages.collect()).await
}

async fn round_trip(target: &Target, queue: &str, config: ConfigBuilder, messages: Vec<Message>) -> Check {
    let address = target.queue(queue).await?;
    let connection = target.builder(config).connect().await?;
    there_and_back(&connection.session().await?, &address, messages).await?;
    Ok(connection.close().await?)
}
