//! Listening on TCP.

use crate::builder::of_its_own;
use crate::handle::handle;
use crate::incoming::IncomingConnection;
use crate::pump::Pump;
use crate::socket::{Socket, StdStream};
use amqp_async::Options;
use amqp_async::connect::{self, TcpOptions};
use amqp_async::proto::SaslListener;
use amqp_async::tls::TlsServer;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

handle! {
    /// Waits for clients on a TCP address. Cheap to clone; any number of threads may accept.
    ///
    /// From [`listen`](crate::listen) and [`bind`](Self::bind), each connection is serviced by a thread of its own; from
    /// [`Pump::listen`], all of them by the pump.
    Listener(Inner)
}

#[derive(Clone, Debug)]
pub(crate) struct Inner {
    listener: connect::Listener<Pump>,
    /// The pump of all clients; none: each has its own, with a thread.
    clients: Option<Pump>,
}

impl Listener {
    /// Listens on `address`. `sasl` says which mechanisms to offer; `None` means that clients come without SASL.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn bind(address: impl ToSocketAddrs, options: Options, sasl: Option<SaslListener>) -> io::Result<Self> {
        Self::on(&Pump::new()?, None, address, options, sasl)
    }

    pub(crate) fn on(
        pump: &Pump,
        clients: Option<Pump>,
        address: impl ToSocketAddrs,
        options: Options,
        sasl: Option<SaslListener>,
    ) -> io::Result<Self> {
        let listener = connect::Listener::on(pump.clone(), address, options, sasl)?;
        Ok(Self::new(Inner { listener, clients }, pump))
    }

    /// Serves TLS from the first octet (§5.2.1). Then mechanisms that reveal a secret are offered to everybody.
    #[must_use]
    pub fn tls(self, tls: TlsServer) -> Self {
        Self { inner: Inner { listener: self.inner.listener.tls(tls), ..self.inner }, ..self }
    }

    /// Options of the sockets of clients.
    #[must_use]
    pub fn tcp(self, tcp: TcpOptions) -> Self {
        Self { inner: Inner { listener: self.inner.listener.tcp(tcp), ..self.inner }, ..self }
    }

    /// The address listened on; with the port that the system chose, if 0 was asked for.
    ///
    /// # Errors
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.listener.local_addr()
    }

    /// Waits for the next client, by default for ever. It is serviced from here on, TLS handshake included; whether it is
    /// let in is decided on the [`IncomingConnection`].
    ///
    /// # Errors
    /// What the system says, such as too many open files, or [`io::ErrorKind::TimedOut`]. The listener can be used
    /// further.
    pub fn accept(&self) -> io::Result<(IncomingConnection, SocketAddr)> {
        let pump = of_its_own(self.inner.clients.as_ref())?;
        let accepted = self.waiting.maybe(self.inner.listener.accept_by(&pump));
        let (incoming, address) = accepted.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
        Ok((IncomingConnection::new(incoming, &pump), address))
    }

    /// Takes a stream that exists already as if a client had come on it. Nothing is known of the stream: without TLS,
    /// mechanisms that reveal a secret, such as PLAIN, are offered only where [`SaslListener::insecure_allowed`] says so.
    ///
    /// # Errors
    /// What the system says.
    pub fn accept_on(&self, stream: impl StdStream) -> io::Result<IncomingConnection> {
        let pump = of_its_own(self.inner.clients.as_ref())?;
        let socket = Socket::over(pump.reactor(), stream)?;
        let incoming = self.inner.listener.accept_on_by(&pump, socket);
        Ok(IncomingConnection::new(incoming, &pump))
    }
}
