#![doc = include_str!("../README.md")]

#[cfg(feature = "futures-io")]
pub use amqp_async::FuturesIo;
pub use amqp_async::client;
pub use amqp_async::{
    Batch, BatchOptions, Confirmation, Connection, Delivery, DeliveryReader, DeliveryWriter, Driver, Error, Fault,
    Incoming, IncomingConnection, IncomingLink, IncomingReceiver, IncomingSender, IncomingSession, OnDrop, Options,
    READ_SIZE, Receiver, ReceiverGone, ReceiverSet, Recovery, Recv, SendError, Sender, Sending, Session, Settlement,
    Step, Submit, Timeouts, Timer, Transport, TrySendError, recording,
};
pub use amqp_codec::{Message, Outcome, Value};

/// Connecting and listening, for all runtimes.
pub use amqp_async::connect;
/// TLS, for all runtimes (features `rustls`, `rustls-no-provider`, `native-tls`).
pub use amqp_async::tls;
/// The codec: types, frames, performatives, message sections.
pub use amqp_codec as codec;
/// The protocol core: bytes in, events and bytes out.
pub use amqp_proto as proto;

/// On async-std (feature `async-std`), which is no longer maintained; [`smol`] is its successor.
#[cfg(feature = "async-std")]
pub use amqp_async_std::async_std;
/// On smol (feature `smol`): connect and listen.
#[cfg(feature = "smol")]
pub use amqp_async_std::smol;
/// For plain threads (feature `blocking`).
#[cfg(feature = "blocking")]
pub use amqp_blocking as blocking;
/// On Tokio (feature `tokio`): connect and listen.
#[cfg(feature = "tokio")]
pub use amqp_tokio as tokio;

/// The pages of `docs/patterns`, whose examples run as documentation tests.
#[cfg(all(doctest, feature = "tokio"))]
mod patterns {
    macro_rules! pages {
        ($($name:ident: $page:literal,)*) => {
            $(#[doc = include_str!(concat!("../docs/patterns/", $page, ".md"))]
            mod $name {})*
        };
    }

    pages! {
        lifecycle: "lifecycle",
        identity: "identity",
        sessions: "sessions",
        pool: "pool",
        monitor: "monitor",
        heartbeats: "heartbeats",
        credit: "credit",
        windows: "windows",
        recovery: "recovery",
        ensure_connected: "ensure-connected",
        profiles: "profiles",
        threads: "threads",
        trace: "trace",
        sending: "sending",
    }
}
