//! Mechanisms by themselves: whatever a peer says, nothing panics, and nobody is believed who has proved nothing.

#![cfg(feature = "scram")]

use amqp_proto::codec::SaslCode;
use amqp_proto::{
    ClientMechanism, ListenerMechanism, Oauthbearer, SaslAnswer, SaslReply, SaslStart, Scram, ScramCredential,
    ScramHash, ScramListener,
};
use bytes::Bytes;
use proptest::prelude::*;

const NONCE: &str = "0123456789abcdef";

/// Pieces of which messages are made, right ones and wrong ones, and octets of any kind.
fn message() -> impl Strategy<Value = Bytes> {
    const PIECES: [&str; 26] = [
        "n,,",
        "y,,",
        "n,a=x,",
        "p=tls-unique,,",
        "n=user",
        "n=",
        "r=0123456789abcdef",
        "r=abc",
        "xyz",
        ",",
        "=",
        "=2C",
        "s=W22ZaJ0SNY7soEsUEjb6gQ==",
        "s=",
        "i=4096",
        "i=4294967296",
        "i=0",
        "m=x",
        "c=biws",
        "p=AAAA",
        ",p=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        "e=x",
        "\0",
        "ü",
        "\u{1}",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES.as_slice()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    let pieces = prop::collection::vec((piece, prop_oneof![Just(&b""[..]), Just(&b","[..])]), 0..8);
    pieces.prop_map(|pieces| pieces.iter().flat_map(|(piece, end)| [piece, *end].concat()).collect())
}

/// Half of them right.
fn first() -> impl Strategy<Value = Bytes> {
    prop_oneof![message(), Just(Bytes::from_static(b"n,,n=user,r=abc"))]
}

fn hash() -> impl Strategy<Value = ScramHash> {
    prop::sample::select(&[ScramHash::Sha1, ScramHash::Sha256, ScramHash::Sha512][..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_server_that_does_not_know_the_password(
        hash in hash(), messages in prop::collection::vec(message(), 0..4), last in prop::option::of(message()),
    ) {
        let mut client = Scram::new(hash, "user", "password").max_iterations(4096);
        client.start(NONCE).unwrap();
        for message in &messages {
            let _ = client.challenge(message);
        }
        prop_assert!(client.succeeded(last.as_ref()).is_err());
        let _ = client.diagnosis();
    }

    #[test]
    fn a_client_that_does_not_know_the_password(
        hash in hash(), known in any::<bool>(), first in first(), messages in prop::collection::vec(message(), 1..4),
    ) {
        // as if derived, only faster
        let key = || vec![7; 32].into();
        let stored = ScramCredential { salt: vec![1; 8], iterations: 4096, stored_key: key(), server_key: key() };
        let answer = || SaslAnswer::Scram(known.then(|| stored.clone()));
        let mut listener = ScramListener::new(hash);
        let mut start = SaslStart::new(first);
        start.nonce = NONCE;
        let asked = matches!(listener.start(start), Ok(SaslReply::Ask(_)));
        prop_assert_eq!(listener.answer(answer()).is_ok(), asked);
        for message in &messages {
            let reply = listener.response(message);
            prop_assert!(!matches!(reply, Ok(SaslReply::Outcome(SaslCode::Ok, _))));
        }
        prop_assert!(listener.answer(answer()).is_err(), "nobody was asked");
    }

    #[test]
    fn a_token_is_never_taken_after_it_was_refused(messages in prop::collection::vec(message(), 1..4)) {
        let mut client = Oauthbearer::new("user", "token");
        client.start("").unwrap();
        for message in &messages {
            let _ = client.challenge(message);
        }
        prop_assert!(client.succeeded(None).is_err());
    }
}
