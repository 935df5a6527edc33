//! error (§2.8.14).

use core::fmt::{self, Write as _};

use super::{Condition, Info};
use crate::composite;
use crate::types::Str;

composite! {
    /// Why a link, session or connection ends, or a message was rejected
    /// (§2.8.14).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Error = "amqp:error:list" 0x1d {
        /// What went wrong, for programs. Mandatory, but where nothing else is said either:
        /// RabbitMQ's Erlang client sends an error without any field for "no error". Peers
        /// refuse an error that says more, and has no condition.
        condition: Condition, leading = Condition::UNSPECIFIED;
        /// What went wrong, for people.
        description: Option<Str>;
        /// Particulars, for example where a redirect leads.
        info: Option<Info>;
    }
}

impl Error {
    /// An error with a description.
    pub fn new(condition: Condition, description: impl Into<Str>) -> Self {
        Self { condition, description: Some(description.into()), info: None }
    }
}

impl Error {
    /// Whether it says nothing: no condition, no description, no info.
    pub fn is_unspecified(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Condition> for Error {
    fn from(condition: Condition) -> Self {
        Self { condition, description: None, info: None }
    }
}

/// The condition, and the description with control characters escaped: it may
/// come from a peer and end in a log.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printable(self.condition.as_str(), f)?;
        let Some(text) = &self.description else {
            return Ok(());
        };
        f.write_str(": ")?;
        printable(text, f)
    }
}

/// Text with its control characters escaped.
fn printable(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    text.chars().try_for_each(|char| match char.is_control() {
        true => write!(f, "{}", char.escape_debug()),
        false => f.write_char(char),
    })
}

impl core::error::Error for Error {}
