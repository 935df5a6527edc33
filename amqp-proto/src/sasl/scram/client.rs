//! The client's side of SCRAM (RFC 5802 §3, §5).

use super::hash::{Keys, xor};
use super::message::{ServerFinal, ServerFirst, base64, text};
use super::{Exposure, MIN_ITERATIONS, MechanismError, ScramHash, checked_nonce};
use crate::Secret;
use crate::sasl::{ClientMechanism, escape};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use amqp_codec::{Str, Symbol};
use bytes::Bytes;
use core::mem;

/// What is sent before the first message: no channel binding, no other identity to act as.
const HEADER: &str = "n,,";

/// [`HEADER`] in base64.
const BOUND: &str = "biws";

/// SCRAM as a client: one hash, with settings. [`SaslClient::scram`](crate::SaslClient::scram) makes one for each hash.
///
/// The server's signature is verified, in a last challenge or in the outcome, whichever it uses; without it the
/// outcome ok is a failure.
#[derive(Clone, Debug)]
pub struct Scram {
    hash: ScramHash,
    user: Str,
    password: Secret,
    max_iterations: u32,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Start,
    AwaitServerFirst {
        nonce: String,
        bare: String,
    },
    AwaitServerFinal {
        signature: Secret,
    },
    Verified,
    /// The server has said why it refuses.
    Refused(Str),
    Failed,
}

impl Scram {
    /// With user name and password.
    pub fn new(hash: ScramHash, user: impl Into<Str>, password: impl Into<Secret>) -> Self {
        Self { hash, user: user.into(), password: password.into(), max_iterations: 600_000, state: State::Start }
    }

    /// How many iterations the server may make us compute. It has not proved anything by then, so it is a bound for
    /// what a hostile one may cost, on whatever thread handles its frames. Default 600,000: less than a second, optimized.
    /// Less than 4096 is never accepted.
    #[must_use]
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    fn proof(&self, message: &[u8], nonce: &str, bare: &str) -> Result<(State, Bytes), MechanismError> {
        let message = text(message)?;
        let server = ServerFirst::parse(message, nonce)?;
        if server.iterations < MIN_ITERATIONS {
            return Err(MechanismError::Failed("the server asks for fewer iterations than are safe"));
        }
        if server.iterations > self.max_iterations {
            return Err(MechanismError::Failed("the server asks for more iterations than are allowed"));
        }
        let keys = Keys::derive(self.hash, &self.password, &server.salt, server.iterations);
        let without_proof = format!("c={BOUND},r={}", server.nonce);
        let said = said(bare, message, &without_proof);
        let proof = xor(keys.client.expose(), self.hash.hmac(&keys.stored, &said).expose());
        let signature = self.hash.hmac(&keys.server, &said);
        let response = format!("{without_proof},p={}", base64(proof.expose()));
        Ok((State::AwaitServerFinal { signature }, response.into()))
    }
}

/// All that was said before the proof, which both sides sign.
pub(super) fn said<'a>(client_first: &'a str, server_first: &'a str, without_proof: &'a str) -> [&'a [u8]; 5] {
    [client_first.as_bytes(), b",", server_first.as_bytes(), b",", without_proof.as_bytes()]
}

/// Whether the server has proved itself.
fn verified(message: &[u8], signature: &Secret) -> Result<State, MechanismError> {
    match ServerFinal::parse(message)? {
        ServerFinal::Signature(theirs) if signature.matches(&theirs) => Ok(State::Verified),
        ServerFinal::Signature(_) => Err(MechanismError::Failed("the server does not know the password")),
        ServerFinal::Error(error) => Ok(State::Refused(Str::from(error))),
    }
}

/// What SASLprep (RFC 4013) forbids of ASCII.
fn prepared(text: &[u8]) -> Result<(), MechanismError> {
    match text.iter().any(u8::is_ascii_control) {
        true => Err(MechanismError::Failed("a user name or password with control characters in it cannot be used")),
        false => Ok(()),
    }
}

impl ClientMechanism for Scram {
    fn name(&self) -> Symbol {
        Symbol::from_static(self.hash.mechanism())
    }

    fn exposure(&self) -> Exposure {
        Exposure::Hidden
    }

    fn fresh(&self) -> Box<dyn ClientMechanism> {
        Box::new(Self { state: State::Start, ..self.clone() })
    }

    fn start(&mut self, nonce: &str) -> Result<Option<Bytes>, MechanismError> {
        let nonce = String::from(checked_nonce(nonce)?);
        prepared(self.user.as_str().as_bytes())?;
        prepared(self.password.expose())?;
        let bare = format!("n={},r={nonce}", escape::written(self.user.as_str()));
        let message = format!("{HEADER}{bare}");
        self.state = State::AwaitServerFirst { nonce, bare };
        Ok(Some(message.into()))
    }

    fn challenge(&mut self, challenge: &Bytes) -> Result<Bytes, MechanismError> {
        let (state, response) = match mem::replace(&mut self.state, State::Failed) {
            State::AwaitServerFirst { nonce, bare } => self.proof(challenge, &nonce, &bare)?,
            State::AwaitServerFinal { signature } => (verified(challenge, &signature)?, Bytes::new()),
            State::Start | State::Verified | State::Refused(_) | State::Failed => {
                return Err(MechanismError::Unexpected);
            }
        };
        self.state = state;
        Ok(response)
    }

    fn succeeded(&mut self, additional_data: Option<&Bytes>) -> Result<(), MechanismError> {
        let state = match (mem::replace(&mut self.state, State::Failed), additional_data) {
            (State::AwaitServerFinal { signature }, Some(data)) => verified(data, &signature)?,
            (state, _) => state,
        };
        match state {
            State::Verified => Ok(()),
            State::Start
            | State::AwaitServerFirst { .. }
            | State::AwaitServerFinal { .. }
            | State::Refused(_)
            | State::Failed => {
                Err(MechanismError::Failed("the server says ok and has not proved that it knows the password"))
            }
        }
    }

    fn diagnosis(&self) -> Option<Str> {
        match &self.state {
            State::Refused(error) => Some(error.clone()),
            State::Start
            | State::AwaitServerFirst { .. }
            | State::AwaitServerFinal { .. }
            | State::Verified
            | State::Failed => None,
        }
    }
}
