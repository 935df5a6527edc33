//! Descriptors of composite types (§1.4).

use super::Decoder;
use crate::code;
use crate::error::{DecodeError, DecodeErrorKind};

impl Decoder<'_> {
    /// Reads the octet that begins a described value.
    #[inline]
    pub(crate) fn described(&mut self, expected: &'static str) -> Result<(), DecodeError> {
        match self.code(expected)? {
            code::DESCRIBED => Ok(()),
            other => Err(self.unexpected(other, expected)),
        }
    }

    /// Reads a descriptor that is one of `table`, which pairs symbolic and
    /// numeric descriptors; says which by its number (§1.4).
    ///
    /// # Errors
    /// [`UnexpectedCode`](DecodeErrorKind::UnexpectedCode) if the value is not
    /// described, [`UnknownDescriptor`](DecodeErrorKind::UnknownDescriptor) if
    /// a symbolic descriptor is not in the table, or the descriptor is neither
    /// symbol nor ulong. A numeric descriptor is returned as it is.
    #[inline(always)]
    pub fn descriptor(&mut self, table: &[(&str, u64)], expected: &'static str) -> Result<u64, DecodeError> {
        if let [code::DESCRIBED, code::SMALL_ULONG, number, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*number));
        }
        self.apart(|decoder| decoder.unusual_descriptor(table, expected))
    }

    /// Reads the descriptor of one composite type.
    ///
    /// # Errors
    /// As [`descriptor`](Self::descriptor), and if it is another type's.
    #[inline]
    pub fn expect_descriptor(&mut self, code: u64, name: &'static str) -> Result<(), DecodeError> {
        if self.descriptor(&[(name, code)], name)? == code {
            return Ok(());
        }
        Err(self.error(DecodeErrorKind::UnknownDescriptor, name))
    }

    /// A descriptor that is not a small ulong.
    #[cold]
    fn unusual_descriptor(&mut self, table: &[(&str, u64)], expected: &'static str) -> Result<u64, DecodeError> {
        self.described(expected)?;
        let unknown = self.error(DecodeErrorKind::UnknownDescriptor, expected);
        match self.code(expected)? {
            code::ULONG => self.octets(expected).map(u64::from_be_bytes),
            code::SMALL_ULONG => self.u8(expected).map(u64::from),
            code::ULONG_0 => Ok(0),
            code @ (code::SYMBOL_8 | code::SYMBOL_32) => {
                let codes = (code::SYMBOL_8, code::SYMBOL_32);
                let symbol = self.sized(code, codes, expected)?;
                let known = table.iter().find(|(name, _)| name.as_bytes() == symbol);
                known.map(|&(_, number)| number).ok_or(unknown)
            }
            _ => Err(unknown),
        }
    }
}
