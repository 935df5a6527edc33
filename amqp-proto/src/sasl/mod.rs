//! The security layer before AMQP (§5.3): mechanisms, init, challenges and responses, outcome, on either side.
//!
//! [`client`] chooses a mechanism and answers for it, [`listener`] offers mechanisms and asks the application.
//! [`mechanism`] says what a mechanism is; [`simple`], [`oauth`] and [`scram`] are those that there are. Channel binding
//! is none of them.

mod client;
mod escape;
mod listener;
mod mechanism;
mod oauth;
#[cfg(feature = "scram")]
mod scram;
mod secret;
mod simple;

pub use client::SaslClient;
pub use listener::{Mechanism, SaslListener, SaslRequest};
pub use mechanism::{ClientMechanism, Exposure, ListenerMechanism, MechanismError, SaslAnswer, SaslReply, SaslStart};
pub use oauth::Oauthbearer;
#[cfg(feature = "scram")]
pub use scram::{Scram, ScramCredential, ScramHash, ScramListener};
pub use secret::Secret;

pub(crate) use client::ClientExchange;
pub(crate) use listener::ListenerExchange;

use oauth::{OauthListener, Xoauth2};

use crate::SaslFailure;
use amqp_codec::{SaslFrame, SaslOutcome, Symbol};

/// What follows from a SASL frame, or from an answer of the application.
#[derive(Debug)]
pub(crate) enum Step {
    /// Say this and wait for the next frame.
    Say(SaslFrame),
    /// Stop reading until the application has answered.
    Ask(SaslRequest),
    /// Authenticated: say this to the peer, if anything; the AMQP header comes next.
    Done { mechanism: Symbol, outcome: Option<SaslOutcome> },
    /// It failed: say this to the peer, if anything, and end the transport.
    Fail(SaslFailure, Option<SaslOutcome>),
}

impl From<MechanismError> for SaslFailure {
    fn from(error: MechanismError) -> Self {
        match error {
            MechanismError::Unexpected => SaslFailure::Unexpected,
            MechanismError::Failed(why) => SaslFailure::Mechanism(why),
        }
    }
}
