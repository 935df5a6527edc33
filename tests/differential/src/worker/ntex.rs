//! ntex-amqp-codec.

use ntex_amqp_codec::protocol::{Frame, SaslFrameBody};
use ntex_amqp_codec::types::{Descriptor, Variant};
use ntex_amqp_codec::{AmqpParseError, Decode, Encode, Message};
use ntex_bytes::{BytePages, Bytes};

use super::{Answer, Read};
use crate::node::Node;
use crate::subject::Subject;

pub(super) fn decode(subject: Subject, octets: &[u8]) -> Answer {
    let read = match subject {
        Subject::Value => {
            let mut rest = Bytes::copy_from_slice(octets);
            let value = Variant::decode(&mut rest).and_then(|value| node(&value));
            value.map(|node| Read::Value(Some(octets.len() - rest.len()), node.with_sorted_maps()))
        }
        Subject::Performative => again::<Frame>(octets),
        Subject::Sasl => again::<SaslFrameBody>(octets),
        Subject::Message => again::<Message>(octets),
    };
    read.map_err(|error| error.to_string())
}

fn again<T: Decode + Encode>(octets: &[u8]) -> Result<Read, AmqpParseError> {
    let mut rest = Bytes::copy_from_slice(octets);
    let value = T::decode(&mut rest)?;
    let mut pages = BytePages::default();
    value.encode(&mut pages);
    Ok(Read::Again(Some(octets.len() - rest.len()), pages.freeze().to_vec()))
}

/// Fails where a part that is decoded on demand turns out to be none.
fn node(value: &Variant) -> Result<Node, AmqpParseError> {
    let nodes = |values: &[Variant]| values.iter().map(node).collect::<Result<Vec<_>, _>>();
    Ok(match value {
        Variant::Null => Node::null(),
        Variant::Boolean(value) => Node::boolean(*value),
        Variant::Ubyte(value) => Node::number("ubyte", value),
        Variant::Ushort(value) => Node::number("ushort", value),
        Variant::Uint(value) => Node::number("uint", value),
        Variant::Ulong(value) => Node::number("ulong", value),
        Variant::Byte(value) => Node::number("byte", value),
        Variant::Short(value) => Node::number("short", value),
        Variant::Int(value) => Node::number("int", value),
        Variant::Long(value) => Node::number("long", value),
        Variant::Float(value) => Node::octets("float", value.0.to_be_bytes()),
        Variant::Double(value) => Node::octets("double", value.0.to_be_bytes()),
        Variant::Decimal32(value) => Node::octets("decimal32", value),
        Variant::Decimal64(value) => Node::octets("decimal64", value),
        Variant::Decimal128(value) => Node::octets("decimal128", value),
        Variant::Char(value) => Node::number("char", u32::from(*value)),
        Variant::Timestamp(value) => Node::number("timestamp", value.timestamp_millis()),
        Variant::Uuid(value) => Node::octets("uuid", value.as_bytes()),
        Variant::Binary(value) => Node::octets("binary", value),
        Variant::String(value) => Node::octets("string", value.as_str()),
        Variant::Symbol(value) => Node::octets("symbol", value.as_str()),
        Variant::List(list) => Node::List(nodes(&list.0)?),
        Variant::Map(map) => {
            let entries = map.map.iter().map(|(key, value)| Ok((node(key)?, node(value)?)));
            Node::Map(entries.collect::<Result<_, AmqpParseError>>()?)
        }
        Variant::Array(array) => {
            let constructor = array.element_constructor().descriptor().map(descriptor);
            let elements = nodes(&array.decode::<Variant>()?)?.into_iter();
            Node::Array(match constructor {
                Some(descriptor) => elements.map(|element| Node::described(descriptor.clone(), element)).collect(),
                None => elements.collect(),
            })
        }
        Variant::Described((name, value)) => Node::described(descriptor(name), node(value)?),
        Variant::DescribedCompound(compound) => {
            let value = compound.decode::<Variant>()?;
            Node::described(descriptor(compound.descriptor()), node(&value)?)
        }
    })
}

fn descriptor(descriptor: &Descriptor) -> Node {
    match descriptor {
        Descriptor::Ulong(code) => Node::number("ulong", code),
        Descriptor::Symbol(name) => Node::octets("symbol", name.as_str()),
    }
}
