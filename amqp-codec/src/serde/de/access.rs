//! Elements, entries and fields, one after another.

use core::fmt;
use core::slice::Iter;

use serde::de::value::{BorrowedStrDeserializer, UnitDeserializer};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Deserializer, Input};
use crate::Decoder;
use crate::error::DecodeErrorKind;
use crate::serde::error::Error;

/// The elements of a list or array.
pub(super) struct Elements<'a, 'de> {
    input: &'a mut Input<'de>,
    /// Of the elements of an array.
    constructor: Option<Decoder<'de>>,
    index: usize,
    count: usize,
    /// Nulls follow the elements up to this many.
    len: usize,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>, count: usize, len: usize) -> Self {
        Self { input, constructor: None, index: 0, count, len }
    }

    pub(super) fn of_array(self, constructor: Decoder<'de>) -> Self {
        Self { constructor: Some(constructor), ..self }
    }

    /// Refuses elements that are left over.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Error> {
        if self.index < self.count {
            return Err(Error::invalid_length(self.count, &"fewer elements"));
        }
        Ok(value)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let index = self.index;
        if index >= self.count.max(self.len) {
            return Ok(None);
        }
        self.index = index.saturating_add(1);
        let element = if index < self.count {
            seed.deserialize(Deserializer { input: &mut *self.input, constructor: self.constructor.clone() })
        } else {
            seed.deserialize(UnitDeserializer::new())
        };
        element.map(Some).map_err(|error: Error| error.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count.max(self.len).saturating_sub(self.index))
    }
}

/// The entries of a map.
pub(super) struct Entries<'a, 'de> {
    input: &'a mut Input<'de>,
    left: usize,
    /// Where the last key begins.
    key: usize,
}

impl<'a, 'de> Entries<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>, count: usize) -> Self {
        Self { input, left: count, key: 0 }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        self.key = self.input.decoder.position();
        seed.deserialize(Deserializer::new(self.input)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let key = self.input.decoder.position().saturating_sub(self.key);
        let key = self.input.decoder.behind(key);
        seed.deserialize(Deserializer::new(self.input)).map_err(|error| error.under_key(key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The list of a composite (§1.4) as entries: a null is no entry.
pub(super) struct Fields<'a, 'de> {
    input: &'a mut Input<'de>,
    left: usize,
    names: Iter<'static, &'static str>,
    name: &'static str,
}

impl<'a, 'de> Fields<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>, count: usize, names: &'static [&'static str]) -> Self {
        Self { input, left: count, names: names.iter(), name: "" }
    }

    /// Refuses more fields than the type has.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Error> {
        if self.left > 0 {
            return Err(self.input.decoder.error(DecodeErrorKind::TooManyFields, "list").into());
        }
        Ok(value)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        while let Some(left) = self.left.checked_sub(1) {
            let Some(name) = self.names.next() else {
                break;
            };
            self.left = left;
            if !self.input.decoder.take_null() {
                self.name = name;
                return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Deserializer::new(self.input)).map_err(|error| error.in_field(self.name))
    }
}

/// Descriptor and value as the two entries of a map.
pub(super) struct Parts<'a, 'de> {
    input: &'a mut Input<'de>,
    constructor: Option<Decoder<'de>>,
    names: Iter<'static, &'static str>,
    name: &'static str,
}

/// What other formats call the parts of a described value.
pub(in crate::serde) const PARTS: [&str; 2] = [DESCRIPTOR, VALUE];
pub(in crate::serde) const DESCRIPTOR: &str = "descriptor";
pub(in crate::serde) const VALUE: &str = "value";

impl<'a, 'de> Parts<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>, constructor: Option<Decoder<'de>>) -> Self {
        Self { input, constructor, names: PARTS.iter(), name: "" }
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(name) = self.names.next() else {
            return Ok(None);
        };
        self.name = name;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let name = self.name;
        let part = match &mut self.constructor {
            // The descriptor of an array's element is where its constructor is.
            Some(constructor) if name == DESCRIPTOR => {
                core::mem::swap(constructor, &mut self.input.decoder);
                let descriptor = seed.deserialize(Deserializer::new(self.input));
                core::mem::swap(constructor, &mut self.input.decoder);
                descriptor
            }
            Some(constructor) => {
                let constructor = Some(constructor.clone());
                seed.deserialize(Deserializer { input: &mut *self.input, constructor })
            }
            None => seed.deserialize(Deserializer::new(self.input)),
        };
        part.map_err(|error| error.in_field(name))
    }
}

/// Takes text only, as it stands in the input.
pub(super) struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = &'de str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or symbol")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<&'de str, E> {
        Ok(text)
    }
}
