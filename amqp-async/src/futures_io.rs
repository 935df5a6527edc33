//! The streams of the `futures-io` traits (async-std, smol, anything over `polling`) as a [`Transport`].

use crate::{READ_SIZE, Transport};
use bytes::BytesMut;
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Octets of the first read; reads grow as they are filled, so that a quiet connection keeps little.
const FIRST_ROOM: usize = 4 * 1024;

/// Any stream of the `futures-io` traits: TCP, a Unix socket, a pipe in memory. Feature `futures-io`.
///
/// Those traits read into octets that are written already, which the driver's buffer does not have. So a read goes
/// through a room of this stream's own, zeroed once, and what has arrived is copied: that costs by the octet that
/// arrives, where zeroing the driver's buffer would cost by the octet that could.
#[derive(Debug)]
pub struct FuturesIo<S> {
    stream: S,
    /// Where a read goes; empty while nothing has been read for a while.
    room: Vec<u8>,
}

impl<S> FuturesIo<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Self {
        Self { stream, room: Vec::new() }
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream itself. What has been read of it has been handed on.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for FuturesIo<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        if self.room.is_empty() || (buffer.capacity() == 0 && self.room.len() > FIRST_ROOM) {
            // the driver has given its buffer back, since nothing was moving
            self.room = vec![0; FIRST_ROOM];
        }
        // what does not fit into the buffer would move what is there
        let spare = buffer.capacity() - buffer.len();
        let most = if spare == 0 { self.room.len() } else { self.room.len().min(spare) };
        let room = self.room.get_mut(..most).unwrap_or_default();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, room))?;
        let arrived = self.room.get(..read).ok_or(io::ErrorKind::InvalidData)?;
        buffer.extend_from_slice(arrived);
        if read == self.room.len() && read < READ_SIZE {
            self.room = vec![0; READ_SIZE.min(read * 2)];
        }
        Poll::Ready(Ok(read))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        match slices {
            [only] => stream.poll_write(cx, only),
            several => stream.poll_write_vectored(cx, several),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    /// Gives what it has, as much as fits; keeps what is written, in how many slices, and whether it was closed.
    #[derive(Default)]
    struct Script {
        arriving: Vec<u8>,
        rooms: Vec<usize>,
        written: Vec<u8>,
        slices: Vec<usize>,
        closed: bool,
    }

    impl AsyncRead for Script {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
            self.rooms.push(room.len());
            let arrived = room.len().min(self.arriving.len());
            for (to, from) in room.iter_mut().zip(self.arriving.drain(..arrived)) {
                *to = from;
            }
            if arrived == 0 { Poll::Pending } else { Poll::Ready(Ok(arrived)) }
        }
    }

    impl AsyncWrite for Script {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(octets)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.slices.push(slices.len());
            slices.iter().for_each(|slice| self.written.extend_from_slice(slice));
            Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.closed = true;
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn reads_grow_as_they_are_filled_and_shrink_after_rest() {
        let arriving: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let mut io = FuturesIo::new(Script { arriving: arriving.clone(), ..Script::default() });
        let mut cx = Context::from_waker(Waker::noop());
        let mut buffer = BytesMut::new();
        while io.poll_read(&mut cx, &mut buffer).is_ready() {}
        assert!(buffer == arriving, "what arrives is appended, in order");
        let rooms = io.get_ref().rooms.clone();
        assert_eq!(rooms[..5], [4096, 8192, 16_384, 32_768, READ_SIZE]);
        assert_eq!(rooms.iter().max(), Some(&READ_SIZE));
        buffer = BytesMut::new();
        assert!(io.poll_read(&mut cx, &mut buffer).is_pending());
        assert_eq!(io.into_inner().rooms.last(), Some(&FIRST_ROOM));
    }

    #[test]
    fn several_slices_are_one_write_and_the_end_is_a_close() {
        let mut io = FuturesIo::new(Script::default());
        let mut cx = Context::from_waker(Waker::noop());
        let slices = [b"ab", b"cd"].map(|octets| IoSlice::new(octets));
        assert!(matches!(io.poll_write(&mut cx, &slices), Poll::Ready(Ok(4))));
        assert!(matches!(io.poll_write(&mut cx, &slices[..1]), Poll::Ready(Ok(2))));
        assert!(io.poll_flush(&mut cx).is_ready() && io.poll_shutdown(&mut cx).is_ready());
        let script = io.into_inner();
        assert_eq!((script.written, script.slices, script.closed), (b"abcdab".to_vec(), vec![2, 1], true));
    }
}
