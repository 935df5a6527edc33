//! A pipe in memory as a stream of the futures-io traits.

use crate::support::PipeEnd;
use amqp_async::Transport;
use bytes::{Buf, BytesMut};
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pub(crate) struct Pipe {
    end: PipeEnd,
    /// What was too much for the reader.
    kept: BytesMut,
}

impl Pipe {
    pub(crate) fn new(end: PipeEnd) -> Self {
        Self { end, kept: BytesMut::new() }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.kept.is_empty() {
            ready!(this.end.poll_read(cx, &mut this.kept))?;
        }
        let read = this.kept.len().min(room.len());
        this.kept.copy_to_slice(&mut room[..read]);
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().end.poll_write(cx, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().end.poll_write(cx, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().end.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().end.poll_shutdown(cx)
    }
}
