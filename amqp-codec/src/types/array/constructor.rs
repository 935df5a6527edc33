//! The constructor that all elements of an array share (§1.2.4).

use alloc::vec::Vec;

use super::NAME;
use crate::code::{self, Width};
use crate::codec::Decode;
use crate::decoder::Decoder;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::{Described, Value};

/// What all elements have in common: descriptors, outermost first, and code.
#[derive(Debug, Clone)]
pub(super) struct Constructor {
    descriptors: Vec<Value>,
    code: u8,
}

impl Default for Constructor {
    fn default() -> Self {
        Self { descriptors: Vec::new(), code: code::NULL }
    }
}

impl Constructor {
    /// Descends a level for each descriptor.
    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut descriptors = Vec::new();
        loop {
            match decoder.code(NAME)? {
                code::DESCRIBED => {
                    decoder.descend(NAME)?;
                    descriptors.push(Value::decode(decoder)?);
                }
                code => return Ok(Self { descriptors, code }),
            }
        }
    }

    /// Reads over `count` elements, all of which must be valid.
    pub(super) fn check(&self, count: u32, elements: &mut Decoder<'_>) -> Result<(), DecodeError> {
        match code::width(self.code) {
            None => return Err(elements.unexpected(self.code, NAME)),
            Some(Width::Fixed(0)) if count > elements.limits().zero_width_items => {
                return Err(elements.error(DecodeErrorKind::CountTooLarge, NAME));
            }
            Some(Width::Fixed(0)) => return Ok(()),
            Some(width) => {
                elements.check_count(count, NAME)?;
                // Of these, not all octets of the right number are a value.
                let restricted = matches!(self.code, code::BOOLEAN | code::CHAR);
                if !restricted && elements.skip_elements(count, width) {
                    return Ok(());
                }
            }
        }
        for _ in 0..count {
            Value::decode_data(self.code, elements)?;
        }
        Ok(())
    }

    /// The descriptors of each element, outermost first.
    pub(super) fn descriptors(&self) -> &[Value] {
        &self.descriptors
    }

    /// Reads one element, without its descriptors.
    pub(super) fn bare_element(&self, elements: &mut Decoder<'_>) -> Result<Value, DecodeError> {
        Value::decode_data(self.code, elements)
    }

    /// Reads one element.
    pub(super) fn element(&self, elements: &mut Decoder<'_>) -> Result<Value, DecodeError> {
        let value = self.bare_element(elements)?;
        let outwards = self.descriptors.iter().rev();
        Ok(outwards.fold(value, |value, descriptor| Described::new(descriptor.clone(), value).into()))
    }
}
