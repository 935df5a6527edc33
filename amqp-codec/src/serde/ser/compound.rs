//! Lists, maps, arrays and described values, element by element.

use alloc::vec::Vec;

use bytes::Bytes;
use serde::ser::{self, Serialize};

use super::{Serializer, write_text};
use crate::serde::error::Error;
use crate::types::list::{begin_container, finish_container};
use crate::{Array, Decoder, Encode, Limits, Value, code};

/// A value of several elements, of which some have been appended.
pub(in crate::serde) struct Compound<'a> {
    out: &'a mut Vec<u8>,
    kind: Kind,
    /// Where the value begins.
    start: usize,
    /// How many elements, fields or entries there are so far.
    count: usize,
    /// The map of one entry around it, if it is the content of a variant.
    variant: Option<(usize, &'static str)>,
}

enum Kind {
    List,
    /// A list that ends with its last field that is not null (§1.4): this many
    /// fields, up to there.
    Composite {
        count: usize,
        end: usize,
    },
    /// `key` is where the last key begins.
    Map {
        key: usize,
    },
    /// The elements, each with its constructor.
    Array,
    /// Descriptor and value.
    Described,
}

/// Begins a map.
pub(super) fn begin_map(out: &mut Vec<u8>) -> usize {
    begin_container(out)
}

/// Ends a map of this many entries.
pub(super) fn finish_map(out: &mut Vec<u8>, start: usize, entries: usize) {
    finish_container(out, start, (code::MAP_8, code::MAP_32), entries.saturating_mul(2));
}

impl<'a> Compound<'a> {
    fn new(out: &'a mut Vec<u8>, kind: Kind, start: usize) -> Self {
        Self { out, kind, start, count: 0, variant: None }
    }

    pub(super) fn list(out: &'a mut Vec<u8>) -> Self {
        let start = begin_container(out);
        Self::new(out, Kind::List, start)
    }

    pub(super) fn composite(out: &'a mut Vec<u8>) -> Self {
        let start = begin_container(out);
        let end = out.len();
        Self::new(out, Kind::Composite { count: 0, end }, start)
    }

    pub(super) fn map(out: &'a mut Vec<u8>) -> Self {
        let start = begin_map(out);
        Self::new(out, Kind::Map { key: start }, start)
    }

    pub(super) fn array(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self::new(out, Kind::Array, start)
    }

    pub(super) fn described(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(code::DESCRIBED);
        Self::new(out, Kind::Described, start)
    }

    /// The value is the content of a variant, in a map that begins at `outer`.
    pub(super) fn of_variant(self, outer: usize, variant: &'static str) -> Self {
        Self { variant: Some((outer, variant)), ..self }
    }

    /// Appends an element of a list or array.
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let index = self.count;
        self.append(value).map_err(|error| self.within_variant(error.in_element(index)))
    }

    /// Appends a field of a struct.
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if matches!(self.kind, Kind::Map { .. }) {
            write_text(name, self.out);
        }
        self.append(value).map_err(|error| self.within_variant(error.in_field(name)))
    }

    /// In a list, a field that is skipped keeps its place.
    fn skip(&mut self) -> Result<(), Error> {
        match self.kind {
            Kind::Composite { .. } => self.append(&()),
            Kind::List | Kind::Map { .. } | Kind::Array | Kind::Described => Ok(()),
        }
    }

    fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let start = self.out.len();
        value.serialize(Serializer::new(self.out))?;
        self.count = self.count.saturating_add(1);
        if let Kind::Composite { count, end } = &mut self.kind {
            if self.out.get(start..) != Some(&[code::NULL]) {
                (*count, *end) = (self.count, self.out.len());
            }
        }
        Ok(())
    }

    #[cold]
    fn within_variant(&self, error: Error) -> Error {
        match self.variant {
            Some((_, variant)) => error.in_field(variant),
            None => error,
        }
    }

    fn finish(self) -> Result<(), Error> {
        match self.kind {
            Kind::List => finish_list(self.out, self.start, self.count),
            Kind::Composite { count, end } => {
                self.out.truncate(end);
                finish_list(self.out, self.start, count);
            }
            Kind::Map { .. } => finish_map(self.out, self.start, self.count),
            Kind::Array => finish_array(self.out, self.start)?,
            Kind::Described => {}
        }
        if let Some((outer, _)) = self.variant {
            finish_map(self.out, outer, 1);
        }
        Ok(())
    }
}

fn finish_list(out: &mut Vec<u8>, start: usize, count: usize) {
    if count == 0 {
        out.truncate(start);
        out.push(code::LIST_0);
    } else {
        finish_container(out, start, (code::LIST_8, code::LIST_32), count);
    }
}

/// Makes an array of the elements that have been appended since `start`.
fn finish_array(out: &mut Vec<u8>, start: usize) -> Result<(), Error> {
    let elements = Bytes::from(out.split_off(start));
    let mut decoder = Decoder::with_limits(&elements, &Limits::CHECKED);
    let mut values = Vec::<Value>::new();
    while !decoder.is_empty() {
        values.push(decoder.decode()?);
    }
    let array = if values.is_empty() { Array::untyped() } else { Array::from_values(&values)? };
    array.encode(out);
    Ok(())
}

/// What is written as elements, one after another.
macro_rules! elements {
    ($($Trait:ident::$append:ident)*) => {$(
        impl ser::$Trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.kind = Kind::Map { key: self.out.len() };
        key.serialize(Serializer::new(self.out))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let at = self.out.len();
        self.append(value).map_err(|error| {
            let key = if let Kind::Map { key } = self.kind { self.out.get(key..at) } else { None };
            error.under_key(key.unwrap_or_default())
        })
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

/// What has named fields.
macro_rules! fields {
    ($($Trait:ident)*) => {$(
        impl ser::$Trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
                self.skip()
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }
