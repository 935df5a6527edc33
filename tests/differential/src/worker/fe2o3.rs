//! serde_amqp and fe2o3-amqp-types, of fe2o3-amqp.

use fe2o3_amqp_types::messaging::message::__private::{Deserializable, Serializable};
use fe2o3_amqp_types::messaging::{Body, Message};
use fe2o3_amqp_types::performatives::Performative;
use fe2o3_amqp_types::sasl::{SaslChallenge, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse};
use serde_amqp::descriptor::Descriptor;
use serde_amqp::serde::{Serialize, de::DeserializeOwned};
use serde_amqp::{Error, Value, from_slice, to_vec};

use super::{Answer, Read};
use crate::node::Node;
use crate::subject::Subject;

pub(super) fn decode(subject: Subject, octets: &[u8]) -> Answer {
    let read = match subject {
        Subject::Value => from_slice::<Value>(octets).map(|value| Read::Value(None, node(&value))),
        Subject::Performative => again::<Performative>(octets),
        Subject::Sasl => again::<SaslMechanisms>(octets)
            .or_else(|_| again::<SaslInit>(octets))
            .or_else(|_| again::<SaslChallenge>(octets))
            .or_else(|_| again::<SaslResponse>(octets))
            .or_else(|_| again::<SaslOutcome>(octets)),
        Subject::Message => from_slice::<Deserializable<Message<Body<Value>>>>(octets)
            .and_then(|message| to_vec(&Serializable(message.0)))
            .map(|octets| Read::Again(None, octets)),
    };
    read.map_err(|error| error.to_string())
}

fn again<T: DeserializeOwned + Serialize>(octets: &[u8]) -> Result<Read, Error> {
    Ok(Read::Again(None, to_vec(&from_slice::<T>(octets)?)?))
}

fn node(value: &Value) -> Node {
    let nodes = |values: &[Value]| values.iter().map(node).collect();
    match value {
        Value::Null => Node::null(),
        Value::Bool(value) => Node::boolean(*value),
        Value::Ubyte(value) => Node::number("ubyte", value),
        Value::Ushort(value) => Node::number("ushort", value),
        Value::Uint(value) => Node::number("uint", value),
        Value::Ulong(value) => Node::number("ulong", value),
        Value::Byte(value) => Node::number("byte", value),
        Value::Short(value) => Node::number("short", value),
        Value::Int(value) => Node::number("int", value),
        Value::Long(value) => Node::number("long", value),
        Value::Float(value) => Node::octets("float", value.0.to_be_bytes()),
        Value::Double(value) => Node::octets("double", value.0.to_be_bytes()),
        Value::Decimal32(value) => Node::octets("decimal32", value.clone().into_inner()),
        Value::Decimal64(value) => Node::octets("decimal64", value.clone().into_inner()),
        Value::Decimal128(value) => Node::octets("decimal128", value.clone().into_inner()),
        Value::Char(value) => Node::number("char", u32::from(*value)),
        Value::Timestamp(value) => Node::number("timestamp", value.milliseconds()),
        Value::Uuid(value) => Node::octets("uuid", value.as_inner()),
        Value::Binary(value) => Node::octets("binary", value),
        Value::String(value) => Node::octets("string", value),
        Value::Symbol(value) => Node::octets("symbol", value.as_str()),
        Value::List(elements) => Node::List(nodes(elements)),
        Value::Map(map) => Node::Map(map.iter().map(|(key, value)| (node(key), node(value))).collect()),
        Value::Array(array) => Node::Array(nodes(&array.0)),
        Value::Described(described) => {
            let descriptor = match &described.descriptor {
                Descriptor::Name(name) => Node::octets("symbol", name.as_str()),
                Descriptor::Code(code) => Node::number("ulong", code),
            };
            Node::described(descriptor, node(&described.value))
        }
    }
}
