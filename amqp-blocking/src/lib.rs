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
//! A connection from [`connect`], [`connect_on`] or [`listen`] is serviced by **a thread of its own**: heartbeats,
//! settlements and what was submitted go on while the application is busy. The thread ends with the connection.
//!
//! A connection from a [`Pump`] is serviced by **the caller, with no thread at all**: while any thread waits in a verb,
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

mod clock;
mod connect;
mod connection;
mod handle;
mod incoming;
mod io;
mod listener;
mod park;
mod pieces;
mod pump;
mod reactor;
mod receiver;
mod sender;
mod socket;

pub use amqp_async::{
    Batch, BatchOptions, Confirmation, Delivery, Error, Fault, Incoming, OnDrop, Options, Recovery, SendError, Step,
    Timeouts, TrySendError, proto,
};
pub use connect::ConnectError;
pub use connection::{Connection, Session, Work};
pub use incoming::{IncomingConnection, IncomingLink, IncomingReceiver, IncomingSender, IncomingSession};
pub use listener::Listener;
pub use pieces::{DeliveryReader, DeliveryWriter};
pub use pump::Pump;
pub use receiver::Receiver;
pub use sender::{Sender, Settlement};
pub use socket::StdStream;

use connect::Servicing;
use std::net::ToSocketAddrs;

/// Connects to the address that a URL names, `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, and lets a thread of its own service
/// the connection.
///
/// User and password are percent-decoded; without them the login is ANONYMOUS. The port is 5672 unless given. A password
/// is sent only to a loopback address. The handshake is complete when this returns. Finding the host has no deadline but
/// the system's, connecting to it 5 s, and the handshake that of [`Config`](proto::ConfigBuilder::handshake_timeout).
///
/// # Errors
/// [`ConnectError`] says what came of it.
pub fn connect(url: &str) -> Result<Connection, ConnectError> {
    connect::connect(&new_pump()?, Servicing::Thread, url)
}

/// Opens a connection on a stream that exists already, and lets a thread of its own service it.
///
/// # Errors
/// [`ConnectError`] says what came of it.
pub fn connect_on(
    stream: impl StdStream,
    options: &Options,
    login: Option<proto::SaslClient>,
) -> Result<Connection, ConnectError> {
    connect::connect_on(&new_pump()?, Servicing::Thread, stream, options, login)
}

/// Listens on a TCP address with default options, offering what `sasl` says; see [`Listener::bind`]. PLAIN and tokens are
/// offered to clients on this machine; to others only where
/// [`insecure_allowed`](proto::SaslListener::insecure_allowed) says so.
///
/// # Errors
/// If the address cannot be had.
pub fn listen(address: impl ToSocketAddrs, sasl: proto::SaslListener) -> std::io::Result<Listener> {
    Listener::bind(address, connect::default_options(), Some(sasl))
}

fn new_pump() -> Result<Pump, ConnectError> {
    Pump::new().map_err(|source| ConnectError::Connect { target: "the peer".to_owned(), source })
}

impl Pump {
    /// Connects as [`connect`] does; the connection is serviced by this pump.
    ///
    /// # Errors
    /// [`ConnectError`] says what came of it.
    pub fn connect(&self, url: &str) -> Result<Connection, ConnectError> {
        connect::connect(self, Servicing::Caller, url)
    }

    /// Opens a connection as [`connect_on`] does; it is serviced by this pump.
    ///
    /// # Errors
    /// [`ConnectError`] says what came of it.
    pub fn connect_on(
        &self,
        stream: impl StdStream,
        options: &Options,
        login: Option<proto::SaslClient>,
    ) -> Result<Connection, ConnectError> {
        connect::connect_on(self, Servicing::Caller, stream, options, login)
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
        Listener::on(self, Servicing::Caller, address, options, sasl)
    }
}
