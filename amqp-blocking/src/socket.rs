//! Sockets: octet streams for the `futures-io` traits, so that TLS can be laid upon them, connecting, accepting.

use crate::reactor::{Direction, Reactor, Source};
use futures_io::{AsyncRead, AsyncWrite};
use mio::Interest;
use mio::event::Source as MioSource;
use mio::net::{TcpListener, TcpStream};
use std::fmt::Debug;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A stream of octets that both directions can use through a shared reference, and that can be told to write no more.
pub trait Stream: MioSource + Debug + Unpin + Send + 'static {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;
    fn shutdown(&self) -> io::Result<()>;
}

/// A stream of the standard library that a connection can be opened on: TCP, and on Unix a Unix socket.
pub trait StdStream {
    /// The same, watched.
    #[doc(hidden)]
    type Stream: Stream;

    /// Ends blocking.
    #[doc(hidden)]
    fn into_stream(self) -> io::Result<Self::Stream>;
}

macro_rules! stream {
    ($std:ty, $type:ty) => {
        impl Stream for $type {
            fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
                (&mut &*self).read(buffer)
            }

            fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
                match slices {
                    [only] => (&mut &*self).write(only),
                    several => (&mut &*self).write_vectored(several),
                }
            }

            fn shutdown(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }

        impl StdStream for $std {
            type Stream = $type;

            fn into_stream(self) -> io::Result<Self::Stream> {
                self.set_nonblocking(true)?;
                Ok(<$type>::from_std(self))
            }
        }
    };
}

stream!(std::net::TcpStream, TcpStream);
#[cfg(unix)]
stream!(std::os::unix::net::UnixStream, mio::net::UnixStream);

/// A connected socket.
#[derive(Debug)]
pub struct Socket<S: Stream>(Source<S>);

impl<S: Stream> Socket<S> {
    pub(crate) fn new(reactor: &Arc<Reactor>, stream: S) -> io::Result<Self> {
        Source::new(reactor, stream, Interest::READABLE | Interest::WRITABLE).map(Self)
    }

    /// Takes over a stream of the standard library.
    pub(crate) fn over(reactor: &Arc<Reactor>, stream: impl StdStream<Stream = S>) -> io::Result<Self> {
        Self::new(reactor, stream.into_stream()?)
    }

    fn count(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(octets @ 1..)) = done {
            self.0.reactor().moved(octets);
        }
        done
    }
}

impl<S: Stream> AsyncRead for Socket<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let room = buffer.len();
        let read =
            self.0.poll_some(Direction::Read, cx, |stream| stream.read(buffer), |octets| (1..room).contains(octets));
        self.count(read)
    }
}

impl<S: Stream> AsyncWrite for Socket<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.0.poll_io(Direction::Write, cx, |stream| stream.write(slices));
        self.count(written)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.io().shutdown())
    }
}

impl Socket<TcpStream> {
    /// Waits until it is connected, or has failed: then a socket can be written to.
    pub(crate) async fn connected(&self) -> io::Result<()> {
        poll_fn(|cx| self.0.poll_io(Direction::Write, cx, is_connected)).await
    }
}

fn is_connected(stream: &TcpStream) -> io::Result<()> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Err(error) if error.kind() == ErrorKind::NotConnected => Err(ErrorKind::WouldBlock.into()),
        other => other.map(drop),
    }
}

/// A listening socket.
#[derive(Clone, Debug)]
pub struct Acceptor(Arc<Source<TcpListener>>);

impl Acceptor {
    pub(crate) fn new(reactor: &Arc<Reactor>, listener: std::net::TcpListener) -> io::Result<Self> {
        let source = Source::new(reactor, TcpListener::from_std(listener), Interest::READABLE)?;
        Ok(Self(Arc::new(source)))
    }

    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.0.poll_io(Direction::Read, cx, TcpListener::accept)).await
    }
}
