#![doc = include_str!("../README.md")]

pub use amqp_async::client;
pub use amqp_async::{
    Connection, Delivery, Driver, Error, Fault, Incoming, IncomingConnection, IncomingLink, IncomingReceiver,
    IncomingSender, IncomingSession, Options, READ_SIZE, Receiver, Recovery, Recv, SendError, Sender, Session,
    Settlement, Step, Submit, Timeouts, Timer, Transport, TrySendError,
};
pub use amqp_codec::{Message, Outcome, Value};

/// The codec: types, frames, performatives, message sections.
pub use amqp_codec as codec;
/// The protocol core: bytes in, events and bytes out.
pub use amqp_proto as proto;

/// For plain threads (feature `blocking`).
#[cfg(feature = "blocking")]
pub use amqp_blocking as blocking;
/// On Tokio (feature `tokio`): connect and listen.
#[cfg(feature = "tokio")]
pub use amqp_tokio as tokio;
