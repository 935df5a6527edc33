//! Equality and order of values (§1.6.23).

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use super::Value;
use super::distinct::{Key, fingerprint, mix};
use crate::codec::Encode;

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Ubyte(a), Self::Ubyte(b)) => a.cmp(b),
            (Self::Ushort(a), Self::Ushort(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::Ulong(a), Self::Ulong(b)) => a.cmp(b),
            (Self::Byte(a), Self::Byte(b)) => a.cmp(b),
            (Self::Short(a), Self::Short(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Long(a), Self::Long(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Decimal32(a), Self::Decimal32(b)) => a.cmp(b),
            (Self::Decimal64(a), Self::Decimal64(b)) => a.cmp(b),
            (Self::Decimal128(a), Self::Decimal128(b)) => a.cmp(b),
            (Self::Char(a), Self::Char(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Binary(a), Self::Binary(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Symbol(a), Self::Symbol(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (Self::Map(a), Self::Map(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => a.cmp(b),
            (Self::Described(a), Self::Described(b)) => a.cmp(b),
            _ => self.type_name().cmp(other.type_name()),
        }
    }
}

impl Key for Value {
    #[inline]
    fn fingerprint(&self) -> u64 {
        match self {
            Self::String(text) => fingerprint(text.as_bytes()),
            Self::Symbol(text) => fingerprint(text.as_bytes()),
            Self::Binary(octets) => fingerprint(octets),
            Self::Uuid(uuid) => fingerprint(&uuid.0),
            Self::Uint(number) => mix(0, (*number).into()),
            Self::Ulong(number) => mix(0, *number),
            Self::Int(number) => mix(0, i64::from(*number) as u64),
            Self::Long(number) => mix(0, *number as u64),
            // Seldom keys.
            _ => 0,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal values have one encoding.
        let mut octets = Vec::new();
        self.encode(&mut octets);
        octets.hash(state);
    }
}
