//! Why octets are not the value that was asked for.

use core::fmt;

use crate::definition::Condition;

/// Input that is not what the specification allows at that place.
///
/// Small and `Copy`, so that the results of the primitives stay cheap. Says
/// what was wrong ([`kind`](Self::kind)), with which type or field
/// ([`expected`](Self::expected)) and where ([`offset`](Self::offset)).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: u32,
    in_field: bool,
    expected: &'static str,
}

/// What is wrong with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The value goes on past the end of the input, or of the list, map or
    /// array around it (§1.2).
    #[error("the octets end before the value does")]
    Incomplete,
    /// A format code that does not begin a value of the expected type (§1.6).
    #[error("unexpected format code 0x{code:02x}")]
    UnexpectedCode {
        /// The octet found.
        code: u8,
    },
    /// A mandatory field is null or left out (§1.3.4).
    #[error("mandatory field is missing")]
    MissingField,
    /// A list with more elements than the composite type has fields (§1.4).
    #[error("more fields than the type has")]
    TooManyFields,
    /// A string that is not UTF-8 (§1.6.20).
    #[error("string is not valid UTF-8")]
    InvalidUtf8,
    /// A symbol with an octet above 0x7f (§1.6.21).
    #[error("symbol is not ASCII")]
    InvalidAscii,
    /// A char that is not a Unicode scalar value (§1.6.16).
    #[error("char is not a Unicode scalar value")]
    InvalidChar,
    /// A boolean of one octet that is neither 0 nor 1 (§1.6.2).
    #[error("boolean is neither 0 nor 1")]
    InvalidBoolean,
    /// A map with two equal keys (§1.6.23).
    #[error("map has two equal keys")]
    DuplicateKey,
    /// A map with a key and no value (§1.6.23).
    #[error("map has an odd number of elements")]
    OddMap,
    /// A map key that is null (§2.8.13, §2.7.3).
    #[error("map key is null")]
    NullKey,
    /// Deeper than [`Limits::depth`](crate::Limits::depth).
    #[error("values nest too deep")]
    NestingTooDeep,
    /// A count that the size given with it cannot hold (§1.2.3), or above
    /// [`Limits::items`](crate::Limits::items) or
    /// [`Limits::zero_width_items`](crate::Limits::zero_width_items).
    #[error("count is larger than allowed")]
    CountTooLarge,
    /// More values than [`Limits::total`](crate::Limits::total).
    #[error("more values than allowed")]
    TooManyValues,
    /// More octets than the type or the limits allow.
    #[error("value is longer than allowed")]
    TooLong,
    /// A list, map or array whose elements end before its size does (§1.2.3).
    #[error("octets are left over")]
    TrailingOctets,
    /// A descriptor of no type that may stand here (§1.5).
    #[error("descriptor is of no type allowed here")]
    UnknownDescriptor,
    /// A well-formed value of a type that is not supported here, where the
    /// specification leaves the choice of types open (`requires`).
    #[error("type is not implemented here")]
    NotImplemented,
    /// A value that is none of the choices of a restricted type (§1.3.5).
    #[error("value is none of the type's choices")]
    InvalidChoice,
    /// A message section repeated or out of order (§3.2).
    #[error("message section is repeated or out of order")]
    SectionOrder,
    /// More sections than [`MAX_SECTIONS`](crate::message::MAX_SECTIONS).
    #[error("message has too many sections")]
    TooManySections,
}

impl DecodeError {
    /// An error about `expected` (a type or field name) at `offset` octets.
    #[cold]
    pub const fn new(kind: DecodeErrorKind, expected: &'static str, offset: u32) -> Self {
        Self { kind, offset, in_field: false, expected }
    }

    /// What is wrong.
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The type or, inside a composite, the field: `"attach.name"`.
    pub const fn expected(&self) -> &'static str {
        self.expected
    }

    /// Where, in octets from the start of the decoder's input.
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// The error condition to answer the peer with: `amqp:invalid-field` for a
    /// value outside a type's choices (§1.3.5), `amqp:not-implemented` for an
    /// unsupported type, `amqp:resource-limit-exceeded` for too many sections, otherwise
    /// `amqp:decode-error` (§2.8.15).
    pub fn condition(&self) -> Condition {
        match self.kind {
            DecodeErrorKind::InvalidChoice => Condition::INVALID_FIELD,
            DecodeErrorKind::NotImplemented => Condition::NOT_IMPLEMENTED,
            DecodeErrorKind::TooManySections => Condition::RESOURCE_LIMIT_EXCEEDED,
            _ => Condition::DECODE_ERROR,
        }
    }

    /// Names the composite's field that the value belongs to; of nested
    /// fields, the innermost keeps its name.
    #[cold]
    #[must_use]
    pub const fn in_field(mut self, field: &'static str) -> Self {
        if !self.in_field {
            self.in_field = true;
            self.expected = field;
        }
        self
    }

    /// An unknown type in a field that is open to further types is not
    /// malformed, only not implemented.
    #[cold]
    #[must_use]
    pub const fn in_open_field(mut self, field: &'static str) -> Self {
        if !self.in_field && matches!(self.kind, DecodeErrorKind::UnknownDescriptor) {
            self.kind = DecodeErrorKind::NotImplemented;
        }
        self.in_field(field)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, offset, expected, .. } = self;
        write!(f, "{expected}: {kind} (at octet {offset})")
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl core::error::Error for DecodeError {}
