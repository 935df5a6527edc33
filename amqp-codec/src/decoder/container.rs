//! Entering lists, maps and arrays (§1.2.3, §1.2.4).

use super::Decoder;
use crate::code;
use crate::error::{DecodeError, DecodeErrorKind};

/// What follows a container, while the decoder is within it.
#[derive(Debug, Clone, Copy)]
#[must_use = "the decoder stays within the container until it leaves"]
pub(crate) struct Outer<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Decoder<'a> {
    /// Goes one level deeper.
    #[inline(always)]
    pub(crate) fn descend(&mut self, expected: &'static str) -> Result<(), DecodeError> {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                Ok(())
            }
            None => Err(self.error(DecodeErrorKind::NestingTooDeep, expected)),
        }
    }

    /// Comes back from [`descend`](Self::descend).
    #[inline(always)]
    pub(crate) fn ascend(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    /// Reads size and count of a list, map or array (§1.2.3, §1.2.4), and goes
    /// on within it, where its elements are, one level deeper.
    #[inline]
    pub(crate) fn enter(
        &mut self,
        code: u8,
        codes: (u8, u8),
        expected: &'static str,
    ) -> Result<(Outer<'a>, u32), DecodeError> {
        let within = self.sized(code, codes, expected)?;
        let outer = Outer { rest: self.rest, depth: self.depth };
        self.descend(expected)?;
        self.rest = within;
        let count = if code == codes.0 { u32::from(self.u8(expected)?) } else { self.u32(expected)? };
        if count > self.limits.items {
            return Err(self.error(DecodeErrorKind::CountTooLarge, expected));
        }
        Ok((outer, count))
    }

    /// Goes on behind the container, all of whose elements have been read.
    ///
    /// # Errors
    /// Its size goes beyond them (§1.2.3).
    #[inline(always)]
    pub(crate) fn leave(&mut self, outer: Outer<'a>, expected: &'static str) -> Result<(), DecodeError> {
        if !self.rest.is_empty() {
            return Err(self.error(DecodeErrorKind::TrailingOctets, expected));
        }
        self.rest = outer.rest;
        self.depth = outer.depth;
        Ok(())
    }

    /// Refuses a count of values that the octets left cannot hold: each takes
    /// at least its constructor (§1.2.3).
    #[inline]
    pub(crate) fn check_count(&self, count: u32, expected: &'static str) -> Result<usize, DecodeError> {
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(self.error(DecodeErrorKind::CountTooLarge, expected)),
        }
    }

    /// Enters a list whose code has been read; says how many elements it has.
    #[inline]
    pub(crate) fn enter_list(&mut self, code: u8, expected: &'static str) -> Result<(Outer<'a>, usize), DecodeError> {
        if code == code::LIST_0 {
            // Nothing is deeper in it.
            let (empty, rest) = self.rest.split_at(0);
            self.rest = empty;
            return Ok((Outer { rest, depth: self.depth }, 0));
        }
        let (outer, count) = self.enter(code, (code::LIST_8, code::LIST_32), expected)?;
        Ok((outer, self.check_count(count, expected)?))
    }

    /// Enters the list of a composite. Most are short: those take the straight
    /// way.
    #[inline(always)]
    pub(crate) fn enter_composite(&mut self, expected: &'static str) -> Result<(Outer<'a>, usize), DecodeError> {
        match (short_list(self.rest), self.depth.checked_sub(1)) {
            (Some(list), Some(depth)) => {
                let outer = Outer { rest: list.rest, depth: self.depth };
                self.rest = list.elements;
                self.depth = depth;
                Ok((outer, list.count))
            }
            _ => {
                // Through a copy, so that this cursor stays in registers.
                let mut cursor = self.clone();
                let entered = cursor.enter_unusual_composite(expected);
                self.rest = cursor.rest;
                self.depth = cursor.depth;
                entered
            }
        }
    }

    /// A list0 or list32, or an error.
    #[cold]
    #[inline(never)]
    fn enter_unusual_composite(&mut self, expected: &'static str) -> Result<(Outer<'a>, usize), DecodeError> {
        let code = self.code(expected)?;
        self.enter_list(code, expected)
    }
}

/// A list8 taken apart.
struct ShortList<'a> {
    elements: &'a [u8],
    /// What follows the list.
    rest: &'a [u8],
    /// How many elements there are; not more than octets.
    count: usize,
}

/// A list8; `None` if it is another form, or not valid.
#[inline(always)]
fn short_list(input: &[u8]) -> Option<ShortList<'_>> {
    let [code::LIST_8, size, count, rest @ ..] = input else {
        return None;
    };
    let (elements, rest) = rest.split_at_checked(usize::from(*size).checked_sub(1)?)?;
    let count = usize::from(*count);
    (count <= elements.len()).then_some(ShortList { elements, rest, count })
}
