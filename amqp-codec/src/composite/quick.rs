//! Reading the fields of a composite in a straight line.

use crate::code;
use crate::codec::{Decode, Encode};
use crate::decoder::Decoder;

/// Reads the fields of a composite (§1.4) as long as each is of the form that most of its values
/// have, and gives up at the first that is not: [`read_fields`](super::read_fields) then reads them
/// all again, and says what is wrong if anything is.
///
/// So nothing wrong has to be told here, and no call made, for which registers would have to be
/// saved. Whether the fields are as many as the list says is compared once, at the end.
#[derive(Debug)]
pub struct QuickReader<'a> {
    /// The fields that have not been read.
    rest: &'a [u8],
    /// What follows the list.
    behind: &'a [u8],
    /// How many elements the list says that it has, and how many have been read.
    count: usize,
    read: usize,
}

impl<'a> QuickReader<'a> {
    /// Reads the constructor of a list8; `None` if it is of another form, or may not stand here.
    #[inline(always)]
    pub fn new(decoder: &Decoder<'a>) -> Option<Self> {
        let list = decoder.short_list()?;
        Some(Self { rest: list.elements, behind: list.behind, count: list.count, read: 0 })
    }

    /// Reads a value to its place, if it is of its type's usual form.
    #[inline(always)]
    fn read<T: Decode>(&mut self, place: &mut T) -> bool {
        let Some(rest) = T::quick_to(place, self.rest) else {
            return false;
        };
        self.rest = rest;
        self.read = self.read.wrapping_add(1);
        true
    }

    /// Reads over a null, if there is one.
    #[inline(always)]
    fn take_null(&mut self) -> bool {
        let [code::NULL, rest @ ..] = self.rest else {
            return false;
        };
        self.rest = rest;
        self.read = self.read.wrapping_add(1);
        true
    }

    /// Reads a field that must have a value, and not an empty one; whether it has.
    #[inline(always)]
    pub fn mandatory<T: Decode + Encode>(&mut self, place: &mut T) -> bool {
        self.read(place) && !place.is_null()
    }

    /// Reads a field that need not have a value, into `place`, which holds what it is without one;
    /// whether it has none, or the usual one.
    #[inline(always)]
    pub fn optional<T: Decode>(&mut self, place: &mut T) -> bool {
        self.rest.is_empty() || self.take_null() || self.read(place)
    }

    /// Goes on behind the list, if its elements are as many as it says and end where it does;
    /// whether they are.
    #[inline(always)]
    pub fn finish(self, decoder: &mut Decoder<'a>) -> bool {
        let whole = self.rest.is_empty() && self.read == self.count;
        if whole {
            decoder.set_rest(self.behind);
        }
        whole
    }
}
