//! Why octets are not the value that was asked for.

use core::fmt;

use crate::definition::Condition;
use crate::message::Section;

/// Input that is not what the specification allows at that place.
///
/// Says what was wrong ([`kind`](Self::kind)), with a value of which type
/// ([`type_name`](Self::type_name)), in which [`field`](Self::field) of a
/// composite and [`section`](Self::section) of a message, and where
/// ([`offset`](Self::offset)). `Copy`, made and moved where something is wrong
/// only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    section: Option<Section>,
    offset: u32,
    type_name: &'static str,
    field: Option<&'static str>,
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
        Self { kind, section: None, offset, type_name: expected, field: None }
    }

    /// What is wrong.
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// What the value was to be, as closely as can be said: a field, or else a
    /// section, or else of a type.
    pub const fn expected(&self) -> &'static str {
        match (self.field, self.section) {
            (Some(field), _) => field,
            (None, Some(section)) => section.name(),
            (None, None) => self.type_name,
        }
    }

    /// The specification's name of the type that was expected: `"uint"`; of a
    /// missing field, that of the field.
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The innermost field of a composite that the value belongs to:
    /// `"attach.name"`.
    pub const fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// The section of a message that the value belongs to (§3.2).
    pub const fn section(&self) -> Option<Section> {
        self.section
    }

    /// Where, in octets from the start of the decoder's input.
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// The error condition to answer the peer with: `amqp:invalid-field` for a
    /// value outside a type's choices (§1.3.5), `amqp:resource-limit-exceeded` for too many sections, otherwise
    /// `amqp:decode-error` (§2.8.15).
    pub fn condition(&self) -> Condition {
        match self.kind {
            DecodeErrorKind::InvalidChoice => Condition::INVALID_FIELD,
            DecodeErrorKind::TooManySections => Condition::RESOURCE_LIMIT_EXCEEDED,
            _ => Condition::DECODE_ERROR,
        }
    }

    /// Names the composite's field that the value belongs to; of nested
    /// fields, the innermost keeps its name.
    #[cold]
    #[must_use]
    pub const fn in_field(mut self, field: &'static str) -> Self {
        if self.field.is_none() {
            self.field = Some(field);
        }
        self
    }

    /// Names the message's section that the value belongs to.
    #[cold]
    #[must_use]
    pub const fn in_section(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, section, offset, type_name, field } = self;
        if let Some(section) = section {
            write!(f, "section {}: ", section.name())?;
        }
        match field {
            Some(field) if field != type_name => write!(f, "{field} ({type_name})")?,
            _ => f.write_str(type_name)?,
        }
        write!(f, ": {kind} (at octet {offset})")
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl core::error::Error for DecodeError {}
