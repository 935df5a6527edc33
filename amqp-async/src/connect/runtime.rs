//! What connecting needs of a runtime: names, TCP, time, and somebody to poll a driver. The rest of this module is
//! written once, on top of it.

use crate::connect::TcpOptions;
use crate::{Driver, Timer, Transport};
use std::future::Future;
use std::io;
use std::net::SocketAddr;

/// What differs between runtimes. Tokio, async-std, smol and plain threads each implement it in about a hundred lines;
/// [`Builder`](crate::connect::Builder) and [`Listener`](crate::connect::Listener) do everything else.
///
/// Nothing here has to wait in any way but by returning a future that is woken, so a thread that parks can be a
/// runtime too. Dropping a future gives up what it was about: its socket is closed.
pub trait Runtime: Clone {
    /// A connected TCP stream.
    type Stream: Transport + Unpin + Send + 'static;
    /// A socket that listens.
    type Listener;
    /// A clock with one alarm.
    type Timer: Timer + Unpin + Send + 'static;

    /// A clock of its own, with any epoch. Many are made: one for each connection, and some while it is being made.
    fn timer(&self) -> Self::Timer;

    /// The addresses of a host, in the order in which the system prefers them. `host` may be an address, without
    /// brackets. No deadline is needed: the caller has one.
    ///
    /// # Errors
    /// What the system says.
    fn resolve(&self, host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>>;

    /// Connects to one address: [`TcpOptions::start`] makes the socket, what is left is to wait until it can be
    /// written and to ask it for its error. No deadline is needed: the caller has one.
    ///
    /// # Errors
    /// What the system says.
    fn connect(&self, address: SocketAddr, tcp: &TcpOptions) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Takes over a non-blocking socket that listens.
    ///
    /// # Errors
    /// What the system says.
    fn listen(&self, socket: std::net::TcpListener) -> io::Result<Self::Listener>;

    /// Waits for the next client; [`TcpOptions::apply`] sets its socket's options. Cancel-safe.
    ///
    /// # Errors
    /// What the system says, such as too many open files.
    fn accept(
        &self,
        listener: &Self::Listener,
        tcp: &TcpOptions,
    ) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>>;

    /// Has the driver polled until it ends, by a task or a thread; its output is of no interest. Who wants to drive
    /// connections himself calls [`Builder::start`](crate::connect::Builder::start), which does without this.
    fn spawn<T: Transport + Unpin + Send + 'static>(&self, driver: Driver<T, Self::Timer>);
}
