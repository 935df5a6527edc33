//! Connects by TLS with a certificate of its own, which is its login too (SASL EXTERNAL):
//! `tls_client_certificate URL ROOTS.pem ME.pem ME.key`. Without arguments it makes an authority, two certificates and a
//! listener that demands one. It needs `--features rustls`.

mod support;

use amqp10::connect::Builder;
use amqp10::proto::{Mechanism, SaslClient, SaslListener};
use amqp10::tls::{ClientCertificates, TlsClient, TlsServer};
use amqp10::tokio::{Tokio, listen};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (url, roots, chain, key) = match &arguments[..] {
        [url, roots, chain, key] => (url.clone(), std::fs::read(roots)?, std::fs::read(chain)?, std::fs::read(key)?),
        _ => play_server().await?,
    };
    let tls = TlsClient::builder().roots_pem(roots).identity_pem(chain, key).build()?;
    let builder = Builder::<Tokio>::default().tls(tls).url(&url)?.login(SaslClient::external());
    let connection = builder.connect().await?;
    println!("{:?}", connection.session().await?.sender("orders").await?.send("12 crates").await?);
    connection.close().await?;
    Ok(())
}

/// A listener that demands certificates; gives its URL, whom to trust, and a certificate and key that it lets in.
async fn play_server() -> Result<(String, Vec<u8>, Vec<u8>, Vec<u8>), Box<dyn Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let roots = params.self_signed(&key)?.pem();
    let authority = Issuer::new(params, key);
    let identity = |name: &str| -> Result<_, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &authority)?;
        Ok((certificate.pem(), key.serialize_pem()))
    };

    let (chain, key) = identity("localhost")?;
    let clients = ClientCertificates::Demanded(roots.clone().into_bytes());
    let tls = TlsServer::builder(chain, key).client_certificates(clients).build()?;
    let listener = listen("127.0.0.1:0", SaslListener::new([Mechanism::External])).await?.tls(tls);
    let url = format!("amqps://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(support::serve(listener));
    let (chain, key) = identity("me")?;
    Ok((url, roots.into_bytes(), chain.into_bytes(), key.into_bytes()))
}
