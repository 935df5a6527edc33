//! Tokio as a [`Runtime`]: its resolver, its TCP, its clock, its tasks.

use crate::{Io, TokioTimer};
use amqp_async::connect::{Runtime, TcpOptions};
use amqp_async::{Driver, Transport};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream, lookup_host};

/// Tokio, of any flavour, with I/O and time enabled. Each connection is one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokio;

impl Runtime for Tokio {
    type Stream = Io<TcpStream>;
    type Listener = TcpListener;
    type Timer = TokioTimer;

    fn timer(&self) -> TokioTimer {
        TokioTimer::default()
    }

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn connect(&self, address: SocketAddr, tcp: &TcpOptions) -> io::Result<Io<TcpStream>> {
        let stream = TcpStream::from_std(tcp.start(address)?)?;
        // not `writable`, which is for several tasks at once
        poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        match stream.take_error()? {
            Some(error) => Err(error),
            None => Ok(Io::new(stream)),
        }
    }

    fn listen(&self, socket: std::net::TcpListener) -> io::Result<TcpListener> {
        TcpListener::from_std(socket)
    }

    async fn accept(&self, listener: &TcpListener, tcp: &TcpOptions) -> io::Result<(Io<TcpStream>, SocketAddr)> {
        let (stream, address) = listener.accept().await?;
        tcp.apply(&stream)?;
        Ok((Io::new(stream), address))
    }

    fn spawn<T: Transport + Unpin + Send + 'static>(&self, driver: Driver<T, TokioTimer>) {
        tokio::spawn(driver);
    }
}
