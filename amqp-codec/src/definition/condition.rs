//! Error conditions (§2.8.15 to §2.8.18, §4.5.8).

use core::fmt;

use super::restricted;
use crate::types::Symbol;

/// What went wrong, by name (§2.8.15).
///
/// The specification's conditions are constants; a peer may send others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition(pub Symbol);

restricted!(Condition(Symbol));

/// The table of the specification's conditions.
macro_rules! conditions {
    ($($(#[$meta:meta])* $NAME:ident = $symbol:literal;)*) => {
        impl Condition {
            $(
                #[doc = concat!("`", $symbol, "`: ")]
                $(#[$meta])*
                pub const $NAME: Self = Self::from_static($symbol);
            )*
        }
    };
}

impl Condition {
    /// No condition at all: an error must name one, and real peers send errors
    /// that do not (§2.8.14).
    pub const UNSPECIFIED: Self = Self::from_static("");
}

conditions! {
    /// an internal error occurred (§2.8.15).
    INTERNAL_ERROR = "amqp:internal-error";
    /// a node or link named does not exist (§2.8.15).
    NOT_FOUND = "amqp:not-found";
    /// the peer may not do that (§2.8.15).
    UNAUTHORIZED_ACCESS = "amqp:unauthorized-access";
    /// octets could not be decoded (§2.8.15).
    DECODE_ERROR = "amqp:decode-error";
    /// a limit on resources was reached (§2.8.15).
    RESOURCE_LIMIT_EXCEEDED = "amqp:resource-limit-exceeded";
    /// the peer did what it must not in this state (§2.8.15).
    NOT_ALLOWED = "amqp:not-allowed";
    /// a field has a value that is not valid (§2.8.15).
    INVALID_FIELD = "amqp:invalid-field";
    /// something asked for is not implemented (§2.8.15).
    NOT_IMPLEMENTED = "amqp:not-implemented";
    /// another holds the resource (§2.8.15).
    RESOURCE_LOCKED = "amqp:resource-locked";
    /// a precondition did not hold (§2.8.15).
    PRECONDITION_FAILED = "amqp:precondition-failed";
    /// the resource has been deleted (§2.8.15).
    RESOURCE_DELETED = "amqp:resource-deleted";
    /// a frame is not permitted in this state (§2.8.15).
    ILLEGAL_STATE = "amqp:illegal-state";
    /// what is to be sent does not fit the largest frame (§2.8.15).
    FRAME_SIZE_TOO_SMALL = "amqp:frame-size-too-small";

    /// an operator intervened (§2.8.16).
    CONNECTION_FORCED = "amqp:connection:forced";
    /// a valid frame header could not be formed (§2.8.16).
    FRAMING_ERROR = "amqp:connection:framing-error";
    /// the container is elsewhere (§2.8.16).
    CONNECTION_REDIRECT = "amqp:connection:redirect";

    /// the peer sent more transfers than the window allows (§2.8.17).
    WINDOW_VIOLATION = "amqp:session:window-violation";
    /// input for a link that was detached with an error (§2.8.17).
    ERRANT_LINK = "amqp:session:errant-link";
    /// an attach with a handle in use (§2.8.17).
    HANDLE_IN_USE = "amqp:session:handle-in-use";
    /// a frame for a handle that is not attached (§2.8.17).
    UNATTACHED_HANDLE = "amqp:session:unattached-handle";

    /// an operator intervened (§2.8.18).
    DETACH_FORCED = "amqp:link:detach-forced";
    /// the peer sent more than the link's credit allows (§2.8.18).
    TRANSFER_LIMIT_EXCEEDED = "amqp:link:transfer-limit-exceeded";
    /// a message is larger than max-message-size (§2.8.18).
    MESSAGE_SIZE_EXCEEDED = "amqp:link:message-size-exceeded";
    /// the node is elsewhere (§2.8.18).
    LINK_REDIRECT = "amqp:link:redirect";
    /// the link was attached again elsewhere (§2.8.18).
    STOLEN = "amqp:link:stolen";

    /// there is no such transaction (§4.5.8).
    TRANSACTION_UNKNOWN_ID = "amqp:transaction:unknown-id";
    /// the transaction was rolled back (§4.5.8).
    TRANSACTION_ROLLBACK = "amqp:transaction:rollback";
    /// the transaction took too long (§4.5.8).
    TRANSACTION_TIMEOUT = "amqp:transaction:timeout";
}

impl Condition {
    /// A condition that is part of the program.
    ///
    /// # Panics
    /// As [`Symbol::from_static`], if the text is not ASCII.
    pub const fn from_static(symbol: &'static str) -> Self {
        Self(Symbol::from_static(symbol))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Symbol> for Condition {
    fn from(symbol: Symbol) -> Self {
        Self(symbol)
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
