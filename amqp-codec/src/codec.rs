//! The traits that every value of this crate implements.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::code;
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::types::{Dec32, Dec64, Dec128, Str, Symbol, Timestamp, Uuid};
use crate::write::put;

/// A value that can be read from AMQP octets.
pub trait Decode: Sized {
    /// Reads one value, its constructor included (§1.2).
    ///
    /// # Errors
    /// Octets that are not a value of this type. The decoder is then somewhere
    /// within the value.
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError>;

    /// Whether [`quick`](Self::quick) reads anything.
    #[doc(hidden)]
    const QUICK: bool = false;

    /// Reads one value from the start of the input, if that takes a few
    /// instructions, and gives what follows it. Whatever is unusual, or wrong,
    /// is left to [`decode`](Self::decode).
    #[doc(hidden)]
    #[inline(always)]
    fn quick(_: &[u8]) -> Option<(Self, &[u8])> {
        None
    }

    /// [`quick`](Self::quick) to a place that holds a field without a value; gives what follows.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_to<'i>(place: &mut Self, input: &'i [u8]) -> Option<&'i [u8]> {
        let (value, rest) = Self::quick(input)?;
        *place = value;
        Some(rest)
    }

    /// [`quick_to`](Self::quick_to) of an optional field.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_to_some<'i>(place: &mut Option<Self>, input: &'i [u8]) -> Option<&'i [u8]> {
        if place.is_some() {
            // A default of one's own, which may own something.
            return None;
        }
        let (value, rest) = Self::quick(input)?;
        // Nothing was there: no call to drop it.
        core::mem::forget(place.replace(value));
        Some(rest)
    }
}

/// A value that can be written as AMQP octets. Encoding cannot fail.
pub trait Encode {
    /// How many octets [`encode`](Self::encode) appends, exactly.
    fn encoded_len(&self) -> usize;

    /// Appends the value, its constructor included, in its shortest form.
    fn encode(&self, out: &mut Vec<u8>);

    /// How many octets [`encode_sharing`](Self::encode_sharing) does not append but gives to `share`, if both are given
    /// the same `large`.
    ///
    /// Most types share none. A [`Message`](crate::Message), and its body, shares `data`, but never a section of at most
    /// 255 octets, whatever `large` is.
    #[inline(always)]
    fn shared_len(&self, large: usize) -> usize {
        let _ = large;
        0
    }

    /// [`encode`](Self::encode) without a copy of what is large.
    ///
    /// Runs of at least `large` octets that are shared already are not appended. Each is given to `share`, with the
    /// length that `out` has there: the run belongs behind so many octets of it. What a type shares at all is said at
    /// [`shared_len`](Self::shared_len), which is to be given the same `large`.
    ///
    /// ```
    /// use amqp_codec::{Encode, Message};
    ///
    /// let message = Message::from(vec![7; 5_000]);
    /// let (mut out, mut shared) = (Vec::new(), Vec::new());
    /// message.encode_sharing(&mut out, 4_096, &mut |at, octets| shared.push((at, octets.clone())));
    /// assert_eq!(shared, [(out.len(), vec![7; 5_000].into())]);
    /// assert_eq!(message.encoded_len(), out.len() + message.shared_len(4_096));
    /// ```
    #[inline(always)]
    fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        let _ = (large, share);
        self.encode(out);
    }

    /// Whether the value is written as null. A composite leaves nulls out at
    /// its end (§1.4).
    #[inline(always)]
    fn is_null(&self) -> bool {
        false
    }
}

/// A primitive type of §1.6 other than null, list, map and array: a value that
/// may be an array element, where one format code serves many values.
pub trait Primitive: Decode + Encode {
    /// The specification's name of the type: `"uint"`.
    const NAME: &'static str;

    /// The format code that fits every value of the type.
    const WIDEST: u8;

    /// The format code of the shortest form of this value.
    fn shortest(&self) -> u8;

    /// The format code that this value asks for in an array (§1.6.24). The
    /// highest that an element asks for fits them all.
    #[inline]
    fn element_code(&self) -> u8 {
        Self::WIDEST
    }

    /// Reads the octets that follow the format code `code`.
    ///
    /// # Errors
    /// The code is not one of the type, or what follows is not valid.
    fn decode_data(code: u8, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError>;

    /// Whether [`quick_data`](Self::quick_data) reads anything.
    #[doc(hidden)]
    const QUICK: bool = false;

    /// [`Decode::quick`] of what follows the format code.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_data(_: u8, _: &[u8]) -> Option<(Self, &[u8])> {
        None
    }

    /// How many octets follow the format code `code`.
    fn data_len(&self, code: u8) -> usize;

    /// Appends the octets that follow the format code `code`, which must fit
    /// the value.
    fn encode_data(&self, code: u8, out: &mut Vec<u8>);

    /// Appends the shortest form, with its format code.
    #[inline(always)]
    fn encode_shortest(&self, out: &mut Vec<u8>) {
        let code = self.shortest();
        put(out, [code]);
        self.encode_data(code, out);
    }
}

/// Encodes in a function of its own: what chooses between many types then has
/// no registers to save, and goes on there.
#[inline(never)]
pub(crate) fn encode_apart<T: Primitive>(value: &T, out: &mut Vec<u8>) {
    value.encode_shortest(out);
}

/// [`Decode`] and [`Encode`] of a [`Primitive`].
macro_rules! codec {
    ($($Type:ty)*) => {$(
        impl Decode for $Type {
            #[inline(always)]
            fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                let code = decoder.code(Self::NAME)?;
                Self::decode_data(code, decoder)
            }

            const QUICK: bool = <Self as Primitive>::QUICK;

            #[inline(always)]
            fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
                let (&code, data) = input.split_first()?;
                Self::quick_data(code, data)
            }
        }

        impl Encode for $Type {
            #[inline]
            fn encoded_len(&self) -> usize {
                self.data_len(self.shortest()).saturating_add(1)
            }

            #[inline(always)]
            fn encode(&self, out: &mut Vec<u8>) {
                self.encode_shortest(out);
            }
        }
    )*};
}

codec! { bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char }
codec! { Dec32 Dec64 Dec128 Timestamp Uuid Bytes Str Symbol }

/// `None` is null.
impl<T: Decode> Decode for Option<T> {
    #[inline(always)]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        if decoder.take_null() {
            return Ok(None);
        }
        T::decode(decoder).map(Some)
    }

    const QUICK: bool = T::QUICK;

    #[inline(always)]
    fn quick(input: &[u8]) -> Option<(Self, &[u8])> {
        T::quick(input).map(|(value, rest)| (Some(value), rest))
    }

    #[inline(always)]
    fn quick_to<'i>(place: &mut Self, input: &'i [u8]) -> Option<&'i [u8]> {
        T::quick_to_some(place, input)
    }
}

/// `None` is null.
impl<T: Encode> Encode for Option<T> {
    #[inline]
    fn encoded_len(&self) -> usize {
        self.as_ref().map_or(1, Encode::encoded_len)
    }

    #[inline(always)]
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.encode(out),
            None => put(out, [code::NULL]),
        }
    }

    #[inline(always)]
    fn shared_len(&self, large: usize) -> usize {
        self.as_ref().map_or(0, |value| value.shared_len(large))
    }

    #[inline(always)]
    fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        match self {
            Some(value) => value.encode_sharing(out, large, share),
            None => put(out, [code::NULL]),
        }
    }

    #[inline(always)]
    fn is_null(&self) -> bool {
        self.as_ref().is_none_or(Encode::is_null)
    }
}

impl<T: Decode> Decode for Box<T> {
    #[inline(always)]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        T::decode(decoder).map(Box::new)
    }
}

/// What stands for a value is encoded as that.
macro_rules! encode_target {
    ($($type:ty),*) => {$(
        impl<T: Encode + ?Sized> Encode for $type {
            #[inline]
            fn encoded_len(&self) -> usize {
                (**self).encoded_len()
            }

            #[inline(always)]
            fn encode(&self, out: &mut Vec<u8>) {
                (**self).encode(out);
            }

            #[inline(always)]
            fn shared_len(&self, large: usize) -> usize {
                (**self).shared_len(large)
            }

            #[inline(always)]
            fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
                (**self).encode_sharing(out, large, share);
            }

            #[inline(always)]
            fn is_null(&self) -> bool {
                (**self).is_null()
            }
        }
    )*};
}

encode_target!(Box<T>, &T);
