//! Listening on TCP.

use crate::clock::Clock;
use crate::connect::Servicing;
use crate::handle::handle;
use crate::incoming::IncomingConnection;
use crate::io::Io;
use crate::pump::Pump;
use crate::socket::{Acceptor, Socket, StdStream, Stream};
use amqp_async::Options;
use amqp_async::proto::SaslListener;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

handle! {
    /// Waits for clients on a TCP address. Cheap to clone; any number of threads may accept.
    ///
    /// From [`listen`](crate::listen) and [`bind`](Self::bind), each connection is serviced by a thread of its own; from
    /// [`Pump::listen`], all of them by the pump.
    Listener(Arc<Inner>)
}

#[derive(Debug)]
pub(crate) struct Inner {
    acceptor: Acceptor,
    options: Options,
    sasl: Option<SaslListener>,
    servicing: Servicing,
}

impl Listener {
    /// Listens on `address`. `sasl` says which mechanisms to offer; `None` means that clients come without SASL.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn bind(address: impl ToSocketAddrs, options: Options, sasl: Option<SaslListener>) -> io::Result<Self> {
        Self::on(&Pump::new()?, Servicing::Thread, address, options, sasl)
    }

    pub(crate) fn on(
        pump: &Pump,
        servicing: Servicing,
        address: impl ToSocketAddrs,
        options: Options,
        sasl: Option<SaslListener>,
    ) -> io::Result<Self> {
        let acceptor = Acceptor::new(pump.reactor(), TcpListener::bind(address)?)?;
        Ok(Self::new(Inner { acceptor, options, sasl, servicing }, pump))
    }

    /// The address listened on; with the port that the system chose, if 0 was asked for.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.acceptor.local_addr()
    }

    /// Waits for the next client, by default for ever. It is serviced from here on; whether it is let in is decided on
    /// the [`IncomingConnection`].
    ///
    /// # Errors
    /// What the system says, such as too many open files, or [`io::ErrorKind::TimedOut`]. The listener can be used
    /// further.
    pub fn accept(&self) -> io::Result<(IncomingConnection, SocketAddr)> {
        let accepted = self.waiting.maybe(self.inner.acceptor.accept());
        let (stream, address) = accepted.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
        stream.set_nodelay(true)?;
        // of what stays on this machine nobody reads a password
        let safe = address.ip().is_loopback();
        let sasl = self.inner.sasl.clone().map(|sasl| if safe { sasl.insecure_allowed(true) } else { sasl });
        Ok((self.serve(stream, sasl)?, address))
    }

    /// Takes a stream that exists already as if a client had come on it. Nothing is known of the stream: mechanisms that
    /// reveal a secret, such as PLAIN, are offered only where [`SaslListener::insecure_allowed`] says so.
    ///
    /// # Errors
    /// What the system says.
    pub fn accept_on(&self, stream: impl StdStream) -> io::Result<IncomingConnection> {
        self.serve(stream.into_stream()?, self.inner.sasl.clone())
    }

    fn serve(&self, stream: impl Stream, sasl: Option<SaslListener>) -> io::Result<IncomingConnection> {
        let pump = match self.inner.servicing {
            Servicing::Thread => Pump::new()?,
            Servicing::Caller => self.waiting.pump.clone(),
        };
        let socket = Socket::new(pump.reactor(), stream)?;
        let (incoming, driver) =
            amqp_async::IncomingConnection::new(&self.inner.options, sasl, Io::new(socket), Clock::new(pump.reactor()));
        self.inner.servicing.start(&pump, driver)?;
        Ok(IncomingConnection::new(incoming, &pump))
    }
}
