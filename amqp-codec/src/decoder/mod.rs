//! The cursor over the input: the only code that touches the octets.
//!
//! Every read is checked against what is left; within a list, map or array,
//! what is left ends where its size says (§1.2).

mod container;
mod descriptor;
mod skip;

use core::ops::Range;

use bytes::Bytes;
use nom::IResult;
use nom::Parser;
use nom::combinator::map;

use crate::code;
use crate::codec::Decode;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::limits::Limits;
use crate::types::octets::Short;

pub(crate) use self::skip::split_value;

/// Reads AMQP values from a buffer, one after another.
///
/// Binary data, strings and symbols are slices that share the buffer.
///
/// ```
/// use amqp_codec::{Bytes, Decoder};
///
/// let input = Bytes::from_static(&[0x52, 7, 0xa1, 2, b'h', b'i']);
/// let mut decoder = Decoder::new(&input);
/// assert_eq!(decoder.decode::<u32>()?, 7);
/// assert_eq!(decoder.decode::<amqp_codec::Str>()?, "hi");
/// assert!(decoder.is_empty());
/// # Ok::<(), amqp_codec::DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    source: &'a Bytes,
    /// What is left of the input, or of the container: always a part of
    /// `source`, if only an empty one, since its place is the position.
    rest: &'a [u8],
    limits: &'a Limits,
    /// How many more dynamic values may be built.
    values: u32,
    /// How many levels deeper values may go from here.
    depth: u32,
}

impl<'a> Decoder<'a> {
    /// A decoder with the default [`Limits`].
    #[inline]
    pub fn new(input: &'a Bytes) -> Self {
        Self::with_limits(input, const { &Limits::new() })
    }

    /// A decoder with limits of the caller's choice.
    #[inline]
    pub fn with_limits(input: &'a Bytes, limits: &'a Limits) -> Self {
        Self { source: input, rest: input, limits, values: limits.total, depth: u32::from(limits.depth) }
    }

    /// A decoder for what was checked before, or made here: it refuses nothing,
    /// however deep.
    #[inline]
    pub(crate) fn checked(input: &'a Bytes, part: Range<usize>) -> Self {
        Self { depth: u32::MAX, ..Self::within(input, part, const { &Limits::CHECKED }) }
    }

    /// A decoder for a part of `input`. Positions, and the offsets of errors, count from the start
    /// of `input`; a part that does not lie in it is empty.
    #[inline]
    pub fn within(input: &'a Bytes, part: Range<usize>, limits: &'a Limits) -> Self {
        let rest = input.get(part).unwrap_or_else(|| input.get(..0).unwrap_or_default());
        Self { rest, ..Self::with_limits(input, limits) }
    }

    /// How many octets of the input have been read.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.rest.as_ptr().addr().wrapping_sub(self.source.as_ptr().addr())
    }

    /// How many octets are left to read.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything has been read.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, as a slice that shares the input.
    #[inline]
    pub fn rest(&self) -> Bytes {
        self.share(self.rest)
    }

    #[inline(always)]
    pub(crate) fn rest_slice(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes on with `rest`, which is an end of what was left.
    #[inline(always)]
    pub(crate) fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// The octets from `start`, a former [`position`](Self::position), to
    /// here, as a slice that shares the input; empty if `start` lies ahead.
    #[inline]
    pub fn since(&self, start: usize) -> Bytes {
        let end = self.position();
        self.source.slice(start.min(end)..end)
    }

    /// The last `len` octets read, for as long as the input lives.
    #[inline]
    pub(crate) fn behind(&self, len: usize) -> &'a [u8] {
        let end = self.position();
        self.source.get(end.saturating_sub(len)..end).unwrap_or_default()
    }

    /// Reads one value.
    ///
    /// # Errors
    /// The octets are not a value of that type.
    #[inline]
    pub fn decode<T: Decode>(&mut self) -> Result<T, DecodeError> {
        T::decode(self)
    }

    /// Reads with a function that is not inlined: it works on a copy, so that
    /// the caller can keep this cursor in registers.
    #[inline(always)]
    pub(crate) fn apart<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut copy = self.clone();
        let result = read(&mut copy);
        *self = copy;
        result
    }

    /// The next octet, which is the format code of the next value, or
    /// [`code::DESCRIBED`]; `None` at the end.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads a null, if the next value is one.
    #[inline(always)]
    pub fn take_null(&mut self) -> bool {
        match self.rest {
            [code::NULL, rest @ ..] => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Reads the format code of a value of type `expected`.
    ///
    /// # Errors
    /// [`Incomplete`](DecodeErrorKind::Incomplete) at the end of the input.
    #[inline(always)]
    pub fn code(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.u8(expected)
    }

    /// An error about the value being read, at the current position.
    // The cursor itself does not leave the caller's registers.
    #[inline]
    pub fn error(&self, kind: DecodeErrorKind, expected: &'static str) -> DecodeError {
        error_at(self.position(), kind, expected)
    }

    /// The error for a format code, just read, that is none of `expected`.
    #[inline]
    pub fn unexpected(&self, code: u8, expected: &'static str) -> DecodeError {
        unexpected_before(self.position(), code, expected)
    }

    #[inline(always)]
    fn parse<T>(
        &mut self,
        mut parser: impl Parser<&'a [u8], Output = T, Error = ()>,
        expected: &'static str,
    ) -> Result<T, DecodeError> {
        match parser.parse(self.rest) {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(_) => Err(self.error(DecodeErrorKind::Incomplete, expected)),
        }
    }

    #[inline(always)]
    pub(crate) fn u8(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.parse(map(octets, u8::from_be_bytes), expected)
    }

    #[inline(always)]
    pub(crate) fn u32(&mut self, expected: &'static str) -> Result<u32, DecodeError> {
        self.parse(map(octets, u32::from_be_bytes), expected)
    }

    /// Reads exactly `N` octets.
    #[inline(always)]
    pub(crate) fn octets<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        self.parse(octets, expected)
    }

    /// Reads a size of one octet or four, whichever belongs to the codes given,
    /// and that many octets.
    #[inline(always)]
    pub(crate) fn sized(
        &mut self,
        code: u8,
        (code8, code32): (u8, u8),
        expected: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let size = match code {
            _ if code == code8 => u32::from(self.u8(expected)?),
            _ if code == code32 => self.u32(expected)?,
            _ => return Err(self.unexpected(code, expected)),
        };
        self.parse(run(size), expected)
    }

    /// Reads a size of one octet and as many octets below 0x80, if they are few
    /// enough to be held in place, and not at the very end of the input.
    #[inline(always)]
    pub(crate) fn short_ascii(&mut self) -> Option<Short> {
        let (short, rest) = Short::read_ascii(self.rest)?;
        self.rest = rest;
        Some(short)
    }

    /// `octets`, which are a part of the input, as a slice that shares it.
    #[inline]
    pub(crate) fn share(&self, octets: &[u8]) -> Bytes {
        let start = octets.as_ptr().addr().wrapping_sub(self.source.as_ptr().addr());
        self.source.slice(start..start.saturating_add(octets.len()))
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Takes account of one more dynamic value.
    #[inline(always)]
    pub(crate) fn count_value(&mut self) -> Result<(), DecodeError> {
        self.count_values(1)
    }

    /// Takes account of more dynamic values.
    #[inline(always)]
    pub(crate) fn count_values(&mut self, count: u32) -> Result<(), DecodeError> {
        match self.values.checked_sub(count) {
            Some(values) => {
                self.values = values;
                Ok(())
            }
            None => Err(self.error(DecodeErrorKind::TooManyValues, "value")),
        }
    }
}

/// A parser of exactly `N` octets.
///
/// nom's own number parsers go over the octets one by one; these compile to a
/// comparison and a load.
#[inline(always)]
fn octets<const N: usize>(input: &[u8]) -> IResult<&[u8], [u8; N], ()> {
    match input.split_first_chunk() {
        Some((octets, rest)) => Ok((rest, *octets)),
        None => Err(nom::Err::Error(())),
    }
}

/// A parser of a run of `len` octets.
#[inline(always)]
fn run<'a>(len: u32) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ()> {
    move |input: &'a [u8]| {
        let run = usize::try_from(len).ok().and_then(|len| input.split_at_checked(len));
        run.map(|(run, rest)| (rest, run)).ok_or(nom::Err::Error(()))
    }
}

/// An error about the value that begins at a former [`position`](Decoder::position).
#[cold]
pub(crate) fn error_at(position: usize, kind: DecodeErrorKind, expected: &'static str) -> DecodeError {
    DecodeError::new(kind, expected, position.try_into().unwrap_or(u32::MAX))
}

#[cold]
fn unexpected_before(position: usize, code: u8, expected: &'static str) -> DecodeError {
    let kind = DecodeErrorKind::UnexpectedCode { code };
    error_at(position.saturating_sub(1), kind, expected)
}
