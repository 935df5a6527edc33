//! Rust values to octets.

mod compound;
mod described;

use alloc::vec::Vec;

use serde::ser::{self, Serialize};

use self::compound::Compound;
use self::described::variant_descriptor;
use super::descriptor::{Descriptor, Form};
use super::error::{Error, ErrorKind};
use super::token::Token;
use crate::types::binary::{encode_sized_shortest, is_ascii};
use crate::{Dec32, Dec64, Dec128, Encode, Primitive, SymbolError, Timestamp, Uuid, code};

/// Appends one value, of the type that serde says or that a token asks for.
pub(super) struct Serializer<'a> {
    out: &'a mut Vec<u8>,
    token: Option<Token>,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, token: None }
    }

    /// Appends a value that is of its own type and no other.
    #[inline]
    fn write<T: Primitive>(self, value: &T) -> Result<(), Error> {
        self.plain(T::NAME).map(|out| value.encode(out))
    }

    /// Where a value of type `found` goes, unless another type is asked for.
    #[inline]
    fn plain(self, found: &'static str) -> Result<&'a mut Vec<u8>, Error> {
        match self.token {
            None => Ok(self.out),
            Some(token) => Err(token.mismatch(found).into()),
        }
    }

    /// Appends octets as a type of a fixed number of them.
    fn fixed<T: Primitive, const N: usize>(
        self,
        octets: &[u8],
        token: Token,
        make: fn([u8; N]) -> T,
    ) -> Result<(), Error> {
        let octets = octets.try_into().map_err(|_| token.mismatch("binary"))?;
        make(octets).encode(self.out);
        Ok(())
    }

    /// Begins a map of one entry: the name of a variant, and its content.
    fn begin_variant(self, variant: &'static str) -> Result<(usize, &'a mut Vec<u8>), Error> {
        let out = self.plain("map")?;
        let start = compound::begin_map(out);
        write_text(variant, out);
        Ok((start, out))
    }
}

/// Appends a string.
fn write_text(text: &str, out: &mut Vec<u8>) {
    encode_sized_shortest(text.as_bytes(), (code::STRING_8, code::STRING_32), out);
}

/// Numbers and so on, each of which is of one type.
macro_rules! write {
    ($($method:ident $type:ty;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.write(&value)
        }
    )*};
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    write! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_char char;
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        match self.token {
            Some(Token::Timestamp) => Timestamp(value).encode(self.out),
            _ => return self.write(&value),
        }
        Ok(())
    }

    fn serialize_i128(self, _: i128) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Unsupported("integer of 128 bits")))
    }

    fn serialize_u128(self, _: u128) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Unsupported("integer of 128 bits")))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        match self.token {
            Some(Token::Symbol) if !is_ascii(text.as_bytes()) => return Err(SymbolError.into()),
            Some(Token::Symbol) => {
                encode_sized_shortest(text.as_bytes(), (code::SYMBOL_8, code::SYMBOL_32), self.out);
            }
            _ => write_text(text, self.plain("string")?),
        }
        Ok(())
    }

    fn serialize_bytes(self, octets: &[u8]) -> Result<(), Error> {
        match self.token {
            Some(token @ Token::Uuid) => self.fixed(octets, token, Uuid),
            Some(token @ Token::Decimal32) => self.fixed(octets, token, Dec32),
            Some(token @ Token::Decimal64) => self.fixed(octets, token, Dec64),
            Some(token @ Token::Decimal128) => self.fixed(octets, token, Dec128),
            _ => {
                encode_sized_shortest(octets, (code::BINARY_8, code::BINARY_32), self.plain("binary")?);
                Ok(())
            }
        }
    }

    /// Null is a value of any type.
    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.out.push(code::NULL);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Error> {
        match Descriptor::of(name)? {
            None => self.serialize_none(),
            Some(descriptor) => self.empty(descriptor),
        }
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        match variant_descriptor(name, variant)? {
            None => self.serialize_str(variant),
            Some(descriptor) => self.empty(descriptor),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        if let Some(token) = Token::of(name) {
            return value.serialize(Serializer { out: self.out, token: Some(token) });
        }
        match Descriptor::of(name)? {
            None => value.serialize(self),
            Some(descriptor) => self.describe(descriptor, value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if let Some(descriptor) = variant_descriptor(name, variant)? {
            return self.describe(descriptor, value);
        }
        let (start, out) = self.begin_variant(variant)?;
        value.serialize(Serializer::new(&mut *out)).map_err(|error| error.in_field(variant))?;
        compound::finish_map(out, start, 1);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        match self.token {
            Some(Token::Array) => Ok(Compound::array(self.out)),
            _ => self.plain("list").map(Compound::list),
        }
    }

    fn serialize_tuple(self, len: usize) -> Result<Compound<'a>, Error> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Compound<'a>, Error> {
        match Descriptor::of(name)? {
            None => self.serialize_seq(Some(len)),
            Some(descriptor) => self.composite(descriptor, &[Form::List]),
        }
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        if let Some(descriptor) = variant_descriptor(name, variant)? {
            return self.composite(descriptor, &[Form::List]);
        }
        let (start, out) = self.begin_variant(variant)?;
        Ok(Compound::list(out).of_variant(start, variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        self.plain("map").map(Compound::map)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>, Error> {
        if self.token == Some(Token::Described) {
            return Ok(Compound::described(self.out));
        }
        match Descriptor::of(name)? {
            None => self.plain("map").map(Compound::map),
            Some(descriptor) => self.composite(descriptor, &[Form::List, Form::Map]),
        }
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        if let Some(descriptor) = variant_descriptor(name, variant)? {
            return self.composite(descriptor, &[Form::List, Form::Map]);
        }
        let (start, out) = self.begin_variant(variant)?;
        Ok(Compound::map(out).of_variant(start, variant))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
