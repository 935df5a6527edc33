//! `Debug` of a composite: the set fields on one line.

use core::fmt::{self, Debug};

/// A field's reference, of which [`value`](Self::value) is what to print.
///
/// An `Option` prints as its content. The inherent method is for options, and
/// wins over the trait's, which is for every other type.
#[derive(Debug)]
pub struct Shown<'a, T>(pub &'a T);

impl<'a, T> Shown<'a, Option<T>> {
    /// The content of the option.
    pub fn value(&self) -> Option<&'a T> {
        self.0.as_ref()
    }
}

/// What to print of a field that is not an `Option`.
pub trait ShownValue<'a> {
    /// The field's type.
    type Value;
    /// The value, unless it is written as null.
    fn value(&self) -> Option<&'a Self::Value>;
}

impl<'a, T: crate::Encode> ShownValue<'a> for Shown<'a, T> {
    type Value = T;

    fn value(&self) -> Option<&'a T> {
        (!self.0.is_null()).then_some(self.0)
    }
}

/// Writes `Name{field=value field=value}`.
#[expect(missing_debug_implementations, reason = "a formatter cannot be printed")]
pub struct DebugFields<'a, 'f> {
    formatter: &'a mut fmt::Formatter<'f>,
    separator: &'static str,
    result: fmt::Result,
}

impl<'a, 'f> DebugFields<'a, 'f> {
    /// Writes the name.
    #[inline(never)]
    pub fn new(formatter: &'a mut fmt::Formatter<'f>, name: &str) -> Self {
        let result = formatter.write_str(name).and_then(|()| formatter.write_str("{"));
        Self { formatter, separator: "", result }
    }

    /// Writes a field if it has a value. `name` is qualified by the type's.
    #[inline(always)]
    pub fn field(&mut self, name: &str, value: Option<&impl Debug>) {
        if let Some(value) = value {
            self.some(name, value);
        }
    }

    /// Once for fields of all types: there are many, and printing them is not to be quick.
    #[inline(never)]
    fn some(&mut self, name: &str, value: &dyn Debug) {
        let name = name.split_once('.').map_or(name, |(_, field)| field);
        self.result = self.result.and_then(|()| write!(self.formatter, "{}{name}={value:?}", self.separator));
        self.separator = " ";
    }

    /// Writes how many octets a field has, if any.
    pub fn secret(&mut self, name: &str, value: Option<&impl AsRef<[u8]>>) {
        let octets = value.map(|value| Secret(value.as_ref().len()));
        self.field(name, octets.as_ref());
    }

    /// Writes what closes the fields.
    #[inline(never)]
    pub fn finish(self) -> fmt::Result {
        self.result.and_then(|()| self.formatter.write_str("}"))
    }
}

/// So many octets that must not be seen.
struct Secret(usize);

impl Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets>", self.0)
    }
}
