//! native-tls on either side, with rustls or itself on the other.

use super::{identity, meet};
use amqp_async::Fault;
use amqp_async::tls::{ClientCertificates, TlsErrorKind};

#[test]
fn each_library_with_each() {
    let localhost = identity("localhost");
    let clients = || [localhost.trusting().build_rustls().unwrap(), localhost.trusting().build_native().unwrap()];
    let servers = || [localhost.server().build_rustls().unwrap(), localhost.server().build_native().unwrap()];
    for client in clients() {
        for server in servers() {
            assert_eq!(meet(&client, &server), Ok(0));
        }
    }
}

#[test]
fn a_client_shows_its_certificate() {
    let (localhost, me) = (identity("localhost"), identity("me"));
    let demand = || ClientCertificates::Demanded(me.authority.clone().into_bytes());
    let server = localhost.server().client_certificates(demand()).build_rustls().unwrap();
    let client = localhost.trusting().identity_pem(me.chain.clone(), me.key.clone()).build_native().unwrap();
    assert_eq!(meet(&client, &server), Ok(1));
    let nobody = localhost.trusting().build_native().unwrap();
    assert_eq!(meet(&nobody, &server), Err([TlsErrorKind::Refused, TlsErrorKind::Certificate]));
}

#[test]
fn a_server_by_native_tls_is_checked_as_any_other() {
    let (localhost, elsewhere) = (identity("localhost"), identity("elsewhere.example"));
    let server = elsewhere.server().build_native().unwrap();
    for (trusting, expected) in [(&elsewhere, TlsErrorKind::WrongName), (&localhost, TlsErrorKind::Untrusted)] {
        let clients = [trusting.trusting().build_rustls().unwrap(), trusting.trusting().build_native().unwrap()];
        for client in clients {
            assert_eq!(meet(&client, &server), Err([expected, TlsErrorKind::Refused]));
        }
    }
}

/// It has no verb for that, so it is an error of the settings, and not a listener that lets everybody in.
#[test]
fn a_server_by_native_tls_cannot_ask_for_certificates() {
    let localhost = identity("localhost");
    let pem = localhost.authority.clone().into_bytes();
    for clients in [ClientCertificates::Accepted(pem.clone()), ClientCertificates::Demanded(pem)] {
        let error = localhost.server().client_certificates(clients).build_native().unwrap_err();
        assert_eq!((error.kind(), error.fault()), (TlsErrorKind::Configuration, Fault::Misuse));
        assert!(error.to_string().contains("rustls can"), "{error}");
    }
}

#[test]
fn what_cannot_be_used_is_said_when_it_is_built() {
    let localhost = identity("localhost");
    let broken = [
        localhost.trusting().roots_pem("no certificate").build_native().map(drop),
        localhost.trusting().identity_pem("no certificate", localhost.key.clone()).build_native().map(drop),
        localhost.trusting().identity_pem(localhost.chain.clone(), "no key").build_native().map(drop),
    ];
    for result in broken {
        assert_eq!(result.unwrap_err().kind(), TlsErrorKind::Configuration);
    }
}
