//! How a type says by its serde name that it is described (§1.2, §1.4).

use alloc::vec::Vec;

use bytes::Bytes;

use super::error::{Error, ErrorKind};
use crate::{Encode, Symbol, Value, code};

/// What the descriptor describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `@list`: the fields in their order.
    List,
    /// `@map`: the fields under their names.
    Map,
    /// `@value`: the content of a newtype.
    Value,
}

/// The name of a type or variant that begins with `@`: form and descriptors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    name: &'static str,
    form: Form,
    /// What is written.
    first: Id,
    /// What else is read.
    rest: &'static str,
}

/// A symbolic or numeric descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    Symbol(&'static str),
    Code(u64),
}

impl Descriptor {
    /// What a serde name says; nothing, if it is an ordinary one.
    pub(super) fn of(name: &'static str) -> Result<Option<Self>, Error> {
        match name.strip_prefix('@') {
            Some(text) => Self::parse(name, text).map(Some).ok_or_else(|| invalid(name)),
            None => Ok(None),
        }
    }

    fn parse(name: &'static str, text: &'static str) -> Option<Self> {
        let (form, ids) = text.split_once(' ')?;
        let form = match form {
            "list" => Form::List,
            "map" => Form::Map,
            "value" => Form::Value,
            _ => return None,
        };
        let (first, rest) = ids.split_once(' ').unwrap_or((ids, ""));
        if !ids.split(' ').all(|id| Id::parse(id).is_some()) {
            return None;
        }
        Some(Self { name, form, first: Id::parse(first)?, rest })
    }

    /// The form, if it is one of those that fit this kind of type.
    pub(super) fn form(&self, fitting: &[Form]) -> Result<Form, Error> {
        if fitting.contains(&self.form) { Ok(self.form) } else { Err(invalid(self.name)) }
    }

    /// Appends the octets before the value described.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.push(code::DESCRIBED);
        match self.first {
            Id::Symbol(name) => Symbol::try_from(Bytes::from_static(name.as_bytes()))?.encode(out),
            Id::Code(code) => code.encode(out),
        }
        Ok(())
    }

    /// Whether this is one of the descriptors.
    pub(super) fn is(&self, found: &Value) -> bool {
        let others = self.rest.split_ascii_whitespace().filter_map(Id::parse);
        core::iter::once(self.first).chain(others).any(|id| match (id, found) {
            (Id::Symbol(name), Value::Symbol(found)) => found == name,
            (Id::Code(code), Value::Ulong(found)) => code == *found,
            _ => false,
        })
    }

    /// The error for a value with another descriptor.
    #[cold]
    pub(super) fn mismatch(&self) -> Error {
        Error::new(ErrorKind::WrongDescriptor(self.name))
    }
}

impl Id {
    /// What begins with a digit is a number, as the specification's tables
    /// write it (`0x00000000:0x00000070`) or as Rust does.
    fn parse(text: &'static str) -> Option<Self> {
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return (text.is_ascii() && !text.is_empty()).then_some(Self::Symbol(text));
        }
        match text.split_once(':') {
            Some((domain, id)) => {
                let (domain, id) = (u32::try_from(number(domain)?).ok()?, u32::try_from(number(id)?).ok()?);
                Some(Self::Code(u64::from(domain) << 32 | u64::from(id)))
            }
            None => number(text).map(Self::Code),
        }
    }
}

/// A decimal number, or a hexadecimal one behind `0x`; underscores do not count.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    let mut digits = digits.chars().filter(|digit| *digit != '_').peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |number, digit| number.checked_mul(radix.into())?.checked_add(digit.to_digit(radix)?.into()))
}

/// Refuses the name of an enum that says how it is described: its variants do.
pub(super) fn not_described(name: &'static str) -> Result<(), Error> {
    if name.starts_with('@') { Err(invalid(name)) } else { Ok(()) }
}

/// The error for a name that does not say what it should.
#[cold]
fn invalid(name: &'static str) -> Error {
    Error::new(ErrorKind::InvalidDescriptor(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_in_every_notation() {
        let codes = [
            ("@list 0x70", 0x70),
            ("@list 112", 0x70),
            ("@list 0x00000000:0x00000070", 0x70),
            ("@list 0x4d2f:1", 0x4d2f_0000_0001),
            ("@list 0x0000_4d2f_0000_0001", 0x4d2f_0000_0001),
            ("@list 0xffffffffffffffff", u64::MAX),
        ];
        for (name, code) in codes {
            let descriptor = Descriptor::of(name).unwrap().unwrap();
            assert_eq!(descriptor.first, Id::Code(code), "{name}");
            assert!(descriptor.is(&code.into()) && !descriptor.is(&(code - 1).into()));
        }
    }

    #[test]
    fn the_first_is_written_and_all_are_read() {
        let both = Descriptor::of("@map example:order:map 0x4d2f:7").unwrap().unwrap();
        assert_eq!(both.form, Form::Map);
        let mut octets = Vec::new();
        both.write(&mut octets).unwrap();
        assert_eq!(octets, b"\x00\xa3\x11example:order:map");
        assert!(both.is(&Symbol::from_static("example:order:map").into()));
        assert!(both.is(&0x4d2f_0000_0007_u64.into()));
        assert!(!both.is(&"example:order:map".into()));
        assert!(!both.is(&Symbol::from_static("0x4d2f:7").into()));
    }

    #[test]
    fn other_names_are_ordinary_or_wrong() {
        assert!(Descriptor::of("Order").unwrap().is_none());
        for name in [
            "@",
            "@list",
            "@list ",
            "@lst example",
            "@list  example",
            "@list 0x",
            "@list 1:",
            "@list 12z",
            "@list 0x1ffffffff:1",
            "@list 0x10000000000000000",
            "@list exämple",
            "@list example ",
            "@list 0x_",
        ] {
            let error = Descriptor::of(name).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::InvalidDescriptor(name));
        }
    }
}
