//! Reading over values.

use super::{Decoder, run};
use crate::code::{self, Width};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::binary::is_ascii;

impl<'a> Decoder<'a> {
    /// Reads over one value, whatever it is, without building it.
    ///
    /// Checks that constructors are known and that the value lies within the
    /// input; what is inside lists, maps and arrays is not looked at.
    ///
    /// # Errors
    /// As for decoding, as far as checked.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        self.skip_nested(self.depth)
    }

    /// Reads over a value of `code`, one whose size takes one octet, if it is
    /// there as a whole.
    #[inline(always)]
    pub(crate) fn skip_short(&mut self, code: u8) -> bool {
        let [found, size, rest @ ..] = self.rest else {
            return false;
        };
        match rest.get(usize::from(*size)..) {
            Some(rest) if *found == code => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Reads over a string or symbol of the short form, whichever `code` says,
    /// if it is there, and ASCII; a symbol also within its limit.
    #[inline(always)]
    pub(crate) fn pass_short_ascii(&mut self, code: u8) -> Option<&'a [u8]> {
        let [found, len, rest @ ..] = self.rest else {
            return None;
        };
        let (text, rest) = rest.split_at_checked(usize::from(*len))?;
        let limited = code == code::SYMBOL_8 && u32::from(*len) > self.limits.symbol_len;
        if *found != code || limited || !is_ascii(text) {
            return None;
        }
        self.rest = rest;
        Some(text)
    }

    /// Reads over a dynamic value whose octets are sure to be right if there
    /// are enough of them, and over short ASCII strings; says whether there
    /// was one of these. They are left to the caller to count.
    #[inline(always)]
    pub(crate) fn pass_plain(&mut self) -> bool {
        self.pass_fixed() || self.pass_short_ascii(code::STRING_8).is_some()
    }

    #[inline(always)]
    fn pass_fixed(&mut self) -> bool {
        /// By the code, how many octets there are with it; zero for none of these.
        const PLAIN: [u8; 256] = code::plain();
        let [code, ..] = self.rest else {
            return false;
        };
        let len = PLAIN.get(usize::from(*code)).map_or(0, |&len| usize::from(len));
        match self.rest.get(len..) {
            Some(rest) if len > 0 => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Reads over `count` elements that are all of one fixed width, if there
    /// are as many octets.
    pub(crate) fn skip_elements(&mut self, count: u32, width: Width) -> bool {
        let Width::Fixed(width) = width else {
            return false;
        };
        let len = count.checked_mul(width.into()).and_then(|len| usize::try_from(len).ok());
        match len.and_then(|len| self.rest.get(len..)) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The descriptor of a described value by recursion, as deep as the limit
    /// allows; the value behind it by going on.
    fn skip_nested(&mut self, mut depth: u32) -> Result<(), DecodeError> {
        loop {
            let code = self.code("value")?;
            if code != code::DESCRIBED {
                return self.skip_data(code);
            }
            depth = depth.checked_sub(1).ok_or_else(|| self.error(DecodeErrorKind::NestingTooDeep, "value"))?;
            self.skip_nested(depth)?;
        }
    }

    fn skip_data(&mut self, code: u8) -> Result<(), DecodeError> {
        match code::width(code) {
            Some(Width::Fixed(width)) => self.parse(run(width.into()), "value")?,
            Some(Width::Sized8) => self.sized(code, (code, code), "value")?,
            Some(Width::Sized32) => {
                let size = self.u32("value")?;
                self.parse(run(size), "value")?
            }
            None => return Err(self.unexpected(code, "value")),
        };
        Ok(())
    }
}

/// The octets of the first value of `input`, which have been checked before,
/// and those behind it.
pub(crate) fn split_value(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = input;
    // A described value is two more.
    let mut pending: usize = 1;
    while let Some(others) = pending.checked_sub(1) {
        let (&code, data) = rest.split_first()?;
        (pending, rest) = match code {
            code::DESCRIBED => (pending.saturating_add(1), data),
            _ => (others, data.get(data_len(code, data)?..)?),
        };
    }
    input.split_at_checked(input.len().saturating_sub(rest.len()))
}

/// How many of the octets behind a code belong to it.
fn data_len(code: u8, data: &[u8]) -> Option<usize> {
    match code::width(code)? {
        Width::Fixed(width) => Some(usize::from(width)),
        Width::Sized8 => data.first().map(|&size| usize::from(size).saturating_add(1)),
        Width::Sized32 => {
            let size = u32::from_be_bytes(*data.first_chunk()?);
            Some(usize::try_from(size).ok()?.saturating_add(4))
        }
    }
}
