//! fields (§2.8.13).

use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::types::{ROOM, Symbol, Value, decode_entries_by, encode_entries, entries_len};

/// A map whose keys are symbols (§2.8.13): properties, filters, error
/// information. Entries keep their order.
///
/// ```
/// use amqp_codec::{Fields, Symbol, Value};
///
/// let mut fields = Fields::new();
/// fields.insert(Symbol::from_static("port"), 5672_u16);
/// assert_eq!(fields.get("port"), Some(&Value::Ushort(5672)));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Fields(Vec<(Symbol, Value)>);

impl Fields {
    /// No entries.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads them, and the keys by `key`.
    #[inline(never)]
    pub(crate) fn decode_by(
        decoder: &mut Decoder<'_>,
        expected: &'static str,
        key: fn(&mut Decoder<'_>) -> Result<Symbol, DecodeError>,
    ) -> Result<Self, DecodeError> {
        let code = decoder.code(expected)?;
        decode_entries_by(code, decoder, ROOM, expected, key).map(Self)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let entry = self.0.iter().find(|(found, _)| found == key);
        entry.map(|(_, value)| value)
    }

    /// Sets the value of a key, at the end if the key is new; returns the
    /// value it had. Looks at every entry.
    pub fn insert(&mut self, key: Symbol, value: impl Into<Value>) -> Option<Value> {
        let value = value.into();
        if let Some((_, old)) = self.0.iter_mut().find(|(found, _)| *found == key) {
            return Some(core::mem::replace(old, value));
        }
        self.0.push((key, value));
        None
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.0.iter().position(|(found, _)| found == key)?;
        Some(self.0.remove(index).1)
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Symbol, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

/// Later values replace earlier ones of the same key.
impl<V: Into<Value>> FromIterator<(Symbol, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Symbol, V)>>(entries: I) -> Self {
        let mut fields = Self::new();
        for (key, value) in entries {
            fields.insert(key, value);
        }
        fields
    }
}

impl IntoIterator for Fields {
    type Item = (Symbol, Value);
    type IntoIter = alloc::vec::IntoIter<(Symbol, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Decode for Fields {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::decode_by(decoder, "fields", Symbol::decode)
    }
}

impl Encode for Fields {
    fn encoded_len(&self) -> usize {
        entries_len(&self.0)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_entries(&self.0, out);
    }
}
