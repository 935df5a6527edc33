//! What clients send: a text, every kind of body, every property.

use crate::Whole;
use fe2o3_amqp::types::messaging::*;
use fe2o3_amqp::types::primitives::*;
use serde_amqp::Value;
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;

pub(crate) fn text(n: u32) -> Whole {
    Message::builder()
        .header(Header { durable: true, ..Default::default() })
        .properties(Properties::builder().message_id(format!("id-{n}")).build())
        .body(Body::Value(AmqpValue(Value::String(format!("message {n}")))))
        .build()
}

fn symbol(s: &str) -> Value {
    Value::Symbol(Symbol::from(s))
}

fn kinds(n: u32) -> Body<Value> {
    let map = |pairs: Vec<(Value, Value)>| Value::Map(pairs.into_iter().collect());
    let every = vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Ubyte(255),
        Value::Ushort(65535),
        Value::Uint(0),
        Value::Uint(200),
        Value::Uint(u32::MAX),
        Value::Ulong(0),
        Value::Ulong(200),
        Value::Ulong(u64::MAX),
        Value::Byte(-128),
        Value::Short(-32768),
        Value::Int(-1),
        Value::Int(i32::MIN),
        Value::Long(-1),
        Value::Long(i64::MIN),
        Value::Float((-1.5).into()),
        Value::Double(1e-300.into()),
        Value::Char('\u{1F600}'),
        Value::Timestamp(Timestamp::from_milliseconds(1700000000123)),
        Value::Uuid(Uuid::from([7; 16])),
        Value::Binary(Binary::from(vec![0, 255])),
        Value::String("grüße 世界".into()),
        symbol("sym"),
        Value::Decimal32(Dec32::from([0x22, 0x50, 0, 1])),
        Value::Decimal64(Dec64::from([0x22, 0x38, 0, 0, 0, 0, 0, 1])),
        Value::Decimal128(Dec128::from([9; 16])),
    ];
    match n % 12 {
        0 => Body::Data(Batch::new(vec![Data(Binary::from((0..n + 5).map(|i| i as u8).collect::<Vec<u8>>()))])),
        1 => Body::Data(Batch::new(vec![Data(Binary::from(b"a".to_vec())), Data(Binary::from(b"bc".to_vec()))])),
        2 => Body::Data(Batch::new(vec![Data(Binary::from(vec![b'x'; 9000]))])),
        3 => Body::Value(AmqpValue(Value::String(format!("grüße, 世界 {n}")))),
        4 => Body::Value(AmqpValue(Value::Long(-1_000_000_000_000))),
        5 => Body::Value(AmqpValue(Value::Bool(n % 2 == 0))),
        6 => Body::Value(AmqpValue(map(vec![
            (Value::String("n".into()), Value::Uint(n)),
            (symbol("s"), Value::List(vec![Value::Null])),
            (Value::String("deep".into()), map(vec![])),
        ]))),
        7 => Body::Value(AmqpValue(Value::List(every))),
        8 => Body::Value(AmqpValue(Value::Array(Array::from(vec![Value::Int(1), Value::Int(2), Value::Int(70000)])))),
        9 => Body::Value(AmqpValue(Value::Described(Box::new(Described {
            descriptor: Descriptor::Name(Symbol::from("x:y")),
            value: Value::String("described".into()),
        })))),
        10 => Body::Sequence(Batch::new(vec![
            AmqpSequence(vec![Value::Uint(n), Value::String("seq".into())]),
            AmqpSequence(vec![Value::Bool(true)]),
        ])),
        _ => Body::Value(AmqpValue(Value::Null)),
    }
}

pub(crate) fn rich(n: u32) -> Whole {
    let mut annotations = Annotations::new();
    annotations
        .insert(fe2o3_amqp_types::messaging::annotations::OwnedKey::Symbol(Symbol::from("x-opt-n")), Value::Uint(n));
    let ids: [MessageId; 4] = [
        format!("id-{n}").into(),
        MessageId::Ulong(n.into()),
        MessageId::Uuid(Uuid::from([n as u8; 16])),
        MessageId::Binary(Binary::from(vec![1, n as u8])),
    ];
    Message::builder()
        .header(Header { durable: true, priority: Priority(3), ttl: Some(600000), ..Default::default() })
        .message_annotations(MessageAnnotations(annotations))
        .properties(
            Properties::builder()
                .message_id(ids[n as usize % 4].clone())
                .correlation_id(format!("c{n}"))
                .subject(format!("subject {n}"))
                .reply_to(format!("reply-{n}"))
                .content_type("text/plain")
                .group_id("g".to_string())
                .group_sequence(n)
                .creation_time(Timestamp::from_milliseconds(1700000000000 + n as i64))
                .build(),
        )
        .application_properties(
            ApplicationProperties::builder()
                .insert("n", n)
                .insert("s", "text")
                .insert("b", true)
                .insert("f", 1.5f64)
                .build(),
        )
        .body(kinds(n))
        .build()
}
