//! TLS under the verbs of threads; TLS itself is tested by the list that all bindings run.

use crate::support::{MODES, address, builder, config, listener, serve};
use amqp_blocking::proto::codec::{Outcome, SaslCode};
use amqp_blocking::tls::{ClientCertificates, TlsClient, TlsServer};
use amqp_blocking::{Error, IncomingConnection};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::thread;

#[test]
fn by_url_and_with_certificates_on_both_sides() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (cert.pem(), signing_key.serialize_pem());
    let clients = ClientCertificates::Demanded(chain.clone().into_bytes());
    let server = TlsServer::builder(chain.clone(), key.clone()).client_certificates(clients).build_rustls().unwrap();
    let client = TlsClient::builder().without_platform_roots().roots_pem(chain.clone()).identity_pem(chain, key);
    let client = client.build_rustls().unwrap();
    for mode in MODES {
        let listener = listener(config("server")).tls(server.clone());
        // the name is looked up, and the password may go anywhere inside TLS
        let url = format!("amqps://guest:guest@localhost:{}", address(&listener).port());
        let serving = serve(listener.clone());
        let connection = builder(mode, config("client")).tls(client.clone()).url(&url).unwrap().connect().unwrap();
        let sender = connection.session().unwrap().sender("queue").unwrap();
        assert_eq!(sender.send(vec![7; 100_000]).unwrap(), Outcome::Accepted, "{mode:?}");
        connection.close().unwrap();
        let (count, error) = serving.join().unwrap();
        assert!(count == 1 && error.is_clean(), "{mode:?}: {count} {error}");

        let showing = thread::spawn(move || {
            let (mut incoming, _) = listener.accept().unwrap();
            incoming.login().unwrap();
            let shown = incoming.peer_certificates().len();
            // the client may have left already
            let _ = open_for(incoming);
            shown
        });
        drop(builder(mode, config("client")).tls(client.clone()).url(&url).unwrap().connect().unwrap());
        assert_eq!(showing.join().unwrap(), 1, "{mode:?}");
    }
}

fn open_for(mut incoming: IncomingConnection) -> Result<(), Error> {
    incoming.answer(SaslCode::Ok)?;
    let _ = incoming.open()?.closed();
    Ok(())
}
