//! A message that is sent in pieces (§2.6.14): larger than memory, or not known as a whole.

use super::{Sender, Settlement};
use crate::error::{SendError, Step};
use crate::state::State;
use amqp_proto::codec::Message;
use amqp_proto::codec::message::Body;
use bytes::Bytes;
use std::fmt;
use std::task::Poll;

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
}

impl DeliveryWriter {
    pub(super) fn new(sender: Sender, token: Option<u64>) -> Self {
        sender.link.shared().with(|state| {
            if let Some(entry) = state.links.get_mut(&sender.link.id.into()) {
                entry.holder.get_or_insert_default();
            }
        });
        Self { sender, token, unfinished: true }
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
        let section = Message { body: Body::from(octets.into()), ..Message::default() };
        self.write(section.to_bytes()).await
    }

    /// Gives the last piece, which may be empty; the message is whole then.
    ///
    /// Cancel-safe: dropped before the piece was taken, the message is aborted; after that it is on its way.
    ///
    /// # Errors
    /// As for [`write`](Self::write); the message is aborted then.
    pub async fn finish(mut self, last: impl Into<Bytes>) -> Result<Settlement, SendError> {
        self.hand_over(last.into(), false).await?;
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

    async fn hand_over(&mut self, piece: Bytes, more: bool) -> Result<(), SendError> {
        let (sender, unfinished) = (&self.sender, &mut self.unfinished);
        let link = &sender.link;
        let mut piece = Some(piece);
        let taken = link.shared().until(Step::Send, |state, waker| {
            let octets = piece.take().unwrap_or_default();
            let size = octets.len();
            let written = match state.machine.sender(link.id) {
                Ok(mut machine) => machine.write(octets, more),
                Err(misuse) => Err(misuse.into()),
            };
            let error = match written {
                Ok(()) => {
                    *unfinished = more;
                    if !more {
                        let_go(sender, state);
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(amqp_proto::SendError::Blocked(outgoing, _)) => {
                    piece = Some(outgoing.payload);
                    if let Some(entry) = state.links.get_mut(&link.id.into()) {
                        entry.holder.get_or_insert_default().waiting = Some(waker.clone());
                    }
                    return Poll::Pending;
                }
                Err(amqp_proto::SendError::TooLarge(_)) => sender.too_large(state, size),
                Err(amqp_proto::SendError::Misuse(misuse)) => link.fate.explain(misuse),
            };
            Poll::Ready(Err(error))
        });
        taken.await.map_err(SendError::NotSent)
    }
}

/// The link is for other messages again.
fn let_go(sender: &Sender, state: &mut State) {
    if let Some(entry) = state.links.get_mut(&sender.link.id.into()) {
        entry.let_go(&mut state.wake);
    }
}

impl Drop for DeliveryWriter {
    fn drop(&mut self) {
        if !self.unfinished {
            return;
        }
        let (sender, token) = (&self.sender, self.token);
        sender.link.shared().with(|state| {
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
