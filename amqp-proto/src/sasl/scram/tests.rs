//! Vectors of RFC 5802 and RFC 7677, of both sides, and what must not be believed.

use super::*;
use crate::SaslAnswer;
use crate::sasl::{ClientMechanism, ListenerMechanism, SaslReply, SaslStart};
use amqp_codec::SaslCode;
use bytes::Bytes;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// Nonces, messages and password of an exchange.
struct Vector {
    hash: ScramHash,
    salt: &'static str,
    nonces: [&'static str; 2],
    messages: [&'static str; 4],
}

/// User `user`, password `pencil`, 4096 iterations.
const VECTORS: [Vector; 3] = [
    // RFC 5802 §5
    Vector {
        hash: ScramHash::Sha1,
        salt: "QSXCR+Q6sek8bf92",
        nonces: ["fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j"],
        messages: [
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ],
    },
    // RFC 7677 §3
    Vector {
        hash: ScramHash::Sha256,
        salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
        nonces: ["rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"],
        messages: [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ],
    },
    // no RFC has one for SHA-512: made with Python's hashlib and hmac
    Vector {
        hash: ScramHash::Sha512,
        salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
        nonces: ["rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"],
        messages: [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
            "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
        ],
    },
];

fn salt(text: &str) -> Vec<u8> {
    use base64ct::Encoding;
    base64ct::Base64::decode_vec(text).unwrap()
}

fn client(vector: &Vector) -> Scram {
    let mut client = Scram::new(vector.hash, "user", "pencil");
    let first = client.start(vector.nonces[0]).unwrap().unwrap();
    assert_eq!(first, vector.messages[0]);
    client
}

fn start<'a>(response: &'a str, nonce: &'a str, secret: Option<&'a crate::Secret>) -> SaslStart<'a> {
    SaslStart { response: Bytes::copy_from_slice(response.as_bytes()), hostname: None, nonce, secret }
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn challenge(reply: SaslReply) -> String {
    let SaslReply::Challenge(challenge) = reply else { panic!("{reply:?}") };
    String::from_utf8(challenge.to_vec()).unwrap()
}

/// A listener that has challenged.
fn listener(vector: &Vector, credential: Option<ScramCredential>) -> (ScramListener, String) {
    let mut listener = ScramListener::new(vector.hash);
    let asked = listener.start(start(vector.messages[0], vector.nonces[1], None)).unwrap();
    assert!(matches!(asked, SaslReply::Ask(_)));
    let challenge = challenge(listener.answer(credential.into()).unwrap());
    (listener, challenge)
}

fn credential(vector: &Vector) -> ScramCredential {
    ScramCredential::derive(vector.hash, "pencil", salt(vector.salt), 4096)
}

#[test]
fn the_vectors_of_the_standards() {
    for vector in &VECTORS {
        let [_, server_first, client_final, server_final] = vector.messages;
        // the signature comes in the outcome
        let mut one = client(vector);
        assert_eq!(one.challenge(&bytes(server_first)).unwrap(), client_final);
        one.succeeded(Some(&bytes(server_final))).unwrap();
        // or in a challenge
        let mut other = client(vector);
        other.challenge(&bytes(server_first)).unwrap();
        assert_eq!(other.challenge(&bytes(server_final)).unwrap(), "");
        other.succeeded(None).unwrap();
        // and the listener
        let (mut listener, challenge) = listener(vector, Some(credential(vector)));
        assert_eq!(challenge, server_first);
        let reply = listener.response(&bytes(client_final)).unwrap();
        let SaslReply::Outcome(SaslCode::Ok, Some(data)) = reply else { panic!("{reply:?}") };
        assert_eq!(data, server_final);
    }
}

#[test]
fn a_server_that_has_not_proved_itself_is_not_believed() {
    for vector in &VECTORS {
        let server_first = bytes(vector.messages[1]);
        // ok at once
        assert!(client(vector).succeeded(None).is_err());
        assert!(client(vector).succeeded(Some(&bytes(vector.messages[3]))).is_err());
        // ok without a signature, with that of another, with none that can be read
        for data in [None, Some("v=rmF9pqV8S7suAoZWja4dJRkFsKR="), Some("v="), Some(""), Some("e=x"), Some("v=AAAA")] {
            let mut client = client(vector);
            client.challenge(&server_first).unwrap();
            assert!(client.succeeded(data.map(bytes).as_ref()).is_err(), "{data:?}");
        }
        // a wrong one in a challenge, and the right one afterwards
        let mut client = client(vector);
        client.challenge(&server_first).unwrap();
        assert!(client.challenge(&bytes("v=AAAA")).is_err());
        assert!(client.succeeded(Some(&bytes(vector.messages[3]))).is_err());
    }
}

#[test]
fn what_a_server_may_not_ask() {
    let vector = &VECTORS[0];
    let nonce = "fyko+d2lbbFgONRv9qkxdawL3rfc";
    for (message, why) in [
        (format!("r=fyko+d2lbbFgONRv9qkxdawL,s={},i=4096", vector.salt), "nonce"),
        (format!("r=xyko+d2lbbFgONRv9qkxdawLabc,s={},i=4096", vector.salt), "nonce"),
        (format!("r={nonce},s={},i=0", vector.salt), "fewer"),
        (format!("r={nonce},s={},i=4095", vector.salt), "fewer"),
        (format!("r={nonce},s={},i=600001", vector.salt), "more"),
        (format!("r={nonce},s={},i=4294967295", vector.salt), "more"),
        (format!("r={nonce},s={},i=4294967296", vector.salt), "malformed"),
        (format!("r={nonce},s={},i=+4096", vector.salt), "malformed"),
        (format!("r={nonce},s={},i=", vector.salt), "malformed"),
        (format!("r={nonce},s={}", vector.salt), "malformed"),
        (format!("r={nonce},s=,i=4096"), "malformed"),
        (format!("r={nonce},s=QSX*,i=4096"), "malformed"),
        (format!("m=x,r={nonce},s={},i=4096", vector.salt), "extension"),
        (format!("s={},r={nonce},i=4096", vector.salt), "malformed"),
        (String::new(), "malformed"),
    ] {
        let error = client(vector).challenge(&bytes(&message)).unwrap_err();
        assert!(error.to_string().contains(why), "{message}: {error}");
    }
    assert!(client(vector).challenge(&Bytes::from_static(b"\xff")).is_err());
    // what comes behind and is not known is passed over
    let message = format!("r={nonce},s={},i=4096,x=y", vector.salt);
    assert!(client(vector).challenge(&bytes(&message)).is_ok());
    let mut strict = Scram::new(ScramHash::Sha1, "user", "pencil").max_iterations(4096);
    strict.start(vector.nonces[0]).unwrap();
    assert!(strict.challenge(&bytes(&format!("r={nonce},s={},i=4097", vector.salt))).is_err());
}

#[test]
fn what_cannot_be_said_is_not() {
    for (user, password) in [("u\0", "p"), ("u", "p\n"), ("u\x7f", "p")] {
        assert!(Scram::new(ScramHash::Sha1, user, password).start("0123456789abcdef").is_err());
    }
    for nonce in ["", "0123456789abcde", "0123456789abcde,f", "0123456789abcdef ", "0123456789abcdefü"] {
        assert!(Scram::new(ScramHash::Sha1, "u", "p").start(nonce).is_err(), "{nonce}");
    }
    let first = Scram::new(ScramHash::Sha1, "a,b=c", "p").start("0123456789abcdef").unwrap().unwrap();
    assert_eq!(first, "n,,n=a=2Cb=3Dc,r=0123456789abcdef");
}

#[test]
fn the_server_says_why() {
    let vector = &VECTORS[0];
    let mut client = client(vector);
    client.challenge(&bytes(vector.messages[1])).unwrap();
    assert_eq!(client.challenge(&bytes("e=other-error")).unwrap(), "");
    assert_eq!(client.diagnosis().unwrap().as_str(), "other-error");
    assert!(client.succeeded(Some(&bytes(vector.messages[3]))).is_err());
}

#[test]
fn a_proof_that_does_not_fit() {
    for vector in &VECTORS {
        let proof = vector.messages[2];
        let (before, right) = proof.rsplit_once(",p=").unwrap();
        let longer = message::base64(&[&salt(right)[..], &[0]].concat());
        let other = proof.replace("c=biws", "c=eSws");
        for message in [
            format!("{before},p=AAAA"),
            format!("{before},p={longer}"),
            format!("{before},p=AAECAwQFBgcICQoLDA0ODxAREhM="),
        ] {
            let reply = listener(vector, Some(credential(vector))).0.response(&bytes(&message)).unwrap();
            assert!(matches!(reply, SaslReply::Outcome(SaslCode::Auth, None)), "{message}: {reply:?}");
        }
        for message in ["", "\0\u{1}\u{2}", "c=biws,r=x,p=AAAA", before, &format!("m=x,{proof}"), &other, "p=,p="] {
            let reply = listener(vector, Some(credential(vector))).0.response(&bytes(message));
            assert!(matches!(reply, Err(MechanismError::Failed(_))), "{message}: {reply:?}");
        }
        // only one try
        let (mut listener, _) = listener(vector, Some(credential(vector)));
        assert!(listener.response(&bytes("x")).is_err());
        assert!(listener.response(&bytes(proof)).is_err());
    }
}

#[test]
fn what_a_client_may_not_say_first() {
    for message in [
        "",
        "n",
        "n,,",
        "n,,n=user",
        "n,,r=0123",
        "n,,n=,r=0123",
        "n,,n=user,r=",
        "n,,n=us=er,r=0123",
        "n,,m=x,n=user,r=0123",
        "p=tls-unique,,n=user,r=0123",
        "n,,r=0123,n=user",
        "n,,n=user,r=01 23",
        "n,,n=user,r=01\u{7f}",
        "n,x,n=user,r=0123",
    ] {
        let reply = ScramListener::new(ScramHash::Sha1).start(start(message, "0123456789abcdef", None));
        assert!(reply.is_err(), "{message}: {reply:?}");
    }
    // without a nonce nobody is let in, and it is not the client's fault
    let reply = ScramListener::new(ScramHash::Sha1).start(start(VECTORS[0].messages[0], "", None));
    assert!(matches!(reply, Ok(SaslReply::Outcome(SaslCode::Sys, None))));
}

#[test]
fn a_user_that_does_not_exist_is_asked_like_any_other() {
    let secret = crate::Secret::from("of the listener");
    let ask = |message: &str, hash, nonce| {
        let mut listener = ScramListener::new(hash).credentials_like(10_000, 24);
        listener.start(start(message, nonce, Some(&secret))).unwrap();
        let message = challenge(listener.answer(SaslCode::Auth.into()).unwrap());
        (listener, message)
    };
    let salt_of = |message: &str| salt(message.split(",s=").nth(1).unwrap().split(',').next().unwrap());
    let (mut listener, first) = ask("n,,n=nobody,r=abc", ScramHash::Sha256, "0123456789abcdef");
    assert!(first.starts_with("r=abc0123456789abcdef,s=") && first.ends_with(",i=10000"), "{first}");
    assert_eq!(salt_of(&first).len(), 24);
    let (_, again) = ask("n,,n=nobody,r=xyz", ScramHash::Sha256, "fedcba9876543210");
    assert_eq!(salt_of(&first), salt_of(&again), "the same name has the same salt");
    let (_, other) = ask("n,,n=somebody,r=abc", ScramHash::Sha256, "0123456789abcdef");
    assert_ne!(salt_of(&first), salt_of(&other));
    let (_, other) = ask("n,,n=nobody,r=abc", ScramHash::Sha512, "0123456789abcdef");
    assert_ne!(salt_of(&first), salt_of(&other));
    let proof = "c=biws,r=abc0123456789abcdef,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    let reply = listener.response(&bytes(proof)).unwrap();
    assert!(matches!(reply, SaslReply::Outcome(SaslCode::Auth, None)));
}

#[test]
fn ok_is_no_answer_to_a_client_that_has_proved_nothing() {
    let mut listener = ScramListener::new(ScramHash::Sha1);
    listener.start(start(VECTORS[0].messages[0], VECTORS[0].nonces[1], None)).unwrap();
    assert!(listener.answer(SaslCode::Ok.into()).is_err());
    assert!(listener.answer(SaslAnswer::Custom("x".into())).is_err());
    // it still waits
    assert!(listener.answer(Some(credential(&VECTORS[0])).into()).is_ok());
}

#[test]
fn nothing_shows() {
    let vector = &VECTORS[1];
    let mut client = client(vector);
    client.challenge(&bytes(vector.messages[1])).unwrap();
    let credential = credential(vector);
    let seen = format!("{client:?}{credential:?}{:?}", SaslAnswer::from(Some(credential.clone())));
    assert!(!seen.contains("pencil") && seen.contains("***"), "{seen}");
    let key = format!("{:?}", credential.stored_key.expose());
    assert!(!seen.contains(&key), "{seen}");
}
