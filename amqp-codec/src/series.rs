//! Printing several values on one line, as the standard library prints lists and maps: in code that is not made anew for
//! each type of them.

use core::fmt::{self, Debug, Formatter};

/// Prints `[value, value]` or `{key: value, key: value}`.
pub(crate) struct Series<'a, 'f> {
    formatter: &'a mut Formatter<'f>,
    separator: &'static str,
    result: fmt::Result,
}

impl<'a, 'f> Series<'a, 'f> {
    /// Begins with `open`.
    pub(crate) fn new(formatter: &'a mut Formatter<'f>, open: &str) -> Self {
        let result = formatter.write_str(open);
        Self { formatter, separator: "", result }
    }

    /// One more value.
    #[inline(never)]
    pub(crate) fn value(&mut self, value: &dyn Debug) -> &mut Self {
        self.result = self.result.and_then(|()| {
            self.formatter.write_str(self.separator)?;
            value.fmt(self.formatter)
        });
        self.separator = ", ";
        self
    }

    /// One more value, with its key.
    #[inline(never)]
    pub(crate) fn entry(&mut self, key: &dyn Debug, value: &dyn Debug) -> &mut Self {
        self.value(key).separator = ": ";
        self.value(value)
    }

    /// Ends with `close`.
    pub(crate) fn finish(&mut self, close: &str) -> fmt::Result {
        self.result.and_then(|()| self.formatter.write_str(close))
    }
}
