//! Why a connection did not come about.

use crate::url::UrlError;
use amqp_async::proto::ConfigError;
use amqp_async::{Error, Fault};
use std::io;
use std::time::Duration;

/// Why a connection did not come about: one sentence that names what was tried.
#[derive(Debug, thiserror::Error)]
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
    /// The host name was not found.
    #[error("cannot find the host {host}: {source}")]
    Resolve {
        /// The host name.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// No address of the host could be reached.
    #[error("cannot connect to {target}: {source}")]
    Connect {
        /// Host and port.
        target: String,
        /// What the system says about the last address tried.
        source: io::Error,
    },
    /// Resolving and connecting took too long.
    #[error("cannot connect to {target}: no answer within {after:?}")]
    TimedOut {
        /// Host and port.
        target: String,
        /// The deadline.
        after: Duration,
    },
    /// A password would be sent in clear over a network.
    #[error(
        "will not send a password in clear to {target}: it is not a loopback address, and clear-text logins are not allowed"
    )]
    ClearText {
        /// Host and port.
        target: String,
    },
    /// The peer was reached, and then login or open failed.
    #[error("cannot open a connection to {target}: {source}")]
    Open {
        /// Host and port.
        target: String,
        /// What came of it.
        source: Box<Error>,
    },
}

impl ConnectError {
    /// Who is to blame.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Url { .. } | Self::Config(_) | Self::ClearText { .. } => Fault::Misuse,
            Self::Resolve { .. } | Self::Connect { .. } => Fault::Transport,
            Self::TimedOut { .. } => Fault::Timeout,
            Self::Open { source, .. } => source.fault(),
        }
    }
}
