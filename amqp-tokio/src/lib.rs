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
//! What a URL cannot say, [`Builder`] can:
//!
//! ```no_run
//! use amqp_tokio::{Builder, proto::{Config, SaslClient}};
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), amqp_tokio::ConnectError> {
//! let connection = Builder::new(Config::builder("my-container").max_frame_size(1 << 20))
//!     .host("localhost")
//!     .port(5672)
//!     .login(SaslClient::plain("guest", "guest"))
//!     .connect_timeout(Some(Duration::from_secs(2)))
//!     .connect()
//!     .await?;
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

use tokio::io::{AsyncRead, AsyncWrite};

amqp_async::runtime_verbs!(Tokio, Io over AsyncRead, AsyncWrite);
