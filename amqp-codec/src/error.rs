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
// Nothing but the references has values that are never used: the compiler then tells `Ok` by a whole word, and moves
// what it moves in words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    type_name: &'static str,
    field: Option<&'static str>,
    offset: u32,
    what: u32,
}

/// The kinds, each with the octet that it is held as; [`UnexpectedCode`](DecodeErrorKind::UnexpectedCode)
/// is 0.
macro_rules! kinds {
    ($($(#[$doc:meta])* $Kind:ident = $octet:literal $text:literal,)*) => {
        /// What is wrong with the input.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum DecodeErrorKind {
            /// A format code that does not begin a value of the expected type (§1.6).
            UnexpectedCode {
                /// The octet found.
                code: u8,
            },
            $($(#[$doc])* $Kind,)*
        }

        impl DecodeErrorKind {
            /// All but that of an unexpected code.
            #[cfg(test)]
            const OTHERS: &[Self] = &[$(Self::$Kind),*];

            const fn octets(self) -> [u8; 2] {
                match self {
                    Self::UnexpectedCode { code } => [0, code],
                    $(Self::$Kind => [$octet, 0],)*
                }
            }

            const fn from_octets(octets: [u8; 2]) -> Self {
                match octets {
                    $([$octet, _] => Self::$Kind,)*
                    [_, code] => Self::UnexpectedCode { code },
                }
            }
        }

        impl fmt::Display for DecodeErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::UnexpectedCode { code } => write!(f, "unexpected format code 0x{code:02x}"),
                    $(Self::$Kind => f.write_str($text),)*
                }
            }
        }
    };
}

kinds! {
    /// The value goes on past the end of the input, or of the list, map or
    /// array around it (§1.2).
    Incomplete = 1 "the octets end before the value does",
    /// A mandatory field is null or left out (§1.3.4).
    MissingField = 2 "mandatory field is missing",
    /// A list with more elements than the composite type has fields (§1.4).
    TooManyFields = 3 "more fields than the type has",
    /// A string that is not UTF-8 (§1.6.20).
    InvalidUtf8 = 4 "string is not valid UTF-8",
    /// A symbol with an octet above 0x7f (§1.6.21).
    InvalidAscii = 5 "symbol is not ASCII",
    /// A char that is not a Unicode scalar value (§1.6.16).
    InvalidChar = 6 "char is not a Unicode scalar value",
    /// A boolean of one octet that is neither 0 nor 1 (§1.6.2).
    InvalidBoolean = 7 "boolean is neither 0 nor 1",
    /// A map with two equal keys (§1.6.23).
    DuplicateKey = 8 "map has two equal keys",
    /// A map with a key and no value (§1.6.23).
    OddMap = 9 "map has an odd number of elements",
    /// A map key that is null (§2.8.13, §2.7.3).
    NullKey = 10 "map key is null",
    /// Deeper than [`Limits::depth`](crate::Limits::depth).
    NestingTooDeep = 11 "values nest too deep",
    /// A count that the size given with it cannot hold (§1.2.3), or above
    /// [`Limits::items`](crate::Limits::items) or
    /// [`Limits::zero_width_items`](crate::Limits::zero_width_items).
    CountTooLarge = 12 "count is larger than allowed",
    /// More values than [`Limits::total`](crate::Limits::total).
    TooManyValues = 13 "more values than allowed",
    /// More octets than the type or the limits allow.
    TooLong = 14 "value is longer than allowed",
    /// A list, map or array whose elements end before its size does (§1.2.3).
    TrailingOctets = 15 "octets are left over",
    /// A descriptor of no type that may stand here (§1.5).
    UnknownDescriptor = 16 "descriptor is of no type allowed here",
    /// A value that is none of the choices of a restricted type (§1.3.5).
    InvalidChoice = 17 "value is none of the type's choices",
    /// A message section repeated or out of order (§3.2).
    SectionOrder = 18 "message section is repeated or out of order",
    /// More sections than [`MAX_SECTIONS`](crate::message::MAX_SECTIONS).
    TooManySections = 19 "message has too many sections",
}

impl core::error::Error for DecodeErrorKind {}

impl DecodeError {
    /// The same error, with an offset that counts from `start` octets further on.
    #[must_use]
    #[cold]
    pub const fn counted_from(self, start: u32) -> Self {
        Self { offset: self.offset.saturating_sub(start), ..self }
    }

    /// An error about `expected` (a type or field name) at `offset` octets.
    #[cold]
    pub const fn new(kind: DecodeErrorKind, expected: &'static str, offset: u32) -> Self {
        Self { type_name: expected, field: None, offset, what: pack(kind, 0) }
    }

    /// What is wrong.
    pub const fn kind(&self) -> DecodeErrorKind {
        let [kind, code, ..] = self.what.to_be_bytes();
        DecodeErrorKind::from_octets([kind, code])
    }

    /// What the value was to be, as closely as can be said: a field, or else a
    /// section, or else of a type.
    pub const fn expected(&self) -> &'static str {
        match (self.field, self.section()) {
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
        let [.., section] = self.what.to_be_bytes();
        Section::from_code(section as u64)
    }

    /// Where, in octets from the start of the decoder's input.
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// The error condition to answer the peer with: `amqp:invalid-field` for a
    /// value outside a type's choices (§1.3.5), `amqp:resource-limit-exceeded` for too many sections, otherwise
    /// `amqp:decode-error` (§2.8.15).
    pub fn condition(&self) -> Condition {
        match self.kind() {
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
        self.what = pack(self.kind(), section as u8);
        self
    }
}

/// A kind, and the descriptor of a section or 0.
const fn pack(kind: DecodeErrorKind, section: u8) -> u32 {
    let [kind, code] = kind.octets();
    u32::from_be_bytes([kind, code, 0, section])
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, field, offset, .. } = self;
        let kind = self.kind();
        if let Some(section) = self.section() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_being_packed() {
        let codes = (0..=u8::MAX).map(|code| DecodeErrorKind::UnexpectedCode { code });
        for kind in DecodeErrorKind::OTHERS.iter().copied().chain(codes) {
            let [first, second, ..] = pack(kind, 7).to_be_bytes();
            assert_eq!(DecodeErrorKind::from_octets([first, second]), kind);
        }
    }
}
