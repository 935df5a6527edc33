//! TLS (§5.2): real handshakes, with certificates made here; and everything that may be wrong with them.

use super::support::*;
use amqp_async::connect::{Builder, ConnectError, ConnectTimeouts, Listener, Runtime, TcpOptions};
use amqp_async::proto::{SaslClient, SaslRequest, codec::SaslCode};
use amqp_async::tls::{ClientCertificates, TlsClient, TlsClientBuilder, TlsError, TlsErrorKind, TlsServer};
use amqp_async::{Connection, Error, Fault, Recovery, Step, Transport};
use bytes::BytesMut;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::future::poll_fn;
use std::io::IoSlice;
use std::time::Duration;

/// Somebody who vouches for others.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
struct Identity {
    chain: String,
    key: String,
    der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn vouch(&self, name: &str) -> Identity {
        self.vouch_until(name, 2100)
    }

    fn vouch_until(&self, name: &str, year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
    }

    fn trusted(&self) -> TlsClientBuilder {
        TlsClient::builder().without_platform_roots().roots_pem(self.pem.clone())
    }
}

fn server(identity: &Identity, clients: ClientCertificates) -> TlsServer {
    let builder = TlsServer::builder(identity.chain.clone(), identity.key.clone());
    builder.client_certificates(clients).build_rustls().unwrap()
}

async fn listener_with<R: Runtime + Default>(tls: TlsServer) -> Listener<R> {
    listener::<R>().await.tls(tls)
}

/// What each side of a connection comes to: the client sends ten messages if it is let in.
async fn meet<R: Runtime + Default>(
    listener: &Listener<R>,
    builder: Builder<R>,
) -> (Result<(), ConnectError>, usize, Error) {
    let serving = async { serve(listener.accept().await.unwrap().0).await };
    let connecting = async {
        let connection: Connection = builder.connect().await?;
        send(&connection, 10).await;
        Ok(())
    };
    let ((count, error), result) = both(serving, connecting).await;
    (result, count, error)
}

#[track_caller]
fn kind(error: &ConnectError) -> TlsErrorKind {
    let ConnectError::Tls { source, .. } = error else { panic!("{error:?}") };
    assert!(std::error::Error::source(error).is_some());
    source.kind()
}

pub(crate) async fn tls_round_trip<R: Runtime + Default>() {
    // req: SE-5.2-02 SE-5.2.1-01
    let authority = Authority::new();
    let listener = listener_with::<R>(server(&authority.vouch("localhost"), ClientCertificates::Ignored)).await;
    // the password may go anywhere inside TLS, and this address is no loopback by name
    let url = format!("amqps://guest:guest@localhost:{}", listener.local_addr().unwrap().port());
    let tls = authority.trusted().build_rustls().unwrap();
    let builder = builder::<R>(listener.local_addr().unwrap()).tls(tls).url(&url).unwrap();
    let (result, count, error) = meet(&listener, builder).await;
    result.unwrap();
    assert!(count == 10 && error.is_clean(), "{count} {error}");
}

/// Clients that trust `authority`, one by each library that is built in.
fn by_each_library(authority: &Authority) -> Vec<TlsClient> {
    vec![
        authority.trusted().build_rustls().unwrap(),
        #[cfg(feature = "native-tls")]
        authority.trusted().build_native().unwrap(),
    ]
}

/// What a client that trusts `authority` says to a server that is `identity`, by each library that is built in.
async fn refused<R: Runtime + Default>(authority: &Authority, identity: &Identity, expected: TlsErrorKind) {
    for tls in by_each_library(authority) {
        let listener = listener_with::<R>(server(identity, ClientCertificates::Ignored)).await;
        let builder = builder::<R>(listener.local_addr().unwrap()).tls(tls);
        let (result, _, theirs) = meet(&listener, builder).await;
        let error = result.unwrap_err();
        assert_eq!(kind(&error), expected, "{error}");
        assert_eq!((error.fault(), error.recovery()), (Fault::Remote, Recovery::GiveUp));
        // the server is told why, by an alert
        assert_eq!(theirs.tls().map(TlsError::kind), Some(TlsErrorKind::Refused), "{theirs}");
    }
}

pub(crate) async fn tls_untrusted<R: Runtime + Default>() {
    // req: SE-5.2-03
    refused::<R>(&Authority::new(), &Authority::new().vouch("localhost"), TlsErrorKind::Untrusted).await;
}

pub(crate) async fn tls_wrong_name<R: Runtime + Default>() {
    // req: SE-5.2-03
    let authority = Authority::new();
    let identity = authority.vouch("elsewhere.example");
    refused::<R>(&authority, &identity, TlsErrorKind::WrongName).await;
    // unless that is the name that was asked for (SNI and all)
    let listener = listener_with::<R>(server(&identity, ClientCertificates::Ignored)).await;
    let tls = authority.trusted().build_rustls().unwrap().server_name("elsewhere.example");
    let (result, ..) = meet(&listener, builder::<R>(listener.local_addr().unwrap()).tls(tls)).await;
    result.unwrap();
}

pub(crate) async fn tls_expired<R: Runtime + Default>() {
    // req: SE-5.2-03
    let authority = Authority::new();
    refused::<R>(&authority, &authority.vouch_until("localhost", 2020), TlsErrorKind::Expired).await;
}

pub(crate) async fn tls_external<R: Runtime + Default>() {
    let (authority, ours) = (Authority::new(), Authority::new());
    let (identity, me) = (authority.vouch("localhost"), ours.vouch("me"));
    let listener =
        listener_with::<R>(server(&identity, ClientCertificates::Demanded(ours.pem.clone().into_bytes()))).await;
    let tls = authority.trusted().identity_pem(me.chain.clone(), me.key.clone()).build_rustls().unwrap();
    let builder = builder::<R>(listener.local_addr().unwrap()).tls(tls).login(SaslClient::external());
    let serving = async {
        let (mut incoming, _) = listener.accept().await.unwrap();
        let request = incoming.login().await.unwrap();
        // req: SE-5.2-04
        let Some(SaslRequest::External { hostname, .. }) = request else { panic!("{request:?}") };
        assert_eq!(hostname.unwrap().as_str(), "localhost");
        assert_eq!(incoming.peer_certificates(), std::slice::from_ref(&me.der));
        incoming.answer(SaslCode::Ok).unwrap();
        let connection = incoming.open().await.unwrap();
        assert_eq!(connection.remote_open().unwrap().hostname.unwrap().as_str(), "localhost");
        take_all(&connection, &mut 0).await
    };
    // who closes at once may be gone before the other side looks at it
    let connecting = async { send(&builder.connect().await.unwrap(), 1).await };
    let (error, ()) = both(serving, connecting).await;
    assert!(error.is_clean(), "{error}");
}

pub(crate) async fn tls_certificate_demanded<R: Runtime + Default>() {
    let (authority, ours) = (Authority::new(), Authority::new());
    let identity = authority.vouch("localhost");
    let stranger = Authority::new().vouch("me");
    let strange = authority.trusted().identity_pem(stranger.chain, stranger.key);
    for (tls, expected) in [(authority.trusted(), TlsErrorKind::Certificate), (strange, TlsErrorKind::Untrusted)] {
        let clients = ClientCertificates::Demanded(ours.pem.clone().into_bytes());
        let listener = listener_with::<R>(server(&identity, clients)).await;
        let builder = builder::<R>(listener.local_addr().unwrap()).tls(tls.build_rustls().unwrap());
        let (result, _, theirs) = meet(&listener, builder).await;
        assert_eq!(kind(&result.unwrap_err()), TlsErrorKind::Refused);
        assert_eq!(theirs.tls().map(TlsError::kind), Some(expected), "{theirs}");
    }
    // where one is only accepted, nobody needs one; but then EXTERNAL says nothing
    let clients = ClientCertificates::Accepted(ours.pem.clone().into_bytes());
    let listener = listener_with::<R>(server(&identity, clients)).await;
    let builder = builder::<R>(listener.local_addr().unwrap()).tls(authority.trusted().build_rustls().unwrap());
    let (result, ..) = meet(&listener, builder.clone()).await;
    result.unwrap();
    let (result, ..) = meet(&listener, builder.login(SaslClient::external())).await;
    assert!(matches!(result, Err(ConnectError::Login { .. })), "{result:?}");
}

pub(crate) async fn tls_peer_in_clear<R: Runtime + Default>() {
    for tls in by_each_library(&Authority::new()) {
        let listener = listener::<R>().await;
        let (result, ..) = meet(&listener, builder::<R>(listener.local_addr().unwrap()).tls(tls)).await;
        assert_eq!(kind(&result.unwrap_err()), TlsErrorKind::NotTls);
    }
}

pub(crate) async fn tls_client_in_clear<R: Runtime + Default>() {
    let listener = listener_with::<R>(server(&Authority::new().vouch("localhost"), ClientCertificates::Ignored)).await;
    let (result, _, theirs) = meet(&listener, builder::<R>(listener.local_addr().unwrap())).await;
    result.unwrap_err();
    assert_eq!(theirs.tls().map(TlsError::kind), Some(TlsErrorKind::NotTls), "{theirs}");
}

/// The name is in the first octets that a client sends, for all to read.
pub(crate) async fn tls_server_name<R: Runtime + Default>() {
    // req: SE-5.2-04
    for name in ["localhost", "elsewhere.example"] {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let hearing = std::thread::spawn(move || {
            let mut octets = [0; 4096];
            let read = std::io::Read::read(&mut socket.accept().unwrap().0, &mut octets).unwrap();
            octets[..read].to_vec()
        });
        let mut tls = Authority::new().trusted().build_rustls().unwrap();
        if name != "localhost" {
            tls = tls.server_name(name);
        }
        builder::<R>(address).tls(tls).connect().await.unwrap_err();
        let hello = hearing.join().unwrap();
        assert!(hello.windows(name.len()).any(|window| window == name.as_bytes()));
    }
}

pub(crate) async fn tls_silent<R: Runtime + Default>() {
    let timeouts = ConnectTimeouts { tls: Some(Duration::from_millis(300)), ..ConnectTimeouts::default() };
    let tls = Authority::new().trusted().build_rustls().unwrap();
    let builder = builder::<R>(raw_peer(vec![], Then::Silence)).tls(tls).connect_timeouts(timeouts);
    let error = builder.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { step: Step::Tls, .. }), "{error:?}");
}

pub(crate) async fn tls_ends<R: Runtime + Default>() {
    let tls = Authority::new().trusted().build_rustls().unwrap();
    let error = builder::<R>(raw_peer(vec![], Then::End)).tls(tls).connect().await.unwrap_err();
    assert_eq!(kind(&error), TlsErrorKind::Truncated);
    assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect));
}

/// A stream of our own side of TLS, over which a test can do what AMQP would not.
async fn secured<R: Runtime + Default>(
    listener: &Listener<R>,
    authority: &Authority,
) -> amqp_async::tls::MaybeTls<R::Stream> {
    let address = listener.local_addr().unwrap();
    let stream = R::default().connect(address, &TcpOptions::default()).await.unwrap();
    let tls = authority.trusted().build_rustls().unwrap();
    tls.connect(stream, "localhost").await.unwrap()
}

pub(crate) async fn tls_truncated<R: Runtime + Default>() {
    // req: SE-5.2-07
    let authority = Authority::new();
    let server = server(&authority.vouch("localhost"), ClientCertificates::Ignored);
    let listener = listener_with::<R>(server).await;
    for cut in [false, true] {
        let serving = async { serve(listener.accept().await.unwrap().0).await };
        let leaving = async {
            let mut stream = secured(&listener, &authority).await;
            let octets = [IoSlice::new(b"AMQP\x03\x01\0\0")];
            poll_fn(|cx| stream.poll_write(cx, &octets)).await.unwrap();
            poll_fn(|cx| stream.poll_flush(cx)).await.unwrap();
            let mut buffer = BytesMut::new();
            // the answer to the header
            poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap();
            if !cut {
                poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
            }
            // without it, TCP ends all the same
        };
        let ((_, error), ()) = both(serving, leaving).await;
        assert_eq!(error.fault(), Fault::Transport);
        assert_eq!(error.tls().map(TlsError::kind), cut.then_some(TlsErrorKind::Truncated), "{error}");
    }
}

pub(crate) async fn tls_refuses_to_be_clear<R: Runtime + Default>() {
    // req: SE-5.2-06
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let broken = TlsClient::builder().without_platform_roots().roots_pem("no certificate").build_rustls().unwrap_err();
    assert_eq!((broken.kind(), broken.fault()), (TlsErrorKind::Configuration, Fault::Misuse));
    let tls = Authority::new().trusted().build_rustls().unwrap();
    let error = builder::<R>(address).tls(tls).host("not a name").connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsSetUp(_)), "{error:?}");
    // and it is no use to say amqp:// to a builder that was told to use TLS
    let tls = Authority::new().trusted().build_rustls().unwrap();
    let builder = builder::<R>(address).tls(tls).url(&format!("amqp://{address}")).unwrap();
    let (result, ..) = meet(&listener, builder.addresses([address])).await;
    assert_eq!(kind(&result.unwrap_err()), TlsErrorKind::NotTls);
}
