//! Why TLS does not come about, or broke.

use crate::{Fault, Recovery};
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why TLS does not come about, or broke. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TlsError {
    kind: TlsErrorKind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What is wrong. `native-tls` tells less than rustls: what it does not tell apart is [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsErrorKind {
    /// No TLS library is built in: features `rustls` and `native-tls`.
    Unavailable,
    /// The settings cannot be used: certificates, keys, names.
    Configuration,
    /// Nobody whom we trust vouches for the peer's certificate.
    Untrusted,
    /// The peer's certificate is another host's.
    WrongName,
    /// The peer's certificate is not valid any more, or not yet.
    Expired,
    /// Something else is wrong with the peer's certificate, such as being revoked.
    Certificate,
    /// The peer does not speak TLS here.
    NotTls,
    /// The peer does not want us, and said so by an alert: it demands a certificate, or distrusts ours, or has nothing in
    /// common with us.
    Refused,
    /// The stream has ended, and not by the peer's will (no close_notify): somebody may have cut it.
    Truncated,
    /// Reading or writing failed.
    Io,
    /// Something else.
    Other,
}

impl TlsError {
    pub(crate) fn new(kind: TlsErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into().into()) }
    }

    pub(super) fn bare(kind: TlsErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> TlsErrorKind {
        self.kind
    }

    /// Who is to blame.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self.kind {
            TlsErrorKind::Unavailable | TlsErrorKind::Configuration => Fault::Misuse,
            TlsErrorKind::Io | TlsErrorKind::Truncated => Fault::Transport,
            TlsErrorKind::NotTls | TlsErrorKind::Other => Fault::Violation,
            TlsErrorKind::Untrusted
            | TlsErrorKind::WrongName
            | TlsErrorKind::Expired
            | TlsErrorKind::Certificate
            | TlsErrorKind::Refused => Fault::Remote,
        }
    }

    /// What is worth trying: only where the stream failed, another one may do.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self.kind {
            TlsErrorKind::Io | TlsErrorKind::Truncated => Recovery::Reconnect,
            _ => Recovery::GiveUp,
        }
    }

    /// The TLS error that an I/O error carries, if it does.
    #[must_use]
    pub fn find(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// As it was, if it has been through I/O.
    pub(super) fn of_io(error: io::Error) -> Self {
        match Self::find(&error) {
            Some(found) => found.clone(),
            None => Self::new(TlsErrorKind::Io, error),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TlsErrorKind::Unavailable => "no TLS library is built in (features rustls and native-tls)",
            TlsErrorKind::Configuration => "the settings cannot be used",
            TlsErrorKind::Untrusted => "the peer's certificate is not trusted",
            TlsErrorKind::WrongName => "the peer's certificate is another host's",
            TlsErrorKind::Expired => "the peer's certificate is not valid at this time",
            TlsErrorKind::Certificate => "the peer's certificate cannot be accepted",
            TlsErrorKind::NotTls => "the peer does not speak TLS here",
            TlsErrorKind::Refused => "the peer refuses us",
            TlsErrorKind::Truncated => "the stream was cut: it ended without close_notify",
            TlsErrorKind::Io => "the stream failed",
            TlsErrorKind::Other => "TLS failed",
        })?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for TlsError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        let kind = match error.kind {
            TlsErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
            TlsErrorKind::Io => io::ErrorKind::ConnectionAborted,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}
