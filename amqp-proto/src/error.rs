//! Errors say whose fault it was: [`Misuse`] is the caller's, [`Violation`] the peer's, the reasons of
//! an end tell how something ended. `condition()` gives the specification's symbol where there is one.

use crate::violation::Violation;
use crate::{Outgoing, TimeoutReason};
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Condition, Error, ProtocolHeader, SaslCode, Str, Symbol};
use core::fmt;

/// A command that makes no sense in the present state. Nothing was sent and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The id names something that is gone, or that never was on this connection.
    #[error("the session, link or delivery is gone")]
    StaleId,
    /// The connection is closing or closed.
    #[error("the connection is closed")]
    ConnectionClosed,
    /// The session has been ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The link has been detached.
    #[error("the link is detached")]
    Detached,
    /// The peer's channel-max, or our own, leaves no channel (§2.7.1).
    #[error("no channel is free: channel-max is reached")]
    ChannelMax,
    /// The peer's handle-max, or our own, leaves no handle (§2.7.2).
    #[error("no handle is free: handle-max is reached")]
    HandleMax,
    /// A link of this name and direction exists on the session (§2.6.1).
    #[error("a link of this name and direction exists on the session")]
    NameInUse,
    /// The SASL mechanism that the client has chosen needs another kind of answer.
    #[error("the SASL mechanism needs another kind of answer")]
    SaslAnswer,
    /// There is no request of the peer to answer.
    #[error("there is no request to answer")]
    NothingToAnswer,
    /// The delivery-tag is that of an unsettled delivery of the link (§2.6.12).
    #[error("the delivery-tag is that of an unsettled delivery")]
    TagInUse,
    /// A drain of this link is not over (§2.6.7).
    #[error("the link is being drained already")]
    Draining,
    /// A drain with less credit than has been granted (§2.6.7).
    #[error("a drain takes no credit back")]
    CreditTaken,
    /// `settled` contradicts the snd-settle-mode of the link (§2.7.5).
    #[error("settled contradicts the snd-settle-mode of the link")]
    SettleMode,
    /// A delivery asks for mode second on a link of mode first (§2.7.5).
    #[error("rcv-settle-mode second on a link of mode first")]
    ReceiverSettleMode,
    /// A delivery is in progress on the link, and deliveries of one link do not interleave (§2.6.14).
    #[error("another delivery is in progress on the link")]
    DeliveryInProgress,
    /// There is no delivery in progress on the link.
    #[error("no delivery is in progress on the link")]
    NoDelivery,
    /// The delivery ids of a range belong to different sessions, or the last comes before the first.
    #[error("the deliveries are no range of one session")]
    NotARange,
    /// `incoming_octets` of a session is less than one frame of our max-frame-size (§2.5.6).
    #[error("the incoming window is smaller than one frame of our max-frame-size")]
    WindowTooSmall,
    /// The delivery is none of those that wait to be resumed on this link (§2.6.13).
    #[error("no delivery of this tag waits to be resumed")]
    NotResumable,
    /// The unsettled map of one of the two attaches was incomplete, so that there may be no new delivery: detach and
    /// attach again (§2.7.3).
    #[error("the unsettled maps are incomplete: no new delivery may begin")]
    IncompleteUnsettled,
    /// A performative that does not fit into the peer's max-frame-size (§2.7.1).
    #[error("the frame would be larger than the peer's max-frame-size")]
    FrameSize,
}

/// Why a sender cannot send now. Not an error: it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blocked {
    /// The attach has not been answered yet (§2.6.3).
    NotAttached,
    /// A delivery is in progress on the link, and deliveries of one link do not interleave (§2.6.14): the application
    /// has to give its next piece, or it goes on with the next [`poll_transmit`](crate::Connection::poll_transmit).
    Busy,
    /// The receiver has granted no link-credit (§2.6.7).
    NoCredit,
    /// The peer's incoming-window is closed, or what it admits is for deliveries in progress on other links (§2.5.6).
    WindowClosed,
    /// More output waits for the transport than [`output_high_water`](crate::ConfigBuilder::output_high_water).
    OutputFull,
    /// As many deliveries are unsettled as [`max_unsettled`](crate::ConfigBuilder::max_unsettled) allows.
    Unsettled,
}

/// Why there is nothing to take of a receiver. Not an error: it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Idle {
    /// The attach has not been answered yet, or the link is detached (§2.6.3).
    NotAttached,
    /// We have granted no link-credit, or all of it has been used (§2.6.7).
    NoCredit,
    /// The incoming-window of the session is closed: what was received on it waits to be taken (§2.5.6).
    WindowClosed,
    /// The sender may send and has not: it has nothing, or it is slow.
    NothingSent,
}

/// Why a message was not taken; it comes back with the error.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Not now: try again on [`Event::Writable`](crate::Event::Writable).
    #[error("the message cannot be sent now: {1}")]
    Blocked(Outgoing, Blocked),
    /// The message is larger than the max-message-size of the peer's attach (§2.7.3).
    #[error("the message is larger than the peer's max-message-size")]
    TooLarge(Outgoing),
    /// The command makes no sense in the present state.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq)]
pub enum EndReason {
    /// We ended it and the peer has answered.
    Local,
    /// The peer ended it, with an error or without (§2.7.8).
    Remote(Option<Error>),
    /// We ended it because the peer broke a rule.
    Violation(Violation),
    /// No channel was left for it once the peer's channel-max was known (§2.7.1).
    ChannelMax,
    /// The connection is gone.
    Connection,
}

/// How a link was detached.
#[derive(Clone, Debug, PartialEq)]
pub enum DetachReason {
    /// We detached it and the peer has answered.
    Local,
    /// The peer detached it (§2.7.7).
    Remote {
        /// The link is destroyed, not merely suspended (§2.6.6).
        closed: bool,
        /// The peer's error.
        error: Option<Error>,
    },
    /// The peer refused our attach, with this error (§2.6.3).
    Refused(Option<Error>),
    /// We detached it because the peer broke a rule.
    Violation(Violation),
    /// No handle was left for it once the peer's handle-max was known (§2.7.2).
    HandleMax,
    /// Our attach would not fit into a frame of the peer's max-frame-size (§2.7.1).
    FrameSize,
    /// The session is gone.
    Session,
}

/// How the connection ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CloseReason {
    /// We closed it and the peer has answered.
    Local,
    /// The peer closed it, with an error or without (§2.7.9).
    Remote(Option<Error>),
    /// We closed it because the peer broke a rule.
    Violation(Violation),
    /// A deadline of ours passed.
    Timeout(TimeoutReason),
    /// The transport ended without close (§2.4.3).
    Eof,
    /// The peer wants another protocol or version (§2.2).
    Header(HeaderMismatch),
    /// Authentication failed (§5.3).
    Sasl(SaslFailure),
}

/// The protocol headers do not agree (§2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMismatch {
    /// What we offered.
    pub offered: ProtocolHeader,
    /// What the peer sent; `None` if it was no AMQP header at all.
    pub received: Option<ProtocolHeader>,
    /// The octets that it began with, at most eight: they tell what it speaks instead.
    pub octets: Vec<u8>,
}

/// Why the SASL exchange failed (§5.3).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SaslFailure {
    /// None of the mechanisms that the peer offers may be used; these were offered.
    NoMechanism(Vec<Symbol>),
    /// The outcome was not ok (§5.3.3.6).
    Outcome {
        /// The kind of failure.
        code: SaslCode,
        /// What the server said about it, where the mechanism has a way to: JSON with OAUTHBEARER and XOAUTH2. To a
        /// listener: nothing.
        diagnosis: Option<Str>,
    },
    /// The mechanism found that the peer cannot be who it should be, or that it is asked for what it does not do; this
    /// is the reason. The words hold no secret.
    Mechanism(&'static str),
    /// The exchange went on for more than [`max_sasl_rounds`](crate::PeerLimits::max_sasl_rounds).
    Rounds,
    /// The client chose a mechanism that was not offered, or sent a malformed response.
    Refused,
    /// A SASL frame came that does not belong there, or that cannot be decoded.
    Protocol(Box<Violation>),
    /// The peer sent a frame that this mechanism has no place for.
    Unexpected,
}

impl EndReason {
    /// What the peer said about it, if it was the peer and it said something.
    #[must_use]
    pub fn remote(&self) -> Option<&Error> {
        match self {
            EndReason::Remote(error) => error.as_ref(),
            EndReason::Local | EndReason::Violation(_) | EndReason::ChannelMax | EndReason::Connection => None,
        }
    }

    /// The peer's error, or the one we sent.
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        match self {
            EndReason::Remote(error) => error.as_ref().map(|error| error.condition.clone()),
            EndReason::Violation(violation) => Some(violation.condition()),
            EndReason::Local | EndReason::ChannelMax | EndReason::Connection => None,
        }
    }
}

impl DetachReason {
    /// What the peer said about it, if it was the peer and it said something.
    #[must_use]
    pub fn remote(&self) -> Option<&Error> {
        match self {
            DetachReason::Remote { error, .. } | DetachReason::Refused(error) => error.as_ref(),
            DetachReason::Local
            | DetachReason::Violation(_)
            | DetachReason::HandleMax
            | DetachReason::FrameSize
            | DetachReason::Session => None,
        }
    }

    /// The peer's error, or the one we sent.
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        match self {
            DetachReason::Remote { error, .. } | DetachReason::Refused(error) => {
                error.as_ref().map(|error| error.condition.clone())
            }
            DetachReason::Violation(violation) => Some(violation.condition()),
            DetachReason::Local | DetachReason::HandleMax | DetachReason::FrameSize | DetachReason::Session => None,
        }
    }
}

impl CloseReason {
    /// What the peer said about it, if it was the peer and it said something.
    #[must_use]
    pub fn remote(&self) -> Option<&Error> {
        match self {
            CloseReason::Remote(error) => error.as_ref(),
            CloseReason::Local
            | CloseReason::Violation(_)
            | CloseReason::Timeout(_)
            | CloseReason::Eof
            | CloseReason::Header(_)
            | CloseReason::Sasl(_) => None,
        }
    }

    /// The peer's error, or the one we sent.
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        match self {
            CloseReason::Remote(error) => error.as_ref().map(|error| error.condition.clone()),
            CloseReason::Violation(violation) => Some(violation.condition()),
            // The server's own trouble, which passes (§5.3.3.6).
            CloseReason::Sasl(SaslFailure::Outcome { code: SaslCode::SysTemp, .. }) => None,
            CloseReason::Sasl(_) => Some(Condition::UNAUTHORIZED_ACCESS),
            CloseReason::Local | CloseReason::Timeout(_) | CloseReason::Eof | CloseReason::Header(_) => None,
        }
    }
}

type Source<'a> = Option<&'a (dyn core::error::Error + 'static)>;

impl core::error::Error for EndReason {
    fn source(&self) -> Source<'_> {
        match self {
            EndReason::Violation(violation) => Some(violation),
            reason => reason.remote().map(|error| error as _),
        }
    }
}

impl core::error::Error for DetachReason {
    fn source(&self) -> Source<'_> {
        match self {
            DetachReason::Violation(violation) => Some(violation),
            reason => reason.remote().map(|error| error as _),
        }
    }
}

impl core::error::Error for CloseReason {
    fn source(&self) -> Source<'_> {
        match self {
            CloseReason::Violation(violation) => Some(violation),
            reason => reason.remote().map(|error| error as _),
        }
    }
}

/// What the peer says is shown escaped, and no more of it than a line or two.
fn fmt_outcome(f: &mut fmt::Formatter<'_>, code: SaslCode, diagnosis: Option<&Str>) -> fmt::Result {
    match code {
        SaslCode::Auth => f.write_str("authentication failed: wrong user name or password")?,
        code => write!(f, "authentication failed: outcome {code:?}")?,
    }
    let Some(diagnosis) = diagnosis else { return Ok(()) };
    f.write_str(": ")?;
    diagnosis.as_str().chars().take(256).try_for_each(|c| write!(f, "{}", c.escape_debug()))
}

fn fmt_remote(f: &mut fmt::Formatter<'_>, what: &str, error: Option<&Error>) -> fmt::Result {
    match error {
        Some(error) => write!(f, "{what} by the peer: {error}"),
        None => write!(f, "{what} by the peer"),
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Local => f.write_str("session ended"),
            EndReason::Remote(error) => fmt_remote(f, "session ended", error.as_ref()),
            EndReason::Violation(violation) => write!(f, "session ended: {violation}"),
            EndReason::ChannelMax => f.write_str("session not begun: channel-max of the peer is reached"),
            EndReason::Connection => f.write_str("session ended with the connection"),
        }
    }
}

impl fmt::Display for DetachReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DetachReason::Local => f.write_str("link detached"),
            DetachReason::Remote { error, .. } => fmt_remote(f, "link detached", error.as_ref()),
            DetachReason::Refused(error) => fmt_remote(f, "attach refused", error.as_ref()),
            DetachReason::Violation(violation) => write!(f, "link detached: {violation}"),
            DetachReason::HandleMax => f.write_str("link not attached: handle-max of the peer is reached"),
            DetachReason::FrameSize => f.write_str("link not attached: attach exceeds the max-frame-size of the peer"),
            DetachReason::Session => f.write_str("link detached with its session"),
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseReason::Local => f.write_str("connection closed"),
            CloseReason::Remote(error) => fmt_remote(f, "connection closed", error.as_ref()),
            CloseReason::Violation(violation) => write!(f, "connection closed: {violation}"),
            CloseReason::Timeout(reason) => write!(f, "connection closed: {reason}"),
            CloseReason::Eof => f.write_str("the transport ended without close"),
            CloseReason::Header(mismatch) => mismatch.fmt(f),
            CloseReason::Sasl(failure) => failure.fmt(f),
        }
    }
}

impl fmt::Display for HeaderMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.received {
            Some(received) => write!(f, "we offered {:?}, the peer wants {received:?}", self.offered),
            None => write!(f, "the peer does not speak AMQP 1.0, it sent \"{}\"", self.octets.escape_ascii()),
        }
    }
}

impl fmt::Display for SaslFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SaslFailure::NoMechanism(offered) => {
                f.write_str("authentication failed: none of the offered mechanisms may be used:")?;
                offered.iter().try_for_each(|name| write!(f, " {name}"))
            }
            SaslFailure::Outcome { code, diagnosis } => fmt_outcome(f, *code, diagnosis.as_ref()),
            SaslFailure::Mechanism(why) => write!(f, "authentication failed: {why}"),
            SaslFailure::Rounds => f.write_str("authentication failed: the exchange does not end"),
            SaslFailure::Refused => f.write_str("authentication failed: the client's sasl-init is not acceptable"),
            SaslFailure::Protocol(violation) => write!(f, "authentication failed: {violation}"),
            SaslFailure::Unexpected => f.write_str("authentication failed: an unexpected SASL frame came"),
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Blocked::NotAttached => "the link is not attached yet",
            Blocked::Busy => "a delivery is in progress on the link",
            Blocked::NoCredit => "the receiver has granted no credit",
            Blocked::WindowClosed => "the session window is closed",
            Blocked::OutputFull => "the transport is slow",
            Blocked::Unsettled => "too many deliveries are unsettled",
        })
    }
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Idle::NotAttached => "the link is not attached",
            Idle::NoCredit => "no credit is granted",
            Idle::WindowClosed => "what was received on the session waits to be taken",
            Idle::NothingSent => "the sender has sent nothing",
        })
    }
}

/// The peer's error, unless it is one without any content: RabbitMQ's Erlang client says so that there
/// is none.
#[inline(never)]
pub(crate) fn said(error: Option<Error>) -> Option<Error> {
    error.filter(|error| !error.is_unspecified())
}
