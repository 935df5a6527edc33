//! What a peer has to prove itself with shows nowhere, and is not left in memory that is given back (SE-D-01).
//!
//! Two cores talk to each other, while the allocator looks for the secret in every block that is freed. What the test
//! itself holds of it are constants, and the buffer of the wire.

use amqp10::codec::SaslCode;
use amqp10::proto::{
    Config, Connection, Event, Instant, Mechanism, SaslAnswer, SaslClient, SaslListener, SaslRequest, Scram,
    ScramCredential, ScramHash, Segments,
};
use amqp10_testkit::watching::{Watching, left_behind, watch_for};
use bytes::BytesMut;

#[global_allocator]
static HEAP: Watching = Watching;

/// Both a password and a token.
const SECRET: &str = "correct-horse-battery-staple";

const NONCE: &str = "0123456789abcdef";

fn config(name: &'static str) -> Config {
    Config::builder(name).build().expect("the defaults are valid")
}

/// All that a program could print.
#[derive(Default)]
struct Seen(String);

impl Seen {
    fn note(&mut self, what: &impl std::fmt::Debug) {
        self.0 += &format!("{what:?} {what:#?}\n");
    }

    /// As text, and as a list of octets.
    fn has_secret(&self) -> bool {
        let octets = format!("{:?}", SECRET.as_bytes());
        self.0.contains(SECRET) || self.0.contains(octets.trim_matches(['[', ']']))
    }
}

/// Moves what one has to say to the other.
fn pass(from: &mut Connection, to: &mut Connection, segments: &mut Segments, wire: &mut BytesMut) -> bool {
    let _ = from.poll_transmit(Instant::ZERO, segments);
    let length = segments.len();
    segments.chunks().for_each(|chunk| wire.extend_from_slice(chunk));
    segments.advance(length);
    to.handle_input(Instant::ZERO, wire);
    length > 0
}

fn answer(request: &SaslRequest) -> SaslAnswer {
    let right =
        |secret: &amqp10::proto::Secret| if secret.matches(SECRET.as_bytes()) { SaslCode::Ok } else { SaslCode::Auth };
    match request {
        SaslRequest::Plain { password, .. } => right(password).into(),
        SaslRequest::Bearer { token, .. } => right(token).into(),
        SaslRequest::Scram { hash, .. } => Some(ScramCredential::derive(*hash, SECRET, *b"salt", 4096)).into(),
        _ => SaslCode::Sys.into(),
    }
}

/// One exchange; whether it succeeded.
fn exchange(seen: &mut Seen, login: &SaslClient, mechanism: Mechanism) -> bool {
    let offered = SaslListener::new([mechanism]).insecure_allowed(true).nonce(NONCE).secret(NONCE);
    seen.note(login);
    seen.note(&offered);
    let login = login.clone().insecure_allowed(true).nonce(NONCE);
    let mut client = Connection::client(config("client"), Some(login), Instant::ZERO);
    let mut listener = Connection::listener(config("listener"), Some(offered), Instant::ZERO);
    let (mut segments, mut wire) = (Segments::new(), BytesMut::with_capacity(1 << 16));
    let mut let_in = false;
    loop {
        let mut moved = pass(&mut client, &mut listener, &mut segments, &mut wire);
        while let Some(event) = listener.poll_event() {
            seen.note(&event);
            let_in |= matches!(event, Event::Authenticated { .. });
            if let Event::SaslInit(request) = event {
                let answer = answer(&request);
                seen.note(&answer);
                listener.sasl_answer(Instant::ZERO, answer).expect("it waits for one");
            }
        }
        seen.note(&client);
        seen.note(&listener);
        moved |= pass(&mut listener, &mut client, &mut segments, &mut wire);
        while let Some(event) = client.poll_event() {
            if let Event::Closed(reason) = &event {
                seen.0 += &reason.to_string();
            }
            seen.note(&event);
        }
        if !moved {
            return let_in;
        }
    }
}

/// req: SE-D-01
#[test]
fn secrets_show_nowhere_and_are_overwritten() {
    watch_for(SECRET.as_bytes());
    let mut seen = Seen::default();
    for (secret, right) in [(SECRET, true), ("wrong-correct-horse-battery-staple", false)] {
        let scram = |hash| SaslClient::new(Scram::new(hash, "user", secret));
        for (login, mechanism) in [
            (SaslClient::plain("user", secret), Mechanism::Plain),
            (SaslClient::plain("a user of a name that is too long to be kept in place", secret), Mechanism::Plain),
            (SaslClient::oauthbearer("user", secret), Mechanism::Oauthbearer),
            (SaslClient::xoauth2("user", secret), Mechanism::Xoauth2),
            (scram(ScramHash::Sha1), Mechanism::Scram(ScramHash::Sha1)),
            (scram(ScramHash::Sha256), Mechanism::Scram(ScramHash::Sha256)),
            (scram(ScramHash::Sha512), Mechanism::Scram(ScramHash::Sha512)),
        ] {
            assert_eq!(exchange(&mut seen, &login, mechanism), right, "{mechanism:?}");
            assert_eq!(left_behind(), 0, "{mechanism:?}: the secret was in memory that was given back");
        }
    }
    assert!(seen.0.contains("***") && !seen.has_secret());
    // that this can fail
    drop(SECRET.to_owned());
    assert_eq!(left_behind(), 1);
    seen.0 += &format!("{:?}", SECRET.as_bytes());
    assert!(seen.has_secret());
}
