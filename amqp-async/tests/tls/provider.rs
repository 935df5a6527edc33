//! Whose cryptography is used: the caller's, if there is one.

use super::{identity, meet};
use amqp_async::tls::TlsErrorKind;
use rustls::CipherSuite;
use rustls::crypto::{CryptoProvider, ring};
use std::sync::Arc;

/// Ring with nothing but this.
fn only(suite: CipherSuite) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|known| known.suite() == suite);
    assert_eq!(provider.cipher_suites.len(), 1);
    Arc::new(provider)
}

#[test]
fn the_callers_is_used_on_either_side() {
    let (one, other) = (CipherSuite::TLS13_AES_128_GCM_SHA256, CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    let localhost = identity("localhost");
    let client = |suite| localhost.trusting().provider(only(suite)).build_rustls().unwrap();
    let server = |suite| localhost.server().provider(only(suite)).build_rustls().unwrap();
    assert_eq!(meet(&client(one), &server(one)), Ok(0));
    assert_eq!(meet(&client(other), &localhost.server().build_rustls().unwrap()), Ok(0));
    // they have nothing in common, which no default would do
    assert_eq!(meet(&client(one), &server(other)), Err([TlsErrorKind::Refused, TlsErrorKind::Other]));
}

/// Settings of rustls's own are taken as they are.
#[test]
fn settings_of_rustls() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let localhost = identity("localhost");
    let versions = [&rustls::version::TLS12];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(localhost.authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_protocol_versions(&versions).unwrap().with_root_certificates(roots);
    let client = amqp_async::tls::TlsClient::from_rustls(config.with_no_client_auth().into());
    let chain = vec![CertificateDer::from_pem_slice(localhost.chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(localhost.key.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&versions).unwrap().with_no_client_auth();
    let server = amqp_async::tls::TlsServer::from_rustls(config.with_single_cert(chain, key).unwrap().into());
    assert_eq!(meet(&client, &server), Ok(0));
}
