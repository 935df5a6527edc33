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

mod io;
mod runtime;
mod timer;

pub use amqp_async::connect::{
    Attempt, ClearTextLogin, ConnectError, ConnectTimeouts, TcpOptions, Url, UrlError, redacted,
};
pub use amqp_async::*;
pub use io::Io;
pub use runtime::Tokio;
pub use timer::TokioTimer;

use std::net::ToSocketAddrs;
use tokio::io::{AsyncRead, AsyncWrite};

/// Settings of a client's connection, on Tokio.
///
/// ```no_run
/// use amqp_tokio::{Builder, proto::{Config, SaslClient}};
/// use std::time::Duration;
///
/// # async fn example() -> Result<(), amqp_tokio::ConnectError> {
/// let connection = Builder::new(Config::builder("my-container").max_frame_size(1 << 20))
///     .host("localhost")
///     .port(5672)
///     .login(SaslClient::plain("guest", "guest"))
///     .connect_timeout(Some(Duration::from_secs(2)))
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
pub type Builder = connect::Builder<Tokio>;

/// Waits for clients on a TCP address, on Tokio.
pub type Listener = connect::Listener<Tokio>;

/// Starts from defaults and a container-id made up at random.
pub fn builder() -> Builder {
    Builder::default()
}

/// Connects to the address that a URL names: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, or `amqps://…` for TLS from the
/// first octet.
///
/// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672, with TLS 5671, unless
/// given. In clear a password is sent only to a loopback address: for another, say so with
/// [`Builder::clear_text_login`]. The handshake is complete when this returns; each step has the deadline that
/// [`Builder`] describes.
///
/// Cancel-safe: dropping the future drops the connection.
///
/// # Errors
/// [`ConnectError`] says what was tried and what came of it.
pub async fn connect(url: &str) -> Result<Connection, ConnectError> {
    builder().url(url)?.connect().await
}

/// Opens a connection on a stream that exists already, with ANONYMOUS login; for more, give [`Io::new`] of the stream to
/// [`Builder::connect_on`].
///
/// # Errors
/// [`ConnectError`] says what came of it.
pub async fn connect_on<S>(stream: S) -> Result<Connection, ConnectError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    builder().connect_on(Io::new(stream)).await
}

/// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and tokens are
/// offered to clients on this machine; to others only over TLS, or where
/// [`insecure_allowed`](proto::SaslListener::insecure_allowed) says so.
///
/// # Errors
/// If the address cannot be had.
pub async fn listen(address: impl ToSocketAddrs, sasl: proto::SaslListener) -> std::io::Result<Listener> {
    Listener::bind(address, Options::default_listener(), Some(sasl)).await
}
