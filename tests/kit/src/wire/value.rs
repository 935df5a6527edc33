//! A value as traces write it, and what it means for one to match another.

use super::tables::is_default;
use std::fmt::Write as _;

/// The integer types of §1.6, for integers whose type no table tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntKind {
    /// 8 bit, unsigned.
    Ubyte,
    /// 16 bit, unsigned.
    Ushort,
    /// 32 bit, unsigned.
    Uint,
    /// 64 bit, unsigned.
    Ulong,
    /// 8 bit, signed.
    Byte,
    /// 16 bit, signed.
    Short,
    /// 32 bit, signed.
    Int,
    /// 64 bit, signed.
    Long,
}

impl IntKind {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Ubyte, "ubyte"),
        (Self::Ushort, "ushort"),
        (Self::Uint, "uint"),
        (Self::Ulong, "ulong"),
        (Self::Byte, "byte"),
        (Self::Short, "short"),
        (Self::Int, "int"),
        (Self::Long, "long"),
    ];

    /// The specification's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("int", |(_, name)| name)
    }

    /// The type of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// A value of the AMQP type system, in the form traces write it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `*`: matches whatever comes. Never on the wire.
    Any,
    /// `null`, also an absent field.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer whose type the field's table tells: `5`.
    Number(i128),
    /// An integer with its type: `uint(5)`.
    Int(IntKind, i128),
    /// The bits of a float or double (4 or 8 octets), of a decimal (4, 8, 16), or a uuid: `float(0x…)`, `uuid(0x…)`.
    Bits(&'static str, Vec<u8>),
    /// A Unicode scalar, as its number.
    Char(u32),
    /// Milliseconds since the epoch.
    Timestamp(i64),
    /// `0x…`.
    Binary(Vec<u8>),
    /// `"…"`.
    String(String),
    /// `:name`, or `:"any text"`.
    Symbol(String),
    /// A name out of a choice: `sender`, `second`, `auth`.
    Word(String),
    /// `[a b]`; in a field that may have several values, those values.
    List(Vec<Value>),
    /// `{key=value}`.
    Map(Vec<(Value, Value)>),
    /// `array[a b]`.
    Array(Vec<Value>),
    /// `described(descriptor value)`, of a descriptor the kit has no table for.
    Described(Box<Value>, Box<Value>),
    /// `@name{field=value}`.
    Composite(Record),
}

/// A name and fields: a performative, a nested composite, a command, an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// `open`, `source`, `attached`…
    pub name: String,
    /// In the order written; an absent field is not listed.
    pub fields: Vec<(String, Value)>,
}

impl Record {
    /// A record without fields.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Vec::new() }
    }

    /// With one more field (`Null` adds none).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value.into());
        self
    }

    /// Sets a field; `Null` removes it.
    pub fn set(&mut self, name: &str, value: Value) {
        self.fields.retain(|(known, _)| known != name);
        if value != Value::Null {
            self.fields.push((name.to_owned(), value));
        }
    }

    /// The field, `Null` when absent.
    pub fn get(&self, name: &str) -> &Value {
        self.fields.iter().find(|(known, _)| known == name).map_or(&Value::Null, |(_, value)| value)
    }

    /// The field as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Value::Number(n) | Value::Int(_, n) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The field as a 32-bit number (handles, ids, counts).
    pub fn uint(&self, name: &str) -> Option<u32> {
        self.number(name).and_then(|n| u32::try_from(n).ok())
    }

    /// The field as text: of a string, a symbol or a word.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Value::String(text) | Value::Symbol(text) | Value::Word(text) => Some(text),
            _ => None,
        }
    }

    /// The field as a boolean; false when absent.
    pub fn flag(&self, name: &str) -> bool {
        *self.get(name) == Value::Bool(true)
    }

    /// The field as octets.
    pub fn binary(&self, name: &str) -> Option<&[u8]> {
        match self.get(name) {
            Value::Binary(octets) => Some(octets),
            _ => None,
        }
    }

    /// The field as a nested composite.
    pub fn composite(&self, name: &str) -> Option<&Record> {
        match self.get(name) {
            Value::Composite(record) => Some(record),
            _ => None,
        }
    }

    /// Whether `actual` is what this expects: the same name, and every field named here matches there, where a
    /// default may be written out or left out.
    pub fn matches(&self, actual: &Record) -> bool {
        let field = |(name, value): &(String, Value)| {
            let came = actual.get(name);
            let default = |value| is_default(&self.name, name, value);
            value.matches(came) || (default(value) && default(came))
        };
        self.name == actual.name && self.fields.iter().all(field)
    }
}

impl Value {
    /// Whether `actual` is what this expects: equal, but that `*` takes anything, that a composite names only the
    /// fields that matter, and that an untyped number equals a typed one of the same value.
    pub fn matches(&self, actual: &Value) -> bool {
        match (self, actual) {
            (Self::Any, _) => true,
            (Self::Number(a), Self::Number(b) | Self::Int(_, b)) | (Self::Int(_, a), Self::Number(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.matches(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| b.iter().any(|(k, v)| key == k && value.matches(v)))
            }
            (Self::Described(a, x), Self::Described(b, y)) => a.matches(b) && x.matches(y),
            (Self::Composite(a), Self::Composite(b)) => a.matches(b),
            _ => self == actual,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Binary(value.to_vec())
    }
}

impl From<Record> for Value {
    fn from(value: Record) -> Self {
        Self::Composite(value)
    }
}

/// Octets as lower-case hex.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// Hex as octets.
///
/// # Errors
/// What is wrong with the text.
pub fn unhex(text: &str) -> Result<Vec<u8>, String> {
    if text.len() % 2 != 0 || !text.is_ascii() {
        return Err(format!("hex of odd length: {} digits", text.len()));
    }
    let digits = |at: usize| text.get(at..at + 2).unwrap_or("");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits(at), 16).map_err(|_| format!("not hex: {:?}", digits(at))))
        .collect()
}
