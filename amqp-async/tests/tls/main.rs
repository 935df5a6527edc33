//! TLS over pipes in memory: both libraries on both sides, whom they trust, and whose cryptography they use. What may go
//! wrong between the two is tested over sockets, on every binding (`tests/adapters/tls.rs`).
#![cfg(feature = "rustls")]
#![expect(unused_crate_dependencies, reason = "each test uses its part")]

#[path = "../handles/support/alone.rs"]
mod host;
#[path = "../handles/support/mod.rs"]
mod support;

#[cfg(feature = "native-tls")]
mod native;
mod platform;
mod provider;

use amqp_async::tls::{TlsClient, TlsClientBuilder, TlsErrorKind, TlsServer, TlsServerBuilder};
use amqp_async::{Connection, Error, IncomingConnection};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use support::*;

/// A certificate and its key, and who vouches for it, as PEM.
struct Identity {
    authority: String,
    chain: String,
    key: String,
}

fn identity(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, format!("who vouches for {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let chain = params.signed_by(&key, &issuer).unwrap().pem();
    Identity { authority, chain, key: key.serialize_pem() }
}

impl Identity {
    fn server(&self) -> TlsServerBuilder {
        TlsServer::builder(self.chain.clone(), self.key.clone())
    }

    /// Whoever trusts who vouches for this, and nobody else.
    fn trusting(&self) -> TlsClientBuilder {
        TlsClient::builder().without_platform_roots().roots_pem(self.authority.clone())
    }
}

/// What a client of `localhost` comes to: a message that is accepted, and the listener sees so many certificates of the
/// client; or what TLS says to the client, and to the listener.
fn meet(client: &TlsClient, server: &TlsServer) -> Result<usize, [TlsErrorKind; 2]> {
    let world = World::new();
    let (near, far, tap) = pipe(4096);
    let stream = server.accept(far.stream());
    let shown = stream.peer().expect("it is TLS");
    let (incoming, driver) = IncomingConnection::new(&listener_options(), None, stream, world.timer());
    let listener_driver = world.drive(driver);
    let listener = world.spawn("listener", incoming.open());
    let stream = match world.run(client.connect(near.stream(), "localhost")) {
        Ok(stream) => stream,
        Err(error) => {
            world.settle();
            return Err([error.kind(), kind(&listener.take().unwrap().unwrap_err())]);
        }
    };
    let (client, driver) = Connection::client(&client_options(), None, stream, world.timer());
    let client_driver = world.drive(driver);
    world.settle();
    match listener.take().expect("it has come to something") {
        // in TLS 1.3 a client learns last that it is not wanted
        Err(error) => Err([kind(&world.run(client.closed())), kind(&error)]),
        Ok(listener) => {
            Pair { world, client, listener, client_driver, listener_driver, tap }.check_sound();
            Ok(shown.certificates().len())
        }
    }
}

#[track_caller]
fn kind(error: &Error) -> TlsErrorKind {
    error.tls().unwrap_or_else(|| panic!("not of TLS: {error:?}")).kind()
}
