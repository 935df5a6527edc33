//! Many messages in one delivery, never larger than the link takes.

use crate::error::SendError;
use crate::sender::{Sender, Settlement};
use amqp_proto::Outgoing;
use amqp_proto::codec::Message;
use amqp_proto::codec::message::{BATCH_FORMAT, BatchError, MessageBatch};
use std::fmt;

/// Puts messages into batches of message-format [`BATCH_FORMAT`], and sends each when it is full.
///
/// A batch is never larger than the max-message-size of the peer's attach (§2.7.3). What is neither full nor
/// [flushed](Self::flush) is not sent.
pub struct BatchSender {
    sender: Sender,
    batch: MessageBatch,
}

/// Why a message is not in a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchSendError {
    /// It does not fit into a batch of its own. The batch is as it was.
    #[error("{0}")]
    TooLarge(#[source] BatchError),
    /// The batch before it could not be sent, and is lost. The message is in no batch.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl BatchSender {
    /// Batches without further sections.
    #[must_use]
    pub fn new(sender: Sender) -> Self {
        let batch = MessageBatch::new(sender.max_message_size());
        Self { sender, batch }
    }

    /// Batches that each have the sections of `envelope`, such as annotations with a partition key; its body is left out.
    #[must_use]
    pub fn with_envelope(sender: Sender, envelope: impl Into<Message>) -> Self {
        let batch = MessageBatch::with_envelope(sender.max_message_size(), envelope);
        Self { sender, batch }
    }

    /// Adds a message. If the batch is too full for it, that is sent before, and its outcome to come is given.
    ///
    /// Cancel-safe in that the message is not added then; the batch before it may have been sent or lost.
    ///
    /// # Errors
    /// [`BatchSendError`].
    pub async fn push(&mut self, message: &Message) -> Result<Option<Settlement>, BatchSendError> {
        match self.batch.push(message) {
            Ok(()) => Ok(None),
            Err(error) if !error.fits_empty() => Err(BatchSendError::TooLarge(error)),
            Err(_) => {
                let sent = self.flush().await?;
                self.batch.push(message).map_err(BatchSendError::TooLarge)?;
                Ok(sent)
            }
        }
    }

    /// Sends what there is; `None` if there is nothing.
    ///
    /// # Errors
    /// Why the batch could not be sent; it is lost.
    pub async fn flush(&mut self) -> Result<Option<Settlement>, SendError> {
        let Some(payload) = self.batch.finish() else { return Ok(None) };
        let outgoing = Outgoing { message_format: BATCH_FORMAT, ..Outgoing::new(payload) };
        self.sender.submit_encoded(outgoing).await.map(Some)
    }

    /// How many messages wait in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }
}

impl fmt::Debug for BatchSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchSender").field("sender", &self.sender).field("waiting", &self.len()).finish()
    }
}
