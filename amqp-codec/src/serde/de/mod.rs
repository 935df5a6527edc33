//! Octets to Rust values.

mod access;
mod described;
mod encoded;
mod input;
mod variant;

use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{self, Error as _, Unexpected, Visitor};

pub(super) use self::access::{DESCRIPTOR, VALUE};
use self::access::{Elements, Entries};
use self::described::variant_of;
pub(super) use self::encoded::decode as decode_encoded;
pub(super) use self::input::Input;
use self::variant::{DescribedVariant, NamedVariant, named_variant};
use super::descriptor::{Descriptor, Form, not_described};
use super::error::{Error, ErrorKind};
use super::token::ENCODED;
use crate::{Bytes, Decoder, Primitive, code};

/// Reads one value.
pub(super) struct Deserializer<'a, 'de> {
    input: &'a mut Input<'de>,
    /// Where the constructor is, of an element of an array; otherwise it
    /// precedes the value.
    constructor: Option<Decoder<'de>>,
}

impl<'a, 'de> Deserializer<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>) -> Self {
        Self { input, constructor: None }
    }

    /// Reads the format code, or the octet that begins a described value. That
    /// is one value more, since it becomes a Rust value.
    fn code(&mut self) -> Result<u8, Error> {
        self.input.decoder.count_value()?;
        let decoder = self.constructor.as_mut().unwrap_or(&mut self.input.decoder);
        Ok(decoder.code("value")?)
    }

    fn is_null(&self) -> bool {
        self.constructor.as_ref().unwrap_or(&self.input.decoder).peek() == Some(code::NULL)
    }

    /// Reads the format code of a value that is not described.
    fn undescribed(&mut self, expected: &dyn de::Expected) -> Result<u8, Error> {
        match self.code()? {
            code::DESCRIBED => Err(Error::invalid_type(Unexpected::Other("described value"), expected)),
            code => Ok(code),
        }
    }

    /// Shows a value, whose code has been read, as what it is.
    fn data<V: Visitor<'de>>(self, code: u8, visitor: V) -> Result<V::Value, Error> {
        match code {
            code::LIST_0 | code::LIST_8 | code::LIST_32 => self.list(code, 0, visitor),
            code::MAP_8 | code::MAP_32 => {
                self.input.map(code, |input, count| visitor.visit_map(Entries::new(input, count)))
            }
            code::ARRAY_8 | code::ARRAY_32 => self.input.array(code, |input, count, constructor| {
                let mut elements = Elements::new(input, count, 0).of_array(constructor);
                let value = visitor.visit_seq(&mut elements)?;
                elements.finish(value)
            }),
            _ => self.input.primitive(code, visitor),
        }
    }

    /// Shows a list, whose code has been read; nulls fill it up to `len`.
    fn list<V: Visitor<'de>>(self, code: u8, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.input.list(code, |input, count| {
            let mut elements = Elements::new(input, count, len);
            let value = visitor.visit_seq(&mut elements)?;
            elements.finish(value)
        })
    }

    /// Shows a value that is not described.
    fn plain<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let code = self.undescribed(&visitor)?;
        self.data(code, visitor)
    }

    /// Shows a list or array; a binary too, as its octets.
    fn sequence<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        match self.undescribed(&visitor)? {
            code @ (code::BINARY_8 | code::BINARY_32) => {
                let octets = Bytes::decode_data(code, &mut self.input.decoder)?;
                let mut elements = SeqDeserializer::<_, Error>::new(octets.iter().copied());
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
            code => self.data(code, visitor),
        }
    }
}

/// Types whose values show themselves.
macro_rules! plain {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.plain(visitor)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Deserializer<'_, 'de> {
    type Error = Error;

    plain! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_map
    }

    /// A described value is shown as a map of `descriptor` and `value`, as
    /// [`Described`](crate::Described) is in other formats.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        match self.code()? {
            code::DESCRIBED => {
                self.input.decoder.descend("described value")?;
                let value = visitor.visit_map(access::Parts::new(self.input, self.constructor))?;
                self.input.decoder.ascend();
                Ok(value)
            }
            code => self.data(code, visitor),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::new(ErrorKind::Unsupported("integer of 128 bits")))
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::new(ErrorKind::Unsupported("integer of 128 bits")))
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        if self.is_null() {
            self.code()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let Some(descriptor) = Descriptor::of(name)? else {
            return self.plain(visitor);
        };
        descriptor.form(&[Form::List])?;
        self.described_as(&descriptor, |content| content.empty(&visitor))?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == ENCODED {
            return self.encoded(visitor);
        }
        let Some(descriptor) = Descriptor::of(name)? else {
            return visitor.visit_newtype_struct(self);
        };
        descriptor.form(&[Form::Value])?;
        self.described_as(&descriptor, |content| visitor.visit_newtype_struct(content))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Some(descriptor) = Descriptor::of(name)? else {
            return self.sequence(visitor);
        };
        descriptor.form(&[Form::List])?;
        self.described_as(&descriptor, |content| content.tuple(len, visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Some(descriptor) = Descriptor::of(name)? else {
            return self.plain(visitor);
        };
        let form = descriptor.form(&[Form::List, Form::Map])?;
        self.described_as(&descriptor, |content| content.composite(form, fields, visitor))
    }

    /// A string or symbol names a variant without content; a map of one entry
    /// or a descriptor, any.
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        not_described(name)?;
        match self.code()? {
            code::DESCRIBED => self.described(|found, content| {
                let (variant, descriptor) = variant_of(name, variants, found)?;
                visitor.visit_enum(DescribedVariant::new(variant, descriptor, content))
            }),
            code @ (code::MAP_8 | code::MAP_32) => self.input.map(code, |input, count| match count {
                1 => visitor.visit_enum(NamedVariant::new(input, name)),
                _ => Err(Error::invalid_length(count, &"a map of one entry, a variant")),
            }),
            code @ (code::STRING_8 | code::STRING_32 | code::SYMBOL_8 | code::SYMBOL_32) => {
                let variant = named_variant(name, self.input.primitive(code, access::Text)?)?;
                visitor.visit_enum(BorrowedStrDeserializer::new(variant))
            }
            code => self.data(code, visitor),
        }
    }

    /// Names are text. serde would take a number for the place of a field.
    fn deserialize_identifier<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let code = self.undescribed(&visitor)?;
        visitor.visit_borrowed_str(self.input.primitive(code, access::Text)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.constructor.is_some() {
            return self.deserialize_any(visitor);
        }
        self.input.decoder.skip()?;
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
