//! Described values (§1.2), and composite types among them (§1.4).

use serde::de::{self, Visitor};

use super::Deserializer;
use super::access::{Entries, Fields};
use crate::error::DecodeErrorKind;
use crate::serde::descriptor::{Descriptor, Form};
use crate::serde::error::{Error, ErrorKind};
use crate::{Decode, Value, code};

impl<'de> Deserializer<'_, 'de> {
    /// Reads descriptor and value of a described value, whose first octet has
    /// been read.
    pub(super) fn described<R>(
        mut self,
        read: impl FnOnce(&Value, Deserializer<'_, 'de>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.input.decoder.descend("described value")?;
        let descriptor = Value::decode(self.constructor.as_mut().unwrap_or(&mut self.input.decoder))?;
        let result = read(&descriptor, Deserializer { input: self.input, constructor: self.constructor })?;
        self.input.decoder.ascend();
        Ok(result)
    }

    /// Reads a value that is described in this way.
    pub(super) fn described_as<R>(
        mut self,
        descriptor: &Descriptor,
        read: impl FnOnce(Deserializer<'_, 'de>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if self.code()? != code::DESCRIBED {
            return Err(descriptor.mismatch());
        }
        self.described(|found, content| if descriptor.is(found) { read(content) } else { Err(descriptor.mismatch()) })
    }

    /// Shows the list of a composite (§1.4) as fields by their names.
    pub(super) fn fields<V: Visitor<'de>>(
        mut self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let code = self.undescribed(&visitor)?;
        self.input.list(code, |input, count| {
            let mut fields = Fields::new(input, count, names);
            let value = visitor.visit_map(&mut fields)?;
            fields.finish(value)
        })
    }

    /// Shows the list of a composite (§1.4) of `len` fields.
    pub(super) fn tuple<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let code = self.undescribed(&visitor)?;
        self.list(code, len, visitor)
    }

    /// Reads the empty list of a composite without fields.
    pub(super) fn empty(mut self, expected: &dyn de::Expected) -> Result<(), Error> {
        let code = self.undescribed(expected)?;
        self.input.list(code, |input, count| match count {
            0 => Ok(()),
            _ => Err(input.decoder.error(DecodeErrorKind::TooManyFields, "list").into()),
        })
    }

    /// Shows fields in the form that a descriptor asks for.
    pub(super) fn composite<V: Visitor<'de>>(
        self,
        form: Form,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if form == Form::Map { self.map(visitor) } else { self.fields(names, visitor) }
    }

    /// Shows a map, and nothing else.
    fn map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let code = self.undescribed(&visitor)?;
        self.input.map(code, |input, count| visitor.visit_map(Entries::new(input, count)))
    }
}

/// The variant of an enum with this descriptor.
pub(super) fn variant_of(
    name: &'static str,
    variants: &'static [&'static str],
    found: &Value,
) -> Result<(&'static str, Descriptor), Error> {
    for variant in variants {
        match Descriptor::of(variant)? {
            Some(descriptor) if descriptor.is(found) => return Ok((variant, descriptor)),
            _ => {}
        }
    }
    Err(Error::new(ErrorKind::WrongDescriptor(name)))
}
