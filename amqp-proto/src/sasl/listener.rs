//! The listener's half of the exchange (§5.3.2): it offers mechanisms, hands what the client says to
//! the application, and tells the client the outcome.

use super::{Secret, Step};
use crate::SaslFailure;
use alloc::vec::Vec;
use amqp_codec::{Multiple, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, Str, Symbol};
use bytes::Bytes;

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
}

/// What a listener offers to clients.
#[derive(Clone, Debug)]
pub struct SaslListener {
    mechanisms: Vec<Mechanism>,
    required: bool,
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
}

impl Mechanism {
    fn name(self) -> Symbol {
        Symbol::from_static(match self {
            Mechanism::Anonymous => "ANONYMOUS",
            Mechanism::Plain => "PLAIN",
            Mechanism::External => "EXTERNAL",
        })
    }
}

impl SaslListener {
    /// Offers these mechanisms, and lets nobody in without one of them.
    #[must_use]
    pub fn new(mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        Self { mechanisms: mechanisms.into_iter().collect(), required: true }
    }

    /// Also lets in clients that begin with the AMQP header, without any SASL exchange.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    pub(crate) fn required(&self) -> bool {
        self.required
    }

    pub(crate) fn mechanisms(&self) -> SaslMechanisms {
        let names: Multiple<Symbol> = self.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
        SaslMechanisms { sasl_server_mechanisms: names }
    }
}

/// Where the listener's exchange stands.
#[derive(Debug)]
pub(crate) enum ListenerExchange {
    AwaitInit(SaslListener),
    AwaitApplication { mechanism: Symbol },
}

impl ListenerExchange {
    /// The mechanism in use, once there is one.
    pub(crate) fn mechanism(&self) -> Option<&Symbol> {
        match self {
            ListenerExchange::AwaitInit(_) => None,
            ListenerExchange::AwaitApplication { mechanism } => Some(mechanism),
        }
    }

    /// Takes one frame of the client.
    pub(crate) fn received(&mut self, frame: SaslFrame) -> Step {
        let (ListenerExchange::AwaitInit(sasl), SaslFrame::Init(init)) = (&*self, frame) else {
            return Step::Fail(SaslFailure::Unexpected, None);
        };
        match sasl.request(&init) {
            Some(request) => {
                *self = ListenerExchange::AwaitApplication { mechanism: init.mechanism };
                Step::Ask(request)
            }
            None => Step::Fail(SaslFailure::Refused, Some(outcome(SaslCode::Auth))),
        }
    }
}

/// An outcome without additional data (§5.3.3.6).
pub(crate) fn outcome(code: SaslCode) -> SaslOutcome {
    SaslOutcome { code, additional_data: None }
}

impl SaslListener {
    fn request(&self, init: &SaslInit) -> Option<SaslRequest> {
        let mechanism = self.mechanisms.iter().find(|mechanism| mechanism.name() == init.mechanism)?;
        let response = init.initial_response.clone().unwrap_or_default();
        let hostname = init.hostname.clone();
        Some(match mechanism {
            Mechanism::Anonymous => SaslRequest::Anonymous { trace: response, hostname },
            Mechanism::External => SaslRequest::External { authorization: Str::try_from(response).ok()?, hostname },
            Mechanism::Plain => {
                let [authorization, user, password] = plain_parts(&response)?;
                SaslRequest::Plain {
                    authorization: Str::try_from(response.slice_ref(authorization)).ok()?,
                    user: Str::try_from(response.slice_ref(user)).ok()?,
                    password: Secret::from(password.to_vec()),
                    hostname,
                }
            }
        })
    }
}

/// authzid NUL authcid NUL passwd, with a non-empty authcid and no further NUL (RFC 4616).
fn plain_parts(response: &[u8]) -> Option<[&[u8]; 3]> {
    let mut parts = response.split(|octet| *octet == 0);
    let all = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && !all[1].is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn init(mechanism: &'static str, response: &'static [u8]) -> SaslInit {
        SaslInit {
            mechanism: Symbol::from_static(mechanism),
            initial_response: Some(Bytes::from_static(response)),
            hostname: None,
        }
    }

    #[test]
    fn plain_is_taken_apart() {
        let sasl = SaslListener::new([Mechanism::Plain]);
        let Some(SaslRequest::Plain { authorization, user, password, .. }) = sasl.request(&init("PLAIN", b"a\0u\0p"))
        else {
            panic!("no request");
        };
        assert_eq!((authorization.as_str(), user.as_str()), ("a", "u"));
        assert!(password.matches(b"p") && !password.matches(b"q") && !password.matches(b"pp"));
    }

    #[test]
    fn malformed_or_not_offered_is_refused() {
        let sasl = SaslListener::new([Mechanism::Plain]);
        for (mechanism, response) in [
            ("ANONYMOUS", &b""[..]),
            ("PLAIN", b""),
            ("PLAIN", b"u\0p"),
            ("PLAIN", b"\0\0p"),
            ("PLAIN", b"\0u\0p\0x"),
            ("PLAIN", b"\0\xff\0p"),
        ] {
            assert!(sasl.request(&init(mechanism, response)).is_none(), "{mechanism} {response:?}");
        }
    }
}
