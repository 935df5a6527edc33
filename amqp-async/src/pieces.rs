//! Messages in pieces as streams of octets, of the `futures-io` traits.

use crate::{DeliveryReader, DeliveryWriter};
use bytes::Buf;
use futures_io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What is written becomes the body, a data section (§3.2.6) a write. Closing makes the message whole;
/// [`finish`](DeliveryWriter::finish) then gives its settlement. Feature `futures-io`.
impl AsyncWrite for DeliveryWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        DeliveryWriter::poll_write(self.get_mut(), cx, octets).map_err(Into::into)
    }

    /// Nothing is held back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        DeliveryWriter::poll_close(self.get_mut(), cx).map_err(Into::into)
    }
}

/// The octets of the encoded message, as [`piece`](DeliveryReader::piece) gives them. Feature `futures-io`.
impl AsyncRead for DeliveryReader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        if room.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let this = self.get_mut();
        let Some(mut piece) = ready!(this.poll_piece(cx))? else { return Poll::Ready(Ok(0)) };
        let read = piece.len().min(room.len());
        piece.copy_to_slice(&mut room[..read]);
        this.put_back(piece);
        Poll::Ready(Ok(read))
    }
}
