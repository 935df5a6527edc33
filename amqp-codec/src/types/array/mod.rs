//! array (§1.6.24).

mod constructor;
mod elements;

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use self::constructor::Constructor;
pub(super) use self::elements::{decode_elements, elements_len, encode_elements};
use self::elements::{encode_body, encode_values};
use super::Value;
use super::binary::wire_len;
use super::list::{container_len, encode_header};
use crate::code;
use crate::codec::{Decode, Encode, Primitive};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::limits::Limits;
use crate::series::Series;

const CODES: (u8, u8) = (code::ARRAY_8, code::ARRAY_32);
const NAME: &str = "array";

/// Values of one type, written with a single constructor (§1.6.24).
///
/// Kept as it is on the wire: decoding checks every element and copies none,
/// passing it on is byte for byte, and elements without octets take no memory
/// however many there are. Two arrays are equal if their encodings are.
///
/// ```
/// use amqp_codec::Array;
///
/// let array = Array::of(&[1_i32, -2, 3]);
/// assert_eq!(array.to_vec::<i32>(), Some(vec![1, -2, 3]));
/// assert_eq!(array.len(), 3);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Array {
    count: u32,
    /// The elements' constructor, and their data one after another.
    octets: Bytes,
}

/// Values that cannot be the elements of one array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// Without an element, there is no type.
    #[error("an array of values needs at least one")]
    Empty,
    /// The elements are not all of one type, with one descriptor.
    #[error("the elements of an array are all of one type")]
    Mixed,
}

impl Array {
    /// An array of primitive values; unlike [`from_values`](Self::from_values)
    /// it may be empty.
    pub fn of<T: Primitive>(elements: &[T]) -> Self {
        let mut octets = Vec::new();
        encode_body(elements, &mut octets);
        Self { count: wire_len(elements.len()), octets: octets.into() }
    }

    /// An array of values that are all of one type, of any type.
    ///
    /// # Errors
    /// There are no values, or they differ in type or descriptor.
    pub fn from_values(values: &[Value]) -> Result<Self, ArrayError> {
        let mut octets = Vec::new();
        let elements: Vec<&Value> = values.iter().collect();
        encode_values(&elements, &mut octets)?;
        Ok(Self { count: wire_len(values.len()), octets: octets.into() })
    }

    /// Without elements, and without saying of which type they would be.
    pub(crate) const fn untyped() -> Self {
        Self { count: 0, octets: Bytes::from_static(&[code::NULL]) }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements, one by one.
    pub fn iter(&self) -> ArrayIter<'_> {
        let mut decoder = Decoder::with_limits(&self.octets, &Limits::CHECKED);
        let constructor = Constructor::decode(&mut decoder);
        ArrayIter {
            left: if constructor.is_ok() { self.count } else { 0 },
            constructor: constructor.unwrap_or_default(),
            decoder,
        }
    }

    /// The elements, if they are of this type.
    pub fn to_vec<T: Primitive>(&self) -> Option<Vec<T>> {
        let mut decoder = Decoder::with_limits(&self.octets, &Limits::CHECKED);
        let code = decoder.code(NAME).ok()?;
        let mut elements = Vec::with_capacity(self.len().min(decoder.remaining()));
        for _ in 0..self.count {
            elements.push(T::decode_data(code, &mut decoder).ok()?);
        }
        Some(elements)
    }

    /// Reads an array whose code has been read.
    pub(super) fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let (outer, count) = decoder.enter(code, CODES, NAME)?;
        if count == 0 && decoder.is_empty() {
            // Some peers leave the constructor of an empty array out.
            decoder.leave(outer, NAME)?;
            return Ok(Self::untyped());
        }
        let octets = decoder.rest();
        let constructor = Constructor::decode(decoder)?;
        constructor.check(count, decoder)?;
        decoder.leave(outer, NAME)?;
        Ok(Self { count, octets })
    }

    /// The elements' constructor and data.
    pub(super) fn constructed(&self) -> &[u8] {
        &self.octets
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = Value;
    type IntoIter = ArrayIter<'a>;

    fn into_iter(self) -> ArrayIter<'a> {
        self.iter()
    }
}

impl<T: Primitive> From<&[T]> for Array {
    fn from(elements: &[T]) -> Self {
        Self::of(elements)
    }
}

/// So many elements without octets are printed.
const SHOWN: usize = 64;

/// What the elements have in common stands before them, and not with each: what
/// is printed takes not much more room than the array. Of elements without
/// octets, which are all the same, only the first 64 are printed.
impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ArrayIter { constructor, mut decoder, .. } = self.iter();
        f.write_str("array")?;
        constructor.descriptors().iter().try_for_each(|descriptor| write!(f, "@{descriptor:?} "))?;
        let shown = if decoder.is_empty() { self.len().min(SHOWN) } else { self.len() };
        let mut list = Series::new(f, "[");
        for _ in 0..shown {
            list.value(&constructor.bare_element(&mut decoder).unwrap_or_default());
        }
        match self.len().saturating_sub(shown) {
            0 => list.finish("]"),
            more => list.value(&format_args!("… {more} more")).finish("]"),
        }
    }
}

impl Decode for Array {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let code = decoder.code(NAME)?;
        Self::decode_data(code, decoder)
    }
}

impl Encode for Array {
    fn encoded_len(&self) -> usize {
        container_len(self.len(), self.constructed().len())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_header(out, CODES, self.len(), self.constructed().len());
        out.extend_from_slice(self.constructed());
    }
}

/// The elements of an [`Array`].
#[derive(Debug, Clone)]
pub struct ArrayIter<'a> {
    constructor: Constructor,
    left: u32,
    decoder: Decoder<'a>,
}

impl Iterator for ArrayIter<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        // Checked when the array was made.
        self.constructor.element(&mut self.decoder).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}
