//! AMQP 1.0 on Tokio: connect, listen, TCP, timers and spawn for the handles of [`amqp_async`], which
//! hold everything else and are re-exported here.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connection = amqp_tokio::connect("amqp://guest:guest@localhost").await?;
//! let session = connection.session().await?;
//!
//! let sender = session.sender("orders").await?;
//! let outcome = sender.send("12 crates").await?;
//! println!("{outcome:?}");
//!
//! let receiver = session.receiver("orders").await?;
//! let delivery = receiver.recv().await?;
//! println!("{:?}", delivery.message()?.body);
//! delivery.accept()?;
//!
//! connection.close().await?;
//! # Ok(()) }
//! ```
//!
//! Any flavour of the runtime will do, with I/O and time enabled. Each connection is one task; it ends
//! when the connection does.

mod builder;
mod error;
mod io;
mod listener;
mod timer;
mod url;

pub use amqp_async::*;
pub use builder::{Builder, ClearTextLogin, builder};
pub use error::ConnectError;
pub use io::Io;
pub use listener::Listener;
pub use timer::TokioTimer;
pub use url::{UrlError, redacted};

use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::ToSocketAddrs;

/// Connects to the address that a URL names: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`.
///
/// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672 unless
/// given. A password is sent only to a loopback address: for another, say so with
/// [`Builder::clear_text_login`]. The handshake is complete when this returns; TCP and handshake have the
/// deadlines that [`Builder`] describes.
///
/// Cancel-safe: dropping the future drops the connection.
///
/// # Errors
/// [`ConnectError`] says what was tried and what came of it.
pub async fn connect(url: &str) -> Result<Connection, ConnectError> {
    builder().url(url)?.connect().await
}

/// Opens a connection on a stream that exists already, with ANONYMOUS login.
///
/// # Errors
/// [`ConnectError`] says what came of it.
pub async fn connect_on<S>(stream: S) -> Result<Connection, ConnectError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    builder().connect_on(stream).await
}

/// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and tokens are
/// offered to clients on this machine; to others only where
/// [`insecure_allowed`](proto::SaslListener::insecure_allowed) says so.
///
/// # Errors
/// If the address cannot be had.
pub async fn listen(address: impl ToSocketAddrs, sasl: proto::SaslListener) -> std::io::Result<Listener> {
    Listener::bind(address, builder::default_options(), Some(sasl)).await
}

/// Whether nothing that is sent to the address leaves this machine.
fn stays_here(address: std::io::Result<SocketAddr>) -> bool {
    address.is_ok_and(|address| address.ip().is_loopback())
}
