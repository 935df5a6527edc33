//! Reading the fields of a composite that is often read, though not all of its fields have a usual form.

use super::places::read_field;
use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

/// Reads the fields of a composite one after another (§1.4).
///
/// Of the decoder it keeps the cursor, in registers as long as fields are read
/// the quick way.
#[derive(Debug)]
pub struct FieldReader<'d, 'a> {
    decoder: &'d mut Decoder<'a>,
    /// The fields that have not been read; the decoder's are older.
    rest: &'a [u8],
    /// What follows the list.
    behind: &'a [u8],
    left: usize,
}

impl<'d, 'a> FieldReader<'d, 'a> {
    /// Reads the list's constructor.
    ///
    /// # Errors
    /// It is no list, or has more elements than `fields`.
    #[inline(always)]
    pub fn new(decoder: &'d mut Decoder<'a>, fields: usize, composite: &'static str) -> Result<Self, DecodeError> {
        let list = decoder.composite(composite)?;
        if list.count > fields {
            return Err(decoder.error(DecodeErrorKind::TooManyFields, composite));
        }
        Ok(Self { decoder, rest: list.elements, behind: list.behind, left: list.count })
    }

    /// Whether the next field has a value; if not, it has been read over.
    #[inline(always)]
    fn present(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        match self.rest {
            [code::NULL, rest @ ..] => {
                self.rest = rest;
                false
            }
            _ => true,
        }
    }

    /// Reads a value to its place at once: many values in hands at the same
    /// time are moved about.
    #[inline(always)]
    fn read<T: Decode + Encode>(&mut self, place: &mut T) -> Result<(), DecodeError> {
        if T::QUICK {
            if let Some(rest) = T::quick_to(place, self.rest) {
                self.rest = rest;
                return Ok(());
            }
        }
        self.rest = read_apart(self.decoder, self.rest, place)?;
        Ok(())
    }

    /// A field that must have a value, and not an empty one.
    ///
    /// # Errors
    /// It has none, or not one of this type.
    #[inline(always)]
    pub fn mandatory<T: Decode + Encode>(&mut self, name: &'static str, place: &mut T) -> Result<(), DecodeError> {
        if self.present() {
            self.read(place).map_err(|error| error.in_field(name))?;
            if !place.is_null() {
                return Ok(());
            }
        }
        Err(error_at(self.decoder, self.rest, DecodeErrorKind::MissingField, name).in_field(name))
    }

    /// A field that need not have a value, into `place`, which holds what it
    /// is without one.
    ///
    /// # Errors
    /// It has a value that is not of this type.
    #[inline(always)]
    pub fn optional<T: Decode + Encode>(&mut self, name: &'static str, place: &mut T) -> Result<(), DecodeError> {
        if self.present() {
            self.read(place).map_err(|error| error.in_field(name))?;
        }
        Ok(())
    }

    /// Goes on behind the list; refuses octets behind its last field.
    ///
    /// # Errors
    /// There are some.
    #[inline(always)]
    pub fn finish(self, composite: &'static str) -> Result<(), DecodeError> {
        if !self.rest.is_empty() {
            return Err(error_at(self.decoder, self.rest, DecodeErrorKind::TrailingOctets, composite));
        }
        self.decoder.set_rest(self.behind);
        Ok(())
    }
}

// Not methods, so that the reader needs no place in memory.
#[inline(never)]
fn read_apart<'a, T: Decode + Encode>(
    decoder: &mut Decoder<'a>,
    rest: &'a [u8],
    place: &mut T,
) -> Result<&'a [u8], DecodeError> {
    decoder.set_rest(rest);
    read_field(decoder, place)?;
    Ok(decoder.rest_slice())
}

#[cold]
#[inline(never)]
fn error_at<'a>(
    decoder: &mut Decoder<'a>,
    rest: &'a [u8],
    kind: DecodeErrorKind,
    expected: &'static str,
) -> DecodeError {
    decoder.set_rest(rest);
    decoder.error(kind, expected)
}
