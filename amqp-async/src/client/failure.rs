//! What a runtime says when it cannot connect, in the terms of [`Error`].

use crate::connect::ConnectError;
use crate::error::Error;
use amqp_proto::ConfigError;
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

impl Error {
    /// The error for whatever kept a connection from being made, for [`Connector`](super::Connector)s: the [`Error`] or
    /// [`io::Error`] that is the cause of it; [`Error::Transport`] with its text if there is neither. A [`ConnectError`]
    /// need not be guessed at: it converts, here too.
    #[must_use]
    pub fn of_connecting(error: impl StdError + Send + Sync + 'static) -> Self {
        let error = match (Box::new(error) as Box<dyn StdError + Send + Sync>).downcast::<ConnectError>() {
            Ok(known) => return (*known).into(),
            Err(error) => error,
        };
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
        while let Some(this) = cause {
            let boxed = this.downcast_ref::<Box<Self>>().map(|error| &**error);
            if let Some(own) = this.downcast_ref::<Self>().or(boxed) {
                return own.clone();
            }
            if let Some(kind) = kind(this) {
                return Self::Transport(Arc::new(io::Error::new(kind, error)));
            }
            cause = this.source();
        }
        Self::Transport(Arc::new(io::Error::other(error)))
    }
}

fn kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    if error.is::<ConfigError>() {
        return Some(io::ErrorKind::InvalidInput);
    }
    error.downcast_ref::<io::Error>().map(io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Recovery;
    use amqp_proto::CloseReason;

    #[derive(Debug, thiserror::Error)]
    enum Failed {
        #[error("no such host: {0}")]
        Resolve(#[source] io::Error),
        #[error("not open: {0}")]
        Open(#[source] Box<Error>),
        #[error("will not")]
        Refused,
    }

    #[test]
    fn the_cause_is_found() {
        let io = Error::of_connecting(Failed::Resolve(io::ErrorKind::NotFound.into()));
        assert_eq!(io.to_string(), "the transport failed: no such host: entity not found");
        let own = Error::of_connecting(Failed::Open(Box::new(Error::Closed(CloseReason::Eof))));
        assert!(matches!(own, Error::Closed(CloseReason::Eof)));
        assert_eq!(Error::of_connecting(Failed::Refused).recovery(), Recovery::Reconnect);
        let config = Error::of_connecting(ConfigError::MaxFrameSize);
        assert_eq!(crate::client::classify(&config), Recovery::GiveUp);
        let clear = Error::of_connecting(ConnectError::ClearText { target: "far:5672".to_owned() });
        assert_eq!(crate::client::classify(&clear), Recovery::GiveUp);
    }
}
