//! Mechanisms with a token: OAUTHBEARER (RFC 7628) and XOAUTH2, its older relative without a standard.
//!
//! One message with the token in it. A server that does not take it says why, in JSON, in a challenge; the client
//! answers that with a message without meaning, and then the outcome comes.

use super::{
    ClientMechanism, Exposure, ListenerMechanism, Mechanism, MechanismError, SaslAnswer, SaslReply, SaslRequest,
    SaslStart, Secret, escape,
};
use crate::Misuse;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use amqp_codec::{SaslCode, Str, Symbol};
use bytes::Bytes;

/// What a client is told whose token is not taken (RFC 7628 §3.2.2).
const INVALID_TOKEN: &[u8] = br#"{"status":"invalid_token"}"#;

/// The end of a pair, and of all of them.
const END: u8 = 0x01;

/// OAUTHBEARER as a client (RFC 7628); what [`SaslClient::oauthbearer`](super::SaslClient::oauthbearer) makes.
#[derive(Clone, Debug)]
pub struct Oauthbearer {
    user: Str,
    token: Secret,
    host: Option<Str>,
    port: Option<u16>,
    refusal: Refusal,
}

/// XOAUTH2 as a client; what [`SaslClient::xoauth2`](super::SaslClient::xoauth2) makes.
#[derive(Clone, Debug)]
pub(super) struct Xoauth2 {
    user: Str,
    token: Secret,
    refusal: Refusal,
}

/// Why the server does not take the token, if it has said so.
#[derive(Clone, Debug, Default)]
struct Refusal(Option<Str>);

impl Refusal {
    /// The one challenge that there is.
    fn challenge(&mut self, challenge: &Bytes, response: &'static [u8]) -> Result<Bytes, MechanismError> {
        if self.0.is_some() {
            return Err(MechanismError::Unexpected);
        }
        self.0 = Some(Str::from(String::from_utf8_lossy(challenge).into_owned()));
        Ok(Bytes::from_static(response))
    }

    fn succeeded(&self) -> Result<(), MechanismError> {
        match self.0 {
            Some(_) => Err(MechanismError::Failed("the server took the token after it had refused it")),
            None => Ok(()),
        }
    }
}

impl Oauthbearer {
    /// With a token; `user` is whom to act as, empty for whom the token names.
    pub fn new(user: impl Into<Str>, token: impl Into<Secret>) -> Self {
        Self { user: user.into(), token: token.into(), host: None, port: None, refusal: Refusal::default() }
    }

    /// Tells the server what host we mean to reach (RFC 7628 §3.1). Default: nothing.
    #[must_use]
    pub fn host(mut self, host: impl Into<Str>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Tells the server what port we mean to reach (RFC 7628 §3.1). Default: nothing.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// As large as the message can be: a buffer that grows leaves its secret behind.
    fn room(&self) -> Vec<u8> {
        let host = self.host.as_ref().map_or(0, |host| host.as_str().len());
        Vec::with_capacity(64 + 3 * self.user.as_str().len() + host + self.token.expose().len())
    }
}

impl ClientMechanism for Oauthbearer {
    fn name(&self) -> Symbol {
        Mechanism::Oauthbearer.name()
    }

    fn exposure(&self) -> Exposure {
        Exposure::Revealed
    }

    fn fresh(&self) -> Box<dyn ClientMechanism> {
        Box::new(Self { refusal: Refusal::default(), ..self.clone() })
    }

    fn start(&mut self, _nonce: &str) -> Result<Option<Bytes>, MechanismError> {
        let mut message = self.room();
        match escape::written(self.user.as_str()) {
            user if user.is_empty() => pair(&mut message, "n,,", &[])?,
            user => pair(&mut message, "n,a=", &[user.as_bytes(), b","])?,
        }
        if let Some(host) = &self.host {
            pair(&mut message, "host=", &[host.as_str().as_bytes()])?;
        }
        if let Some(port) = self.port {
            pair(&mut message, "port=", &[format!("{port}").as_bytes()])?;
        }
        pair(&mut message, "auth=", &[b"Bearer ", self.token.expose()])?;
        message.push(END);
        Ok(Some(Secret::from(message).into_bytes()))
    }

    fn challenge(&mut self, challenge: &Bytes) -> Result<Bytes, MechanismError> {
        self.refusal.challenge(challenge, &[END])
    }

    fn succeeded(&mut self, _additional_data: Option<&Bytes>) -> Result<(), MechanismError> {
        self.refusal.succeeded()
    }

    fn diagnosis(&self) -> Option<Str> {
        self.refusal.0.clone()
    }
}

impl Xoauth2 {
    pub(super) fn new(user: impl Into<Str>, token: impl Into<Secret>) -> Self {
        Self { user: user.into(), token: token.into(), refusal: Refusal::default() }
    }
}

impl ClientMechanism for Xoauth2 {
    fn name(&self) -> Symbol {
        Mechanism::Xoauth2.name()
    }

    fn exposure(&self) -> Exposure {
        Exposure::Revealed
    }

    fn fresh(&self) -> Box<dyn ClientMechanism> {
        Box::new(Self { refusal: Refusal::default(), ..self.clone() })
    }

    fn start(&mut self, _nonce: &str) -> Result<Option<Bytes>, MechanismError> {
        // as large as it will be: a buffer that grows leaves its secret behind
        let mut message = Vec::with_capacity(32 + self.user.as_str().len() + self.token.expose().len());
        pair(&mut message, "user=", &[self.user.as_str().as_bytes()])?;
        pair(&mut message, "auth=", &[b"Bearer ", self.token.expose()])?;
        message.push(END);
        Ok(Some(Secret::from(message).into_bytes()))
    }

    fn challenge(&mut self, challenge: &Bytes) -> Result<Bytes, MechanismError> {
        self.refusal.challenge(challenge, b"")
    }

    fn succeeded(&mut self, _additional_data: Option<&Bytes>) -> Result<(), MechanismError> {
        self.refusal.succeeded()
    }

    fn diagnosis(&self) -> Option<Str> {
        self.refusal.0.clone()
    }
}

/// Writes a pair, or the header before them. What is in it cannot begin another one.
fn pair(message: &mut Vec<u8>, key: &str, value: &[&[u8]]) -> Result<(), MechanismError> {
    message.extend_from_slice(key.as_bytes());
    for part in value {
        if part.contains(&END) {
            return Err(MechanismError::Failed("a user, host or token with U+0001 in it cannot be sent"));
        }
        message.extend_from_slice(part);
    }
    message.push(END);
    Ok(())
}

/// Either mechanism as a listener.
#[derive(Clone, Debug)]
pub(super) struct OauthListener {
    mechanism: Mechanism,
    /// The client has been told why, and has to answer.
    refused: bool,
}

impl OauthListener {
    pub(super) fn xoauth2() -> Self {
        Self { mechanism: Mechanism::Xoauth2, refused: false }
    }

    pub(super) fn oauthbearer() -> Self {
        Self { mechanism: Mechanism::Oauthbearer, refused: false }
    }
}

impl ListenerMechanism for OauthListener {
    fn name(&self) -> Symbol {
        self.mechanism.name()
    }

    fn exposure(&self) -> Exposure {
        Exposure::Revealed
    }

    fn fresh(&self) -> Box<dyn ListenerMechanism> {
        Box::new(Self { refused: false, ..self.clone() })
    }

    fn start(&mut self, start: SaslStart<'_>) -> Result<SaslReply, MechanismError> {
        const MALFORMED: MechanismError = MechanismError::Failed("no message of OAUTHBEARER or XOAUTH2");
        let text = core::str::from_utf8(&start.response).map_err(|_| MALFORMED)?;
        let parsed = match self.mechanism {
            Mechanism::Xoauth2 => xoauth2(text),
            _ => oauthbearer(text),
        };
        let (user, token) = parsed.ok_or(MALFORMED)?;
        let (user, token) = (Str::from(user), Secret::from(token));
        Ok(SaslReply::Ask(SaslRequest::Bearer { mechanism: self.name(), user, token, hostname: start.hostname }))
    }

    fn response(&mut self, _response: &Bytes) -> Result<SaslReply, MechanismError> {
        if self.refused { Ok(SaslReply::Outcome(SaslCode::Auth, None)) } else { Err(MechanismError::Unexpected) }
    }

    fn answer(&mut self, answer: SaslAnswer) -> Result<SaslReply, Misuse> {
        Ok(match answer.outcome()? {
            SaslCode::Auth => {
                self.refused = true;
                SaslReply::Challenge(Bytes::from_static(INVALID_TOKEN))
            }
            code => SaslReply::Outcome(code, None),
        })
    }
}

/// `n,a=user,` ^A and the pairs.
fn oauthbearer(text: &str) -> Option<(String, &str)> {
    let (header, pairs) = text.split_once('\x01')?;
    let (_, user) = escape::gs2_header(header)?;
    Some((user, token(pairs)?))
}

/// `user=` user ^A and the other pair.
fn xoauth2(text: &str) -> Option<(String, &str)> {
    let (user, pairs) = text.strip_prefix("user=")?.split_once('\x01')?;
    (!user.is_empty()).then_some((String::from(user), token(pairs)?))
}

/// The token out of the pairs, which end in an empty one.
fn token(pairs: &str) -> Option<&str> {
    let mut pairs = pairs.strip_suffix("\x01\x01")?.split('\x01');
    let (scheme, token) = pairs.find_map(|pair| pair.strip_prefix("auth="))?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_are_those_of_the_standards() {
        // RFC 7628 §4.1
        let mut bearer = Oauthbearer::new("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
            .host("server.example.com");
        bearer = bearer.port(143);
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        assert_eq!(bearer.start("").unwrap().unwrap(), message[..]);
        let mut old = Xoauth2::new("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        let message = b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
        assert_eq!(old.start("").unwrap().unwrap(), message[..]);
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_message() {
        assert!(Oauthbearer::new("", "t\x01auth=Bearer x").start("").is_err());
        assert!(Xoauth2::new("u\x01auth=Bearer x", "t").start("").is_err());
        let mut odd = Oauthbearer::new("a,b=c", "t");
        assert_eq!(odd.start("").unwrap().unwrap(), b"n,a=a=2Cb=3Dc,\x01auth=Bearer t\x01\x01"[..]);
        assert!(Oauthbearer::new("u\x01", "t").start("").is_err());
    }

    #[test]
    fn messages_are_taken_apart() {
        let user = |text: &str, user: &str| Some((String::from(user), text.len()));
        let seen = |parsed: Option<(String, &str)>| parsed.map(|(user, token)| (user, token.len()));
        assert_eq!(seen(oauthbearer("n,,\x01auth=Bearer tok\x01\x01")), user("tok", ""));
        assert_eq!(seen(oauthbearer("n,a=x=2Cy,\x01port=1\x01auth=bearer tok\x01\x01")), user("tok", "x,y"));
        assert_eq!(seen(xoauth2("user=u\x01auth=Bearer tok\x01\x01")), user("tok", "u"));
        for wrong in ["", "n,,", "n,,\x01\x01", "p=x,,\x01auth=Bearer t\x01\x01", "n,a=,\x01auth=Bearer t\x01\x01"] {
            assert_eq!(oauthbearer(wrong), None, "{wrong:?}");
        }
        for wrong in ["n,,\x01auth=Basic t\x01\x01", "n,,\x01auth=Bearer \x01\x01", "n,,\x01auth=Bearer t\x01"] {
            assert_eq!(oauthbearer(wrong), None, "{wrong:?}");
        }
        for wrong in ["", "user=u", "user=\x01auth=Bearer t\x01\x01", "auth=Bearer t\x01\x01", "user=u\x01\x01"] {
            assert_eq!(xoauth2(wrong), None, "{wrong:?}");
        }
    }
}
