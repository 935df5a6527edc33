//! Mechanisms of one message: ANONYMOUS (RFC 4505), PLAIN (RFC 4616), EXTERNAL (RFC 4422). The client says who it is,
//! the application judges.

use super::{
    ClientMechanism, Exposure, ListenerMechanism, Mechanism, MechanismError, SaslReply, SaslRequest, SaslStart, Secret,
};
use alloc::boxed::Box;
use amqp_codec::{Str, Symbol};
use bytes::Bytes;

/// The client's side of the three.
#[derive(Clone, Debug)]
pub(super) enum Simple {
    Anonymous,
    Plain { user: Str, password: Secret },
    External,
}

impl ClientMechanism for Simple {
    fn name(&self) -> Symbol {
        match self {
            Simple::Anonymous => Mechanism::Anonymous.name(),
            Simple::Plain { .. } => Mechanism::Plain.name(),
            Simple::External => Mechanism::External.name(),
        }
    }

    fn exposure(&self) -> Exposure {
        match self {
            Simple::Anonymous | Simple::External => Exposure::Hidden,
            Simple::Plain { .. } => Exposure::Revealed,
        }
    }

    fn fresh(&self) -> Box<dyn ClientMechanism> {
        Box::new(self.clone())
    }

    fn says_all_at_once(&self) -> bool {
        true
    }

    fn start(&mut self, _nonce: &str) -> Result<Option<Bytes>, MechanismError> {
        Ok(Some(match self {
            Simple::Anonymous | Simple::External => Bytes::new(),
            Simple::Plain { user, password } => plain(user, password)?,
        }))
    }
}

/// authzid NUL authcid NUL passwd (RFC 4616).
fn plain(user: &Str, password: &Secret) -> Result<Bytes, MechanismError> {
    if user.as_str().contains('\0') || password.expose().contains(&0) {
        return Err(MechanismError::Failed("PLAIN has no way to send a user name or password with NUL in it"));
    }
    let message = [b"\0", user.as_str().as_bytes(), b"\0", password.expose()].concat();
    Ok(Secret::from(message).into_bytes())
}

/// The listener's side of the three.
#[derive(Clone, Copy, Debug)]
pub(super) enum SimpleListener {
    Anonymous,
    Plain,
    External,
}

impl ListenerMechanism for SimpleListener {
    fn name(&self) -> Symbol {
        match self {
            SimpleListener::Anonymous => Mechanism::Anonymous.name(),
            SimpleListener::Plain => Mechanism::Plain.name(),
            SimpleListener::External => Mechanism::External.name(),
        }
    }

    fn exposure(&self) -> Exposure {
        match self {
            SimpleListener::Anonymous | SimpleListener::External => Exposure::Hidden,
            SimpleListener::Plain => Exposure::Revealed,
        }
    }

    fn fresh(&self) -> Box<dyn ListenerMechanism> {
        Box::new(*self)
    }

    fn start(&mut self, start: SaslStart<'_>) -> Result<SaslReply, MechanismError> {
        let SaslStart { response, hostname, .. } = start;
        Ok(SaslReply::Ask(match self {
            SimpleListener::Anonymous => SaslRequest::Anonymous { trace: response, hostname },
            SimpleListener::External => SaslRequest::External { authorization: text(response)?, hostname },
            SimpleListener::Plain => plain_request(&response, hostname)?,
        }))
    }
}

fn plain_request(response: &Bytes, hostname: Option<Str>) -> Result<SaslRequest, MechanismError> {
    let Some([authorization, user, password]) = plain_parts(response) else {
        return Err(MechanismError::Failed("no PLAIN message"));
    };
    Ok(SaslRequest::Plain {
        authorization: text(response.slice_ref(authorization))?,
        user: text(response.slice_ref(user))?,
        password: Secret::from(password.to_vec()),
        hostname,
    })
}

/// authzid NUL authcid NUL passwd, with a non-empty authcid and no further NUL (RFC 4616).
fn plain_parts(response: &[u8]) -> Option<[&[u8]; 3]> {
    let mut parts = response.split(|octet| *octet == 0);
    let all = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && !all[1].is_empty()).then_some(all)
}

fn text(octets: Bytes) -> Result<Str, MechanismError> {
    Str::try_from(octets).map_err(|_| MechanismError::Failed("a name is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(listener: SimpleListener, response: &'static [u8]) -> Option<SaslRequest> {
        let start = SaslStart { response: Bytes::from_static(response), hostname: None, nonce: "", secret: None };
        match { listener }.start(start) {
            Ok(SaslReply::Ask(request)) => Some(request),
            _ => None,
        }
    }

    #[test]
    fn plain_is_taken_apart() {
        let Some(SaslRequest::Plain { authorization, user, password, .. }) = request(SimpleListener::Plain, b"a\0u\0p")
        else {
            panic!("no request");
        };
        assert_eq!((authorization.as_str(), user.as_str()), ("a", "u"));
        assert!(password.matches(b"p") && !password.matches(b"q") && !password.matches(b"pp"));
    }

    #[test]
    fn malformed_is_refused() {
        for response in [&b""[..], b"u\0p", b"\0\0p", b"\0u\0p\0x", b"\0\xff\0p"] {
            assert!(request(SimpleListener::Plain, response).is_none(), "{response:?}");
        }
        assert!(request(SimpleListener::External, b"\xff").is_none());
    }

    #[test]
    fn a_nul_is_not_sent() {
        for (user, password) in [("a\0b", "p"), ("u", "p\0q")] {
            let mut plain = Simple::Plain { user: user.into(), password: password.into() };
            assert!(plain.start("").is_err());
        }
    }
}
