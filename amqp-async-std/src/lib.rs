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

/// On async-std (feature `async-std`).
#[cfg(feature = "async-std")]
pub mod async_std {
    use crate::{AsyncIo, Executor, FuturesIo};
    use futures_io::{AsyncRead, AsyncWrite};

    amqp_async::runtime_verbs!(AsyncIo<AsyncStd>, FuturesIo over AsyncRead, AsyncWrite);

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
    use crate::{AsyncIo, Executor, FuturesIo};
    use futures_io::{AsyncRead, AsyncWrite};

    amqp_async::runtime_verbs!(AsyncIo<Smol>, FuturesIo over AsyncRead, AsyncWrite);

    /// The tasks of smol.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Smol;

    impl Executor for Smol {
        fn spawn(future: impl Future<Output = ()> + Send + 'static) {
            ::smol::spawn(future).detach();
        }
    }
}
