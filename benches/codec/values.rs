//! What is encoded and decoded: the same values for the benches, the proof of allocations and the peers' programs.

use amqp_codec::{
    Array, Attach, Bytes, DeliveryNumber, DeliveryState, Disposition, Fields, Flow, Handle, Map, Message, MessageId,
    Open, Role, SequenceNo, Source, Str, Symbol, Target, Timestamp, TransferNumber,
};
use std::time::Duration;

/// A transfer as most libraries write it, `more` included though it is the default.
pub(crate) const TRANSFER: [u8; 21] = [
    0x00, 0x53, 0x14, 0xc0, 16, 6,    // transfer, six fields
    0x43, // handle 0
    0x70, 0x00, 0x00, 0x30, 0x39, // delivery-id 12345
    0xa0, 4, 0x00, 0x00, 0x30, 0x39, // delivery-tag
    0x43, // message-format 0
    0x42, 0x42, // neither settled nor more
];

/// The body of the typical message.
pub(crate) fn body() -> Vec<u8> {
    (0..100_u32).map(|i| if i < 8 { 0 } else { ((i * 131 + 17) % 251) as u8 }).collect()
}

/// The typical message, 320 octets when encoded. Its texts are part of the program, its body is copied.
pub(crate) fn message(body: &[u8]) -> Message {
    Message::builder()
        .durable(true)
        .ttl(Duration::from_secs(60))
        .message_id("msg-0000000001")
        .to("queue/orders")
        .subject("order.created")
        .reply_to("queue/replies")
        .correlation_id("corr-12345678")
        .content_type(Symbol::from_static("application/octet-stream"))
        .creation_time(Timestamp::from(1_700_000_000_000))
        .property("tenant", "acme-corp")
        .property("region", "eu-west-1")
        .property("attempt", 3_i32)
        .property("sequence", 1_234_567_890_123_i64)
        .property("urgent", true)
        .data(Bytes::copy_from_slice(body))
        .build()
}

/// The same message where every text that differs from message to message is copied, as the body is: what it costs
/// when the texts come from somewhere. The keys and the content-type stay part of the program.
pub(crate) fn message_of_copies(body: &[u8]) -> Message {
    let copy = |text: &str| Str::from(String::from(text));
    Message::builder()
        .durable(true)
        .ttl(Duration::from_secs(60))
        .message_id(MessageId::String(copy("msg-0000000001")))
        .to(copy("queue/orders"))
        .subject(copy("order.created"))
        .reply_to(copy("queue/replies"))
        .correlation_id(MessageId::String(copy("corr-12345678")))
        .content_type(Symbol::from_static("application/octet-stream"))
        .creation_time(Timestamp::from(1_700_000_000_000))
        .property("tenant", copy("acme-corp"))
        .property("region", copy("eu-west-1"))
        .property("attempt", 3_i32)
        .property("sequence", 1_234_567_890_123_i64)
        .property("urgent", true)
        .data(Bytes::copy_from_slice(body))
        .build()
}

/// A receiver grants 1,000 credits.
pub(crate) fn flow() -> Flow {
    Flow {
        next_incoming_id: Some(TransferNumber::from(12_345)),
        handle: Some(Handle(0)),
        delivery_count: Some(SequenceNo::from(12_345)),
        link_credit: Some(1_000),
        ..Flow::new(2_048, TransferNumber::from(1), 2_048)
    }
}

/// A receiver accepts and settles 64 deliveries.
pub(crate) fn disposition() -> Disposition {
    Disposition {
        last: Some(DeliveryNumber::from(12_408)),
        settled: true,
        state: Some(DeliveryState::Accepted),
        ..Disposition::new(Role::Receiver, DeliveryNumber::from(12_345))
    }
}

/// A client says who it is.
pub(crate) fn open() -> Open {
    let properties = [("product", "amqp10"), ("version", "0.1.0"), ("platform", "Linux")];
    Open {
        hostname: Some("broker.example.com".into()),
        max_frame_size: 65_536,
        channel_max: 255,
        idle_time_out: Some(60_000),
        desired_capabilities: Symbol::from_static("ANONYMOUS-RELAY").into(),
        properties: Some(fields(properties)),
        ..Open::new("orders-service-7f9c")
    }
}

/// A sender attaches to a queue.
pub(crate) fn attach() -> Attach {
    let outcomes = ["amqp:accepted:list", "amqp:rejected:list", "amqp:released:list", "amqp:modified:list"];
    let source = Source {
        outcomes: outcomes.into_iter().map(Symbol::from_static).collect(),
        ..Source::new("orders-service-7f9c/out")
    };
    Attach {
        source: Some(source.into()),
        target: Some(Target::new("queue/orders").into()),
        initial_delivery_count: Some(SequenceNo::from(0)),
        max_message_size: Some(1_048_576),
        ..Attach::new("orders-service-7f9c:queue/orders:1", Handle(0), Role::Sender)
    }
}

/// 100 entries: strings to ints.
pub(crate) fn map() -> Map {
    (0..100_i32).map(|i| (format!("key-{i:03}"), i * 1_000)).collect()
}

/// 1,000 ints, most of which need four octets.
pub(crate) fn ints() -> Vec<i32> {
    (0..1_000).map(|i| (i - 500) * 65_537).collect()
}

/// An array of them.
pub(crate) fn array() -> Array {
    Array::of(&ints())
}

fn fields(entries: [(&'static str, &'static str); 3]) -> Fields {
    entries.into_iter().map(|(key, text)| (Symbol::from_static(key), text)).collect()
}
