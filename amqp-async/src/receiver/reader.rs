//! A message that is received in pieces (§2.6.14), as they come: larger than memory.

use super::{Kept, Receiver, ReceiverRoot};
use crate::delivery::{Confirmation, Delivery};
use crate::error::Error;
use crate::state::State;
use crate::wait::Ticket;
use amqp_proto::codec::{self, DeliveryTag, Modified, Outcome};
use amqp_proto::{Chunk, Progress};
use bytes::Bytes;
use futures_core::Stream;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

impl Receiver {
    /// Waits for the next delivery to begin, to be read in pieces as they come. Until it is read to its end or its
    /// reader is dropped nothing else can be taken from this link.
    ///
    /// Pieces wait one by one from the first call on. What comes before it is put together as for
    /// [`recv`](Self::recv), up to [`PeerLimits::max_unread`](amqp_proto::PeerLimits::max_unread): of a link for large
    /// messages, ask for the first before there is any.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub async fn reader(&self) -> Result<DeliveryReader, Error> {
        let mut place = Place { receiver: self, ticket: None };
        poll_fn(|cx| self.link.with(|state| place.attempt(state, cx.waker()))).await
    }
}

/// A place among those who wait for a delivery, given up when dropped.
struct Place<'a> {
    receiver: &'a Receiver,
    ticket: Option<Ticket>,
}

impl Place<'_> {
    fn attempt(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<DeliveryReader, Error>> {
        match self.receiver.begin(state).transpose() {
            Some(result) => {
                self.receiver.leave(state, &mut self.ticket);
                Poll::Ready(result.map(|chunk| self.receiver.read_on(state, chunk)))
            }
            None => {
                self.receiver.wait(state, &mut self.ticket, waker);
                Poll::Pending
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let Self { receiver, ticket } = self;
            receiver.link.with(|state| receiver.leave(state, ticket));
        }
    }
}

impl Receiver {
    /// The reader of a delivery that begins so.
    fn read_on(&self, state: &mut State, Chunk { mut delivery, progress }: Chunk) -> DeliveryReader {
        let pieces = std::mem::take(&mut delivery.payload).chunks().iter().cloned().collect();
        let delivery = self.delivery(state, delivery);
        DeliveryReader { link: Arc::clone(&self.link), delivery, pieces, progress, failed: false }
    }

    /// The first piece of the next delivery, if one has begun; the link is its reader's then.
    fn begin(&self, state: &mut State) -> Result<Option<Chunk>, Error> {
        let link = &self.link;
        if let Some(first) = link.kept(&mut state.links, Kept::first).flatten() {
            return Ok(first.map(|delivery| Chunk { delivery, progress: Progress::Complete }));
        }
        let missing = match state.machine.receiver(link.id).map(|mut receiver| receiver.read()) {
            Ok(Some(chunk)) => {
                if chunk.progress == Progress::More {
                    link.keep(&mut state.links, |kept| kept.reading = true);
                    if let Some(entry) = state.links.get_mut(&link.id.into()) {
                        entry.waiting().holder.get_or_insert_default();
                    }
                }
                return Ok(Some(chunk));
            }
            Ok(None) => None,
            Err(misuse) => Some(Error::Misuse(misuse)),
        };
        link.fate.get().or(missing).map_or(Ok(None), Err)
    }
}

/// A message to be read in pieces as they come; see [`Receiver::reader`].
///
/// The session's window opens again as pieces are read, so a slow reader slows the sender down. It is settled as a
/// [`Delivery`] is, at the end or before: what is still to come is then dropped as it comes. The same becomes of a
/// message whose reader is dropped, with the outcome that [`OnDrop`](crate::OnDrop) says.
#[must_use = "a message whose reader is dropped unsettled is released to the sender"]
pub struct DeliveryReader {
    link: Arc<ReceiverRoot>,
    /// All but the content.
    delivery: Delivery,
    pieces: VecDeque<Bytes>,
    /// What follows those.
    progress: Progress,
    /// The stream has told why there is no more.
    failed: bool,
}

impl DeliveryReader {
    /// The next piece of the encoded message, as it came; `None` at its end.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// [`Error::Aborted`] if the sender has given the message up, or why the link is gone: what was read is to be
    /// forgotten then.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_piece(cx)).await
    }

    /// As [`piece`](Self::piece), for who polls.
    ///
    /// # Errors
    /// As for [`piece`](Self::piece).
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Poll::Ready(Ok(Some(piece)));
            }
            match self.progress {
                Progress::Complete => return Poll::Ready(Ok(None)),
                Progress::Aborted => return Poll::Ready(Err(Error::Aborted)),
                Progress::More => {
                    let link = Arc::clone(&self.link);
                    ready!(link.with(|state| self.more(state, cx.waker())))?;
                }
            }
        }
    }

    /// What is left of a piece.
    #[cfg(feature = "futures-io")]
    pub(crate) fn put_back(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.pieces.push_front(piece);
        }
    }

    /// Takes the next pieces, if they are here.
    fn more(&mut self, state: &mut State, waker: &Waker) -> Poll<Result<(), Error>> {
        let id = self.link.id;
        let missing = match state.machine.receiver(id).map(|mut receiver| receiver.read()) {
            Ok(Some(chunk)) => {
                self.take(state, chunk);
                return Poll::Ready(Ok(()));
            }
            Ok(None) => None,
            Err(misuse) => Some(Error::Misuse(misuse)),
        };
        if let Some(error) = self.link.fate.get().or(missing) {
            return Poll::Ready(Err(error));
        }
        if let Some(entry) = state.links.get_mut(&id.into()) {
            entry.waiting().holder.get_or_insert_default().waiting = Some(waker.clone());
        }
        Poll::Pending
    }

    fn take(&mut self, state: &mut State, Chunk { delivery, progress }: Chunk) {
        self.pieces.extend(delivery.payload.chunks().iter().cloned());
        self.delivery.learn(&delivery, &self.link, state);
        self.progress = progress;
        if progress != Progress::More {
            self.let_go(state);
        }
    }

    /// The link is for other deliveries again.
    fn let_go(&self, state: &mut State) {
        self.link.keep(&mut state.links, |kept| {
            kept.reading = false;
            kept.behind.call_all(&mut state.wake);
        });
        let Some(entry) = state.links.get_mut(&self.link.id.into()) else { return };
        entry.let_go(&mut state.wake);
        if let Some(member) = entry.set {
            member.tell(&mut state.sets, &mut state.wake);
        }
    }

    /// Drops what has come and will come.
    fn stop(&mut self) {
        if self.progress != Progress::More {
            return;
        }
        self.progress = Progress::Aborted;
        let (link, id) = (Arc::clone(&self.link), self.delivery.id());
        link.with(|state| {
            if let Ok(mut receiver) = state.machine.receiver(link.id) {
                receiver.skip(id);
            }
            self.let_go(state);
        });
    }

    /// The sender's name for the delivery (§2.6.12).
    #[must_use]
    pub fn tag(&self) -> DeliveryTag {
        self.delivery.tag()
    }

    /// What kind of message it is; 0 is that of §3.2.
    #[must_use]
    pub fn message_format(&self) -> u32 {
        self.delivery.message_format()
    }

    /// Whether there is nothing to settle, as far as is known: a sender may also settle with the last piece (§2.6.12).
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.delivery.is_settled()
    }

    /// The message has been processed (§3.4.2).
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn accept(self) -> Result<(), Error> {
        self.settle(Outcome::Accepted)
    }

    /// The message is invalid and cannot be processed (§3.4.3), for this reason.
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn reject(self, error: impl Into<Option<codec::Error>>) -> Result<(), Error> {
        self.settle(crate::delivery::rejected(error.into()))
    }

    /// The message was not and will not be processed here (§3.4.4).
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn release(self) -> Result<(), Error> {
        self.settle(Outcome::Released)
    }

    /// As [`release`](Self::release), with changes to the message (§3.4.5).
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn modify(self, modified: Modified) -> Result<(), Error> {
        self.settle(Outcome::Modified(Box::new(modified)))
    }

    /// Settles with any outcome.
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn settle(mut self, outcome: Outcome) -> Result<(), Error> {
        let settled = self.delivery.dispose(outcome);
        self.stop();
        settled
    }

    /// As [`settle`](Self::settle), and tells when the sender has settled too; see [`Delivery::settle_confirmed`].
    ///
    /// # Errors
    /// As for [`Delivery::accept`].
    pub fn settle_confirmed(mut self, outcome: Outcome) -> Result<Confirmation, Error> {
        let confirmation = self.delivery.confirm(outcome);
        self.stop();
        confirmation
    }
}

/// The pieces as they come, and the error if they end before the message does.
impl Stream for DeliveryReader {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.failed {
            return Poll::Ready(None);
        }
        let piece = ready!(this.poll_piece(cx));
        this.failed = piece.is_err();
        Poll::Ready(piece.transpose())
    }
}

impl Drop for DeliveryReader {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for DeliveryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryReader").field("delivery", &self.delivery).field("progress", &self.progress).finish()
    }
}
