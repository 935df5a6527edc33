//! Every type of Part 1, there and back, compared value by value.

use crate::client::parts::{compare, take};
use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::codec::message::SimpleValue;
use amqp10::codec::{Array, Body, Dec32, Dec64, Dec128, Described, Map, Message, Outcome, Symbol, Timestamp, Uuid};
use amqp10::{Receiver, Sender, Value};

/// Values of all primitive types, the ends of their ranges among them.
fn simple() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Ubyte(0),
        Value::Ubyte(u8::MAX),
        Value::Ushort(u16::MAX),
        Value::Uint(0),
        Value::Uint(200),
        Value::Uint(u32::MAX),
        Value::Ulong(0),
        Value::Ulong(200),
        Value::Ulong(u64::MAX),
        Value::Byte(i8::MIN),
        Value::Short(i16::MIN),
        Value::Int(-1),
        Value::Int(i32::MIN),
        Value::Long(-1),
        Value::Long(i64::MIN),
        Value::Float(-1.5),
        Value::Double(1e-300),
        Value::Double(f64::INFINITY),
        Value::Char('\u{1F600}'),
        Value::Timestamp(Timestamp(1_700_000_000_123)),
        Value::Timestamp(Timestamp(-1)),
        Value::Uuid(Uuid(*b"0123456789abcdef")),
        Value::from(vec![0_u8, 255]),
        Value::from(vec![7_u8; 300]),
        Value::from(""),
        Value::from("grüße, 世界"),
        Value::from("s".repeat(300)),
        Value::from(Symbol::from_static("a-symbol")),
    ]
}

/// Decimals apart: some peers know them as octets at best.
fn decimals() -> Vec<Value> {
    vec![
        Value::Decimal32(Dec32([0x22, 0x50, 0, 1])),
        Value::Decimal64(Dec64([0x22, 0x38, 0, 0, 0, 0, 0, 1])),
        Value::Decimal128(Dec128([0x22, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
    ]
}

fn compound() -> Result<Vec<Value>, Fault> {
    Ok(vec![
        Value::List(vec![]),
        Value::List(vec![Value::Null, Value::from("two"), Value::List(vec![Value::from(3_i64)])]),
        Value::Map(Map::new()),
        Value::Map(Map::from([
            (Value::from("text"), Value::from(1_u32)),
            (Value::from(2_u64), Value::List(simple())),
            (Value::from(Symbol::from_static("symbol")), Value::Map(Map::from([("deep", -1.5)]))),
        ])),
        Value::from(Array::of(&[1_i32, 2, 70_000])),
        Value::from(Array::of(&[Symbol::from_static("one"), Symbol::from_static("two")])),
        Value::from(Array::from_values(&[Value::List(vec![Value::from(1_u32)]), Value::List(vec![])])?),
        Value::from(Described::new(Symbol::from_static("x:y"), "a described value")),
        Value::from(Described::new(0x0000_468c_0000_0004_u64, Value::List(vec![Value::from("a")]))),
    ])
}

/// As bodies, each in a message of its own.
pub(crate) async fn as_bodies(target: Target) -> Check {
    let values = simple().into_iter().chain(decimals()).chain(compound()?);
    one_by_one(&target, "value-types", values.map(|value| message(|it| it.body = Body::Value(value)))).await
}

/// As application-properties, one in each message, and all in one.
pub(crate) async fn as_properties(target: Target) -> Check {
    let all: Result<Vec<SimpleValue>, _> = simple().into_iter().chain(decimals()).map(SimpleValue::try_from).collect();
    let all = all.map_err(|_| "not simple")?;
    let alone = all.iter().map(|value| message(|it| drop(it.application_properties.insert("value", value.clone()))));
    let named = all.iter().enumerate().map(|(number, value)| (format!("p{number}"), value.clone()));
    let together = message(|it| it.application_properties = named.collect());
    one_by_one(&target, "property-types", alone.chain([together])).await
}

fn message(fill: impl FnOnce(&mut Message)) -> Message {
    let mut message = Message::builder().durable(true).value("body").build();
    fill(&mut message);
    message
}

/// All that differ are told, and not the first only; after one, on a new connection.
async fn one_by_one(target: &Target, queue: &str, messages: impl Iterator<Item = Message>) -> Check {
    let mut wrong = Vec::new();
    let mut ends = None;
    for sent in messages {
        let (sender, receiver) = match ends.take() {
            Some(ends) => ends,
            None => attach(target, queue).await?,
        };
        match one(&sender, &receiver, &sent).await {
            Ok(()) => ends = Some((sender, receiver)),
            Err(fault) => wrong.push(format!("{:?}: {fault}", sent.body)),
        }
    }
    ensure!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join("; "));
    Ok(())
}

async fn attach(target: &Target, queue: &str) -> Result<(Sender, Receiver), Fault> {
    let address = target.queue(queue).await?;
    let session = target.connect().await?.session().await?;
    Ok((session.sender(address.as_str()).await?, session.receiver(address).await?))
}

async fn one(sender: &Sender, receiver: &Receiver, sent: &Message) -> Check {
    let outcome = sender.send(sent.clone()).await?;
    ensure!(outcome == Outcome::Accepted, "{outcome:?}");
    for came in take(receiver, 1).await? {
        compare(sent, &came)?;
    }
    Ok(())
}
