//! The form that all codecs' values are brought to, to be compared: a tree that prints on one line.
//!
//! ```text
//! null  true  uint 1  float 0x7fc00000  char 65  uuid 0x…  binary 0x…  string 0x…  symbol 0x…
//! [element, …]  {key: value, …}  array[element, …]  (@descriptor value)
//! ```
//!
//! What types have in common is printed alike; text is in octets, floating-point numbers are in bits.

use std::fmt;

use amqp_codec::Value;

/// A value of any codec.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Leaf(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Array(Vec<Node>),
    Described(Box<(Node, Node)>),
}

impl Node {
    pub(crate) fn null() -> Self {
        Self::Leaf("null".into())
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self::Leaf(value.to_string())
    }

    pub(crate) fn number(type_name: &str, value: impl fmt::Display) -> Self {
        Self::Leaf(format!("{type_name} {value}"))
    }

    pub(crate) fn octets(type_name: &str, octets: impl AsRef<[u8]>) -> Self {
        Self::Leaf(format!("{type_name} 0x{}", hex(octets.as_ref())))
    }

    pub(crate) fn described(descriptor: Self, value: Self) -> Self {
        Self::Described(Box::new((descriptor, value)))
    }

    /// The same with the entries of maps in an order of their own, for codecs that do not keep it.
    pub(crate) fn with_sorted_maps(self) -> Self {
        let all = |nodes: Vec<Self>| nodes.into_iter().map(Self::with_sorted_maps).collect();
        match self {
            Self::Leaf(text) => Self::Leaf(text),
            Self::List(elements) => Self::List(all(elements)),
            Self::Array(elements) => Self::Array(all(elements)),
            Self::Map(entries) => {
                let sorted = |(key, value): (Self, Self)| (key.with_sorted_maps(), value.with_sorted_maps());
                let mut entries: Vec<_> = entries.into_iter().map(sorted).collect();
                entries.sort();
                Self::Map(entries)
            }
            Self::Described(content) => {
                let (descriptor, value) = *content;
                Self::described(descriptor.with_sorted_maps(), value.with_sorted_maps())
            }
        }
    }
}

/// Our values.
impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::null(),
            Value::Boolean(value) => Self::boolean(*value),
            Value::Ubyte(value) => Self::number("ubyte", value),
            Value::Ushort(value) => Self::number("ushort", value),
            Value::Uint(value) => Self::number("uint", value),
            Value::Ulong(value) => Self::number("ulong", value),
            Value::Byte(value) => Self::number("byte", value),
            Value::Short(value) => Self::number("short", value),
            Value::Int(value) => Self::number("int", value),
            Value::Long(value) => Self::number("long", value),
            Value::Float(value) => Self::octets("float", value.to_be_bytes()),
            Value::Double(value) => Self::octets("double", value.to_be_bytes()),
            Value::Decimal32(value) => Self::octets("decimal32", value.0),
            Value::Decimal64(value) => Self::octets("decimal64", value.0),
            Value::Decimal128(value) => Self::octets("decimal128", value.0),
            Value::Char(value) => Self::number("char", u32::from(*value)),
            Value::Timestamp(value) => Self::number("timestamp", value.0),
            Value::Uuid(value) => Self::octets("uuid", value.0),
            Value::Binary(value) => Self::octets("binary", value),
            Value::String(value) => Self::octets("string", value.as_bytes()),
            Value::Symbol(value) => Self::octets("symbol", value.as_bytes()),
            Value::List(elements) => Self::List(elements.iter().map(Self::from).collect()),
            Value::Map(map) => Self::Map(map.iter().map(|(key, value)| (key.into(), value.into())).collect()),
            Value::Array(array) => Self::Array(array.iter().map(|element| (&element).into()).collect()),
            Value::Described(described) => Self::described((&described.descriptor).into(), (&described.value).into()),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(text) => f.write_str(text),
            Self::List(elements) => sequence(f, "[", elements, "]"),
            Self::Array(elements) => sequence(f, "array[", elements, "]"),
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{key}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Described(content) => write!(f, "(@{} {})", content.0, content.1),
        }
    }
}

fn sequence(f: &mut fmt::Formatter<'_>, open: &str, elements: &[Node], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, element) in elements.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}{element}")?;
    }
    f.write_str(close)
}

/// Octets in hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Hexadecimal digits as octets; other characters are left out.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
