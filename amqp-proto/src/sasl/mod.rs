//! The security layer before AMQP (§5.3): mechanisms, init, outcome, on either side.
//!
//! [`client`] chooses a mechanism and answers for it, [`listener`] offers mechanisms and asks the
//! application. Built so far: ANONYMOUS, PLAIN, EXTERNAL. Challenges are refused.

mod client;
mod listener;
mod secret;

pub use client::SaslClient;
pub use listener::{Mechanism, SaslListener, SaslRequest};
pub use secret::Secret;

pub(crate) use client::ClientExchange;
pub(crate) use listener::ListenerExchange;

use crate::SaslFailure;
use amqp_codec::SaslOutcome;

/// What follows from a SASL frame.
#[derive(Debug)]
pub(crate) enum Step {
    /// Wait for the next frame.
    Wait,
    /// Stop reading until the application has answered.
    Ask(SaslRequest),
    /// Authenticated: the AMQP header comes next.
    Done,
    /// It failed: say this to the peer, if anything, and end the transport.
    Fail(SaslFailure, Option<SaslOutcome>),
}
