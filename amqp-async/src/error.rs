//! Errors that say whose fault it was, how much is lost by it, and what is worth trying next.

use crate::tls::TlsError;
use amqp_proto::codec::{self, Condition, Message, SaslCode};
use amqp_proto::{Blocked, CloseReason, DetachReason, EndReason, Misuse, SaslFailure, Scope, TimeoutReason, Violation};
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why something could not be done.
///
/// Cheap to clone: when a connection goes, each of its handles answers with the same error.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that makes no sense in the present state, such as sending on a
    /// link that it has closed. Nothing was sent.
    #[error("{0}")]
    Misuse(#[source] Misuse),
    /// The message is larger than the max-message-size in the peer's attach (§2.7.3). Nothing was sent.
    #[error("the message has {size} octets, the peer takes at most {limit}")]
    TooLarge {
        /// The size of the encoded message in octets.
        size: u64,
        /// The peer's max-message-size in octets.
        limit: u64,
    },
    /// The sender gave the message up while it was being read in pieces (§2.6.14): forget what came of it.
    #[error("the sender has aborted the message")]
    Aborted,
    /// The peer has lost what it knew of the link's unsettled deliveries, or does not resume links (§2.6.13): whether it had
    /// the message is not known, and never will be.
    #[error("the peer does not resume the delivery")]
    ResumeLost,
    /// The link was refused, or it is gone (§2.6.4).
    #[error(transparent)]
    Detached(DetachReason),
    /// The session was refused, or it is gone (§2.5.2).
    #[error(transparent)]
    Ended(EndReason),
    /// The connection was refused, or it is gone (§2.4.3).
    #[error(transparent)]
    Closed(CloseReason),
    /// Reading or writing failed.
    #[error("the transport failed: {0}")]
    Transport(#[source] Arc<io::Error>),
    /// No answer came in time.
    #[error("no answer in time: {0}")]
    Timeout(Step),
    /// The future that drives the connection was dropped before the connection had ended.
    #[error("the connection is no longer driven")]
    Undriven,
}

/// Who is to blame for an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller.
    Misuse,
    /// The peer, which broke a rule of the protocol.
    Violation,
    /// The medium between the two.
    Transport,
    /// The peer refused or ended something, as it may; its condition says why.
    Remote,
    /// Nobody answered in time.
    Timeout,
}

/// What is worth trying after an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recovery {
    /// The same again, as it is: everything still stands.
    Retry,
    /// The same again, on a new link.
    Reattach,
    /// The same again, on a new session.
    Rebegin,
    /// The same again, on a new connection.
    Reconnect,
    /// Nothing: the same again would fail again.
    GiveUp,
}

/// A step that has a deadline; see [`Timeouts`](crate::Timeouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Finding the addresses of the host.
    Resolve,
    /// Reaching the peer's address.
    Connect,
    /// The handshake of TLS (§5.2).
    Tls,
    /// Protocol header and SASL (§5.3).
    Login,
    /// Open (§2.4.1), and the header before it where there is no SASL.
    Open,
    /// begin (§2.5.1).
    Begin,
    /// attach (§2.6.3).
    Attach,
    /// Handing a message or a piece of one over: credit, window and output must have room (§2.6.7, §2.5.6).
    Send,
    /// Settlement by the peer (§2.6.12).
    Settle,
    /// A delivery; only where the caller sets a deadline.
    Receive,
    /// Using up a link's credit (§2.6.7).
    Drain,
    /// detach (§2.6.4).
    Detach,
    /// end (§2.5.2).
    End,
    /// close (§2.4.3).
    Close,
    /// Any frame at all within the idle time-out (§2.4.5).
    Idle,
    /// The answer to a flow that asks for one (§2.7.4).
    Probe,
}

/// Its name, and in parentheses what `Display` says: each part printed by itself would be code for all of the reasons, in
/// every program whose `main` returns an error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", self.name())
    }
}

impl Error {
    fn name(&self) -> &'static str {
        match self {
            Self::Misuse(_) => "Misuse",
            Self::TooLarge { .. } => "TooLarge",
            Self::Aborted => "Aborted",
            Self::ResumeLost => "ResumeLost",
            Self::Detached(_) => "Detached",
            Self::Ended(_) => "Ended",
            Self::Closed(_) => "Closed",
            Self::Transport(_) => "Transport",
            Self::Timeout(_) => "Timeout",
            Self::Undriven => "Undriven",
        }
    }

    /// Who is to blame.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Misuse(_) | Self::TooLarge { .. } | Self::Undriven => Fault::Misuse,
            Self::Transport(_) | Self::Closed(CloseReason::Eof) => Fault::Transport,
            Self::Timeout(_) | Self::Closed(CloseReason::Timeout(_)) => Fault::Timeout,
            Self::Detached(DetachReason::Violation(_))
            | Self::Ended(EndReason::Violation(_))
            | Self::Closed(CloseReason::Violation(_) | CloseReason::Header(_)) => Fault::Violation,
            Self::Detached(_) | Self::Ended(_) | Self::Closed(_) | Self::Aborted | Self::ResumeLost => Fault::Remote,
        }
    }

    /// The error condition (§2.8.15 to §2.8.18): the peer's, or the one sent to it for its violation.
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        match self {
            Self::Detached(reason) => reason.condition(),
            Self::Ended(reason) => reason.condition(),
            Self::Closed(reason) => reason.condition(),
            Self::TooLarge { .. } => Some(Condition::MESSAGE_SIZE_EXCEEDED),
            Self::Misuse(_)
            | Self::Aborted
            | Self::ResumeLost
            | Self::Transport(_)
            | Self::Timeout(_)
            | Self::Undriven => None,
        }
    }

    /// What the peer said when it refused or ended something: condition, description, info (§2.8.14).
    #[must_use]
    pub fn remote(&self) -> Option<&codec::Error> {
        match self {
            Self::Detached(reason) => reason.remote(),
            Self::Ended(reason) => reason.remote(),
            Self::Closed(reason) => reason.remote(),
            Self::Misuse(_)
            | Self::TooLarge { .. }
            | Self::Aborted
            | Self::ResumeLost
            | Self::Transport(_)
            | Self::Timeout(_)
            | Self::Undriven => None,
        }
    }

    /// What is worth trying next.
    ///
    /// A condition that would come again (no such node, no permission, not implemented, …) means
    /// [`Recovery::GiveUp`]; otherwise the answer is to build anew what is gone.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        if self.condition().is_some_and(|condition| is_permanent(&condition)) {
            return Recovery::GiveUp;
        }
        match self {
            Self::Misuse(_) | Self::TooLarge { .. } => Recovery::GiveUp,
            Self::Closed(CloseReason::Sasl(SaslFailure::Outcome { code: SaslCode::SysTemp, .. })) => {
                Recovery::Reconnect
            }
            Self::Closed(CloseReason::Sasl(_) | CloseReason::Header(_)) => Recovery::GiveUp,
            Self::Timeout(Step::Send | Step::Settle | Step::Receive) | Self::Aborted | Self::ResumeLost => {
                Recovery::Retry
            }
            Self::Detached(_) | Self::Timeout(Step::Attach | Step::Detach | Step::Drain) => Recovery::Reattach,
            Self::Ended(_) | Self::Timeout(Step::Begin | Step::End) => Recovery::Rebegin,
            Self::Closed(_) | Self::Transport(_) | Self::Undriven | Self::Timeout(_) => Recovery::Reconnect,
        }
    }

    /// What is gone with it; `None` if everything still stands.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        match self {
            Self::Misuse(_)
            | Self::TooLarge { .. }
            | Self::Aborted
            | Self::ResumeLost
            | Self::Timeout(Step::Send | Step::Settle | Step::Receive | Step::Drain | Step::Probe) => None,
            Self::Detached(_) | Self::Timeout(Step::Attach | Step::Detach) => Some(Scope::Link),
            Self::Ended(_) | Self::Timeout(Step::Begin | Step::End) => Some(Scope::Session),
            Self::Closed(_) | Self::Transport(_) | Self::Undriven | Self::Timeout(_) => Some(Scope::Connection),
        }
    }

    /// Whether nothing went wrong: this side closed what is gone, or the peer did so without an error.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            Self::Misuse(misuse) => {
                matches!(misuse, Misuse::ConnectionClosed | Misuse::SessionEnded | Misuse::Detached)
            }
            Self::Detached(DetachReason::Remote { error, .. }) => error.is_none(),
            Self::Ended(EndReason::Remote(error)) | Self::Closed(CloseReason::Remote(error)) => error.is_none(),
            _ => false,
        }
    }

    /// What TLS has to say about it, if the transport failed in TLS (§5.2).
    #[must_use]
    pub fn tls(&self) -> Option<&TlsError> {
        match self {
            Self::Transport(error) => TlsError::find(error),
            _ => None,
        }
    }

    /// Whether the login failed (§5.3), rather than something before or after it.
    #[must_use]
    pub fn is_login(&self) -> bool {
        matches!(self, Self::Closed(CloseReason::Sasl(SaslFailure::Outcome { .. } | SaslFailure::NoMechanism(_))))
    }
}

/// Conditions that a second try would meet again.
fn is_permanent(condition: &Condition) -> bool {
    [
        Condition::NOT_FOUND,
        Condition::UNAUTHORIZED_ACCESS,
        Condition::NOT_ALLOWED,
        Condition::NOT_IMPLEMENTED,
        Condition::INVALID_FIELD,
        Condition::DECODE_ERROR,
        Condition::PRECONDITION_FAILED,
        Condition::MESSAGE_SIZE_EXCEEDED,
    ]
    .contains(condition)
}

impl From<CloseReason> for Error {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Local => Self::Misuse(Misuse::ConnectionClosed),
            CloseReason::Timeout(TimeoutReason::Handshake) => Self::Timeout(Step::Open),
            CloseReason::Timeout(TimeoutReason::Close) => Self::Timeout(Step::Close),
            CloseReason::Timeout(TimeoutReason::IdleTimeOut) | CloseReason::Violation(Violation::Idle) => {
                Self::Timeout(Step::Idle)
            }
            reason => Self::Closed(reason),
        }
    }
}

impl From<EndReason> for Error {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Local => Self::Misuse(Misuse::SessionEnded),
            EndReason::ChannelMax => Self::Misuse(Misuse::ChannelMax),
            reason => Self::Ended(reason),
        }
    }
}

impl From<DetachReason> for Error {
    fn from(reason: DetachReason) -> Self {
        match reason {
            DetachReason::Local => Self::Misuse(Misuse::Detached),
            DetachReason::HandleMax => Self::Misuse(Misuse::HandleMax),
            DetachReason::FrameSize => Self::Misuse(Misuse::FrameSize),
            reason => Self::Detached(reason),
        }
    }
}

/// For streams of octets: [`TimedOut`](io::ErrorKind::TimedOut), or [`Other`](io::ErrorKind::Other), with the error inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(io_kind(&error), error)
    }
}

/// As of [`Error`].
impl From<SendError> for io::Error {
    fn from(error: SendError) -> Self {
        let (SendError::NotSent(cause) | SendError::InDoubt(cause)) = &error;
        Self::new(io_kind(cause), error)
    }
}

fn io_kind(error: &Error) -> io::ErrorKind {
    match error {
        Error::Timeout(_) => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "finding the host",
            Self::Connect => "connecting to the address",
            Self::Tls => "the handshake of TLS",
            Self::Login => "logging in",
            Self::Open => "opening the connection",
            Self::Begin => "beginning a session",
            Self::Attach => "attaching a link",
            Self::Send => "handing a message over",
            Self::Settle => "having a message settled",
            Self::Receive => "a delivery",
            Self::Drain => "draining a link",
            Self::Detach => "detaching a link",
            Self::End => "ending a session",
            Self::Close => "closing the connection",
            Self::Probe => "a round trip through a session",
            Self::Idle => "the peer kept silent beyond the idle time-out",
        })
    }
}

/// What became of a message that could not be sent, and why.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// The message has not left, or not as a whole: it can be sent again elsewhere without doubling it.
    #[error("not sent: {0}")]
    NotSent(#[source] Error),
    /// The message was handed over and the link ended before its outcome came: the peer may have it or
    /// not (§2.6.13).
    #[error("sent, but its outcome will not be known: {0}")]
    InDoubt(#[source] Error),
}

impl SendError {
    /// Why.
    #[must_use]
    pub fn cause(&self) -> &Error {
        match self {
            Self::NotSent(error) | Self::InDoubt(error) => error,
        }
    }
}

/// Why [`Sender::try_send`](crate::Sender::try_send) did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum TrySendError {
    /// Not now. Here is the message back, and what is missing.
    #[error("the message cannot be sent now: {1}")]
    Blocked(Box<Message>, Blocked),
    /// Never on this link.
    #[error("not sent: {0}")]
    Failed(#[source] Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_refused_logins_only_what_the_server_calls_temporary_is_tried_again() {
        // Scenario SA-14; req: SE-5.3.3.5-03
        for (code, recovery) in [
            (SaslCode::Auth, Recovery::GiveUp),
            (SaslCode::Sys, Recovery::GiveUp),
            (SaslCode::SysPerm, Recovery::GiveUp),
            (SaslCode::SysTemp, Recovery::Reconnect),
        ] {
            let error = Error::Closed(CloseReason::Sasl(SaslFailure::Outcome { code, diagnosis: None }));
            assert_eq!(error.recovery(), recovery, "{code:?}");
        }
    }

    #[test]
    fn a_connection_closed_by_force_is_made_anew() {
        // Scenario CN-46
        let forced = CloseReason::Remote(Some(Condition::CONNECTION_FORCED.into()));
        assert_eq!(Error::Closed(forced).recovery(), Recovery::Reconnect);
    }
}
