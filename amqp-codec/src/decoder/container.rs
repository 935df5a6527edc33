//! Entering lists, maps and arrays (§1.2.3, §1.2.4).

use super::Decoder;
use crate::code;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::limits::Limits;

/// What follows a container, while the decoder is within it.
#[derive(Debug, Clone, Copy)]
#[must_use = "the decoder stays within the container until it leaves"]
pub(crate) struct Outer<'a> {
    rest: &'a [u8],
    depth: u32,
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

    /// Whether there may be a list, map or array here.
    #[inline(always)]
    fn may_descend(&self) -> bool {
        self.depth > 0
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

    /// The list of a composite, which lies ahead. Most are short: those take
    /// the straight way.
    #[inline(always)]
    pub(crate) fn composite(&self, expected: &'static str) -> Result<FieldList<'a>, DecodeError> {
        match self.short_list() {
            Some(list) if list.count <= list.elements.len() => Ok(list),
            _ => self.unusual_composite(expected),
        }
    }

    /// A list8, which lies ahead; `None` if it is another form, or may not stand here. Whether it has as many elements
    /// as it says is not checked.
    #[inline(always)]
    pub(crate) fn short_list(&self) -> Option<FieldList<'a>> {
        let [code::LIST_8, size, count, rest @ ..] = self.rest else {
            return None;
        };
        // The count is a part of the size.
        let (elements, behind) = rest.split_at_checked(usize::from(*size).checked_sub(1)?)?;
        self.may_descend().then_some(FieldList { elements, behind, count: usize::from(*count) })
    }

    /// A list0 or list32, or an error.
    #[cold]
    #[inline(never)]
    fn unusual_composite(&self, expected: &'static str) -> Result<FieldList<'a>, DecodeError> {
        // Its type bounds how many elements it may have; the limits do not.
        let mut cursor = Self { limits: const { &Limits::CHECKED }, ..self.clone() };
        let code = cursor.code(expected)?;
        let (outer, count) = cursor.enter_list(code, expected)?;
        Ok(FieldList { elements: cursor.rest, behind: outer.rest, count })
    }
}

/// A list taken apart.
pub(crate) struct FieldList<'a> {
    pub(crate) elements: &'a [u8],
    /// What follows the list.
    pub(crate) behind: &'a [u8],
    /// How many elements there are, as it says.
    pub(crate) count: usize,
}
