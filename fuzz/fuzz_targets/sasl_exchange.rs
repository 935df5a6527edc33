//! Any octets as what a peer says inside a SASL exchange (§5.3), of any mechanism, at either side.
//!
//! The peer knows neither password nor token, so that whatever it says it is not let in, and not believed.
#![no_main]

use amqp_codec::frame::{FRAME_TYPE_SASL, begin_frame, finish_frame};
use amqp_codec::{
    Bytes, Encode, Multiple, SaslChallenge, SaslCode, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse, Symbol,
};
use amqp_proto::{
    Config, Connection, Event, Instant, Mechanism, SaslAnswer, SaslClient, SaslListener, SaslRequest, Scram,
    ScramCredential, ScramHash, Segments,
};
use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Between what the peer says and what it says next.
const BORDER: u8 = 0xff;

/// The first of them has no place for a secret, the last three are SCRAM.
const MECHANISMS: [Mechanism; 7] = [
    Mechanism::External,
    Mechanism::Plain,
    Mechanism::Xoauth2,
    Mechanism::Oauthbearer,
    Mechanism::Scram(ScramHash::Sha1),
    Mechanism::Scram(ScramHash::Sha256),
    Mechanism::Scram(ScramHash::Sha512),
];

const NONCE: &str = "0123456789abcdef";

/// Costly, and always the same.
static CREDENTIAL: LazyLock<ScramCredential> =
    LazyLock::new(|| ScramCredential::derive(ScramHash::Sha256, "password", *b"salt", 4096));

fuzz_target!(|data: &[u8]| {
    let [selector, data @ ..] = data else { return };
    let mechanism = MECHANISMS[usize::from(selector >> 1) % MECHANISMS.len()];
    let said: Vec<_> = data.split(|octet| *octet == BORDER).map(Bytes::copy_from_slice).collect();
    if selector & 1 == 0 { at_a_listener(mechanism, &said) } else { at_a_client(mechanism, &said) }
});

fn frame(out: &mut BytesMut, body: &impl Encode) {
    let mut octets = Vec::new();
    let start = begin_frame(&mut octets, FRAME_TYPE_SASL, 0);
    body.encode(&mut octets);
    finish_frame(&mut octets, start, 0);
    out.extend_from_slice(&octets);
}

fn config() -> Config {
    Config::builder("fuzzed").sasl_max_frame_size(65_536).build().expect("valid")
}

fn at_a_listener(mechanism: Mechanism, said: &[Bytes]) {
    let offered = SaslListener::new([mechanism]).insecure_allowed(true).nonce(NONCE).secret("secret");
    let mut machine = Machine::new(Connection::listener(config(), Some(offered), Instant::ZERO));
    let initial_response = said.first().cloned();
    machine.feed(|out| frame(out, &SaslInit { mechanism: mechanism.name(), initial_response, hostname: None }));
    for response in said.iter().skip(1) {
        machine.feed(|out| frame(out, &SaslResponse { response: response.clone() }));
    }
}

/// The last is said with the outcome ok, the others are challenges.
fn at_a_client(mechanism: Mechanism, said: &[Bytes]) {
    // where no server has to prove anything, ok is to be believed
    let Mechanism::Scram(hash) = mechanism else { return };
    let login = SaslClient::new(Scram::new(hash, "user", "password").max_iterations(4096)).nonce(NONCE);
    let mut machine = Machine::new(Connection::client(config(), Some(login), Instant::ZERO));
    let offered: Multiple<Symbol> = Multiple::from(mechanism.name());
    machine.feed(|out| frame(out, &SaslMechanisms { sasl_server_mechanisms: offered }));
    let (last, challenges) = said.split_last().expect("a split has parts");
    for challenge in challenges {
        machine.feed(|out| frame(out, &SaslChallenge { challenge: challenge.clone() }));
    }
    let additional_data = (!last.is_empty()).then(|| last.clone());
    machine.feed(|out| frame(out, &SaslOutcome { code: SaslCode::Ok, additional_data }));
    assert!(machine.core.is_closed());
}

struct Machine {
    core: Connection,
    output: Segments,
}

impl Machine {
    fn new(core: Connection) -> Self {
        let mut machine = Self { core, output: Segments::new() };
        machine.feed(|out| out.extend_from_slice(b"AMQP\x03\x01\x00\x00"));
        machine
    }

    fn feed(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let mut input = BytesMut::new();
        write(&mut input);
        self.core.handle_input(Instant::ZERO, &mut input);
        while let Some(event) = self.core.poll_event() {
            match event {
                Event::SaslInit(request) => {
                    self.core.sasl_answer(Instant::ZERO, answer(&request)).expect("it waits for one");
                }
                Event::Authenticated { mechanism } => panic!("let in, or believed, by {}", mechanism.as_str()),
                _ => {}
            }
        }
        let _ = self.core.poll_transmit(Instant::ZERO, &mut self.output);
        self.output.advance(self.output.len());
    }
}

fn answer(request: &SaslRequest) -> SaslAnswer {
    match request {
        SaslRequest::Scram { user, .. } => (user.as_str() == "user").then(|| CREDENTIAL.clone()).into(),
        _ => SaslCode::Auth.into(),
    }
}
