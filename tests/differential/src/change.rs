//! Values changed as values: made simpler, or with other fields.

use amqp_codec::{Described, Map, Symbol, Timestamp, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::features::constructor;
use crate::support::strategies::values;

/// The same without what some codec does not know, so that this does not hide what else is compared.
pub(crate) fn simplified(value: &Value) -> Value {
    match value {
        Value::Timestamp(timestamp) => Timestamp(timestamp.0.rem_euclid(1 << 42)).into(),
        Value::Float(number) if number.is_nan() => Value::Float(1.5),
        Value::List(elements) => Value::List(elements.iter().map(simplified).collect()),
        Value::Map(map) => {
            let comparable = map.iter().filter(|(key, _)| is_plain_key(key));
            Map::from_iter(comparable.map(|(key, value)| (simplified(key), simplified(value)))).into()
        }
        Value::Array(array) => {
            let elements = constructor(array);
            let has_octets = elements.count > 0 && elements.code >> 4 != 4 && elements.code < 0xc0;
            // Neither float nor timestamp.
            let is_plain = has_octets && elements.descriptors.is_empty() && !matches!(elements.code, 0x72 | 0x83);
            if is_plain { value.clone() } else { Value::Null }
        }
        Value::Described(described) => match (&described.descriptor, simplified(&described.value)) {
            (_, value @ Value::Described(_)) => value,
            (name @ (Value::Symbol(_) | Value::Ulong(1..)), value) => Described::new(name.clone(), value).into(),
            (_, value) => value,
        },
        other => other.clone(),
    }
}

fn is_plain_key(key: &Value) -> bool {
    !matches!(
        key,
        Value::Float(_) | Value::Double(_) | Value::List(_) | Value::Map(_) | Value::Array(_) | Value::Described(_)
    )
}

/// A change to the fields of a composite.
#[derive(Debug, Clone)]
enum Change {
    /// Another value, perhaps of another type.
    Set(Index, Value),
    /// Nulls at the end, which change nothing unless there are too many fields then.
    Nulls(usize),
    /// Fewer fields.
    Truncate(Index),
    /// The first element instead of an array: what a field of several values may be written as.
    Bare,
    /// The symbolic descriptor of a type that may or may not be the same.
    Name(&'static str),
    /// The composite stands again at another place among those that follow each other: a section of a message.
    Repeat(Index),
}

fn change() -> impl Strategy<Value = Change> {
    const NAMES: [&str; 5] =
        ["amqp:open:list", "amqp:transfer:list", "amqp:close:list", "amqp:data:binary", "amqp:sasl-init:list"];
    let other = prop_oneof![
        2 => Just(Value::Null),
        4 => values::simple().prop_map(|value| simplified(&value)),
        1 => values::symbols(0..3).prop_map(|symbols| amqp_codec::Array::of(&symbols).into()),
        1 => Just(Map::new().into()),
        1 => Just(Value::List(Vec::new())),
    ];
    prop_oneof![
        5 => (any::<Index>(), other).prop_map(|(at, value)| Change::Set(at, value)),
        1 => (1..4_usize).prop_map(Change::Nulls),
        1 => any::<Index>().prop_map(Change::Truncate),
        1 => Just(Change::Bare),
        1 => select(&NAMES[..]).prop_map(Change::Name),
        1 => any::<Index>().prop_map(Change::Repeat),
    ]
}

impl Change {
    fn apply(&self, described: &mut Described) {
        if let Self::Name(name) = self {
            described.descriptor = Symbol::from_static(name).into();
        }
        let Value::List(fields) = &mut described.value else { return };
        match self {
            Self::Set(at, value) if !fields.is_empty() => {
                let at = at.index(fields.len());
                fields[at] = value.clone();
            }
            Self::Nulls(count) => fields.extend(vec![Value::Null; *count]),
            Self::Truncate(at) => fields.truncate(at.index(fields.len() + 1)),
            Self::Bare => {
                for field in fields {
                    if let Value::Array(array) = field {
                        *field = array.iter().next().unwrap_or_default();
                    }
                }
            }
            Self::Set(..) | Self::Name(_) | Self::Repeat(_) => {}
        }
    }
}

/// Composites with one or two changes each to one of them.
pub(crate) fn changed(parts: impl Strategy<Value = Vec<Value>>) -> impl Strategy<Value = Vec<Value>> {
    (parts, vec((any::<Index>(), change()), 1..3)).prop_map(|(mut parts, changes)| {
        for (at, change) in changes {
            let count = parts.len();
            if count == 0 {
                continue;
            }
            let at = at.index(count);
            if let Change::Repeat(to) = &change {
                parts.insert(to.index(count + 1), parts[at].clone());
            } else if let Value::Described(described) = &mut parts[at] {
                change.apply(described);
            }
        }
        parts
    })
}
