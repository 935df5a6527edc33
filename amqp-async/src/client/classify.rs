//! Which errors are worth another try, and what has to be built anew for it.

use crate::error::{Error, Recovery};
use amqp_proto::codec::Condition;
use std::fmt;
use std::io;
use std::sync::Arc;

/// What is worth trying after an error, when nobody says otherwise.
///
/// As [`Error::recovery`], but without hope where a peer's words or a certificate will be the same next time: a moved,
/// deleted or stolen link, limits, states and frames that one of the two sides got wrong, and TLS that failed (which
/// comes as [`io::ErrorKind::InvalidData`]).
#[must_use]
pub fn classify(error: &Error) -> Recovery {
    let hopeless = match error {
        Error::Transport(source) => matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput),
        error => error.condition().is_some_and(|condition| HOPELESS.contains(&condition)),
    };
    if hopeless { Recovery::GiveUp } else { error.recovery() }
}

/// Beyond those of [`Error::recovery`].
const HOPELESS: [Condition; 12] = [
    Condition::CONNECTION_REDIRECT,
    Condition::FRAMING_ERROR,
    Condition::FRAME_SIZE_TOO_SMALL,
    Condition::ILLEGAL_STATE,
    Condition::RESOURCE_DELETED,
    Condition::RESOURCE_LIMIT_EXCEEDED,
    Condition::WINDOW_VIOLATION,
    Condition::ERRANT_LINK,
    Condition::HANDLE_IN_USE,
    Condition::UNATTACHED_HANDLE,
    Condition::LINK_REDIRECT,
    Condition::STOLEN,
];

/// Somebody's own judgement of errors, before [`classify`].
#[derive(Clone, Default)]
pub struct Classifier(Option<Arc<Judge>>);

type Judge = dyn Fn(&Error) -> Option<Recovery> + Send + Sync;

impl Classifier {
    /// Asks `judge` first; `None` leaves it to [`classify`].
    pub fn new(judge: impl Fn(&Error) -> Option<Recovery> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(judge)))
    }

    /// What is worth trying after `error`.
    #[must_use]
    pub fn classify(&self, error: &Error) -> Recovery {
        self.0.as_ref().and_then(|judge| judge(error)).unwrap_or_else(|| classify(error))
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Classifier(own)" } else { "Classifier(default)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::{CloseReason, DetachReason, EndReason};

    fn detached(condition: Condition) -> Error {
        Error::Detached(DetachReason::Remote { closed: true, error: Some(condition.into()) })
    }

    #[test]
    fn what_is_gone_is_built_anew() {
        assert_eq!(classify(&detached(Condition::DETACH_FORCED)), Recovery::Reattach);
        assert_eq!(classify(&detached(Condition::INTERNAL_ERROR)), Recovery::Reattach);
        assert_eq!(classify(&Error::Ended(EndReason::Remote(None))), Recovery::Rebegin);
        assert_eq!(classify(&Error::Closed(CloseReason::Eof)), Recovery::Reconnect);
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(classify(&Error::Transport(Arc::new(reset))), Recovery::Reconnect);
    }

    #[test]
    fn own_judgement_comes_first() {
        let own = Classifier::new(|error| {
            (error.condition()? == Condition::RESOURCE_LIMIT_EXCEEDED).then_some(Recovery::Reattach)
        });
        assert_eq!(own.classify(&detached(Condition::RESOURCE_LIMIT_EXCEEDED)), Recovery::Reattach);
        assert_eq!(own.classify(&detached(Condition::NOT_FOUND)), Recovery::GiveUp);
    }
}
