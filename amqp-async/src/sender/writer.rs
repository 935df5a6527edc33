//! A message that is sent in pieces (§2.6.14): larger than memory, or not known as a whole.

use super::{Sender, Settlement};
use crate::READ_SIZE;
use crate::deadline::Limit;
use crate::error::{Error, SendError, Step};
use crate::state::State;
use amqp_proto::codec::Message;
use amqp_proto::codec::message::Body;
use amqp_proto::{Blocked, Misuse};
use bytes::Bytes;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::{fmt, mem};

/// A message of which the application gives one piece after the other; see [`Sender::writer`].
///
/// One piece is held at a time: the next is taken when the one before has left for the transport, so a slow peer
/// slows the application down. **Dropped unfinished, the message is aborted** (§2.6.14): the receiver forgets
/// what came of it.
#[must_use = "a message that is not finished is aborted"]
pub struct DeliveryWriter {
    sender: Sender,
    token: Option<u64>,
    unfinished: bool,
    /// Of a piece that is given by polling.
    limit: Limit,
    /// What [`finish`](Self::finish) gives, if polling has finished it.
    whole: Option<Settlement>,
}

impl DeliveryWriter {
    pub(super) fn new(sender: Sender, token: Option<u64>) -> Self {
        sender.link.with(|state| {
            if let Some(entry) = state.links.get_mut(&sender.link.id.into()) {
                entry.waiting().holder.get_or_insert_default();
            }
        });
        Self { sender, token, unfinished: true, limit: Limit::Never, whole: None }
    }

    /// Gives the next piece of the encoded message, when the one before it has left.
    ///
    /// Cancel-safe: a piece whose future was dropped was not taken, and the message is still unfinished.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause: the link is gone, time-out ([`Step::Send`]), or
    /// [`Error::TooLarge`](crate::Error::TooLarge), after which the message can only be dropped.
    pub async fn write(&mut self, piece: impl Into<Bytes>) -> Result<(), SendError> {
        let piece = piece.into();
        if piece.is_empty() {
            return Ok(());
        }
        self.hand_over(piece, true).await
    }

    /// As [`write`](Self::write), for a piece of the body: makes a data section of it (§3.2.6). The body is then all
    /// of these sections. Copies the octets, behind the section's head.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub async fn write_data(&mut self, octets: impl Into<Bytes>) -> Result<(), SendError> {
        self.write(data(octets.into())).await
    }

    /// Gives the last piece, which may be empty; the message is whole then.
    ///
    /// Cancel-safe: dropped before the piece was taken, the message is aborted; after that it is on its way.
    ///
    /// # Errors
    /// As for [`write`](Self::write); the message is aborted then. [`NoDelivery`](Misuse::NoDelivery) for a piece after
    /// [`poll_close`](Self::poll_close), which has given the last: the message is on its way.
    pub async fn finish(mut self, last: impl Into<Bytes>) -> Result<Settlement, SendError> {
        let last = last.into();
        if let Some(settlement) = self.whole.take_if(|_| last.is_empty()) {
            return Ok(settlement);
        }
        self.hand_over(last, false).await?;
        Ok(self.sender.settlement(self.token))
    }

    /// Gives the message up: the receiver forgets what came of it (§2.6.14). As dropping it.
    pub fn abort(self) {
        drop(self);
    }

    /// Whether the receiver has settled the message although it is not whole: what is still to come is of no use to
    /// it. [`finish`](Self::finish) gives the outcome.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.token.is_some_and(|token| self.sender.link.shared().lock().outcomes.has_arrived(token))
    }

    /// As [`write_data`](Self::write_data), for who polls: takes so many of the octets, [`READ_SIZE`] at most.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn poll_write(&mut self, cx: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize, SendError>> {
        let octets = octets.get(..READ_SIZE).unwrap_or(octets);
        if octets.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let piece = || data(Bytes::copy_from_slice(octets));
        self.poll_hand_over(cx, piece, true).map_ok(|()| octets.len())
    }

    /// As [`finish`](Self::finish) with nothing more to give, for who polls; that gives the settlement afterwards.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.unfinished {
            ready!(self.poll_hand_over(cx, Bytes::new, false))?;
            self.whole = Some(self.sender.settlement(self.token));
        }
        Poll::Ready(Ok(()))
    }

    async fn hand_over(&mut self, mut piece: Bytes, more: bool) -> Result<(), SendError> {
        let link = Arc::clone(&self.sender.link);
        let taken = link.shared().until(Step::Send, |state, waker| {
            // whoever polled before does so no more
            self.limit.cancel(state);
            self.attempt(state, waker, &mut piece, more)
        });
        taken.await.map_err(SendError::NotSent)
    }

    fn poll_hand_over(
        &mut self,
        cx: &mut Context<'_>,
        piece: impl FnOnce() -> Bytes,
        more: bool,
    ) -> Poll<Result<(), SendError>> {
        let link = Arc::clone(&self.sender.link);
        let waker = cx.waker();
        // where the machine would hand it back none is made, and no lock is held while one is
        let waiting = link.with(|state| {
            let waits = self.waits(state);
            waits.then(|| self.poll_attempt(state, waker, Bytes::new(), more))
        });
        let taken = match waiting {
            Some(taken) => taken,
            None => {
                let piece = piece();
                link.with(|state| self.poll_attempt(state, waker, piece, more))
            }
        };
        taken.map_err(SendError::NotSent)
    }

    /// Whether the piece before has surely not left.
    fn waits(&self, state: &mut State) -> bool {
        let sender = state.machine.sender(self.sender.link.id).ok();
        let blocked = sender.filter(|_| self.unfinished).and_then(|sender| sender.why_blocked());
        matches!(blocked, Some(Blocked::WindowClosed | Blocked::OutputFull))
    }

    fn poll_attempt(
        &mut self,
        state: &mut State,
        waker: &Waker,
        mut piece: Bytes,
        more: bool,
    ) -> Poll<Result<(), Error>> {
        let taken = match self.attempt(state, waker, &mut piece, more) {
            Poll::Pending => {
                if !self.limit.runs() {
                    // each piece has the time of its own
                    self.limit = Limit::new(self.sender.link.shared().limit(Step::Send));
                }
                self.limit.poll(state, waker).map(|()| Err(Error::Timeout(Step::Send)))
            }
            taken => taken,
        };
        if taken.is_ready() {
            self.limit.cancel(state);
        }
        taken
    }

    /// Takes the piece, if the one before it has left.
    fn attempt(&mut self, state: &mut State, waker: &Waker, piece: &mut Bytes, more: bool) -> Poll<Result<(), Error>> {
        let (sender, link) = (&self.sender, &self.sender.link);
        if !self.unfinished {
            // the link may be another writer's by now
            return Poll::Ready(Err(link.fate.explain(Misuse::NoDelivery)));
        }
        let octets = mem::take(piece);
        let size = octets.len();
        let written = match state.machine.sender(link.id) {
            Ok(mut machine) => machine.write(octets, more),
            Err(misuse) => Err(misuse.into()),
        };
        let error = match written {
            Ok(()) => {
                self.unfinished = more;
                if !more {
                    let_go(sender, state);
                }
                return Poll::Ready(Ok(()));
            }
            Err(amqp_proto::SendError::Blocked(outgoing, _)) => {
                *piece = outgoing.payload;
                if let Some(entry) = state.links.get_mut(&link.id.into()) {
                    entry.waiting().holder.get_or_insert_default().waiting = Some(waker.clone());
                }
                return Poll::Pending;
            }
            Err(amqp_proto::SendError::TooLarge(_)) => sender.too_large(state, size),
            Err(amqp_proto::SendError::Misuse(misuse)) => link.fate.explain(misuse),
        };
        Poll::Ready(Err(error))
    }
}

/// A data section (§3.2.6).
fn data(octets: Bytes) -> Bytes {
    Message { body: Body::from(octets), ..Message::default() }.to_bytes()
}

/// The link is for other messages again.
fn let_go(sender: &Sender, state: &mut State) {
    if let Some(entry) = state.links.get_mut(&sender.link.id.into()) {
        entry.let_go(&mut state.wake);
    }
}

impl Drop for DeliveryWriter {
    fn drop(&mut self) {
        if !self.unfinished && !self.limit.runs() {
            return;
        }
        let (sender, token) = (&self.sender, self.token);
        sender.link.with(|state| {
            self.limit.cancel(state);
            if !self.unfinished {
                return;
            }
            // of a link that is gone nothing is left to abort
            let _ = state.machine.sender(sender.link.id).and_then(|mut machine| machine.abort());
            if let Some(token) = token {
                state.outcomes.forget(token);
            }
            let_go(sender, state);
            state.flushing.call_all(&mut state.wake);
        });
    }
}

impl fmt::Debug for DeliveryWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryWriter").field("sender", &self.sender).field("unfinished", &self.unfinished).finish()
    }
}
