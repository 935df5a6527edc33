//! AMQP 1.0 for plain threads: the verbs of [`amqp_async`], synchronous, every one with a deadline.
//!
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connection = amqp_blocking::connect("amqp://guest:guest@localhost")?;
//! let session = connection.session()?;
//!
//! let sender = session.sender("orders")?;
//! let outcome = sender.send("12 crates")?;
//! println!("{outcome:?}");
//!
//! let receiver = session.receiver("orders")?;
//! let delivery = receiver.recv()?;
//! println!("{:?}", delivery.message()?.body);
//! delivery.accept()?;
//!
//! connection.close()?;
//! # Ok(()) }
//! ```
//!
//! # Who does the work
//!
//! A connection from [`connect()`], [`Builder`] or [`listen`] is serviced by **a thread of its own**: heartbeats,
//! settlements and what was submitted go on while the application is busy. The thread ends with the connection.
//!
//! A connection of a [`Pump`] is serviced by **the caller, with no thread at all**: while any thread waits in a verb,
//! in [`work`](Connection::work) or in [`sleep`](Connection::sleep). Several connections and listeners can share a pump.
//!
//! The handles are the same in both cases, `Send`, `Sync` and `Clone`, and can be used from many threads at once. A
//! thread that panics harms no other.
//!
//! # Deadlines
//!
//! | verbs | wait by default |
//! | --- | --- |
//! | to begin, attach, send, drain, detach, end, and for an outcome | as the connection's [`Timeouts`] say |
//! | to find, reach and secure the peer | as [`ConnectTimeouts`] say |
//! | the handshake, to close | as its [`Config`](proto::Config) says |
//! | `recv`, `accept`, `incoming_…`, `closed`, `detached`: what need not come | for ever |
//!
//! `within` and `until` give a handle that waits no longer than the caller wishes:
//!
//! ```no_run
//! # fn example(sender: amqp_blocking::Sender, receiver: amqp_blocking::Receiver) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! sender.within(Duration::from_secs(2)).send("12 crates")?;
//! for delivery in receiver.within(Duration::from_secs(10)).iter() {
//!     delivery?.accept()?;
//! }
//! # Ok(()) }
//! ```
//!
//! The error of a deadline that has passed is [`Error::Timeout`], which names the [`Step`]; nothing is lost by it. What
//! had begun is undone as if its future had been dropped: see the verb of the same name in [`amqp_async`].

//!
//! # Connections that come back, pools and the rest
//!
//! The [`client`] layer has one set of handles for all runtimes. [`Builder::connector`] makes its connections, a [`Pump`]
//! [spawns](Pump::spawn) what it brings along, and waits for its verbs, with a deadline ([`within`](Pump::within)) or without
//! ([`block_on`](Pump::block_on)); [`Session::inner`] and [`Connection::on`] and their like lead from one world to the other.

mod bell;
mod builder;
mod clock;
mod connection;
mod handle;
mod incoming;
mod listener;
mod park;
mod pieces;
mod pump;
mod reactor;
mod receiver;
mod receiver_set;
mod runtime;
mod sender;
mod socket;
mod source;
mod tasks;
mod ticks;

pub use amqp_async::connect::{
    Attempt, ClearTextLogin, ConnectError, ConnectTimeouts, TcpOptions, Url, UrlError, redacted,
};
pub use amqp_async::{
    Batch, BatchOptions, Confirmation, Delivery, Error, Fault, Incoming, OnDrop, Options, ReceiverGone, Recovery,
    SendError, Step, Timeouts, TrySendError, client, connect, proto, tls,
};
pub use builder::Builder;
pub use clock::Clock;
pub use connection::{Connection, Session, Work};
pub use incoming::{IncomingConnection, IncomingLink, IncomingReceiver, IncomingSender, IncomingSession};
pub use listener::Listener;
pub use pieces::{DeliveryReader, DeliveryWriter};
pub use pump::Pump;
pub use receiver::Receiver;
pub use receiver_set::ReceiverSet;
pub use sender::{Sender, Settlement};
pub use socket::StdStream;

use std::net::ToSocketAddrs;

/// Starts from defaults and a container-id made up at random.
pub fn builder() -> Builder {
    Builder::default()
}

/// Connects to the address that a URL names, `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, or `amqps://…` for TLS from the
/// first octet, and lets a thread of its own service the connection.
///
/// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672, with TLS 5671, unless
/// given. In clear a password is sent only to a loopback address: for another, say so with
/// [`Builder::clear_text_login`]. The handshake is complete when this returns; each step has the deadline that
/// [`Builder`] describes.
///
/// # Errors
/// [`ConnectError`] says what was tried and what came of it.
pub fn connect(url: &str) -> Result<Connection, ConnectError> {
    builder().url(url)?.connect()
}

/// Opens a connection on a stream that exists already, with ANONYMOUS login, and lets a thread of its own service it; for
/// more, see [`Builder::connect_on`].
///
/// # Errors
/// [`ConnectError`] says what came of it.
pub fn connect_on(stream: impl StdStream) -> Result<Connection, ConnectError> {
    builder().connect_on(stream)
}

/// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and tokens are
/// offered to clients on this machine; to others only over TLS, or where
/// [`insecure_allowed`](proto::SaslListener::insecure_allowed) says so.
///
/// # Errors
/// If the address cannot be had.
pub fn listen(address: impl ToSocketAddrs, sasl: proto::SaslListener) -> std::io::Result<Listener> {
    Listener::bind(address, Options::default_listener(), Some(sasl))
}

impl Pump {
    /// Starts from defaults; the connection is serviced by this pump.
    pub fn builder(&self) -> Builder {
        builder().serviced_by(self)
    }

    /// Connects as [`connect()`] does; the connection is serviced by this pump.
    ///
    /// # Errors
    /// [`ConnectError`] says what came of it.
    pub fn connect(&self, url: &str) -> Result<Connection, ConnectError> {
        self.builder().url(url)?.connect()
    }

    /// Listens as [`Listener::bind`] does; clients are serviced by this pump.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn listen(
        &self,
        address: impl ToSocketAddrs,
        options: Options,
        sasl: Option<proto::SaslListener>,
    ) -> std::io::Result<Listener> {
        Listener::on(self, Some(self.clone()), address, options, sasl)
    }
}
