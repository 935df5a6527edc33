//! Why a connection did not come about.

use crate::connect::UrlError;
use crate::tls::TlsError;
use crate::{Error, Fault, Recovery, Step};
use amqp_proto::ConfigError;
use amqp_proto::codec::Condition;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why a connection did not come about: one sentence that names what was tried.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be used.
    #[error("cannot use the URL {url}: {source}")]
    Url {
        /// The URL, its password blotted out.
        url: String,
        /// What is wrong with it.
        source: UrlError,
    },
    /// The settings contradict each other or the specification.
    #[error("cannot use the configuration: {0}")]
    Config(#[from] ConfigError),
    /// TLS was asked for, and no library for it is built in, or it cannot be set up.
    #[error("cannot use TLS: {0}")]
    TlsSetUp(#[source] TlsError),
    /// The system has no means to begin with, such as descriptors.
    #[error("cannot begin to connect: {0}")]
    System(#[source] io::Error),
    /// The host name was not found.
    #[error("cannot find the host {host}: {source}")]
    Resolve {
        /// The host name.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// No address of the host could be reached.
    #[error("cannot connect to {target}: {}", listed(attempts))]
    Connect {
        /// Host and port.
        target: String,
        /// Every address that was tried, in the order in which they failed.
        attempts: Vec<Attempt>,
    },
    /// TCP connects, TLS does not (§5.2).
    #[error("cannot secure the connection to {target}: {source}")]
    Tls {
        /// Host and port.
        target: String,
        /// What came of it.
        source: TlsError,
    },
    /// A step was not done in time.
    #[error("cannot connect to {target}: no answer in time: {step}{}", also(attempts))]
    TimedOut {
        /// Host and port.
        target: String,
        /// The step.
        step: Step,
        /// Its deadline; `None` if it is that of the [handshake](amqp_proto::ConfigBuilder::handshake_timeout).
        after: Option<Duration>,
        /// Addresses that had failed before, if the step is [`Step::Connect`].
        attempts: Vec<Attempt>,
    },
    /// A password would be sent in clear over a network.
    #[error(
        "will not send a password in clear to {target}: it is not a loopback address, and clear-text logins are not allowed"
    )]
    ClearText {
        /// Host and port.
        target: String,
    },
    /// The peer was reached, and does not let us in (§5.3).
    #[error("cannot log in at {target}: {source}")]
    Login {
        /// Host and port.
        target: String,
        /// What came of it.
        source: Box<Error>,
    },
    /// The peer was reached, and then something else failed before its open (§2.4.1).
    #[error("cannot open a connection to {target}: {source}")]
    Open {
        /// Host and port.
        target: String,
        /// What came of it.
        source: Box<Error>,
    },
}

/// An address that was tried, and why it cannot be connected to.
#[derive(Debug)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub error: io::Error,
}

/// As [`Error`]'s.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", self.name())
    }
}

impl ConnectError {
    fn name(&self) -> &'static str {
        match self {
            Self::Url { .. } => "Url",
            Self::Config(_) => "Config",
            Self::TlsSetUp(_) => "TlsSetUp",
            Self::System(_) => "System",
            Self::Resolve { .. } => "Resolve",
            Self::Connect { .. } => "Connect",
            Self::Tls { .. } => "Tls",
            Self::TimedOut { .. } => "TimedOut",
            Self::ClearText { .. } => "ClearText",
            Self::Login { .. } => "Login",
            Self::Open { .. } => "Open",
        }
    }

    /// Who is to blame.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Url { .. } | Self::Config(_) | Self::TlsSetUp(_) | Self::ClearText { .. } => Fault::Misuse,
            Self::System(_) | Self::Resolve { .. } | Self::Connect { .. } => Fault::Transport,
            Self::Tls { source, .. } => source.fault(),
            Self::TimedOut { .. } => Fault::Timeout,
            Self::Login { source, .. } | Self::Open { source, .. } => source.fault(),
        }
    }

    /// The error condition that the peer gave, or that it was given for its violation (§2.8.15 to §2.8.18).
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        self.cause()?.condition()
    }

    /// What is worth trying: [`Recovery::Reconnect`], or nothing.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Url { .. } | Self::Config(_) | Self::TlsSetUp(_) | Self::ClearText { .. } => Recovery::GiveUp,
            Self::System(_) | Self::Resolve { .. } | Self::Connect { .. } | Self::TimedOut { .. } => {
                Recovery::Reconnect
            }
            Self::Tls { source, .. } => source.recovery(),
            Self::Login { source, .. } | Self::Open { source, .. } => source.recovery(),
        }
    }

    /// What happened on the connection, if it came to that.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        match self {
            Self::Login { source, .. } | Self::Open { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Puts an error of the connection where it belongs.
    pub(super) fn of_handshake(target: String, error: Error) -> Self {
        if let Some(source) = error.tls() {
            return Self::Tls { target, source: source.clone() };
        }
        match error {
            Error::Timeout(step @ (Step::Login | Step::Open)) => {
                Self::TimedOut { target, step, after: None, attempts: Vec::new() }
            }
            error if error.is_login() => Self::Login { target, source: error.into() },
            error => Self::Open { target, source: error.into() },
        }
    }
}

/// What happened on the connection, if it came to that; the step that took too long; else [`Error::Transport`], with this
/// inside, whose kind says whether it is worth [another try](crate::client::classify).
impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        let kind = match error {
            ConnectError::Login { source, .. } | ConnectError::Open { source, .. } => return *source,
            ConnectError::TimedOut { step, .. } => return Self::Timeout(step),
            ConnectError::Tls { source, .. } => return Self::Transport(Arc::new(source.into())),
            ConnectError::Url { .. }
            | ConnectError::Config(_)
            | ConnectError::TlsSetUp(_)
            | ConnectError::ClearText { .. } => io::ErrorKind::InvalidInput,
            ConnectError::System(ref source) | ConnectError::Resolve { ref source, .. } => source.kind(),
            ConnectError::Connect { ref attempts, .. } => {
                attempts.last().map_or(io::ErrorKind::AddrNotAvailable, |attempt| attempt.error.kind())
            }
        };
        Self::Transport(Arc::new(io::Error::new(kind, error)))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.error)
    }
}

fn listed(attempts: &[Attempt]) -> String {
    let all: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    if all.is_empty() { "the host has no address".to_owned() } else { all.join("; ") }
}

fn also(attempts: &[Attempt]) -> String {
    if attempts.is_empty() { String::new() } else { format!(" ({})", listed(attempts)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::classify;
    use crate::tls::TlsErrorKind;
    use amqp_proto::CloseReason;

    fn target() -> String {
        "localhost:5672".to_owned()
    }

    #[test]
    fn as_an_error_of_the_connection() {
        let closed = Box::new(Error::Closed(CloseReason::Eof));
        let open = ConnectError::Open { target: target(), source: closed };
        assert!(matches!(Error::from(open), Error::Closed(CloseReason::Eof)));
        let late = ConnectError::TimedOut { target: target(), step: Step::Connect, after: None, attempts: Vec::new() };
        assert!(matches!(Error::from(late), Error::Timeout(Step::Connect)));
        let misuse = Error::from(ConnectError::Config(ConfigError::MaxFrameSize));
        assert_eq!(classify(&misuse), Recovery::GiveUp);
        assert_eq!(classify(&ConnectError::ClearText { target: target() }.into()), Recovery::GiveUp);
        let source = io::ErrorKind::NotFound.into();
        let unknown = Error::from(ConnectError::Resolve { host: "nowhere".to_owned(), source });
        assert_eq!(classify(&unknown), Recovery::Reconnect);
        assert!(unknown.to_string().contains("cannot find the host nowhere"), "{unknown}");
        let tls = |kind| Error::from(ConnectError::Tls { target: target(), source: TlsError::new(kind, "so it is") });
        assert_eq!(classify(&tls(TlsErrorKind::Untrusted)), Recovery::GiveUp);
        assert_eq!(classify(&tls(TlsErrorKind::Io)), Recovery::Reconnect);
        assert_eq!(tls(TlsErrorKind::Expired).tls().map(TlsError::kind), Some(TlsErrorKind::Expired));
        let nobody = Error::from(ConnectError::Connect { target: target(), attempts: Vec::new() });
        assert_eq!(classify(&nobody), Recovery::Reconnect);
    }
}
