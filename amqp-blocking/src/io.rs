//! Streams of `futures-io` as a [`Transport`].

use amqp_async::{READ_SIZE, Transport};
use bytes::BytesMut;
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Room for the first read; it grows as reads fill it, so that a quiet connection keeps little.
const FIRST_ROOM: usize = 4 * 1024;

/// Any stream with the traits of `futures-io`.
pub(crate) struct Io<S> {
    stream: S,
    /// How much room a read is given.
    room: usize,
}

impl<S> Io<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, room: FIRST_ROOM }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Io<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        if buffer.capacity() == 0 {
            // the driver has given its buffer back, since nothing was moving
            self.room = FIRST_ROOM;
        }
        let filled = buffer.len();
        buffer.resize(filled + self.room, 0);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut buffer[filled..]);
        let octets = if let Poll::Ready(Ok(octets)) = read { octets } else { 0 };
        buffer.truncate(filled + octets);
        if octets == self.room {
            self.room = READ_SIZE.min(self.room * 2);
        }
        read
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
