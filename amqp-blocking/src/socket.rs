//! Sockets: streams of octets as [`Transport`]s, connecting, accepting.

use crate::reactor::Reactor;
use crate::source::{Direction, Source};
use amqp_async::Transport;
use bytes::{BufMut, BytesMut};
use mio::Interest;
use mio::event::Source as MioSource;
use mio::net::{TcpListener, TcpStream};
use socket2::SockRef;
use std::fmt::Debug;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Octets of room for a read where there is no buffer.
const FIRST_ROOM: usize = 4 * 1024;

/// A stream of octets that both directions can use through a shared reference, and that can be told to write no more.
pub trait Stream: MioSource + Debug + Unpin + Send + 'static {
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;
    /// As `read`, into room in which nothing was ever written.
    fn receive(&self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize>;
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
            fn read(&self, room: &mut [u8]) -> io::Result<usize> {
                (&mut &*self).read(room)
            }

            fn receive(&self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
                SockRef::from(self).recv(room)
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

    fn note(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(1..)) = done {
            self.0.reactor().moved();
        }
        done
    }
}

impl<S: Stream> Socket<S> {
    /// Reads where there is no buffer: while nothing comes, none is made.
    fn poll_first_read(&self, cx: &Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let mut room = [0; FIRST_ROOM];
        let is_all = |octets: &usize| (1..FIRST_ROOM).contains(octets);
        let read = ready!(self.0.poll_some(Direction::Read, cx, |stream| stream.read(&mut room), is_all))?;
        buffer.extend_from_slice(room.get(..read).ok_or(ErrorKind::InvalidData)?);
        Poll::Ready(Ok(read))
    }

    /// Reads behind what the buffer holds, as far as it has room: what arrives is written once, and room that nothing comes
    /// for is not written at all. Through octets written before, as [`FuturesIo`](amqp_async::FuturesIo) has it, a receiver
    /// took 6 % more of the processor's time, with bodies of 100 octets as with such of 64 KiB and 1 MiB.
    #[expect(unsafe_code, reason = "nothing safe appends to a BytesMut what the system has written there")]
    fn poll_append(&self, cx: &Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let room = buffer.spare_capacity_mut();
        let most = room.len();
        let is_all = |octets: &usize| (1..most).contains(octets);
        let read = ready!(self.0.poll_some(Direction::Read, cx, |stream| stream.receive(room), is_all))?;
        if read > most {
            return Poll::Ready(Err(ErrorKind::InvalidData.into()));
        }
        // SAFETY: recv(2) has returned `read`, so that it has written as many octets from the front of `room`, which is the
        // buffer's capacity behind its length; nobody has touched the buffer since; and they are not more than fit.
        unsafe { buffer.advance_mut(read) };
        Poll::Ready(Ok(read))
    }
}

impl<S: Stream> Transport for Socket<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let is_full = buffer.len() == buffer.capacity();
        let read = if is_full { self.poll_first_read(cx, buffer) } else { self.poll_append(cx, buffer) };
        self.note(read)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = self.0.poll_io(Direction::Write, cx, |stream| stream.write(slices));
        self.note(written)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
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
