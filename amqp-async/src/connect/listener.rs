//! Listening on TCP.

use crate::connect::{Runtime, TcpOptions, stays_here};
use crate::tls::{MaybeTls, TlsServer};
use crate::{IncomingConnection, Options, Transport};
use amqp_proto::SaslListener;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Waits for clients on a TCP address.
#[derive(Clone)]
pub struct Listener<R: Runtime> {
    runtime: R,
    socket: R::Listener,
    address: SocketAddr,
    tcp: TcpOptions,
    tls: Option<TlsServer>,
    options: Options,
    sasl: Option<SaslListener>,
}

impl<R: Runtime + Default> Listener<R> {
    /// Listens on `address`. `sasl` says which mechanisms to offer; `None` means that clients come without SASL.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub async fn bind(address: impl ToSocketAddrs, options: Options, sasl: Option<SaslListener>) -> io::Result<Self> {
        Self::on(R::default(), address, options, sasl)
    }
}

impl<R: Runtime> Listener<R> {
    /// As [`bind`](Self::bind), for a runtime that has a state of its own. Addresses are better than names here, which
    /// are looked up in place.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn on(
        runtime: R,
        address: impl ToSocketAddrs,
        options: Options,
        sasl: Option<SaslListener>,
    ) -> io::Result<Self> {
        let tcp = TcpOptions::default();
        let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "no address to listen on"));
        for address in address.to_socket_addrs()? {
            result = tcp.listen(address);
            if result.is_ok() {
                break;
            }
        }
        let socket = result?;
        let address = socket.local_addr()?;
        let socket = runtime.listen(socket)?;
        Ok(Self { runtime, socket, address, tcp, tls: None, options, sasl })
    }

    /// Serves TLS from the first octet (§5.2.1). Then mechanisms that reveal a secret are offered to everybody.
    #[must_use]
    pub fn tls(self, tls: TlsServer) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Options of the sockets of clients.
    #[must_use]
    pub fn tcp(self, tcp: TcpOptions) -> Self {
        Self { tcp, ..self }
    }

    /// The address listened on; with the port that the system chose, if 0 was asked for.
    ///
    /// # Errors
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    /// Waits for the next client. It is driven by the runtime from here on, TLS handshake included; whether it is let
    /// in is decided on the [`IncomingConnection`]. Cancel-safe.
    ///
    /// # Errors
    /// What the system says, such as too many open files. The listener can be used further.
    pub async fn accept(&self) -> io::Result<(IncomingConnection, SocketAddr)> {
        self.accept_by(&self.runtime).await
    }

    /// As [`accept`](Self::accept); the client is driven by another runtime than the listener's, such as a thread of its
    /// own.
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub async fn accept_by(&self, runtime: &R) -> io::Result<(IncomingConnection, SocketAddr)> {
        let (stream, address) = runtime.accept(&self.socket, &self.tcp).await?;
        // of what stays on this machine nobody reads a password
        Ok((self.serve(runtime, stream, stays_here(address.ip())), address))
    }

    /// Takes a stream that exists already as if a client had come on it. Nothing is known of the stream: without TLS,
    /// mechanisms that reveal a secret, such as PLAIN, are offered only where [`SaslListener::insecure_allowed`] says so.
    pub fn accept_on<T: Transport + Unpin + Send + 'static>(&self, stream: T) -> IncomingConnection {
        self.accept_on_by(&self.runtime, stream)
    }

    /// As [`accept_on`](Self::accept_on), driven by another runtime than the listener's.
    pub fn accept_on_by<T>(&self, runtime: &R, stream: T) -> IncomingConnection
    where
        T: Transport + Unpin + Send + 'static,
    {
        self.serve(runtime, stream, false)
    }

    fn serve<T>(&self, runtime: &R, stream: T, private: bool) -> IncomingConnection
    where
        T: Transport + Unpin + Send + 'static,
    {
        let stream = match &self.tls {
            Some(tls) => tls.accept(stream),
            None => MaybeTls::clear(stream),
        };
        let private = private || self.tls.is_some();
        let sasl = self.sasl.clone().map(|sasl| if private { sasl.insecure_allowed(true) } else { sasl });
        let peer = stream.peer();
        let (incoming, driver) = IncomingConnection::new(&self.options, sasl, stream, runtime.timer());
        runtime.spawn(driver);
        incoming.secured_by(peer)
    }
}

impl<R: Runtime> fmt::Debug for Listener<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("address", &self.address).field("tls", &self.tls).finish_non_exhaustive()
    }
}
