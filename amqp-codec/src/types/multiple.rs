//! Fields that hold none, one or several values (§1.3.4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use super::array::{decode_elements, elements_len, encode_elements};
use crate::code;
use crate::codec::{Decode, Encode, Primitive};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::series::Series;
use crate::write::put;

/// The values of a field with `multiple="true"` (§1.3.4).
///
/// Read from null (no values), a single value, or an array. Written as null if
/// empty, and otherwise as an array, also of a single value: every peer reads
/// that, while some do not read the bare value.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multiple<T>(
    /// Not empty. Dropped and copied in one place: such fields are many, and hold mostly none.
    Option<Box<[T]>>,
);

impl<T> Multiple<T> {
    /// No values.
    pub const fn new() -> Self {
        Self(None)
    }

    fn of(values: Vec<T>) -> Self {
        Self((!values.is_empty()).then(|| values.into()))
    }

    fn take(&mut self) -> Vec<T> {
        self.0.take().map(Vec::from).unwrap_or_default()
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: T) {
        let mut values = self.take();
        values.push(value);
        self.0 = Some(values.into());
    }
}

impl<T> Default for Multiple<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// `len`, `is_empty`, `iter`, `contains` and so on.
impl<T> Deref for Multiple<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> Drop for Multiple<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(values) = self.0.take() {
            forget(values);
        }
    }
}

#[inline(never)]
fn forget<T>(values: Box<[T]>) {
    drop(values);
}

impl<T: Clone> Clone for Multiple<T> {
    #[inline(never)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> From<T> for Multiple<T> {
    fn from(value: T) -> Self {
        Self::of(Vec::from([value]))
    }
}

impl<T> FromIterator<T> for Multiple<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::of(values.into_iter().collect())
    }
}

impl<T> IntoIterator for Multiple<T> {
    type Item = T;
    type IntoIter = alloc::vec::IntoIter<T>;

    fn into_iter(mut self) -> Self::IntoIter {
        self.take().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Multiple<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Multiple<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = Series::new(f, "[");
        for value in self {
            list.value(value);
        }
        list.finish("]")
    }
}

impl<T: Primitive> Decode for Multiple<T> {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match decoder.code(T::NAME)? {
            code::NULL => Ok(Self::new()),
            code @ (code::ARRAY_8 | code::ARRAY_32) => decode_elements(code, decoder).map(Self::of),
            code => T::decode_data(code, decoder).map(Self::from),
        }
    }
}

impl<T: Primitive> Encode for Multiple<T> {
    fn encoded_len(&self) -> usize {
        if self.is_empty() { 1 } else { elements_len(self) }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if self.is_empty() {
            put(out, [code::NULL]);
        } else {
            encode_elements(self, out);
        }
    }

    fn is_null(&self) -> bool {
        self.is_empty()
    }
}
