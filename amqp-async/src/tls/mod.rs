//! TLS between the transport and AMQP, from the first octet (§5.2.1), written once for all runtimes: a TLS library is
//! given octets and gives octets, so it needs no stream of any runtime's.
//!
//! The feature `rustls` has rustls with ring for its cryptography, `rustls-no-provider` has it without (the caller
//! chooses), and `native-tls` has what the system brings. Without any of them the types are there, and to ask for TLS is
//! an error.
//!
//! It does not upgrade a connection in clear by the TLS protocol header of §5.2: nobody does, see docs/DECISIONS.md.

mod build;
mod client;
mod error;
#[cfg(feature = "native-tls")]
mod native;
#[cfg(feature = "rustls-no-provider")]
mod rustls;
mod server;

pub use client::{TlsClient, TlsClientBuilder};
pub use error::{TlsError, TlsErrorKind};
pub use server::{ClientCertificates, TlsServer, TlsServerBuilder};

use crate::Transport;
use bytes::BytesMut;
use std::fmt;
use std::io::{self, IoSlice};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

/// A stream with TLS around it, or without.
pub struct MaybeTls<T>(Layer<T>);

enum Layer<T> {
    Clear(T),
    #[cfg(feature = "rustls-no-provider")]
    Rustls(Box<rustls::RustlsStream<T>>),
    #[cfg(feature = "native-tls")]
    Native(Box<native::NativeStream<T>>),
    /// TLS was to be, and could not begin: nothing is read or written.
    #[cfg(feature = "rustls-no-provider")]
    Broken(TlsError),
}

/// Who the peer is by its certificate, once the handshake is done.
#[derive(Clone, Debug, Default)]
pub struct TlsPeer(Arc<OnceLock<Vec<Vec<u8>>>>);

impl TlsPeer {
    /// The certificates that the peer has shown and proved to own, in DER, its own first; empty if it has shown none, or
    /// the handshake is not done yet.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        self.0.get().map_or(&[], Vec::as_slice)
    }

    /// Sets them, the first time.
    #[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
    fn know(&self, certificates: impl FnOnce() -> Vec<Vec<u8>>) {
        self.0.get_or_init(certificates);
    }
}

impl<T> MaybeTls<T> {
    /// Without TLS.
    pub fn clear(stream: T) -> Self {
        Self(Layer::Clear(stream))
    }

    /// Who the peer is, if there is TLS.
    #[must_use]
    pub fn peer(&self) -> Option<TlsPeer> {
        match &self.0 {
            Layer::Clear(_) => None,
            #[cfg(feature = "rustls-no-provider")]
            Layer::Rustls(stream) => Some(stream.peer()),
            #[cfg(feature = "native-tls")]
            Layer::Native(stream) => Some(stream.peer()),
            #[cfg(feature = "rustls-no-provider")]
            Layer::Broken(_) => Some(TlsPeer::default()),
        }
    }
}

/// Calls the same method of whichever stream it is.
macro_rules! each {
    ($this:expr, $stream:ident => $call:expr) => {
        match &mut $this.0 {
            Layer::Clear($stream) => $call,
            #[cfg(feature = "rustls-no-provider")]
            Layer::Rustls($stream) => $call,
            #[cfg(feature = "native-tls")]
            Layer::Native($stream) => $call,
            #[cfg(feature = "rustls-no-provider")]
            Layer::Broken(error) => Poll::Ready(Err(error.clone().into())),
        }
    };
}

impl<T: Transport> Transport for MaybeTls<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_read(cx, buffer))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, slices))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }
}

impl<T> fmt::Debug for MaybeTls<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaybeTls({})", if self.peer().is_some() { "TLS" } else { "clear" })
    }
}
