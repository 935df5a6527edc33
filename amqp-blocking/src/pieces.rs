//! Messages that are sent and received in pieces (§2.6.14), by a thread.

use crate::handle::{Waiting, same};
use crate::sender::Settlement;
use amqp_async::proto::codec::{self, DeliveryTag, Modified, Outcome};
use amqp_async::{Confirmation, Error, SendError, Step};
use bytes::Bytes;
use futures_io::AsyncRead;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::pin::Pin;

/// A message of which the application gives one piece after the other; see [`Sender::writer`](crate::Sender::writer).
///
/// One piece is held at a time, so a slow peer slows the application down. It waits as long as the sender that it came
/// from. **Dropped unfinished, the message is aborted**: the receiver forgets what came of it.
#[must_use = "a message that is not finished is aborted"]
#[derive(Debug)]
pub struct DeliveryWriter {
    inner: amqp_async::DeliveryWriter,
    waiting: Waiting,
}

impl DeliveryWriter {
    pub(crate) fn new(inner: amqp_async::DeliveryWriter, waiting: &Waiting) -> Self {
        Self { inner, waiting: waiting.clone() }
    }

    /// Gives the next piece of the encoded message, when the one before it has left.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause. After a time-out the piece was not taken, and the message is unfinished.
    pub fn write(&mut self, piece: impl Into<Bytes>) -> Result<(), SendError> {
        self.waiting.send(self.inner.write(piece))
    }

    /// As [`write`](Self::write), for a piece of the body: makes a data section of it (§3.2.6).
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn write_data(&mut self, octets: impl Into<Bytes>) -> Result<(), SendError> {
        self.waiting.send(self.inner.write_data(octets))
    }

    /// Gives the last piece, which may be empty; the message is whole then.
    ///
    /// # Errors
    /// As for [`write`](Self::write); the message is aborted then.
    pub fn finish(self, last: impl Into<Bytes>) -> Result<Settlement, SendError> {
        let inner = self.waiting.send(self.inner.finish(last))?;
        Ok(Settlement::new(inner, &self.waiting))
    }

    /// Gives the message up. As dropping it.
    pub fn abort(self) {
        self.inner.abort();
    }

    /// Whether the receiver has settled the message although it is not whole.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.inner.is_settled()
    }
}

/// What is written becomes the body, a data section (§3.2.6) a write; nothing is held back.
impl Write for DeliveryWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let writing = poll_fn(|cx| self.inner.poll_write(cx, octets));
        Ok(self.waiting.send(writing)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A delivery that is read in pieces as they come; see [`Receiver::reader`](crate::Receiver::reader).
///
/// It waits as long as the receiver that it came from.
#[must_use = "a delivery that is dropped unsettled is released to the sender"]
#[derive(Debug)]
pub struct DeliveryReader {
    inner: amqp_async::DeliveryReader,
    waiting: Waiting,
}

impl DeliveryReader {
    pub(crate) fn new(inner: amqp_async::DeliveryReader, waiting: &Waiting) -> Self {
        Self { inner, waiting: waiting.clone() }
    }

    /// The next piece of the encoded message, as it came; `None` at its end.
    ///
    /// # Errors
    /// Time-out; [`Error::Aborted`] if the sender has given the message up, or why the link is gone: what was read is to
    /// be forgotten then.
    pub fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        self.waiting.wait(Step::Receive, self.inner.piece())
    }
}

/// The octets of the encoded message, as [`piece`](DeliveryReader::piece) gives them.
impl Read for DeliveryReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let reading = poll_fn(|cx| Pin::new(&mut self.inner).poll_read(cx, room));
        self.waiting.maybe(reading).unwrap_or_else(|| Err(Error::Timeout(Step::Receive).into()))
    }
}

same! {
    DeliveryReader {
        /// The sender's name for the delivery (§2.6.12).
        #[must_use]
        tag(&self) -> DeliveryTag;
        /// What kind of message it is; 0 is that of §3.2.
        #[must_use]
        message_format(&self) -> u32;
        /// Whether there is nothing to settle, as far as is known: a sender may also settle with the last piece (§2.6.12).
        #[must_use]
        is_settled(&self) -> bool;
    }
}

same! {
    DeliveryReader {
        /// The message has been processed (§3.4.2).
        accept(self) -> Result<(), Error>;
        /// The message is invalid and cannot be processed (§3.4.3), for this reason.
        reject(self, error: impl Into<Option<codec::Error>>) -> Result<(), Error>;
        /// The message was not and will not be processed here (§3.4.4).
        release(self) -> Result<(), Error>;
        /// As [`release`](Self::release), with changes to the message (§3.4.5).
        modify(self, modified: Modified) -> Result<(), Error>;
        /// Settles it with any outcome, read to its end or not.
        settle(self, outcome: Outcome) -> Result<(), Error>;
        /// As [`settle`](Self::settle), and tells when the sender has settled too; see
        /// [`Receiver::confirmed`](crate::Receiver::confirmed).
        settle_confirmed(self, outcome: Outcome) -> Result<Confirmation, Error>;
    }
}
