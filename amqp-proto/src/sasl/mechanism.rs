//! What a mechanism is, on either side (RFC 4422): octets in, octets out. No clock, no transport, no randomness: what
//! has to be random comes as an argument.
//!
//! All mechanisms of this crate are built on these two traits, and so can one of the application be.

use super::{SaslRequest, Secret};
use crate::Misuse;
use alloc::boxed::Box;
use amqp_codec::{SaslCode, Str, Symbol};
use bytes::Bytes;
use core::fmt;

#[cfg(feature = "scram")]
use super::ScramCredential;

/// Why a mechanism cannot go on. Its words are fixed, so that no secret gets into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MechanismError {
    /// The peer said something where this mechanism has nothing to hear.
    #[error("an unexpected SASL frame came")]
    Unexpected,
    /// What the peer said, or what the mechanism was configured with, cannot be: this is the reason.
    #[error("{0}")]
    Failed(&'static str),
}

/// Who learns the secret of a mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Nobody: a proof of it is sent, or there is none.
    Hidden,
    /// Whoever reads the transport, and the peer. Such a mechanism is neither used nor offered on a transport in
    /// clear, unless that is allowed.
    Revealed,
}

/// The client's side of a mechanism. One value serves one exchange; [`fresh`](Self::fresh) gives the next.
///
/// ```
/// use amqp_proto::{ClientMechanism, Exposure, MechanismError, SaslClient, Secret, codec::Symbol};
/// use bytes::Bytes;
///
/// /// LOGIN: asked for the user, then for the password.
/// #[derive(Clone, Debug)]
/// struct Login {
///     answers: Vec<Secret>,
/// }
///
/// impl ClientMechanism for Login {
///     fn name(&self) -> Symbol {
///         Symbol::from_static("LOGIN")
///     }
///     fn exposure(&self) -> Exposure {
///         Exposure::Revealed
///     }
///     fn fresh(&self) -> Box<dyn ClientMechanism> {
///         Box::new(self.clone())
///     }
///     fn start(&mut self, _nonce: &str) -> Result<Option<Bytes>, MechanismError> {
///         Ok(None)
///     }
///     fn challenge(&mut self, _challenge: &Bytes) -> Result<Bytes, MechanismError> {
///         let answer = self.answers.pop().ok_or(MechanismError::Unexpected)?;
///         Ok(Bytes::copy_from_slice(answer.expose()))
///     }
/// }
///
/// let login = SaslClient::new(Login { answers: vec!["password".into(), "user".into()] });
/// ```
pub trait ClientMechanism: fmt::Debug + Send + Sync {
    /// The registered name, as servers offer it.
    fn name(&self) -> Symbol;

    /// Who learns the secret.
    fn exposure(&self) -> Exposure;

    /// This mechanism as it was configured, for a new exchange.
    fn fresh(&self) -> Box<dyn ClientMechanism>;

    /// The initial response, if the client begins (§5.3.3.2). `nonce` is what [`SaslClient::nonce`] was given, or
    /// empty.
    ///
    /// # Errors
    /// The exchange ends; no other mechanism is tried.
    ///
    /// [`SaslClient::nonce`]: super::SaslClient::nonce
    fn start(&mut self, nonce: &str) -> Result<Option<Bytes>, MechanismError>;

    /// Whether the initial response is all that the client ever says: the AMQP header may then leave behind it, where
    /// [pipelining](crate::Pipelining::WithLogin) is wanted. Default: no.
    fn says_all_at_once(&self) -> bool {
        false
    }

    /// The response to a challenge (§5.3.3.3). Default: there are none.
    ///
    /// # Errors
    /// The exchange ends.
    fn challenge(&mut self, challenge: &Bytes) -> Result<Bytes, MechanismError> {
        let _ = challenge;
        Err(MechanismError::Unexpected)
    }

    /// The server says that all is well (§5.3.3.6), and perhaps proves who it is. Default: it is believed.
    ///
    /// # Errors
    /// The exchange has failed after all.
    fn succeeded(&mut self, additional_data: Option<&Bytes>) -> Result<(), MechanismError> {
        let _ = additional_data;
        Ok(())
    }

    /// What the server has said about a failure, in its own words. Default: nothing.
    fn diagnosis(&self) -> Option<Str> {
        None
    }
}

/// What a listener's mechanism begins with.
#[derive(Debug)]
#[non_exhaustive]
pub struct SaslStart<'a> {
    /// The initial response; empty if the client sent none (§5.3.3.2).
    pub response: Bytes,
    /// The host that the client wants (§5.3.3.2).
    pub hostname: Option<Str>,
    /// What [`SaslListener::nonce`](super::SaslListener::nonce) was given, or empty.
    pub nonce: &'a str,
    /// What [`SaslListener::secret`](super::SaslListener::secret) was given, if anything.
    pub secret: Option<&'a Secret>,
}

impl SaslStart<'_> {
    /// An initial response and nothing else, for tests of mechanisms: the fields can be set.
    pub fn new(response: impl Into<Bytes>) -> Self {
        Self { response: response.into(), hostname: None, nonce: "", secret: None }
    }
}

/// What a listener's mechanism does next.
#[derive(Debug)]
pub enum SaslReply {
    /// Says this to the client and waits for its response (§5.3.3.3).
    Challenge(Bytes),
    /// Asks the application, by [`Event::SaslInit`](crate::Event::SaslInit).
    Ask(SaslRequest),
    /// Ends the exchange. The data go to the client only with [`SaslCode::Ok`] (§5.3.3.6).
    Outcome(SaslCode, Option<Bytes>),
}

/// The application's answer to a [`SaslRequest`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SaslAnswer {
    /// Whether the client is let in. To a [`SaslRequest::Scram`] the code ok is misuse, since nothing has been proved
    /// yet, and auth the same as no credential.
    Outcome(SaslCode),
    /// For [`SaslRequest::Scram`]: what is stored about the user; `None` if there is no such user. The client is
    /// asked for its proof all the same, and told no sooner and in no other way.
    #[cfg(feature = "scram")]
    Scram(Option<ScramCredential>),
    /// For a mechanism of the application's own.
    Custom(Secret),
}

/// The listener's side of a mechanism. One value serves one exchange; [`fresh`](Self::fresh) gives the next.
pub trait ListenerMechanism: fmt::Debug + Send + Sync {
    /// The registered name, as it is offered.
    fn name(&self) -> Symbol;

    /// Who learns the secret of the client.
    fn exposure(&self) -> Exposure;

    /// This mechanism as it was configured, for a new exchange.
    fn fresh(&self) -> Box<dyn ListenerMechanism>;

    /// The client has chosen this mechanism (§5.3.3.2).
    ///
    /// # Errors
    /// The client is told that it is not authenticated.
    fn start(&mut self, start: SaslStart<'_>) -> Result<SaslReply, MechanismError>;

    /// The client's response to a challenge (§5.3.3.4). Default: none was asked for.
    ///
    /// # Errors
    /// The client is told that it is not authenticated.
    fn response(&mut self, response: &Bytes) -> Result<SaslReply, MechanismError> {
        let _ = response;
        Err(MechanismError::Unexpected)
    }

    /// The application's answer. Default: only an outcome is one, and it is what the client is told.
    ///
    /// # Errors
    /// [`Misuse::SaslAnswer`] if this mechanism cannot do with such an answer; it still waits for one.
    fn answer(&mut self, answer: SaslAnswer) -> Result<SaslReply, Misuse> {
        answer.outcome().map(|code| SaslReply::Outcome(code, None))
    }
}

impl SaslAnswer {
    /// The code, if this is no more than that.
    ///
    /// # Errors
    /// [`Misuse::SaslAnswer`] if it is something else.
    pub fn outcome(&self) -> Result<SaslCode, Misuse> {
        match self {
            SaslAnswer::Outcome(code) => Ok(*code),
            #[cfg(feature = "scram")]
            SaslAnswer::Scram(_) => Err(Misuse::SaslAnswer),
            SaslAnswer::Custom(_) => Err(Misuse::SaslAnswer),
        }
    }
}

impl From<SaslCode> for SaslAnswer {
    fn from(code: SaslCode) -> Self {
        SaslAnswer::Outcome(code)
    }
}

#[cfg(feature = "scram")]
impl From<Option<ScramCredential>> for SaslAnswer {
    fn from(credential: Option<ScramCredential>) -> Self {
        SaslAnswer::Scram(credential)
    }
}
