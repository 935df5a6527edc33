//! The listener's half of the exchange (§5.3.2): it offers mechanisms, hands what the client says to its mechanism and
//! to the application, and tells the client the outcome.

use super::simple::SimpleListener;
use super::{
    Exchange, Exposure, ListenerMechanism, MechanismError, OauthListener, SaslAnswer, SaslReply, SaslStart, Secret,
    Step,
};
use crate::{Misuse, SaslFailure};
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Multiple, SaslChallenge, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, Str, Symbol};
use bytes::Bytes;
use core::mem;

#[cfg(feature = "scram")]
use super::{ScramHash, ScramListener};

/// A mechanism that a listener can offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mechanism {
    /// ANONYMOUS (RFC 4505).
    Anonymous,
    /// PLAIN (RFC 4616).
    Plain,
    /// EXTERNAL (RFC 4422).
    External,
    /// XOAUTH2, which has no standard.
    Xoauth2,
    /// OAUTHBEARER (RFC 7628).
    Oauthbearer,
    /// SCRAM-SHA-1, -256 or -512 (RFC 5802, RFC 7677). Needs [`SaslListener::nonce`] and should have
    /// [`SaslListener::secret`].
    #[cfg(feature = "scram")]
    Scram(ScramHash),
}

/// What a listener offers to clients.
#[derive(Debug)]
pub struct SaslListener {
    mechanisms: Vec<Box<dyn ListenerMechanism>>,
    required: bool,
    insecure_allowed: bool,
    nonce: Str,
    secret: Option<Secret>,
}

/// A client's wish to be let in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SaslRequest {
    /// Without a name; `trace` may say something about who it is (RFC 4505).
    Anonymous {
        /// What the client says about itself, as it came.
        trace: Bytes,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
    /// With name and password (RFC 4616).
    Plain {
        /// The identity to act as; empty: the same as `user`.
        authorization: Str,
        /// Who it is.
        user: Str,
        /// The proof.
        password: Secret,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
    /// As known from the transport (RFC 4422).
    External {
        /// The identity to act as; empty: the one of the transport.
        authorization: Str,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
    /// With a token: XOAUTH2 or OAUTHBEARER (RFC 7628). With [`SaslCode::Auth`] the client is first told
    /// `{"status":"invalid_token"}`, as the mechanisms demand.
    Bearer {
        /// XOAUTH2 or OAUTHBEARER.
        mechanism: Symbol,
        /// Whom the client wants to act as; empty: whom the token names.
        user: Str,
        /// The token.
        token: Secret,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
    /// With a proof of the password, still to come (RFC 5802). Answer with [`SaslAnswer::Scram`]; the core judges the
    /// proof.
    #[cfg(feature = "scram")]
    Scram {
        /// Which SCRAM: the credential has to be of that hash.
        hash: ScramHash,
        /// The identity to act as; empty: the same as `user`.
        authorization: Str,
        /// Who it says it is.
        user: Str,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
    /// A mechanism of the application asks.
    Custom {
        /// Which.
        mechanism: Symbol,
        /// Whatever it wants to say.
        data: Secret,
        /// The host that the client wants (§5.3.3.2).
        hostname: Option<Str>,
    },
}

impl Mechanism {
    /// The registered name.
    #[must_use]
    pub fn name(self) -> Symbol {
        Symbol::from_static(match self {
            Mechanism::Anonymous => "ANONYMOUS",
            Mechanism::Plain => "PLAIN",
            Mechanism::External => "EXTERNAL",
            Mechanism::Xoauth2 => "XOAUTH2",
            Mechanism::Oauthbearer => "OAUTHBEARER",
            #[cfg(feature = "scram")]
            Mechanism::Scram(hash) => hash.mechanism(),
        })
    }

    fn build(self) -> Box<dyn ListenerMechanism> {
        match self {
            Mechanism::Anonymous => Box::new(SimpleListener::Anonymous),
            Mechanism::Plain => Box::new(SimpleListener::Plain),
            Mechanism::External => Box::new(SimpleListener::External),
            Mechanism::Xoauth2 => Box::new(OauthListener::xoauth2()),
            Mechanism::Oauthbearer => Box::new(OauthListener::oauthbearer()),
            #[cfg(feature = "scram")]
            Mechanism::Scram(hash) => Box::new(ScramListener::new(hash)),
        }
    }
}

impl SaslListener {
    /// Offers these mechanisms, and lets nobody in without one of them.
    #[must_use]
    pub fn new(mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        Self {
            mechanisms: mechanisms.into_iter().map(Mechanism::build).collect(),
            required: true,
            insecure_allowed: false,
            nonce: Str::default(),
            secret: None,
        }
    }

    /// Offers one more: one with settings of its own, or one of the application's.
    #[must_use]
    pub fn offering(mut self, mechanism: impl ListenerMechanism + 'static) -> Self {
        self.mechanisms.push(Box::new(mechanism));
        self
    }

    /// Also lets in clients that begin with the AMQP header, without any SASL exchange.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Whether mechanisms that [reveal](Exposure::Revealed) the client's secret, such as PLAIN, are offered: the
    /// transport is secured, or the application accepts that clients send secrets in clear. Default: no.
    #[must_use]
    pub fn insecure_allowed(mut self, allowed: bool) -> Self {
        self.insecure_allowed = allowed;
        self
    }

    /// Text that nobody can guess and that is used for one connection only, for mechanisms that need such: at least 16
    /// printable ASCII characters, no comma. `amqp-async` gives one to each connection. Default: none, and SCRAM fails
    /// without.
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<Str>) -> Self {
        self.nonce = nonce.into();
        self
    }

    /// Random octets that stay the same from one connection to the next, and if possible from one run to the next.
    /// SCRAM makes the salt of users that do not exist from them, so that asking twice does not tell. `amqp-async`
    /// gives one that lasts as long as the process. Default: none; who asks twice can tell then.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Whether there is a [`secret`](Self::secret).
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// What is said first; `None` if nothing may be offered.
    fn mechanisms(&self) -> Option<SaslMechanisms> {
        let names: Multiple<Symbol> = self.offered().map(ListenerMechanism::name).collect();
        (!names.is_empty()).then_some(SaslMechanisms { sasl_server_mechanisms: names })
    }

    /// The mechanisms that may be used here.
    fn offered(&self) -> impl Iterator<Item = &dyn ListenerMechanism> {
        let mechanisms = self.mechanisms.iter().map(AsRef::as_ref);
        mechanisms.filter(|mechanism| self.insecure_allowed || mechanism.exposure() == Exposure::Hidden)
    }
}

impl Clone for SaslListener {
    fn clone(&self) -> Self {
        Self {
            mechanisms: self.mechanisms.iter().map(|mechanism| mechanism.fresh()).collect(),
            required: self.required,
            insecure_allowed: self.insecure_allowed,
            nonce: self.nonce.clone(),
            secret: self.secret.clone(),
        }
    }
}

/// Where the listener's exchange stands.
pub(crate) enum ListenerExchange {
    AwaitInit(SaslListener),
    AwaitResponse(Running),
    AwaitApplication(Running),
    Over,
}

/// A mechanism at work, and how often it has challenged.
pub(crate) struct Running {
    mechanism: Box<dyn ListenerMechanism>,
    rounds: u32,
}

impl Exchange for ListenerExchange {
    fn is_optional(&self) -> bool {
        matches!(self, ListenerExchange::AwaitInit(sasl) if !sasl.required)
    }

    /// Says which mechanisms there are. None is no offer that the text knows.
    fn begin(&mut self) -> Result<Option<SaslMechanisms>, SaslFailure> {
        let ListenerExchange::AwaitInit(sasl) = self else { return Ok(None) };
        sasl.mechanisms().map(Some).ok_or(SaslFailure::NoMechanism(Vec::new()))
    }

    fn received(&mut self, frame: SaslFrame, max_rounds: u32) -> Step {
        match (mem::replace(self, ListenerExchange::Over), frame) {
            (ListenerExchange::AwaitInit(sasl), SaslFrame::Init(init)) => self.chosen(&sasl, init, max_rounds),
            (ListenerExchange::AwaitResponse(mut running), SaslFrame::Response(response)) => {
                let reply = running.mechanism.response(&response.response);
                self.replied(running, reply, max_rounds)
            }
            _ => Step::Fail(SaslFailure::Unexpected, None),
        }
    }

    fn awaits_application(&self) -> bool {
        matches!(self, ListenerExchange::AwaitApplication(_))
    }

    fn answered(&mut self, answer: SaslAnswer, max_rounds: u32) -> Result<Step, Misuse> {
        let ListenerExchange::AwaitApplication(running) = self else { return Err(Misuse::NothingToAnswer) };
        let reply = running.mechanism.answer(answer)?;
        let ListenerExchange::AwaitApplication(running) = mem::replace(self, ListenerExchange::Over) else {
            return Err(Misuse::NothingToAnswer);
        };
        Ok(self.replied(running, Ok(reply), max_rounds))
    }
}

impl ListenerExchange {
    fn chosen(&mut self, sasl: &SaslListener, init: SaslInit, max_rounds: u32) -> Step {
        let Some(mechanism) = sasl.offered().find(|mechanism| mechanism.name() == init.mechanism) else {
            return refused();
        };
        let mut mechanism = mechanism.fresh();
        let reply = mechanism.start(SaslStart {
            response: init.initial_response.unwrap_or_default(),
            hostname: init.hostname,
            nonce: sasl.nonce.as_str(),
            secret: sasl.secret.as_ref(),
        });
        self.replied(Running { mechanism, rounds: 0 }, reply, max_rounds)
    }

    fn replied(&mut self, mut running: Running, reply: Result<SaslReply, MechanismError>, max_rounds: u32) -> Step {
        match reply {
            Ok(SaslReply::Challenge(challenge)) => {
                running.rounds = running.rounds.saturating_add(1);
                if running.rounds > max_rounds {
                    return Step::Fail(SaslFailure::Rounds, Some(outcome(SaslCode::Sys)));
                }
                *self = ListenerExchange::AwaitResponse(running);
                Step::Say(SaslChallenge { challenge }.into())
            }
            Ok(SaslReply::Ask(request)) => {
                *self = ListenerExchange::AwaitApplication(running);
                Step::Ask(request)
            }
            Ok(SaslReply::Outcome(SaslCode::Ok, additional_data)) => {
                let outcome = SaslOutcome { code: SaslCode::Ok, additional_data };
                Step::Done { mechanism: running.mechanism.name(), outcome: Some(outcome) }
            }
            Ok(SaslReply::Outcome(code, _)) => {
                Step::Fail(SaslFailure::Outcome { code, diagnosis: None }, Some(outcome(code)))
            }
            Err(MechanismError::Unexpected) => Step::Fail(SaslFailure::Unexpected, None),
            Err(MechanismError::Failed(_)) => refused(),
        }
    }
}

fn refused() -> Step {
    Step::Fail(SaslFailure::Refused, Some(outcome(SaslCode::Auth)))
}

/// An outcome without additional data (§5.3.3.6).
fn outcome(code: SaslCode) -> SaslOutcome {
    SaslOutcome { code, additional_data: None }
}
