//! Reading over values.

use super::{Decoder, run};
use crate::code::{self, Width};
use crate::error::{DecodeError, DecodeErrorKind};

impl Decoder<'_> {
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
    fn skip_nested(&mut self, mut depth: u8) -> Result<(), DecodeError> {
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
