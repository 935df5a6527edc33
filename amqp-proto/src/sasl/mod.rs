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

use crate::{Misuse, SaslFailure};
use amqp_codec::{SaslFrame, SaslMechanisms, SaslOutcome, Symbol};
use core::fmt;

/// One side's half of the exchange (§5.3.2). A program that only ever is the other side has none of its code.
pub(crate) trait Exchange: Send + Sync {
    /// Whether a client may do without.
    fn is_optional(&self) -> bool {
        false
    }

    /// What this side begins with, if anything.
    fn begin(&mut self) -> Result<Option<SaslMechanisms>, SaslFailure> {
        Ok(None)
    }

    /// Takes one frame of the peer, which may challenge, or be challenged, so often.
    fn received(&mut self, frame: SaslFrame, max_rounds: u32) -> Step;

    /// Whether this side has said all that it will, and only the outcome is awaited.
    fn has_said_all(&self) -> bool {
        false
    }

    /// Whether the application has to answer before more is read.
    fn awaits_application(&self) -> bool {
        false
    }

    /// Takes the application's answer; nothing changes if it is misuse.
    fn answered(&mut self, _answer: SaslAnswer, _max_rounds: u32) -> Result<Step, Misuse> {
        Err(Misuse::NothingToAnswer)
    }
}

// Not by the exchange's own, which would be code wherever there is one.
impl fmt::Debug for dyn Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

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
