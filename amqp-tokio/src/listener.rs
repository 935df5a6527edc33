//! Listening on TCP.

use crate::io::Io;
use crate::stays_here;
use crate::timer::TokioTimer;
use amqp_async::proto::SaslListener;
use amqp_async::{IncomingConnection, Options};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, ToSocketAddrs};

/// Waits for clients on a TCP address.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    options: Options,
    sasl: Option<SaslListener>,
}

impl Listener {
    /// Listens on `address`. `sasl` says which mechanisms to offer; `None` means that clients come
    /// without SASL.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub async fn bind(address: impl ToSocketAddrs, options: Options, sasl: Option<SaslListener>) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address).await?, options, sasl })
    }

    /// The address listened on; with the port that the system chose, if 0 was asked for.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Waits for the next client. It is driven by a task of its own from here on; whether it is let in
    /// is decided on the [`IncomingConnection`]. Cancel-safe.
    ///
    /// # Errors
    /// What the system says, such as too many open files. The listener can be used further.
    pub async fn accept(&self) -> io::Result<(IncomingConnection, SocketAddr)> {
        let (stream, address) = self.tcp.accept().await?;
        stream.set_nodelay(true)?;
        // of what stays on this machine nobody reads a password
        let safe = stays_here(Ok(address));
        let sasl = self.sasl.clone().map(|sasl| if safe { sasl.insecure_allowed(true) } else { sasl });
        Ok((self.serve(stream, sasl), address))
    }

    /// Takes a stream that exists already as if a client had come on it. Nothing is known of the stream: mechanisms
    /// that reveal a secret, such as PLAIN, are offered only where [`SaslListener::insecure_allowed`] says so.
    pub fn accept_on<S>(&self, stream: S) -> IncomingConnection
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.serve(stream, self.sasl.clone())
    }

    fn serve<S>(&self, stream: S, sasl: Option<SaslListener>) -> IncomingConnection
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (incoming, driver) = IncomingConnection::new(&self.options, sasl, Io::new(stream), TokioTimer::new());
        tokio::spawn(driver);
        incoming
    }
}
