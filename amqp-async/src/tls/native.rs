//! TLS by native-tls: what the system brings (OpenSSL, Schannel, Security.framework). Those want a stream to read and
//! write, so they are given one that says "not now", and remembers whom to wake.

use super::client::TlsClientBuilder;
use super::server::{ClientCertificates, TlsServerBuilder};
use super::{Layer, MaybeTls, TlsError, TlsErrorKind, TlsPeer};
use crate::Transport;
use crate::intake::Intake;
use bytes::{Buf, BytesMut};
use native_tls::{
    Certificate, Error, HandshakeError, Identity, MidHandshakeTlsStream, TlsAcceptor, TlsConnector, TlsStream,
};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, Read, Write};
use std::task::{Context, Poll, Waker, ready};

/// Octets of one read: the largest record of TLS.
const ROOM: usize = 16 * 1024;

pub(super) async fn connect<T: Transport>(
    connector: &TlsConnector,
    stream: T,
    name: &str,
) -> Result<MaybeTls<T>, TlsError> {
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    let begun = connector.connect(name, Adapter::new(stream, waker));
    let mut stream = Box::new(NativeStream::new(Stage::of(begun)?));
    poll_fn(|cx| stream.poll_up(cx).map_ok(drop)).await.map_err(TlsError::of_io)?;
    Ok(MaybeTls(Layer::Native(stream)))
}

pub(super) fn accept<T: Transport>(acceptor: &TlsAcceptor, stream: T) -> MaybeTls<T> {
    let adapter = Adapter::new(stream, Waker::noop().clone());
    MaybeTls(Layer::Native(Box::new(NativeStream::new(Stage::New(acceptor.clone(), adapter)))))
}

/// A stream with TLS around it.
pub(super) struct NativeStream<T> {
    stage: Stage<T>,
    room: Vec<u8>,
    peer: TlsPeer,
}

enum Stage<T> {
    New(TlsAcceptor, Adapter<T>),
    Handshake(MidHandshakeTlsStream<Adapter<T>>),
    Up(TlsStream<Adapter<T>>),
    Failed(TlsError),
}

impl<T> Stage<T> {
    fn of(begun: Result<TlsStream<Adapter<T>>, HandshakeError<Adapter<T>>>) -> Result<Self, TlsError> {
        match begun {
            Ok(stream) => Ok(Self::Up(stream)),
            Err(HandshakeError::WouldBlock(stream)) => Ok(Self::Handshake(stream)),
            Err(HandshakeError::Failure(error)) => Err(error.into()),
        }
    }
}

impl<T> NativeStream<T> {
    fn new(stage: Stage<T>) -> Self {
        Self { stage, room: Vec::new(), peer: TlsPeer::default() }
    }

    pub(super) fn peer(&self) -> TlsPeer {
        self.peer.clone()
    }
}

impl<T: Transport> NativeStream<T> {
    /// The stream, once both sides have agreed.
    fn poll_up(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut TlsStream<Adapter<T>>>> {
        let mut stage = std::mem::replace(&mut self.stage, Stage::Failed(TlsError::bare(TlsErrorKind::Other)));
        let next = match stage {
            Stage::New(acceptor, mut adapter) => {
                adapter.called_by(cx);
                Stage::of(acceptor.accept(adapter))
            }
            Stage::Handshake(mut middle) => {
                middle.get_mut().called_by(cx);
                Stage::of(middle.handshake())
            }
            Stage::Up(ref mut stream) => {
                stream.get_mut().called_by(cx);
                Ok(stage)
            }
            Stage::Failed(error) => Err(error),
        };
        self.stage = next.unwrap_or_else(Stage::Failed);
        match &mut self.stage {
            Stage::Up(stream) => {
                self.peer.know(|| shown(stream));
                Poll::Ready(Ok(stream))
            }
            Stage::Failed(error) => Poll::Ready(Err(error.clone().into())),
            Stage::New(..) | Stage::Handshake(_) => Poll::Pending,
        }
    }
}

/// The certificate of the peer; this library does not show those between it and the root.
fn shown<S: Read + Write>(stream: &TlsStream<S>) -> Vec<Vec<u8>> {
    let certificate = stream.peer_certificate().ok().flatten();
    certificate.and_then(|certificate| certificate.to_der().ok()).into_iter().collect()
}

impl<T: Transport> Transport for NativeStream<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let mut room = std::mem::take(&mut self.room);
        room.resize(ROOM, 0);
        let stream = ready!(self.poll_up(cx))?;
        let read = poll(stream.read(&mut room));
        if let Poll::Ready(Ok(read)) = &read {
            buffer.extend_from_slice(room.get(..*read).unwrap_or_default());
        }
        self.room = room;
        read
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let stream = ready!(self.poll_up(cx))?;
        let Some(first) = slices.iter().find(|slice| !slice.is_empty()) else { return Poll::Ready(Ok(0)) };
        poll(stream.write(first))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll(ready!(self.poll_up(cx))?.flush())
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = ready!(self.poll_up(cx))?;
        ready!(poll(stream.shutdown()))?;
        stream.get_mut().transport.poll_shutdown(cx)
    }
}

fn poll<V>(result: io::Result<V>) -> Poll<io::Result<V>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        Err(error) if TlsError::find(&error).is_none() => Poll::Ready(Err(match known(&error) {
            Some(kind) => TlsError::new(kind, error).into(),
            None => error,
        })),
        result => Poll::Ready(result),
    }
}

/// A transport as a stream that does not block.
struct Adapter<T> {
    transport: T,
    waker: Waker,
    /// What has come and was not asked for yet.
    arrived: Intake,
}

impl<T> Adapter<T> {
    fn new(transport: T, waker: Waker) -> Self {
        Self { transport, waker, arrived: Intake::new() }
    }

    /// Who is to be woken from here on.
    fn called_by(&mut self, cx: &Context<'_>) {
        self.waker.clone_from(cx.waker());
    }
}

/// Not now is an error here.
fn blocking<V>(poll: Poll<io::Result<V>>) -> io::Result<V> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl<T: Transport> Read for Adapter<T> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.arrived.octets().is_empty() {
            let mut cx = Context::from_waker(&self.waker);
            blocking(self.arrived.poll_read(&mut self.transport, &mut cx))?;
        }
        let arrived = self.arrived.octets();
        let taken = room.len().min(arrived.len());
        arrived.copy_to_slice(room.get_mut(..taken).unwrap_or_default());
        Ok(taken)
    }
}

impl<T: Transport> Write for Adapter<T> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        blocking(self.transport.poll_write(&mut Context::from_waker(&self.waker), &[IoSlice::new(octets)]))
    }

    fn flush(&mut self) -> io::Result<()> {
        blocking(self.transport.poll_flush(&mut Context::from_waker(&self.waker)))
    }
}

pub(super) fn connector(builder: &TlsClientBuilder) -> Result<TlsConnector, TlsError> {
    let mut settings = TlsConnector::builder();
    settings.disable_built_in_roots(!builder.platform_roots);
    for pem in &builder.roots {
        let found = Certificate::stack_from_pem(pem).map_err(unusable)?;
        if found.is_empty() {
            return Err(unusable("there is no certificate in the PEM"));
        }
        for certificate in found {
            settings.add_root_certificate(certificate);
        }
    }
    if let Some((chain, key)) = &builder.identity {
        settings.identity(Identity::from_pkcs8(chain, key.expose()).map_err(unusable)?);
    }
    settings.build().map_err(unusable)
}

pub(super) fn acceptor(builder: &TlsServerBuilder) -> Result<TlsAcceptor, TlsError> {
    if builder.clients != ClientCertificates::Ignored {
        return Err(unusable("native-tls cannot ask clients for certificates; rustls can"));
    }
    let identity = Identity::from_pkcs8(&builder.chain, builder.key.expose()).map_err(unusable)?;
    TlsAcceptor::new(identity).map_err(unusable)
}

fn unusable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TlsError {
    TlsError::new(TlsErrorKind::Configuration, error)
}

/// The system's libraries have no errors in common but their text; that of OpenSSL is known here.
fn known(error: &(impl fmt::Display + fmt::Debug)) -> Option<TlsErrorKind> {
    const KNOWN: [(&str, TlsErrorKind); 9] = [
        ("hostname mismatch", TlsErrorKind::WrongName),
        ("ip address mismatch", TlsErrorKind::WrongName),
        ("has expired", TlsErrorKind::Expired),
        ("not yet valid", TlsErrorKind::Expired),
        ("certificate verify failed", TlsErrorKind::Untrusted),
        ("wrong version number", TlsErrorKind::NotTls),
        ("packet length too long", TlsErrorKind::NotTls),
        ("alert", TlsErrorKind::Refused),
        ("unexpected eof", TlsErrorKind::Truncated),
    ];
    let text = format!("{error} {error:?}").to_ascii_lowercase();
    KNOWN.iter().find(|(part, _)| text.contains(part)).map(|(_, kind)| *kind)
}

impl From<Error> for TlsError {
    fn from(error: Error) -> Self {
        TlsError::new(known(&error).unwrap_or(TlsErrorKind::Other), error)
    }
}
