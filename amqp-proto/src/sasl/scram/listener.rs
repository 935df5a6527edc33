//! The listener's side of SCRAM (RFC 5802 §3, §5). The application says what is stored of the user; the proof is
//! judged here, and the server's signature goes into the outcome.
//!
//! A user that does not exist is asked for a proof all the same, with a salt that is always the same for that name, so
//! that nobody learns who exists.

use super::client::said;
use super::hash::xor;
use super::message::{ClientFinal, ClientFirst, base64};
use super::{Exposure, MIN_ITERATIONS, MechanismError, ScramCredential, ScramHash, checked_nonce};
use crate::sasl::{ListenerMechanism, SaslAnswer, SaslReply, SaslRequest, SaslStart};
use crate::{Misuse, Secret};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use amqp_codec::{SaslCode, Str, Symbol};
use bytes::Bytes;
use core::mem;

/// SCRAM as a listener: one hash, with settings. [`Mechanism::Scram`](crate::Mechanism::Scram) is one with the
/// defaults.
#[derive(Clone, Debug)]
pub struct ScramListener {
    hash: ScramHash,
    iterations: u32,
    salt_length: usize,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Start,
    /// The application is asked; `nonce` is that of both sides, `secret` what to make a salt of.
    AwaitCredential {
        first: First,
        secret: Secret,
    },
    AwaitProof {
        first: First,
        server_first: String,
        credential: ScramCredential,
        known: Known,
    },
    Over,
}

/// What is remembered of the client's first message.
#[derive(Clone, Debug)]
struct First {
    user: String,
    header: String,
    bare: String,
    nonce: String,
}

/// Whether the application knows the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

impl ScramListener {
    /// With a hash.
    #[must_use]
    pub fn new(hash: ScramHash) -> Self {
        Self { hash, iterations: MIN_ITERATIONS, salt_length: 16, state: State::Start }
    }

    /// What the credentials of this application are like: users that do not exist get such too. Default: 4096
    /// iterations, a salt of 16 octets, which can be 64 at most.
    #[must_use]
    pub fn credentials_like(mut self, iterations: u32, salt_length: usize) -> Self {
        self.iterations = iterations;
        self.salt_length = salt_length;
        self
    }

    /// What a user gets who does not exist. No proof fits it.
    fn made_up(&self, user: &str, secret: &Secret) -> ScramCredential {
        let make = |what: &[u8]| {
            let parts = [what, self.hash.mechanism().as_bytes(), b"\0", user.as_bytes()];
            ScramHash::Sha512.hmac(secret, &parts)
        };
        let salt = make(b"salt").expose().iter().copied().take(self.salt_length.max(1)).collect();
        let key = |what: &[u8]| self.hash.h(make(what).expose());
        ScramCredential { salt, iterations: self.iterations, stored_key: key(b"stored"), server_key: key(b"server") }
    }

    fn judge(&self, message: &[u8], proof: &Proof<'_>) -> Result<SaslReply, MechanismError> {
        let Proof { first, server_first, credential, known } = proof;
        let message = ClientFinal::parse(message)?;
        if message.nonce != first.nonce || message.header != first.header.as_bytes() {
            return Err(MechanismError::Failed("the client's last message does not belong to its first"));
        }
        let said = said(&first.bare, server_first, message.without_proof);
        let signature = self.hash.hmac(&credential.stored_key, &said);
        let client_key = xor(&message.proof, signature.expose());
        let proved = message.proof.len() == signature.expose().len()
            && credential.stored_key.matches(self.hash.h(client_key.expose()).expose());
        let answer = self.hash.hmac(&credential.server_key, &said);
        Ok(match (proved, known) {
            (true, Known::Yes) => {
                SaslReply::Outcome(SaslCode::Ok, Some(format!("v={}", base64(answer.expose())).into()))
            }
            (false, _) | (true, Known::No) => SaslReply::Outcome(SaslCode::Auth, None),
        })
    }
}

/// What a proof is judged by.
struct Proof<'a> {
    first: &'a First,
    server_first: &'a str,
    credential: &'a ScramCredential,
    known: Known,
}

impl ListenerMechanism for ScramListener {
    fn name(&self) -> Symbol {
        Symbol::from_static(self.hash.mechanism())
    }

    fn exposure(&self) -> Exposure {
        Exposure::Hidden
    }

    fn fresh(&self) -> Box<dyn ListenerMechanism> {
        Box::new(Self { state: State::Start, ..self.clone() })
    }

    fn start(&mut self, start: SaslStart<'_>) -> Result<SaslReply, MechanismError> {
        let Ok(own) = checked_nonce(start.nonce) else { return Ok(SaslReply::Outcome(SaslCode::Sys, None)) };
        let message = ClientFirst::parse(&start.response)?;
        let nonce = format!("{}{own}", message.nonce);
        let secret = start.secret.cloned().unwrap_or_else(|| Secret::from(own));
        let request = SaslRequest::Scram {
            hash: self.hash,
            authorization: Str::from(message.authorization),
            user: Str::from(message.user.as_str()),
            hostname: start.hostname,
        };
        let (user, header, bare) = (message.user, message.header.into(), message.bare.into());
        self.state = State::AwaitCredential { first: First { user, header, bare, nonce }, secret };
        Ok(SaslReply::Ask(request))
    }

    fn answer(&mut self, answer: SaslAnswer) -> Result<SaslReply, Misuse> {
        let credential = match answer {
            SaslAnswer::Scram(credential) => credential,
            SaslAnswer::Outcome(SaslCode::Auth) => None,
            SaslAnswer::Outcome(code) if code != SaslCode::Ok => return Ok(SaslReply::Outcome(code, None)),
            SaslAnswer::Outcome(_) | SaslAnswer::Custom(_) => return Err(Misuse::SaslAnswer),
        };
        let State::AwaitCredential { first, secret } = mem::replace(&mut self.state, State::Over) else {
            return Err(Misuse::SaslAnswer);
        };
        let made_up = self.made_up(&first.user, &secret);
        let (credential, known) = match credential {
            Some(credential) => (credential, Known::Yes),
            None => (made_up, Known::No),
        };
        let salt = base64(&credential.salt);
        let server_first = format!("r={},s={salt},i={}", first.nonce, credential.iterations);
        let challenge = Bytes::from(server_first.clone());
        self.state = State::AwaitProof { first, server_first, credential, known };
        Ok(SaslReply::Challenge(challenge))
    }

    fn response(&mut self, response: &Bytes) -> Result<SaslReply, MechanismError> {
        let State::AwaitProof { first, server_first, credential, known } = mem::replace(&mut self.state, State::Over)
        else {
            return Err(MechanismError::Unexpected);
        };
        let proof = Proof { first: &first, server_first: &server_first, credential: &credential, known };
        self.judge(response, &proof)
    }
}
