//! The octets: single values, and the way into lists, maps and arrays and out again.

use alloc::vec::Vec;

use serde::de::{Deserialize, Visitor};

use super::Deserializer;
use crate::code::{self, Width};
use crate::error::DecodeErrorKind;
use crate::serde::error::Error;
use crate::types::list::ROOM;
use crate::types::{decode_primitive, distinct::check_keys};
use crate::{Decode, DecodeError, Decoder, Value};

const MAP: (u8, u8) = (code::MAP_8, code::MAP_32);
const ARRAY: (u8, u8) = (code::ARRAY_8, code::ARRAY_32);

/// The decoder that everything is read with.
pub(in crate::serde) struct Input<'de> {
    pub(super) decoder: Decoder<'de>,
}

impl<'de> Input<'de> {
    pub(in crate::serde) fn new(decoder: Decoder<'de>) -> Self {
        Self { decoder }
    }

    /// Reads one value.
    pub(in crate::serde) fn read<T: Deserialize<'de>>(&mut self) -> Result<T, Error> {
        T::deserialize(Deserializer::new(self))
    }

    /// Reads the only value.
    pub(in crate::serde) fn read_all<T: Deserialize<'de>>(mut self) -> Result<T, Error> {
        let value = self.read()?;
        if self.is_empty() {
            return Ok(value);
        }
        Err(self.decoder.error(DecodeErrorKind::TrailingOctets, "value").into())
    }

    /// Whether everything has been read.
    pub(in crate::serde) fn is_empty(&self) -> bool {
        self.decoder.is_empty()
    }

    /// Shows a value that is neither described nor a list, map or array, and
    /// whose code has been read, to `visitor`. Text and octets are borrowed
    /// from the input.
    // Not inlined, because what recurses must need little stack.
    #[inline(never)]
    pub(super) fn primitive<V: Visitor<'de>>(&mut self, code: u8, visitor: V) -> Result<V::Value, Error> {
        match decode_primitive(code, &mut self.decoder)? {
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Ubyte(value) => visitor.visit_u8(value),
            Value::Ushort(value) => visitor.visit_u16(value),
            Value::Uint(value) => visitor.visit_u32(value),
            Value::Ulong(value) => visitor.visit_u64(value),
            Value::Byte(value) => visitor.visit_i8(value),
            Value::Short(value) => visitor.visit_i16(value),
            Value::Int(value) => visitor.visit_i32(value),
            Value::Long(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f32(value),
            Value::Double(value) => visitor.visit_f64(value),
            Value::Char(value) => visitor.visit_char(value),
            Value::Timestamp(value) => visitor.visit_i64(value.millis()),
            Value::String(text) => self.text(text.as_bytes().len(), visitor),
            Value::Symbol(text) => self.text(text.as_bytes().len(), visitor),
            Value::Binary(octets) => visitor.visit_borrowed_bytes(self.decoder.behind(octets.len())),
            Value::Decimal32(_) => visitor.visit_borrowed_bytes(self.decoder.behind(4)),
            Value::Decimal64(_) => visitor.visit_borrowed_bytes(self.decoder.behind(8)),
            Value::Decimal128(_) | Value::Uuid(_) => visitor.visit_borrowed_bytes(self.decoder.behind(16)),
            // Of what has been read here, only null is left.
            Value::Null | Value::List(_) | Value::Map(_) | Value::Array(_) | Value::Described(_) => {
                visitor.visit_unit()
            }
        }
    }

    /// Shows the text that has just been read.
    fn text<V: Visitor<'de>>(&self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match core::str::from_utf8(self.decoder.behind(len)) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => Err(self.decoder.error(DecodeErrorKind::InvalidUtf8, "string").into()),
        }
    }

    /// Reads a list, whose code has been read: `elements` reads this many.
    pub(super) fn list<R>(
        &mut self,
        code: u8,
        elements: impl FnOnce(&mut Self, usize) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (outer, count) = self.decoder.enter_list(code, "list")?;
        let read = elements(self, count)?;
        self.decoder.leave(outer, "list")?;
        Ok(read)
    }

    /// Reads a map, whose code has been read: `entries` reads this many. No
    /// two keys are equal.
    pub(super) fn map<R>(
        &mut self,
        code: u8,
        entries: impl FnOnce(&mut Self, usize) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (outer, count) = self.decoder.enter(code, MAP, "map")?;
        let count = self.decoder.check_count(count, "map")?;
        if count % 2 != 0 {
            return Err(self.decoder.error(DecodeErrorKind::OddMap, "map").into());
        }
        check_distinct(self.decoder.clone(), count / 2)?;
        let read = entries(self, count / 2)?;
        self.decoder.leave(outer, "map")?;
        Ok(read)
    }

    /// Reads an array, whose code has been read: `elements` reads this many,
    /// whose constructor is the one given.
    pub(super) fn array<R>(
        &mut self,
        code: u8,
        elements: impl FnOnce(&mut Self, usize, Decoder<'de>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (outer, count) = self.decoder.enter(code, ARRAY, "array")?;
        let constructor = self.decoder.clone();
        if count > 0 || !self.decoder.is_empty() {
            check_array(&mut self.decoder, count)?;
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let read = elements(self, count, constructor)?;
        self.decoder.leave(outer, "array")?;
        Ok(read)
    }
}

/// Reads over the constructor of an array, and judges the count.
fn check_array(array: &mut Decoder<'_>, count: u32) -> Result<(), DecodeError> {
    let code = skip_constructor(array)?;
    match code::width(code) {
        None => Err(array.unexpected(code, "array")),
        Some(Width::Fixed(0)) if count > array.limits().zero_width_items => {
            Err(array.error(DecodeErrorKind::CountTooLarge, "array"))
        }
        Some(Width::Fixed(0)) => Ok(()),
        Some(Width::Fixed(_) | Width::Sized8 | Width::Sized32) => array.check_count(count, "array").map(|_| ()),
    }
}

/// Reads over a constructor; says the format code behind all descriptors.
pub(super) fn skip_constructor(decoder: &mut Decoder<'_>) -> Result<u8, DecodeError> {
    loop {
        match decoder.code("value")? {
            code::DESCRIBED => decoder.skip()?,
            code => return Ok(code),
        }
    }
}

/// Refuses a map of which two keys are equal (§1.6.23).
fn check_distinct(mut map: Decoder<'_>, entries: usize) -> Result<(), DecodeError> {
    let start = map.clone();
    let mut keys = Vec::with_capacity(entries.min(ROOM));
    for _ in 0..entries {
        keys.push((Value::decode(&mut map)?, ()));
        map.skip()?;
    }
    check_keys(&keys, start, "map")
}
