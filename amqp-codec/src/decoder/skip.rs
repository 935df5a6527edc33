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
        // A described value is three parts one after another, so nesting on
        // the right is a loop, and on the left (descriptors) a count.
        let mut values: u32 = 1;
        let mut descriptors: u8 = 0;
        while let Some(left) = values.checked_sub(1) {
            values = left;
            let code = self.code("value")?;
            if code == code::DESCRIBED {
                values = values.saturating_add(2);
                descriptors = descriptors.saturating_add(1);
                if descriptors > self.depth {
                    return Err(self.error(DecodeErrorKind::NestingTooDeep, "value"));
                }
                continue;
            }
            self.skip_data(code)?;
        }
        Ok(())
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
