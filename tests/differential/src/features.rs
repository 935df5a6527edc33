//! What a value has in it that some codec does not bring through.

use amqp_codec::{Array, Decoder, Value};

use crate::support::check::encode;

/// Whether the value, or a value anywhere within it, is such a one.
pub(crate) fn any(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    is(value)
        || match value {
            Value::List(elements) => elements.iter().any(|element| any(element, is)),
            Value::Map(map) => map.iter().any(|(key, value)| any(key, is) || any(value, is)),
            Value::Array(array) => array.iter().any(|element| any(&element, is)),
            Value::Described(described) => any(&described.descriptor, is) || any(&described.value, is),
            _ => false,
        }
}

/// Whether there is a descriptor of this kind: before a value, or in the constructor of an array.
pub(crate) fn descriptor(value: &Value, is: fn(&Value) -> bool) -> bool {
    any(value, &|part| match part {
        Value::Described(described) => is(&described.descriptor),
        // Described elements are seen as such, if there are any.
        Value::Array(array) if array.is_empty() => constructor(array).descriptors.iter().any(is),
        _ => false,
    })
}

/// Whether there is an array with such a constructor.
pub(crate) fn array(value: &Value, is: fn(&Constructor) -> bool) -> bool {
    any(value, &|part| match part {
        Value::Array(array) => is(&constructor(array)),
        _ => false,
    })
}

/// What the elements of an array have in common.
pub(crate) struct Constructor {
    pub(crate) descriptors: Vec<Value>,
    pub(crate) code: u8,
    /// How many elements there are.
    pub(crate) count: usize,
}

pub(crate) fn constructor(array: &Array) -> Constructor {
    let octets = encode(array);
    let octets = octets.slice(if octets[0] == 0xe0 { 3 } else { 9 }..);
    let mut decoder = Decoder::new(&octets);
    let mut descriptors = Vec::new();
    loop {
        match decoder.code("constructor").expect("an array has a constructor") {
            0 => descriptors.push(decoder.decode().expect("a descriptor")),
            code => return Constructor { descriptors, code, count: array.len() },
        }
    }
}

/// Whether there is a map with such a key.
pub(crate) fn key(value: &Value, is: fn(&Value) -> bool) -> bool {
    any(value, &|part| match part {
        Value::Map(map) => map.iter().any(|(key, _)| any(key, &is)),
        _ => false,
    })
}

/// Whether there is a composite with this code whose field of this index, if it has a value, is such a one.
pub(crate) fn field(value: &Value, code: u64, index: usize, is: &dyn Fn(&Value) -> bool) -> bool {
    any(value, &|part| match part {
        Value::Described(described) => match (&described.descriptor, &described.value) {
            (Value::Ulong(found), Value::List(fields)) if *found == code => fields.get(index).is_some_and(is),
            _ => false,
        },
        _ => false,
    })
}

/// Whether a delivery state in a performative, or the outcome in one, is such a one.
pub(crate) fn state(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    let unsettled = |map: &Value| match map {
        Value::Map(map) => map.iter().any(|(_, state)| is(state)),
        _ => false,
    };
    field(value, 0x14, 7, is)
        || field(value, 0x15, 4, is)
        || field(value, 0x28, 8, is)
        || field(value, 0x34, 1, is)
        || field(value, 0x12, 7, &unsettled)
}

/// The code of a described value, if it is a number.
pub(crate) fn code(value: &Value) -> Option<u64> {
    match value {
        Value::Described(described) => match described.descriptor {
            Value::Ulong(code) => Some(code),
            _ => None,
        },
        _ => None,
    }
}
