//! The other types of fixed width (§1.6.11 to §1.6.18).

use alloc::vec::Vec;
use core::fmt;

use super::integer::wide;
use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::write::{put, put_constructed};

/// Decimal of 32 bits (§1.6.13): IEEE 754-2008 binary integer decimal, carried
/// bit for bit, most significant octet first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(align(4))]
pub struct Dec32(pub [u8; 4]);

/// Decimal of 64 bits (§1.6.14), as [`Dec32`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(align(8))]
pub struct Dec64(pub [u8; 8]);

/// Decimal of 128 bits (§1.6.15), as [`Dec32`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(align(8))]
pub struct Dec128(pub [u8; 16]);

/// A point in time (§1.6.17): milliseconds since 1970-01-01T00:00:00Z, leap
/// seconds left out. Any 64-bit number is valid, also far outside calendars.
///
/// Converts to and from a [`Duration`](core::time::Duration) since then and,
/// with the features `std`, `chrono` and `time`, the types that they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// A universally unique identifier (§1.6.18), octets in the order of RFC 4122.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(align(8))]
pub struct Uuid(pub [u8; 16]);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl From<i64> for Timestamp {
    fn from(millis: i64) -> Self {
        Self(millis)
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.millis()
    }
}

impl From<[u8; 16]> for Uuid {
    fn from(octets: [u8; 16]) -> Self {
        Self(octets)
    }
}

impl From<Uuid> for [u8; 16] {
    fn from(uuid: Uuid) -> Self {
        uuid.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        for len in [4, 2, 2, 2] {
            let (part, behind) = rest.split_at_checked(len).unwrap_or_default();
            hex(part, f)?;
            f.write_str("-")?;
            rest = behind;
        }
        hex(rest, f)
    }
}

/// In one place, and not anew for each number of octets.
#[inline(never)]
fn hex(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A type with one format code: from octets, to octets.
macro_rules! fixed {
    ($type:ty, $name:literal, $code:ident, $width:literal, $from:expr, $to:expr) => {
        impl Primitive for $type {
            const NAME: &'static str = $name;
            const WIDEST: u8 = code::$code;

            #[inline]
            fn shortest(&self) -> u8 {
                code::$code
            }

            #[inline]
            fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                match code {
                    code::$code => decoder.octets::<$width>(Self::NAME).map($from),
                    _ => Err(decoder.unexpected(code, Self::NAME)),
                }
            }

            const QUICK: bool = true;

            #[inline(always)]
            fn quick_data(code: u8, data: &[u8]) -> Option<(Self, &[u8])> {
                if code == code::$code { wide(data, $from) } else { None }
            }

            #[inline]
            fn data_len(&self, _: u8) -> usize {
                $width
            }

            #[inline]
            fn encode_data(&self, _: u8, out: &mut Vec<u8>) {
                put(out, $to(*self));
            }

            #[inline(always)]
            fn encode_shortest(&self, out: &mut Vec<u8>) {
                put_constructed::<$width, { 1 + $width }>(out, code::$code, $to(*self));
            }
        }
    };
}

fixed!(f32, "float", FLOAT, 4, f32::from_be_bytes, f32::to_be_bytes);
fixed!(f64, "double", DOUBLE, 8, f64::from_be_bytes, f64::to_be_bytes);
fixed!(Dec32, "decimal32", DECIMAL32, 4, Dec32, |d: Dec32| d.0);
fixed!(Dec64, "decimal64", DECIMAL64, 8, Dec64, |d: Dec64| d.0);
fixed!(Dec128, "decimal128", DECIMAL128, 16, Dec128, |d: Dec128| d.0);
fixed!(Timestamp, "timestamp", TIMESTAMP, 8, |octets| Timestamp(i64::from_be_bytes(octets)), |timestamp: Timestamp| {
    timestamp.0.to_be_bytes()
});
fixed!(Uuid, "uuid", UUID, 16, Uuid, |uuid: Uuid| uuid.0);

impl Primitive for char {
    const NAME: &'static str = "char";
    const WIDEST: u8 = code::CHAR;

    #[inline]
    fn shortest(&self) -> u8 {
        code::CHAR
    }

    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        if code != code::CHAR {
            return Err(decoder.unexpected(code, Self::NAME));
        }
        let scalar = decoder.u32(Self::NAME)?;
        char::from_u32(scalar).ok_or_else(|| decoder.error(DecodeErrorKind::InvalidChar, Self::NAME))
    }

    #[inline]
    fn data_len(&self, _: u8) -> usize {
        4
    }

    #[inline]
    fn encode_data(&self, _: u8, out: &mut Vec<u8>) {
        put(out, u32::from(*self).to_be_bytes());
    }
}

/// The octets of a decimal, in hexadecimal.
macro_rules! debug_decimal {
    ($($type:ident)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(0x"))?;
                hex(&self.0, f)?;
                f.write_str(")")
            }
        }
    )*};
}

debug_decimal!(Dec32 Dec64 Dec128);
