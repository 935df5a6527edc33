//! Described values (§1.2), and composite types among them (§1.4).

use alloc::vec::Vec;

use serde::Serialize;

use super::{Compound, Serializer};
use crate::code;
use crate::serde::descriptor::{Descriptor, Form, not_described};
use crate::serde::error::Error;

impl<'a> Serializer<'a> {
    /// Appends the descriptor; the value that it describes goes where this says.
    fn descriptor(self, descriptor: Descriptor) -> Result<&'a mut Vec<u8>, Error> {
        let out = self.plain("described value")?;
        descriptor.write(out)?;
        Ok(out)
    }

    /// A described list without fields.
    pub(super) fn empty(self, descriptor: Descriptor) -> Result<(), Error> {
        descriptor.form(&[Form::List])?;
        self.descriptor(descriptor)?.push(code::LIST_0);
        Ok(())
    }

    /// The content of a newtype, described.
    pub(super) fn describe<T: Serialize + ?Sized>(self, descriptor: Descriptor, value: &T) -> Result<(), Error> {
        descriptor.form(&[Form::Value])?;
        let out = self.descriptor(descriptor)?;
        value.serialize(Serializer::new(out))
    }

    /// A described list or map of fields.
    pub(super) fn composite(self, descriptor: Descriptor, fitting: &[Form]) -> Result<Compound<'a>, Error> {
        let form = descriptor.form(fitting)?;
        let out = self.descriptor(descriptor)?;
        Ok(if form == Form::Map { Compound::map(out) } else { Compound::composite(out) })
    }
}

/// How a variant is described.
pub(super) fn variant_descriptor(name: &'static str, variant: &'static str) -> Result<Option<Descriptor>, Error> {
    not_described(name)?;
    Descriptor::of(variant)
}
