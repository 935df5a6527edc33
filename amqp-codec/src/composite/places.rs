//! Reading the fields of a composite that is seldom read, or of unusual form: one function for all such types.

use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};

/// Where a field is read to, whatever its type. It holds what the field is without a value.
pub trait Place {
    /// Reads a value, its constructor included.
    ///
    /// # Errors
    /// The octets are not a value of this type.
    fn read(&mut self, decoder: &mut Decoder<'_>) -> Result<(), DecodeError>;

    /// Whether what it holds is no value, and so does not do for a field that must have one.
    fn is_blank(&self) -> bool;
}

impl<T: Decode + Encode> Place for T {
    fn read(&mut self, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        if let Some(rest) = T::quick_to(self, decoder.rest_slice()) {
            decoder.set_rest(rest);
            return Ok(());
        }
        *self = T::decode(decoder)?;
        Ok(())
    }

    #[inline]
    fn is_blank(&self) -> bool {
        self.is_null()
    }
}

/// The place of a field that has a default, which is no value either.
#[derive(Debug)]
pub struct Leading<'p, T> {
    place: &'p mut T,
    default: T,
}

impl<'p, T: Clone> Leading<'p, T> {
    /// A place that holds the default.
    pub fn new(place: &'p mut T) -> Self {
        Self { default: place.clone(), place }
    }
}

impl<T: Decode + PartialEq> Place for Leading<'_, T> {
    fn read(&mut self, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        *self.place = T::decode(decoder)?;
        Ok(())
    }

    fn is_blank(&self) -> bool {
        *self.place == self.default
    }
}

/// Whether a field may be without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It may.
    Optional,
    /// It may not.
    Mandatory,
    /// Only if all fields behind it are.
    Leading,
}

/// A field of a composite: its name with that of its type, and where it is read to.
#[expect(missing_debug_implementations, reason = "places cannot be printed")]
pub struct Field<'p> {
    /// Its name, with that of its type.
    pub name: &'static str,
    /// Whether it may be without a value.
    pub need: Need,
    /// Where it is read to.
    pub place: &'p mut dyn Place,
}

/// Reads the fields of a composite one after another (§1.4): the list, of any form, with all checks. Once for all
/// composites: those that are often read have [`QuickReader`](super::QuickReader) before it, or
/// [`FieldReader`](super::FieldReader) in its place.
///
/// # Errors
/// It is no list, has more elements than fields, or one of them is not as it has to be.
#[inline(never)]
pub fn read_fields(
    decoder: &mut Decoder<'_>,
    composite: &'static str,
    fields: &mut [Field<'_>],
) -> Result<(), DecodeError> {
    let list = decoder.composite(composite)?;
    if list.count > fields.len() {
        return Err(decoder.error(DecodeErrorKind::TooManyFields, composite));
    }
    decoder.set_rest(list.elements);
    let mut left = list.count;
    for field in fields {
        let here = left > 0 && !decoder.take_null();
        left = left.saturating_sub(1);
        if here {
            read_field(decoder, field.place).map_err(|error| error.in_field(field.name))?;
        }
        let missing = match field.need {
            Need::Optional => false,
            Need::Mandatory => !here || field.place.is_blank(),
            Need::Leading => (!here || field.place.is_blank()) && has_value(decoder.rest_slice(), left),
        };
        if missing {
            return Err(decoder.error(DecodeErrorKind::MissingField, field.name).in_field(field.name));
        }
    }
    if !decoder.is_empty() {
        return Err(decoder.error(DecodeErrorKind::TrailingOctets, composite));
    }
    decoder.set_rest(list.behind);
    Ok(())
}

/// Reads a field, one level deeper.
#[inline]
pub(super) fn read_field(decoder: &mut Decoder<'_>, place: &mut (impl Place + ?Sized)) -> Result<(), DecodeError> {
    // An empty list does not say that there is a level left.
    decoder.descend("composite")?;
    let read = place.read(decoder);
    decoder.ascend();
    read
}

/// Whether so many values are not all null.
fn has_value(values: &[u8], count: usize) -> bool {
    values.iter().take(count).any(|octet| *octet != code::NULL)
}
