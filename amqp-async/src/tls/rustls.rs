//! TLS by rustls, which does no I/O of its own: octets go in and come out, as in our core.

use super::client::TlsClientBuilder;
use super::server::{ClientCertificates, TlsServerBuilder};
use super::{Layer, MaybeTls, TlsError, TlsErrorKind, TlsPeer};
use crate::intake::Intake;
use crate::{READ_SIZE, Transport};
use amqp_proto::Secret;
use bytes::{Buf, BufMut, BytesMut};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, Connection, Error, RootCertStore, ServerConfig, ServerConnection,
};
use std::future::poll_fn;
use std::io::{self, BufRead, IoSlice, Write};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pub(super) fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned())
        .map_err(|error| unusable(format!("{name:?} cannot be a server's name: {error}")))
}

pub(super) async fn connect<T: Transport>(
    config: &Arc<ClientConfig>,
    stream: T,
    name: &str,
) -> Result<MaybeTls<T>, TlsError> {
    let session = ClientConnection::new(Arc::clone(config), server_name(name)?).map_err(TlsError::from)?;
    let mut stream = Box::new(RustlsStream::new(stream, session.into()));
    poll_fn(|cx| stream.poll_handshake(cx)).await.map_err(TlsError::of_io)?;
    Ok(MaybeTls(Layer::Rustls(stream)))
}

pub(super) fn accept<T: Transport>(config: &Arc<ServerConfig>, stream: T) -> MaybeTls<T> {
    match ServerConnection::new(Arc::clone(config)) {
        Ok(session) => MaybeTls(Layer::Rustls(Box::new(RustlsStream::new(stream, session.into())))),
        // never in clear
        Err(error) => MaybeTls(Layer::Broken(error.into())),
    }
}

/// A stream with TLS around it.
pub(super) struct RustlsStream<T> {
    transport: T,
    session: Connection,
    /// What has come and rustls has not taken.
    arrived: Intake,
    /// What rustls has made and the transport has not taken.
    leaving: BytesMut,
    /// We have said that nothing more will come.
    ended: bool,
    peer: TlsPeer,
}

impl<T> RustlsStream<T> {
    fn new(transport: T, session: Connection) -> Self {
        let (arrived, leaving) = (Intake::new(), BytesMut::new());
        Self { transport, session, arrived, leaving, ended: false, peer: TlsPeer::default() }
    }

    pub(super) fn peer(&self) -> TlsPeer {
        self.peer.clone()
    }

    /// Hands on what has been decrypted, up to [`READ_SIZE`] octets; says how many, and whether the peer has ended.
    fn take(&mut self, buffer: &mut BytesMut) -> io::Result<Taken> {
        let mut reader = self.session.reader();
        let mut taken = 0;
        loop {
            match reader.fill_buf() {
                Ok([]) => return Ok(Taken::End(taken)),
                Ok(octets) => {
                    let count = octets.len();
                    buffer.extend_from_slice(octets);
                    reader.consume(count);
                    taken += count;
                    if taken >= READ_SIZE {
                        return Ok(Taken::Octets(taken));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Taken::Octets(taken)),
                // what has come before the cut is good
                Err(_) if taken > 0 => return Ok(Taken::Octets(taken)),
                // req: SE-5.2-07
                Err(_) => return Err(TlsError::bare(TlsErrorKind::Truncated).into()),
            }
        }
    }
}

/// What was there to take.
enum Taken {
    Octets(usize),
    /// So much, and the peer's close_notify.
    End(usize),
}

impl<T: Transport> RustlsStream<T> {
    /// Until both sides have agreed.
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let pushed = self.poll_push(cx)?;
            if !self.session.is_handshaking() {
                ready!(pushed);
                return self.transport.poll_flush(cx);
            }
            if pushed.is_ready() {
                let _ = self.transport.poll_flush(cx)?;
            }
            ready!(self.poll_fill(cx))?;
        }
    }

    /// Has rustls read what has come, waiting for some if there is none.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.arrived.octets().is_empty() && ready!(self.arrived.poll_read(&mut self.transport, cx))? == 0 {
            self.session.read_tls(&mut io::empty())?;
            return Poll::Ready(if self.session.is_handshaking() {
                Err(TlsError::bare(TlsErrorKind::Truncated).into())
            } else {
                Ok(())
            });
        }
        let arrived = self.arrived.octets();
        let taken = self.session.read_tls(&mut &arrived[..])?;
        arrived.advance(taken);
        if let Err(error) = self.session.process_new_packets() {
            // the alert that says why; if it does not get away at once, the peer has to do without
            let _ = self.poll_push(cx);
            return Poll::Ready(Err(TlsError::from(error).into()));
        }
        if !self.session.is_handshaking() {
            let session = &self.session;
            let shown = || session.peer_certificates().unwrap_or_default();
            self.peer.know(|| shown().iter().map(|certificate| certificate.to_vec()).collect());
        }
        let _ = self.poll_push(cx)?;
        Poll::Ready(Ok(()))
    }

    /// Writes what rustls has for the peer.
    fn poll_push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while self.leaving.len() < READ_SIZE && self.session.wants_write() {
                self.session.write_tls(&mut (&mut self.leaving).writer())?;
            }
            if self.leaving.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let written = ready!(self.transport.poll_write(cx, &[IoSlice::new(&self.leaving)]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.leaving.advance(written);
        }
    }
}

impl<T: Transport> Transport for RustlsStream<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        loop {
            match self.take(buffer)? {
                Taken::Octets(0) => ready!(self.poll_fill(cx))?,
                Taken::Octets(taken) | Taken::End(taken) => return Poll::Ready(Ok(taken)),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        // one round of what was written before has to be gone: so nothing piles up here
        ready!(self.poll_push(cx))?;
        let written = self.session.writer().write_vectored(slices)?;
        let pushed = self.poll_push(cx)?;
        if written == 0 && pushed.is_ready() && !self.session.is_handshaking() {
            return Poll::Ready(Ok(0));
        }
        // a full buffer during the handshake: the octets that end it are read by the same task
        if written == 0 { Poll::Pending } else { Poll::Ready(Ok(written)) }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_push(cx))?;
        self.transport.poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.ended = true;
            self.session.send_close_notify();
        }
        ready!(self.poll_push(cx))?;
        self.transport.poll_shutdown(cx)
    }
}

pub(super) fn client_config(builder: TlsClientBuilder) -> Result<ClientConfig, TlsError> {
    let provider = provider(builder.provider)?;
    let roots = roots(builder.platform_roots, &builder.roots)?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots);
    match builder.identity {
        Some((chain, key)) => Ok(config.with_client_auth_cert(certificates(&chain)?, private_key(&key)?)?),
        None => Ok(config.with_no_client_auth()),
    }
}

pub(super) fn server_config(builder: TlsServerBuilder) -> Result<ServerConfig, TlsError> {
    let provider = provider(builder.provider)?;
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let verifier = |pem: Vec<u8>| -> Result<_, TlsError> {
        let roots = Arc::new(roots(false, &[pem])?);
        Ok(WebPkiClientVerifier::builder_with_provider(roots, provider))
    };
    let config = match builder.clients {
        ClientCertificates::Ignored => config.with_no_client_auth(),
        ClientCertificates::Accepted(pem) => {
            config.with_client_cert_verifier(verifier(pem)?.allow_unauthenticated().build().map_err(unusable)?)
        }
        ClientCertificates::Demanded(pem) => {
            config.with_client_cert_verifier(verifier(pem)?.build().map_err(unusable)?)
        }
    };
    Ok(config.with_single_cert(certificates(&builder.chain)?, private_key(&builder.key)?)?)
}

fn provider(chosen: Option<Arc<CryptoProvider>>) -> Result<Arc<CryptoProvider>, TlsError> {
    if let Some(provider) = chosen.or_else(|| CryptoProvider::get_default().cloned()) {
        return Ok(provider);
    }
    #[cfg(feature = "rustls")]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "rustls"))]
    Err(unusable("no cryptography was chosen, and none is built in (feature rustls)"))
}

fn roots(platform: bool, pems: &[Vec<u8>]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    if platform {
        let found = rustls_native_certs::load_native_certs();
        // a system has its odd certificate; what counts is that there are others
        let (good, _) = roots.add_parsable_certificates(found.certs);
        if good == 0 && pems.is_empty() {
            let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
            return Err(unusable(format!("the system names nobody to trust{why}")));
        }
    }
    for pem in pems {
        for certificate in certificates(pem)? {
            roots.add(certificate)?;
        }
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(unusable)?;
    if found.is_empty() { Err(unusable("there is no certificate in the PEM")) } else { Ok(found) }
}

fn private_key(pem: &Secret) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem.expose()).map_err(|error| unusable(format!("the private key: {error}")))
}

fn unusable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
    TlsError::new(TlsErrorKind::Configuration, error)
}

/// While connected. What comes from making a configuration is the caller's, except for what is said of certificates.
impl From<Error> for TlsError {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::InvalidCertificate(error) => of_certificate(error),
            Error::InvalidMessage(_) => TlsErrorKind::NotTls,
            Error::AlertReceived(_) => TlsErrorKind::Refused,
            Error::NoCertificatesPresented => TlsErrorKind::Certificate,
            Error::General(_) | Error::InconsistentKeys(_) => TlsErrorKind::Configuration,
            _ => TlsErrorKind::Other,
        };
        TlsError::new(kind, error)
    }
}

fn of_certificate(error: &CertificateError) -> TlsErrorKind {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsErrorKind::Untrusted,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsErrorKind::WrongName,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TlsErrorKind::Expired,
        _ => TlsErrorKind::Certificate,
    }
}
