//! The SASL layer of a trace: `@ sasl` lines as configuration, answers of the application, and a mechanism that is
//! there for tests only.

use super::driver::Driver;
use crate::trace::{Role, Script};
use crate::wire::{Record, Value};
use amqp_proto::codec::Symbol;
use amqp_proto::{
    ClientMechanism, Exposure, ListenerMechanism, Mechanism, MechanismError, Misuse, Oauthbearer, SaslAnswer,
    SaslClient, SaslListener, SaslReply, SaslRequest, SaslStart, Scram, ScramCredential, ScramHash,
};
use bytes::Bytes;

type Built<T> = Result<T, String>;

/// A mechanism for tests: it says back whatever it is told, for ever. An empty message asks the listener's application,
/// which may answer with a challenge or an outcome.
#[derive(Clone, Debug)]
struct Echo;

const ECHO: &str = "X-ECHO";

impl ClientMechanism for Echo {
    fn name(&self) -> Symbol {
        Symbol::from_static(ECHO)
    }

    fn exposure(&self) -> Exposure {
        Exposure::Hidden
    }

    fn fresh(&self) -> Box<dyn ClientMechanism> {
        Box::new(Self)
    }

    fn start(&mut self, _nonce: &str) -> Result<Option<Bytes>, MechanismError> {
        Ok(None)
    }

    fn challenge(&mut self, challenge: &Bytes) -> Result<Bytes, MechanismError> {
        Ok(challenge.clone())
    }
}

impl Echo {
    fn reply(octets: &Bytes) -> SaslReply {
        if octets.is_empty() {
            let mechanism = Symbol::from_static(ECHO);
            return SaslReply::Ask(SaslRequest::Custom { mechanism, data: "asked".into(), hostname: None });
        }
        SaslReply::Challenge(octets.clone())
    }
}

impl ListenerMechanism for Echo {
    fn name(&self) -> Symbol {
        Symbol::from_static(ECHO)
    }

    fn exposure(&self) -> Exposure {
        Exposure::Hidden
    }

    fn fresh(&self) -> Box<dyn ListenerMechanism> {
        Box::new(Self)
    }

    fn start(&mut self, start: SaslStart<'_>) -> Result<SaslReply, MechanismError> {
        Ok(Self::reply(&start.response))
    }

    fn response(&mut self, response: &Bytes) -> Result<SaslReply, MechanismError> {
        Ok(Self::reply(response))
    }

    fn answer(&mut self, answer: SaslAnswer) -> Result<SaslReply, Misuse> {
        match answer {
            SaslAnswer::Custom(challenge) => Ok(SaslReply::Challenge(Bytes::copy_from_slice(challenge.expose()))),
            other => Ok(SaslReply::Outcome(other.outcome()?, Some(Bytes::from_static(b"over")))),
        }
    }
}

pub(crate) fn scram_hash(name: &str) -> Option<ScramHash> {
    let all = [ScramHash::Sha1, ScramHash::Sha256, ScramHash::Sha512];
    all.into_iter().find(|hash| Mechanism::Scram(*hash).name() == name)
}

/// The SASL layer of a client.
pub(super) fn client(script: &Script) -> Built<Option<SaslClient>> {
    let (Role::Client, Some(sasl)) = (script.role, &script.sasl) else { return Ok(None) };
    let mechanisms = match sasl.get("mechanism") {
        Value::List(mechanisms) => mechanisms.clone(),
        one => vec![one.clone()],
    };
    let clients = mechanisms.iter().map(|mechanism| client_mechanism(mechanism, sasl)).collect::<Built<Vec<_>>>()?;
    let mut client = clients.into_iter().reduce(SaslClient::or).ok_or("which mechanism?")?;
    client = client.insecure_allowed(*sasl.get("insecure-allowed") != Value::Bool(false));
    if let Some(nonce) = sasl.text("nonce") {
        client = client.nonce(nonce);
    }
    Ok(Some(match sasl.text("hostname") {
        Some(hostname) => client.hostname(hostname),
        None => client,
    }))
}

fn client_mechanism(mechanism: &Value, sasl: &Record) -> Built<SaslClient> {
    let text = |name: &str| sasl.text(name).unwrap_or_default().to_owned();
    let Value::Symbol(name) = mechanism else { return Err(format!("{mechanism:?} is no mechanism")) };
    Ok(match name.as_str() {
        "ANONYMOUS" => SaslClient::anonymous(),
        "PLAIN" => SaslClient::plain(text("user"), text("password").as_str()),
        "EXTERNAL" => SaslClient::external(),
        "XOAUTH2" => SaslClient::xoauth2(text("user"), text("token")),
        "OAUTHBEARER" => {
            let mut bearer = Oauthbearer::new(text("user"), text("token"));
            if let Some(host) = sasl.text("host") {
                bearer = bearer.host(host);
            }
            if let Some(port) = sasl.uint("port") {
                bearer = bearer.port(u16::try_from(port).map_err(|_| "no port")?);
            }
            SaslClient::new(bearer)
        }
        "SCRAM" => SaslClient::scram(text("user"), text("password")),
        ECHO => SaslClient::new(Echo),
        name => {
            let hash = scram_hash(name).ok_or_else(|| format!("the core has no SASL mechanism {name}"))?;
            let mut scram = Scram::new(hash, text("user"), text("password"));
            if let Some(iterations) = sasl.uint("max-iterations") {
                scram = scram.max_iterations(iterations);
            }
            SaslClient::new(scram)
        }
    })
}

/// The SASL layer of a listener.
pub(super) fn listener(script: &Script) -> Built<Option<SaslListener>> {
    let (Role::Listener, Some(sasl)) = (script.role, &script.sasl) else { return Ok(None) };
    let Value::List(offer) = sasl.get("mechanisms") else { return Err("which mechanisms?".to_owned()) };
    let echo = Value::Symbol(ECHO.to_owned());
    let mechanisms = offer.iter().filter(|mechanism| **mechanism != echo).map(listener_mechanism);
    let mut listener = SaslListener::new(mechanisms.collect::<Built<Vec<_>>>()?);
    if offer.contains(&echo) {
        listener = listener.offering(Echo);
    }
    listener = listener.insecure_allowed(*sasl.get("insecure-allowed") != Value::Bool(false));
    if let Some(nonce) = sasl.text("nonce") {
        listener = listener.nonce(nonce);
    }
    if let Some(secret) = sasl.text("secret") {
        listener = listener.secret(secret);
    }
    Ok(Some(if sasl.flag("optional") { listener.optional() } else { listener }))
}

fn listener_mechanism(mechanism: &Value) -> Built<Mechanism> {
    let simple =
        [Mechanism::Anonymous, Mechanism::Plain, Mechanism::External, Mechanism::Xoauth2, Mechanism::Oauthbearer];
    let Value::Symbol(name) = mechanism else { return Err(format!("{mechanism:?} is no mechanism")) };
    let found = simple.into_iter().find(|mechanism| mechanism.name() == name.as_str());
    let found = found.or_else(|| scram_hash(name).map(Mechanism::Scram));
    found.ok_or_else(|| format!("the core has no SASL mechanism {name}"))
}

impl Driver {
    /// `! sasl-scram password="p" salt=0x… iterations=4096`, or without a password for a user that there is not.
    pub(super) fn sasl_scram(&mut self, command: &Record) -> Built<()> {
        let hash = self.scram.unwrap_or(ScramHash::Sha256);
        let credential = command.text("password").map(|password| {
            let salt = command.binary("salt").unwrap_or_default().to_vec();
            ScramCredential::derive(hash, password, salt, command.uint("iterations").unwrap_or(4096))
        });
        self.sasl_answer(credential.into())
    }

    /// `! sasl-custom data=0x…`
    pub(super) fn sasl_custom(&mut self, command: &Record) -> Built<()> {
        self.sasl_answer(SaslAnswer::Custom(command.binary("data").unwrap_or_default().to_vec().into()))
    }

    pub(super) fn sasl_answer(&mut self, answer: SaslAnswer) -> Built<()> {
        let answered = self.peer.core.sasl_answer(self.peer.clock.now(), answer);
        answered.map_err(|fault| format!("the core refuses the command: {fault}"))
    }
}

/// The event of a client's wish.
pub(super) fn requested(request: &SaslRequest) -> Record {
    let init = |mechanism: &str, hostname: &Option<amqp_proto::codec::Str>| {
        Record::new("sasl-init")
            .with("mechanism", Value::Symbol(mechanism.to_owned()))
            .with("hostname", hostname.as_ref().map_or(Value::Null, |hostname| hostname.as_str().into()))
    };
    let octets = |secret: &amqp_proto::Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let name = |name: &amqp_proto::codec::Str| match name.as_str() {
        "" => Value::Null,
        name => name.into(),
    };
    match request {
        SaslRequest::Anonymous { hostname, .. } => init("ANONYMOUS", hostname),
        SaslRequest::Plain { user, password, hostname, .. } => {
            init("PLAIN", hostname).with("user", name(user)).with("password", &*octets(password))
        }
        SaslRequest::External { hostname, .. } => init("EXTERNAL", hostname),
        SaslRequest::Bearer { mechanism, user, token, hostname } => {
            init(mechanism.as_str(), hostname).with("user", name(user)).with("token", &*octets(token))
        }
        SaslRequest::Scram { hash, user, authorization, hostname } => {
            let record = init(Mechanism::Scram(*hash).name().as_str(), hostname);
            record.with("user", name(user)).with("authorization", name(authorization))
        }
        SaslRequest::Custom { mechanism, data, hostname } => {
            init(mechanism.as_str(), hostname).with("data", data.expose())
        }
        other => Record::new("sasl-init").with("mechanism", crate::meaning::word(format!("{other:?}"))),
    }
}
