//! boolean and the integers (§1.6.2 to §1.6.10).

use alloc::vec::Vec;

use crate::code;
use crate::codec::Primitive;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::write::{put, put_constructed};

impl Primitive for bool {
    const NAME: &'static str = "boolean";
    const WIDEST: u8 = code::BOOLEAN;

    #[inline(always)]
    fn shortest(&self) -> u8 {
        if *self { code::TRUE } else { code::FALSE }
    }

    #[inline(always)]
    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        match code {
            code::TRUE => Ok(true),
            code::FALSE => Ok(false),
            code::BOOLEAN => match decoder.u8(Self::NAME)? {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(decoder.error(DecodeErrorKind::InvalidBoolean, Self::NAME)),
            },
            _ => Err(decoder.unexpected(code, Self::NAME)),
        }
    }

    const QUICK: bool = true;

    #[inline(always)]
    fn quick_data(code: u8, data: &[u8]) -> Option<(Self, &[u8])> {
        // The codes follow each other: one comparison for both.
        let truth = code::FALSE.wrapping_sub(code);
        (truth <= 1).then_some((truth == 1, data))
    }

    #[inline]
    fn data_len(&self, code: u8) -> usize {
        usize::from(code == code::BOOLEAN)
    }

    #[inline(always)]
    fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
        if code == code::BOOLEAN {
            put(out, [u8::from(*self)]);
        }
    }
}

/// A value of fixed width, and what follows it.
#[inline(always)]
pub(super) fn wide<T, const N: usize>(data: &[u8], value: impl FnOnce([u8; N]) -> T) -> Option<(T, &[u8])> {
    let (octets, rest) = data.split_first_chunk()?;
    Some((value(*octets), rest))
}

/// An integer that has one width.
macro_rules! integer {
    ($type:ty, $name:literal, $code:ident) => {
        impl Primitive for $type {
            const NAME: &'static str = $name;
            const WIDEST: u8 = code::$code;

            #[inline(always)]
            fn shortest(&self) -> u8 {
                code::$code
            }

            #[inline(always)]
            fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                match code {
                    code::$code => decoder.octets(Self::NAME).map(Self::from_be_bytes),
                    _ => Err(decoder.unexpected(code, Self::NAME)),
                }
            }

            const QUICK: bool = true;

            #[inline(always)]
            fn quick_data(code: u8, data: &[u8]) -> Option<(Self, &[u8])> {
                if code == code::$code { wide(data, Self::from_be_bytes) } else { None }
            }

            #[inline]
            fn data_len(&self, _: u8) -> usize {
                size_of::<$type>()
            }

            #[inline(always)]
            fn encode_data(&self, _: u8, out: &mut Vec<u8>) {
                put(out, self.to_be_bytes());
            }

            #[inline(always)]
            fn encode_shortest(&self, out: &mut Vec<u8>) {
                put_constructed::<{ size_of::<$type>() }, { 1 + size_of::<$type>() }>(
                    out,
                    code::$code,
                    self.to_be_bytes(),
                );
            }
        }
    };
}

/// An integer whose small values have a form of one octet (`small`, through
/// the type `octet`), and whose zero may have one of none (`zero`).
macro_rules! compact_integer {
    ($type:ty, $name:literal, $code:ident, small $small:ident $octet:ty $(, zero $zero:ident)?) => {
        impl Primitive for $type {
            const NAME: &'static str = $name;
            const WIDEST: u8 = code::$code;

            #[inline(always)]
            fn shortest(&self) -> u8 {
                $(if *self == 0 {
                    return code::$zero;
                })?
                match <$octet>::try_from(*self) {
                    Ok(_) => code::$small,
                    Err(_) => code::$code,
                }
            }

            #[inline(always)]
            fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                match code {
                    $(code::$zero => Ok(0),)?
                    code::$small => {
                        let octets = decoder.octets(Self::NAME)?;
                        Ok(Self::from(<$octet>::from_be_bytes(octets)))
                    }
                    code::$code => decoder.octets(Self::NAME).map(Self::from_be_bytes),
                    _ => Err(decoder.unexpected(code, Self::NAME)),
                }
            }

            const QUICK: bool = true;

            #[inline(always)]
            fn quick_data(code: u8, data: &[u8]) -> Option<(Self, &[u8])> {
                match code {
                    $(code::$zero => Some((0, data)),)?
                    code::$small => wide(data, |octet| Self::from(<$octet>::from_be_bytes(octet))),
                    code::$code => wide(data, Self::from_be_bytes),
                    _ => None,
                }
            }

            #[inline]
            fn data_len(&self, code: u8) -> usize {
                match code {
                    $(code::$zero => 0,)?
                    code::$small => 1,
                    _ => size_of::<$type>(),
                }
            }

            #[inline(always)]
            fn encode_data(&self, code: u8, out: &mut Vec<u8>) {
                let octets = self.to_be_bytes();
                match code {
                    $(code::$zero => {})?
                    code::$small => out.extend(octets.last()),
                    _ => put(out, octets),
                }
            }

            // One write each instead of two.
            #[inline(always)]
            fn encode_shortest(&self, out: &mut Vec<u8>) {
                $(if *self == 0 {
                    return put(out, [code::$zero]);
                })?
                if let Ok(small) = <$octet>::try_from(*self) {
                    let [octet] = small.to_be_bytes();
                    put(out, [code::$small, octet]);
                } else {
                    put_constructed::<{ size_of::<$type>() }, { 1 + size_of::<$type>() }>(out, code::$code, self.to_be_bytes());
                }
            }
        }
    };
}

integer!(u8, "ubyte", UBYTE);
integer!(i8, "byte", BYTE);
integer!(u16, "ushort", USHORT);
integer!(i16, "short", SHORT);
compact_integer!(u32, "uint", UINT, small SMALL_UINT u8, zero UINT_0);
compact_integer!(u64, "ulong", ULONG, small SMALL_ULONG u8, zero ULONG_0);
compact_integer!(i32, "int", INT, small SMALL_INT i8);
compact_integer!(i64, "long", LONG, small SMALL_LONG i8);
