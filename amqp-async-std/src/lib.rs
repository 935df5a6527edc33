//! AMQP 1.0 on async-std (feature `async-std`) and on smol (feature `smol`): connect, listen, TCP, timers and spawn for
//! the handles of [`amqp_async`], which hold everything else and are re-exported here.
//!
//! async-std is [no longer maintained](https://rustsec.org/advisories/RUSTSEC-2025-0052); smol is its successor, by the
//! same authors and on the same reactor. What is here runs on that reactor, and differs in who polls the tasks only: to
//! move from `async_std` to `smol` is to change one word.
//!
//! ```no_run
//! # #[cfg(feature = "smol")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connection = amqp_async_std::smol::connect("amqp://guest:guest@localhost").await?;
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

mod runtime;
mod timer;

pub use amqp_async::connect::{
    Attempt, ClearTextLogin, ConnectError, ConnectTimeouts, TcpOptions, Url, UrlError, redacted,
};
pub use amqp_async::*;
pub use runtime::{AsyncIo, Executor};
pub use timer::AsyncIoTimer;

/// The verbs of one runtime, which are the same for each.
#[cfg(any(feature = "async-std", feature = "smol"))]
macro_rules! verbs {
    ($executor:ident) => {
        use crate::runtime::{AsyncIo, Executor};
        use amqp_async::connect::{self, ConnectError};
        use amqp_async::{Connection, FuturesIo, Options, proto::SaslListener};
        use futures_io::{AsyncRead, AsyncWrite};

        /// Settings of a client's connection, on this runtime.
        pub type Builder = connect::Builder<AsyncIo<$executor>>;

        /// Waits for clients on a TCP address, on this runtime.
        pub type Listener = connect::Listener<AsyncIo<$executor>>;

        /// Starts from defaults and a container-id made up at random.
        pub fn builder() -> Builder {
            Builder::default()
        }

        /// Connects to the address that a URL names: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, or `amqps://…` for TLS
        /// from the first octet.
        ///
        /// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672, with TLS
        /// 5671, unless given. In clear a password is sent only to a loopback address: for another, say so with
        /// [`Builder::clear_text_login`].
        ///
        /// Cancel-safe: dropping the future drops the connection.
        ///
        /// # Errors
        /// [`ConnectError`] says what was tried and what came of it.
        pub async fn connect(url: &str) -> Result<Connection, ConnectError> {
            builder().url(url)?.connect().await
        }

        /// Opens a connection on a stream that exists already, with ANONYMOUS login; for more, give
        /// [`FuturesIo::new`] of the stream to [`Builder::connect_on`].
        ///
        /// # Errors
        /// [`ConnectError`] says what came of it.
        pub async fn connect_on<S>(stream: S) -> Result<Connection, ConnectError>
        where
            S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        {
            builder().connect_on(FuturesIo::new(stream)).await
        }

        /// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and
        /// tokens are offered to clients on this machine; to others only over TLS, or where
        /// [`insecure_allowed`](SaslListener::insecure_allowed) says so.
        ///
        /// # Errors
        /// If the address cannot be had.
        pub async fn listen(address: impl std::net::ToSocketAddrs, sasl: SaslListener) -> std::io::Result<Listener> {
            Listener::bind(address, Options::default_listener(), Some(sasl)).await
        }
    };
}

/// On async-std (feature `async-std`).
#[cfg(feature = "async-std")]
pub mod async_std {
    verbs!(AsyncStd);

    /// The tasks of async-std.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct AsyncStd;

    impl Executor for AsyncStd {
        fn spawn(future: impl Future<Output = ()> + Send + 'static) {
            ::async_std::task::spawn(future);
        }
    }
}

/// On smol (feature `smol`): its global executor.
#[cfg(feature = "smol")]
pub mod smol {
    verbs!(Smol);

    /// The tasks of smol.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Smol;

    impl Executor for Smol {
        fn spawn(future: impl Future<Output = ()> + Send + 'static) {
            ::smol::spawn(future).detach();
        }
    }
}
