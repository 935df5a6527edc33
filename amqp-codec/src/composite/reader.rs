//! Reading the fields of a composite.

use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

/// Reads the fields of a composite one after another (§1.4).
#[derive(Debug)]
pub struct FieldReader<'a> {
    decoder: Decoder<'a>,
    left: usize,
}

impl<'a> FieldReader<'a> {
    /// Reads the list's constructor, and goes on behind the list.
    ///
    /// # Errors
    /// It is no list, or has more elements than `fields`.
    #[inline(always)]
    pub fn new(decoder: &mut Decoder<'a>, fields: usize, composite: &'static str) -> Result<Self, DecodeError> {
        let mut cursor = decoder.clone();
        let (list, left) = cursor.composite_list(composite)?;
        if left > fields {
            return Err(list.error(DecodeErrorKind::TooManyFields, composite));
        }
        decoder.resume(&cursor);
        Ok(Self { decoder: list, left })
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

    /// Reads a value through a copy of the cursor. A decoder that is not
    /// inlined then takes the copy's address only, and the cursor itself stays
    /// in registers.
    #[inline(always)]
    fn value<T: Decode>(&mut self) -> Result<T, DecodeError> {
        let mut decoder = self.decoder.clone();
        let value = T::decode(&mut decoder);
        self.decoder.resume(&decoder);
        value
    }

    /// A field that must have a value, and not an empty one.
    ///
    /// # Errors
    /// It has none, or not one of this type.
    #[inline(always)]
    pub fn mandatory<T: Decode + Encode>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        if self.present() {
            match self.value::<T>() {
                Ok(value) if !value.is_null() => return Ok(value),
                Ok(_) => {}
                Err(error) => return Err(error.in_field(name)),
            }
        }
        Err(self.decoder.error(DecodeErrorKind::MissingField, name).in_field(name))
    }

    /// A field that need not have a value: an `Option` or `Multiple`.
    ///
    /// # Errors
    /// It has a value that is not of this type.
    #[inline(always)]
    pub fn optional<T: Decode + Default>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        if !self.present() {
            return Ok(T::default());
        }
        self.value::<T>().map_err(|error| error.in_field(name))
    }

    /// A field that need not have a value, and is open to further types.
    ///
    /// # Errors
    /// It has a value that is not of this type; of kind
    /// [`NotImplemented`](DecodeErrorKind::NotImplemented) for an unknown
    /// descriptor.
    #[inline(always)]
    pub fn open<T: Decode + Default>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        if !self.present() {
            return Ok(T::default());
        }
        self.value::<T>().map_err(|error| error.in_open_field(name))
    }

    /// A field with a default.
    ///
    /// # Errors
    /// It has a value that is not of this type.
    #[inline(always)]
    pub fn or_default<T: Decode>(&mut self, name: &'static str, default: T) -> Result<T, DecodeError> {
        if !self.present() {
            return Ok(default);
        }
        self.value::<T>().map_err(|error| error.in_field(name))
    }

    /// Refuses octets behind the last field.
    ///
    /// # Errors
    /// There are some.
    #[inline(always)]
    pub fn finish(self, composite: &'static str) -> Result<(), DecodeError> {
        self.decoder.finish(composite)
    }
}
