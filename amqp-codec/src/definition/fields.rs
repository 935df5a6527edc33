//! fields (§2.8.13).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::series::Series;
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
#[derive(Default)]
pub struct Fields(
    /// Not empty. Dropped and copied in one place: types with fields are many, and hold mostly none.
    Option<Box<Entries>>,
);

type Entries = [(Symbol, Value)];

impl Fields {
    /// No entries.
    pub const fn new() -> Self {
        Self(None)
    }

    fn of(entries: Vec<(Symbol, Value)>) -> Self {
        Self((!entries.is_empty()).then(|| entries.into()))
    }

    fn take(&mut self) -> Vec<(Symbol, Value)> {
        self.0.take().map(Vec::from).unwrap_or_default()
    }

    fn entries(&self) -> &Entries {
        self.0.as_deref().unwrap_or_default()
    }

    /// Reads them, and the keys by `key`.
    #[inline(never)]
    pub(crate) fn decode_by(
        decoder: &mut Decoder<'_>,
        expected: &'static str,
        key: fn(&mut Decoder<'_>) -> Result<Symbol, DecodeError>,
    ) -> Result<Self, DecodeError> {
        let code = decoder.code(expected)?;
        decode_entries_by(code, decoder, ROOM, expected, key).map(Self::of)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let entry = self.entries().iter().find(|(found, _)| found == key);
        entry.map(|(_, value)| value)
    }

    /// Sets the value of a key, at the end if the key is new; returns the
    /// value it had. Looks at every entry.
    pub fn insert(&mut self, key: Symbol, value: impl Into<Value>) -> Option<Value> {
        self.set(key, value.into())
    }

    #[inline(never)]
    fn set(&mut self, key: Symbol, value: Value) -> Option<Value> {
        if let Some((_, old)) = self.0.iter_mut().flatten().find(|(found, _)| *found == key) {
            return Some(core::mem::replace(old, value));
        }
        let mut entries = self.take();
        entries.push((key, value));
        *self = Self::of(entries);
        None
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.entries().iter().position(|(found, _)| found == key)?;
        let mut entries = self.take();
        let (_, value) = entries.remove(index);
        *self = Self::of(entries);
        Some(value)
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Symbol, &Value)> {
        self.entries().iter().map(|(key, value)| (key, value))
    }
}

impl Drop for Fields {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(entries) = self.0.take() {
            forget(entries);
        }
    }
}

#[inline(never)]
fn forget(entries: Box<Entries>) {
    drop(entries);
}

impl Clone for Fields {
    #[inline(never)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl PartialEq for Fields {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        self.entries() == other.entries()
    }
}

impl Eq for Fields {}

impl Hash for Fields {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries().hash(state);
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

    fn into_iter(mut self) -> Self::IntoIter {
        self.take().into_iter()
    }
}

impl fmt::Debug for Fields {
    #[inline(never)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = Series::new(f, "{");
        for (key, value) in self.iter() {
            map.entry(key, value);
        }
        map.finish("}")
    }
}

impl Decode for Fields {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Self::decode_by(decoder, "fields", Symbol::decode)
    }
}

impl Encode for Fields {
    fn encoded_len(&self) -> usize {
        entries_len(self.entries())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_entries(self.entries(), out);
    }
}
