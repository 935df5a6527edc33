//! What went wrong between a Rust type and an AMQP value, and in which field.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::{de, ser};

use crate::{ArrayError, Bytes, DecodeError, Decoder, Limits, SymbolError, Value, WrongType};

/// A Rust value that has no AMQP value, or an AMQP value that is not of the
/// Rust type.
///
/// Says what was wrong ([`kind`](Self::kind)) and where in the Rust type
/// ([`path`](Self::path)).
///
/// ```
/// use amqp_codec::{Bytes, serde::{from_bytes, to_bytes}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// struct Order { lines: Vec<(&'static str, u32)> }
/// #[derive(Debug, Deserialize)]
/// struct Small { lines: Vec<(String, u8)> }
///
/// let octets = to_bytes(&Order { lines: vec![("crates", 12), ("nails", 1_000)] })?;
/// let error = from_bytes::<Small>(&octets).unwrap_err();
/// assert_eq!(error.path(), "lines[1][1]");
/// assert_eq!(error.to_string(), "lines[1][1]: invalid value: integer `1000`, expected u8");
/// # Ok::<(), amqp_codec::serde::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    path: String,
}

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The octets are no AMQP value, or beyond the [`Limits`](crate::Limits).
    #[error("{0}")]
    Decode(DecodeError),
    /// A value of one AMQP type where another is wanted.
    #[error("{0}")]
    WrongType(WrongType),
    /// A value without this field, which is mandatory. In a described list,
    /// null is no field either (§1.4).
    #[error("missing field `{0}`")]
    MissingField(&'static str),
    /// A described value with none of the descriptors that the type has, whose
    /// serde name this is; of an enum, none of its variants has them.
    #[error("descriptor is not that of `{0}`")]
    WrongDescriptor(&'static str),
    /// A serde name that begins with `@`, but does not say how the type is
    /// described; see the [module](super).
    #[error("`{0}` does not tell how this type is described")]
    InvalidDescriptor(&'static str),
    /// A Rust type without a counterpart: an integer of 128 bits.
    #[error("AMQP has no {0}")]
    Unsupported(&'static str),
    /// Text of a symbol that is not ASCII.
    #[error("{0}")]
    Symbol(SymbolError),
    /// Elements that are not those of one array.
    #[error("{0}")]
    Array(ArrayError),
    /// A message body that is missing, or of several sections.
    #[error("the body is not one section")]
    NotOneSection,
    /// What the type itself had to say, or serde on its behalf.
    #[error("{0}")]
    Custom(String),
}

impl Error {
    #[cold]
    pub(super) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, path: String::new() }))
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The fields and elements that lead to the place, from the outside:
    /// `lines[3].price`. Empty for the outermost value.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The value belongs to this field.
    #[cold]
    pub(super) fn in_field(mut self, field: &str) -> Self {
        let path = &mut self.0.path;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, field);
        self
    }

    /// The value stands in a map under this key, encoded.
    #[cold]
    pub(super) fn under_key(self, key: &[u8]) -> Self {
        let octets = Bytes::copy_from_slice(key);
        match Decoder::with_limits(&octets, &Limits::CHECKED).decode::<Value>() {
            Ok(Value::String(text)) => self.in_field(&text),
            Ok(other) => self.in_field(&format!("{other:?}")),
            Err(_) => self,
        }
    }

    /// The value is this element of a list or array.
    #[cold]
    pub(super) fn in_element(mut self, index: usize) -> Self {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.0.path.insert_str(0, &format!("[{index}]{dot}"));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path().is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        fmt::Display::fmt(self.kind(), f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl core::error::Error for Error {}

impl From<DecodeError> for Error {
    #[cold]
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Decode(error))
    }
}

impl From<WrongType> for Error {
    #[cold]
    fn from(error: WrongType) -> Self {
        Self::new(ErrorKind::WrongType(error))
    }
}

impl From<SymbolError> for Error {
    #[cold]
    fn from(error: SymbolError) -> Self {
        Self::new(ErrorKind::Symbol(error))
    }
}

impl From<ArrayError> for Error {
    #[cold]
    fn from(error: ArrayError) -> Self {
        Self::new(ErrorKind::Array(error))
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::Custom(message.to_string()))
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::Custom(message.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(ErrorKind::MissingField(field))
    }
}
