//! The reactor of smol and async-std as a [`Runtime`].

use crate::AsyncIoTimer;
use amqp_async::connect::{Runtime, TcpOptions};
use amqp_async::{Driver, FuturesIo, Transport};
use async_io::Async;
use std::io;
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};

/// Who polls tasks; all that async-std and smol differ in.
pub trait Executor: Clone + Default {
    /// Has the future polled until it ends.
    fn spawn(future: impl Future<Output = ()> + Send + 'static);
}

/// The reactor of smol and async-std, with an executor. Each connection is one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsyncIo<E>(PhantomData<E>);

impl<E: Executor> Runtime for AsyncIo<E> {
    type Stream = FuturesIo<Async<TcpStream>>;
    type Listener = Async<TcpListener>;
    type Timer = AsyncIoTimer;

    fn timer(&self) -> AsyncIoTimer {
        AsyncIoTimer::default()
    }

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let host = host.to_owned();
        // the system's resolver blocks
        Ok(blocking::unblock(move || (host.as_str(), port).to_socket_addrs()).await?.collect())
    }

    async fn connect(&self, address: SocketAddr, tcp: &TcpOptions) -> io::Result<Self::Stream> {
        let stream = Async::new(tcp.start(address)?)?;
        stream.writable().await?;
        match stream.get_ref().take_error()? {
            Some(error) => Err(error),
            None => Ok(FuturesIo::new(stream)),
        }
    }

    fn listen(&self, socket: TcpListener) -> io::Result<Self::Listener> {
        Async::new(socket)
    }

    async fn accept(&self, listener: &Self::Listener, tcp: &TcpOptions) -> io::Result<(Self::Stream, SocketAddr)> {
        let (stream, address) = listener.accept().await?;
        tcp.apply(&stream)?;
        Ok((FuturesIo::new(stream), address))
    }

    fn spawn<T: Transport + Unpin + Send + 'static>(&self, driver: Driver<T, AsyncIoTimer>) {
        E::spawn(async {
            // the handles know how it ended
            let _ = driver.await;
        });
    }
}
