//! The client's half of the exchange (§5.3.2): it waits for the mechanisms, answers with init, waits
//! for the outcome.

use super::{Secret, Step};
use crate::SaslFailure;
use alloc::vec::Vec;
use amqp_codec::{SaslCode, SaslFrame, SaslInit, Str, Symbol};
use bytes::Bytes;

/// How a client proves who it is: mechanisms in order of preference.
///
/// ```
/// use amqp_proto::SaslClient;
///
/// let sasl = SaslClient::plain("guest", "secret").insecure_allowed(true).or(SaslClient::anonymous());
/// assert!(!format!("{sasl:?}").contains("secret"), "no secret shows");
/// ```
#[derive(Clone, Debug)]
pub struct SaslClient {
    credentials: Vec<Credential>,
    hostname: Option<Str>,
    insecure_allowed: bool,
}

#[derive(Clone, Debug)]
enum Credential {
    Anonymous,
    Plain { user: Str, password: Secret },
    External,
}

impl SaslClient {
    fn new(credential: Credential) -> Self {
        Self { credentials: alloc::vec![credential], hostname: None, insecure_allowed: false }
    }

    /// SASL ANONYMOUS: the server is told nothing (RFC 4505).
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new(Credential::Anonymous)
    }

    /// SASL PLAIN: user name and password as they are (RFC 4616). Not used on a transport in clear
    /// unless [`insecure_allowed`](Self::insecure_allowed) says so.
    #[must_use]
    pub fn plain(user: impl Into<Str>, password: impl Into<Secret>) -> Self {
        Self::new(Credential::Plain { user: user.into(), password: password.into() })
    }

    /// SASL EXTERNAL: who we are follows from the transport, such as a TLS certificate (RFC 4422).
    #[must_use]
    pub fn external() -> Self {
        Self::new(Credential::External)
    }

    /// Falls back to the mechanisms of `other` where the server offers none of these.
    #[must_use]
    pub fn or(mut self, other: SaslClient) -> Self {
        self.credentials.extend(other.credentials);
        self
    }

    /// The host name for sasl-init; an empty one is none (§5.3.3.2).
    #[must_use]
    pub fn hostname(mut self, hostname: impl Into<Str>) -> Self {
        self.hostname = Some(hostname.into()).filter(|hostname| !hostname.as_str().is_empty());
        self
    }

    /// Whether PLAIN may be used: the transport is secured, or the caller accepts that the password is
    /// sent in clear. Default: no.
    #[must_use]
    pub fn insecure_allowed(mut self, allowed: bool) -> Self {
        self.insecure_allowed = allowed;
        self
    }
}

impl Credential {
    fn mechanism(&self) -> Symbol {
        Symbol::from_static(match self {
            Credential::Anonymous => "ANONYMOUS",
            Credential::Plain { .. } => "PLAIN",
            Credential::External => "EXTERNAL",
        })
    }

    fn initial_response(&self) -> Bytes {
        match self {
            Credential::Anonymous | Credential::External => Bytes::new(),
            Credential::Plain { user, password } => {
                [b"\0", user.as_str().as_bytes(), b"\0", password.expose()].concat().into()
            }
        }
    }
}

/// Where the client's exchange stands.
#[derive(Debug)]
pub(crate) enum ClientExchange {
    AwaitMechanisms(SaslClient),
    AwaitOutcome { mechanism: Symbol },
}

impl ClientExchange {
    /// The mechanism in use, once there is one.
    pub(crate) fn mechanism(&self) -> Option<&Symbol> {
        match self {
            ClientExchange::AwaitMechanisms(_) => None,
            ClientExchange::AwaitOutcome { mechanism } => Some(mechanism),
        }
    }

    /// Takes one frame of the server; `init` is where our answer goes.
    pub(crate) fn received(&mut self, frame: SaslFrame, init: impl FnOnce(&SaslInit)) -> Step {
        match (&*self, frame) {
            (ClientExchange::AwaitMechanisms(sasl), SaslFrame::Mechanisms(offer)) => {
                let offered = &offer.sasl_server_mechanisms;
                let Some(answer) = sasl.choose(|name| offered.iter().any(|offer| offer == name)) else {
                    return Step::Fail(SaslFailure::NoMechanism(offered.iter().cloned().collect()), None);
                };
                init(&answer);
                *self = ClientExchange::AwaitOutcome { mechanism: answer.mechanism };
                Step::Wait
            }
            (ClientExchange::AwaitOutcome { .. }, SaslFrame::Outcome(outcome)) => match outcome.code {
                SaslCode::Ok => Step::Done,
                code => Step::Fail(SaslFailure::Outcome(code), None),
            },
            _ => Step::Fail(SaslFailure::Unexpected, None),
        }
    }
}

impl SaslClient {
    fn choose(&self, offered: impl Fn(&Symbol) -> bool) -> Option<SaslInit> {
        self.credentials
            .iter()
            .filter(|credential| self.insecure_allowed || !matches!(credential, Credential::Plain { .. }))
            .find(|credential| offered(&credential.mechanism()))
            .map(|credential| SaslInit {
                mechanism: credential.mechanism(),
                initial_response: Some(credential.initial_response()),
                hostname: self.hostname.clone(),
            })
    }
}
