//! The names by which our types tell our serializer what serde's data model cannot say.
//!
//! To other formats a newtype struct is its content, whatever its name.

use crate::WrongType;

/// The AMQP type that a value is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Symbol,
    Timestamp,
    Uuid,
    Decimal32,
    Decimal64,
    Decimal128,
    Array,
    Described,
}

/// Asks our deserializer for the octets of a value, and others for the value.
pub(super) const ENCODED: &str = "$amqp:encoded";

impl Token {
    const ALL: [Self; 8] = [
        Self::Symbol,
        Self::Timestamp,
        Self::Uuid,
        Self::Decimal32,
        Self::Decimal64,
        Self::Decimal128,
        Self::Array,
        Self::Described,
    ];

    /// The name of the newtype struct.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Symbol => "$amqp:symbol",
            Self::Timestamp => "$amqp:timestamp",
            Self::Uuid => "$amqp:uuid",
            Self::Decimal32 => "$amqp:decimal32",
            Self::Decimal64 => "$amqp:decimal64",
            Self::Decimal128 => "$amqp:decimal128",
            Self::Array => "$amqp:array",
            Self::Described => "$amqp:described",
        }
    }

    /// The token that this name is.
    pub(super) fn of(name: &str) -> Option<Self> {
        if !name.starts_with('$') {
            return None;
        }
        Self::ALL.into_iter().find(|token| token.name() == name)
    }

    /// The error for a value that cannot be of this type.
    #[cold]
    pub(super) const fn mismatch(self, found: &'static str) -> WrongType {
        let expected = match self {
            Self::Symbol => "symbol",
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
            Self::Decimal32 => "decimal32",
            Self::Decimal64 => "decimal64",
            Self::Decimal128 => "decimal128",
            Self::Array => "array",
            Self::Described => "described value",
        };
        WrongType { expected, found }
    }
}
