//! Variants of enums.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize as _, DeserializeSeed, Deserializer as _, EnumAccess, VariantAccess, Visitor};

use super::{Deserializer, Input, access};
use crate::serde::descriptor::{Descriptor, Form};
use crate::serde::error::{Error, ErrorKind};

/// A variant by its name: the only entry of a map that has been entered.
pub(super) struct NamedVariant<'a, 'de> {
    input: &'a mut Input<'de>,
    /// The enum.
    of: &'static str,
    /// The variant, once it has been read.
    name: &'de str,
}

impl<'a, 'de> NamedVariant<'a, 'de> {
    pub(super) fn new(input: &'a mut Input<'de>, of: &'static str) -> Self {
        Self { input, of, name: "" }
    }

    /// Reads the content.
    fn content<T>(&mut self, read: impl FnOnce(Deserializer<'_, 'de>) -> Result<T, Error>) -> Result<T, Error> {
        read(Deserializer::new(self.input)).map_err(|error| error.in_field(self.name))
    }
}

impl<'de> EnumAccess<'de> for NamedVariant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), Error> {
        let mut key = Deserializer::new(self.input);
        let code = key.undescribed(&access::Text)?;
        self.name = named_variant(self.of, self.input.primitive(code, access::Text)?)?;
        let variant = seed.deserialize(BorrowedStrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for NamedVariant<'_, 'de> {
    type Error = Error;

    fn unit_variant(mut self) -> Result<(), Error> {
        self.content(|content| <()>::deserialize(content))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, Error> {
        self.content(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content(|content| content.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(mut self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.content(|content| content.deserialize_map(visitor))
    }
}

/// A name of the input, if it may be that of a variant: those that are
/// described have no other name.
pub(super) fn named_variant<'de>(of: &'static str, name: &'de str) -> Result<&'de str, Error> {
    if name.starts_with('@') {
        return Err(Error::new(ErrorKind::WrongDescriptor(of)));
    }
    Ok(name)
}

/// A variant by its descriptor, which has been read.
pub(super) struct DescribedVariant<'a, 'de> {
    name: &'static str,
    descriptor: Descriptor,
    content: Deserializer<'a, 'de>,
}

impl<'a, 'de> DescribedVariant<'a, 'de> {
    pub(super) fn new(name: &'static str, descriptor: Descriptor, content: Deserializer<'a, 'de>) -> Self {
        Self { name, descriptor, content }
    }
}

impl<'de> EnumAccess<'de> for DescribedVariant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let variant = seed.deserialize(BorrowedStrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for DescribedVariant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.descriptor.form(&[Form::List])?;
        self.content.empty(&self.name)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.descriptor.form(&[Form::Value])?;
        seed.deserialize(self.content)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.descriptor.form(&[Form::List])?;
        self.content.tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        let form = self.descriptor.form(&[Form::List, Form::Map])?;
        self.content.composite(form, fields, visitor)
    }
}
