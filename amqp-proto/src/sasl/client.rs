//! The client's half of the exchange (§5.3.2): it waits for the mechanisms, chooses one, answers with init and then
//! each challenge, and waits for the outcome.

use super::simple::Simple;
use super::{ClientMechanism, Exchange, Exposure, Oauthbearer, Secret, Step, Xoauth2};
use crate::SaslFailure;
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse, Str};
use core::mem;

#[cfg(feature = "scram")]
use super::{Scram, ScramHash};

/// How a client proves who it is: mechanisms in order of preference. The first one that the server offers is used;
/// where it fails, no other is tried.
///
/// ```
/// use amqp_proto::SaslClient;
///
/// let sasl = SaslClient::plain("guest", "secret").insecure_allowed(true).or(SaslClient::anonymous());
/// assert!(!format!("{sasl:?}").contains("secret"), "no secret shows");
/// ```
#[derive(Debug)]
pub struct SaslClient {
    mechanisms: Vec<Box<dyn ClientMechanism>>,
    hostname: Option<Str>,
    nonce: Str,
    insecure_allowed: bool,
}

impl SaslClient {
    /// A mechanism with settings of its own, such as [`Oauthbearer`], or one of the application's.
    #[must_use]
    pub fn new(mechanism: impl ClientMechanism + 'static) -> Self {
        let mechanisms = alloc::vec![Box::new(mechanism) as Box<dyn ClientMechanism>];
        Self { mechanisms, hostname: None, nonce: Str::default(), insecure_allowed: false }
    }

    /// SASL ANONYMOUS: the server is told nothing (RFC 4505).
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new(Simple::Anonymous)
    }

    /// SASL PLAIN: user name and password as they are (RFC 4616). Not used on a transport in clear
    /// unless [`insecure_allowed`](Self::insecure_allowed) says so.
    #[must_use]
    pub fn plain(user: impl Into<Str>, password: impl Into<Secret>) -> Self {
        Self::new(Simple::Plain { user: user.into(), password: password.into() })
    }

    /// SASL EXTERNAL: who we are follows from the transport, such as a TLS certificate (RFC 4422).
    #[must_use]
    pub fn external() -> Self {
        Self::new(Simple::External)
    }

    /// SASL SCRAM with the strongest hash that the server offers: SHA-512, SHA-256, SHA-1 (RFC 5802). The password is
    /// not sent, and the server has to prove that it knows it. Needs a [`nonce`](Self::nonce).
    #[cfg(feature = "scram")]
    #[must_use]
    pub fn scram(user: impl Into<Str>, password: impl Into<Secret>) -> Self {
        let (user, password) = (user.into(), password.into());
        let with = |hash| Self::new(Scram::new(hash, user.clone(), password.clone()));
        with(ScramHash::Sha512).or(with(ScramHash::Sha256)).or(with(ScramHash::Sha1))
    }

    /// SASL OAUTHBEARER: a token (RFC 7628). Not used on a transport in clear unless
    /// [`insecure_allowed`](Self::insecure_allowed) says so. `user` may be empty.
    #[must_use]
    pub fn oauthbearer(user: impl Into<Str>, token: impl Into<Secret>) -> Self {
        Self::new(Oauthbearer::new(user, token))
    }

    /// SASL XOAUTH2: a token, as Google and Microsoft began with. Not used on a transport in clear unless
    /// [`insecure_allowed`](Self::insecure_allowed) says so.
    #[must_use]
    pub fn xoauth2(user: impl Into<Str>, token: impl Into<Secret>) -> Self {
        Self::new(Xoauth2::new(user, token))
    }

    /// Falls back to the mechanisms of `other` where the server offers none of these.
    #[must_use]
    pub fn or(mut self, other: SaslClient) -> Self {
        self.mechanisms.extend(other.mechanisms);
        self
    }

    /// The host name for sasl-init; an empty one is none (§5.3.3.2).
    #[must_use]
    pub fn hostname(mut self, hostname: impl Into<Str>) -> Self {
        self.hostname = Some(hostname.into()).filter(|hostname| !hostname.as_str().is_empty());
        self
    }

    /// The host name for sasl-init unless one was set before (§5.3.3.2).
    #[must_use]
    pub fn or_hostname(self, hostname: impl Into<Str>) -> Self {
        if self.hostname.is_some() { self } else { self.hostname(hostname) }
    }

    /// Text that nobody can guess and that is used for one connection only, for mechanisms that need such: at least 16
    /// printable ASCII characters, no comma. `amqp-async` gives one to each connection. Default: none, and SCRAM fails
    /// without.
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<Str>) -> Self {
        self.nonce = nonce.into();
        self
    }

    /// Whether mechanisms that [reveal](Exposure::Revealed) their secret, such as PLAIN, may be used: the transport is
    /// secured, or the caller accepts that the secret is sent in clear. Default: no.
    #[must_use]
    pub fn insecure_allowed(mut self, allowed: bool) -> Self {
        self.insecure_allowed = allowed;
        self
    }
}

impl Clone for SaslClient {
    fn clone(&self) -> Self {
        Self {
            mechanisms: self.mechanisms.iter().map(|mechanism| mechanism.fresh()).collect(),
            hostname: self.hostname.clone(),
            nonce: self.nonce.clone(),
            insecure_allowed: self.insecure_allowed,
        }
    }
}

/// Where the client's exchange stands.
pub(crate) enum ClientExchange {
    AwaitMechanisms(SaslClient),
    AwaitServer { mechanism: Box<dyn ClientMechanism>, rounds: u32 },
    Over,
}

impl Exchange for ClientExchange {
    fn received(&mut self, frame: SaslFrame, max_rounds: u32) -> Step {
        match (&mut *self, frame) {
            (ClientExchange::AwaitMechanisms(_), SaslFrame::Mechanisms(offer)) => self.choose(&offer),
            (ClientExchange::AwaitServer { mechanism, rounds }, SaslFrame::Challenge(challenge)) => {
                *rounds = rounds.saturating_add(1);
                if *rounds > max_rounds {
                    return Step::Fail(SaslFailure::Rounds, None);
                }
                match mechanism.challenge(&challenge.challenge) {
                    Ok(response) => Step::Say(SaslResponse { response }.into()),
                    Err(error) => Step::Fail(error.into(), None),
                }
            }
            (ClientExchange::AwaitServer { mechanism, .. }, SaslFrame::Outcome(outcome)) => {
                judged(mechanism.as_mut(), &outcome)
            }
            _ => Step::Fail(SaslFailure::Unexpected, None),
        }
    }

    fn has_said_all(&self) -> bool {
        matches!(self, ClientExchange::AwaitServer { mechanism, .. } if mechanism.says_all_at_once())
    }
}

impl ClientExchange {
    fn choose(&mut self, offer: &SaslMechanisms) -> Step {
        let ClientExchange::AwaitMechanisms(sasl) = mem::replace(self, ClientExchange::Over) else {
            return Step::Fail(SaslFailure::Unexpected, None);
        };
        let offered = &offer.sasl_server_mechanisms;
        let usable = |mechanism: &dyn ClientMechanism| {
            (sasl.insecure_allowed || mechanism.exposure() == Exposure::Hidden) && offered.contains(&mechanism.name())
        };
        let Some(mut mechanism) = sasl.mechanisms.into_iter().find(|mechanism| usable(mechanism.as_ref())) else {
            return Step::Fail(SaslFailure::NoMechanism(offered.iter().cloned().collect()), None);
        };
        let initial_response = match mechanism.start(sasl.nonce.as_str()) {
            Ok(response) => response,
            Err(error) => return Step::Fail(error.into(), None),
        };
        let init = SaslInit { mechanism: mechanism.name(), initial_response, hostname: sasl.hostname };
        *self = ClientExchange::AwaitServer { mechanism, rounds: 0 };
        Step::Say(init.into())
    }
}

fn judged(mechanism: &mut dyn ClientMechanism, outcome: &SaslOutcome) -> Step {
    match outcome.code {
        SaslCode::Ok => match mechanism.succeeded(outcome.additional_data.as_ref()) {
            Ok(()) => Step::Done { mechanism: mechanism.name(), outcome: None },
            Err(error) => Step::Fail(error.into(), None),
        },
        code => Step::Fail(SaslFailure::Outcome { code, diagnosis: mechanism.diagnosis() }, None),
    }
}
