//! Entering lists, maps and arrays (§1.2.3, §1.2.4).

use super::Decoder;
use crate::code;
use crate::error::{DecodeError, DecodeErrorKind};

impl<'a> Decoder<'a> {
    /// Goes one level deeper.
    #[inline]
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
    #[inline]
    pub(crate) fn ascend(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    /// Reads size and count of a list, map or array (§1.2.3, §1.2.4), and goes
    /// on behind it. The elements are read through the cursor returned, which
    /// ends where they must.
    #[inline]
    pub(crate) fn container(
        &mut self,
        code: u8,
        codes: (u8, u8),
        expected: &'static str,
    ) -> Result<(Decoder<'a>, u32), DecodeError> {
        let rest = self.sized(code, codes, expected)?;
        let mut inner =
            Decoder { source: self.source, rest, end: self.position(), depth: self.depth, limits: self.limits };
        inner.descend(expected)?;
        let count = if code == codes.0 { u32::from(inner.u8(expected)?) } else { inner.u32(expected)? };
        Ok((inner, count))
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

    /// Reads the elements of a list; the format code has been read.
    #[inline]
    pub(crate) fn list(&mut self, code: u8, expected: &'static str) -> Result<(Decoder<'a>, usize), DecodeError> {
        if code == code::LIST_0 {
            let empty = Decoder { rest: &[], end: self.position(), ..self.clone() };
            return Ok((empty, 0));
        }
        let (list, count) = self.container(code, (code::LIST_8, code::LIST_32), expected)?;
        let count = list.check_count(count, expected)?;
        Ok((list, count))
    }

    /// Reads the elements of a list, with its format code. Composites are
    /// lists, and most of them short: those take the straight way.
    #[inline(always)]
    pub(crate) fn composite_list(&mut self, expected: &'static str) -> Result<(Decoder<'a>, usize), DecodeError> {
        let List { elements, rest, count } = match short_list(self.rest) {
            Some(list) if self.depth > 0 => list,
            _ => self.clone().unusual_list(expected)?,
        };
        self.rest = rest;
        let list = Decoder {
            source: self.source,
            rest: elements,
            end: self.position(),
            depth: self.depth.saturating_sub(1),
            limits: self.limits,
        };
        Ok((list, count))
    }

    /// A list32, or an error.
    #[cold]
    fn unusual_list(mut self, expected: &'static str) -> Result<List<'a>, DecodeError> {
        let code = self.code(expected)?;
        let (list, count) = self.list(code, expected)?;
        Ok(List { elements: list.rest, rest: self.rest, count })
    }

    /// Refuses octets behind the last element of a container.
    #[inline]
    pub(crate) fn finish(&self, expected: &'static str) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(DecodeErrorKind::TrailingOctets, expected)) }
    }
}

/// A list taken apart.
struct List<'a> {
    elements: &'a [u8],
    /// What follows the list.
    rest: &'a [u8],
    /// How many elements there are; not more than octets.
    count: usize,
}

/// A list0 or list8; `None` if it is another form, or not valid.
#[inline(always)]
fn short_list(input: &[u8]) -> Option<List<'_>> {
    match input {
        [code::LIST_8, size, count, rest @ ..] => {
            let (elements, rest) = rest.split_at_checked(usize::from(*size).checked_sub(1)?)?;
            let count = usize::from(*count);
            (count <= elements.len()).then_some(List { elements, rest, count })
        }
        [code::LIST_0, rest @ ..] => Some(List { elements: &[], rest, count: 0 }),
        _ => None,
    }
}
