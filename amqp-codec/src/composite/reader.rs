//! Reading the fields of a composite.

use crate::codec::{Decode, Encode};
use crate::decoder::{Decoder, Outer};
use crate::error::{DecodeError, DecodeErrorKind};

/// Reads the fields of a composite one after another (§1.4).
#[derive(Debug)]
pub struct FieldReader<'d, 'a> {
    decoder: &'d mut Decoder<'a>,
    outer: Outer<'a>,
    left: usize,
}

impl<'d, 'a> FieldReader<'d, 'a> {
    /// Reads the list's constructor.
    ///
    /// # Errors
    /// It is no list, or has more elements than `fields`.
    #[inline(always)]
    pub fn new(decoder: &'d mut Decoder<'a>, fields: usize, composite: &'static str) -> Result<Self, DecodeError> {
        let (outer, left) = decoder.enter_composite(composite)?;
        if left > fields {
            return Err(decoder.error(DecodeErrorKind::TooManyFields, composite));
        }
        Ok(Self { decoder, outer, left })
    }

    /// Whether the next field has a value; if not, it has been read over.
    #[inline(always)]
    fn present(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                !self.decoder.take_null()
            }
            None => false,
        }
    }

    /// A field that must have a value, and not an empty one.
    ///
    /// # Errors
    /// It has none, or not one of this type.
    #[inline(always)]
    pub fn mandatory<T: Decode + Encode>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        if self.present() {
            match T::decode(self.decoder) {
                Ok(value) if !value.is_null() => return Ok(value),
                Ok(_) => {}
                Err(error) => return Err(error.in_field(name)),
            }
        }
        Err(self.decoder.error(DecodeErrorKind::MissingField, name).in_field(name))
    }

    /// A field that need not have a value, into `place`, which holds what it
    /// is without one.
    ///
    /// A value goes to its place at once: many values in hands at the same
    /// time are moved about.
    ///
    /// # Errors
    /// It has a value that is not of this type.
    #[inline(always)]
    pub fn optional<T: Decode>(&mut self, name: &'static str, place: &mut T) -> Result<(), DecodeError> {
        if self.present() {
            *place = T::decode(self.decoder).map_err(|error| error.in_field(name))?;
        }
        Ok(())
    }

    /// A field that may only be without a value if all fields behind it are. `place` holds what
    /// it is without one, which is no value either.
    ///
    /// # Errors
    /// It has none and one of those has, or it has one that is not of this type.
    #[inline(always)]
    pub fn leading<T: Decode + PartialEq>(&mut self, name: &'static str, place: &mut T) -> Result<(), DecodeError> {
        if self.present() {
            let value = T::decode(self.decoder).map_err(|error| error.in_field(name))?;
            if value != *place {
                *place = value;
                return Ok(());
            }
        }
        let mut behind = self.decoder.clone();
        if (0..self.left).all(|_| behind.take_null()) {
            return Ok(());
        }
        Err(self.decoder.error(DecodeErrorKind::MissingField, name).in_field(name))
    }

    /// Goes on behind the list; refuses octets behind its last field.
    ///
    /// # Errors
    /// There are some.
    #[inline(always)]
    pub fn finish(self, composite: &'static str) -> Result<(), DecodeError> {
        self.decoder.leave(self.outer, composite)
    }
}
