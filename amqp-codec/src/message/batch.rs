//! Batches: many messages in one delivery, of message-format [`BATCH_FORMAT`].

use alloc::vec::Vec;
use core::iter::FusedIterator;

use bytes::Bytes;

use super::section::{DESCRIPTOR_LEN, Section};
use super::{Body, EncodedMessage, MAX_SECTIONS, Message};
use crate::types::binary;
use crate::write::{put, put_constructed};
use crate::{DecodeError, Decoder, Encode, code};

/// The message-format of a batch, as Azure's Event Hubs and Service Bus have it.
///
/// Such a delivery is a message, the *envelope*, whose every `data` section holds one encoded
/// message of format [`MESSAGE_FORMAT`](super::MESSAGE_FORMAT).
pub const BATCH_FORMAT: u32 = 0x8001_3700;

/// How many messages a batch may have: one for each section that its envelope leaves free.
const MAX_MESSAGES: u32 = MAX_SECTIONS.saturating_sub(ENVELOPE_SECTIONS);

/// How many sections an envelope has at most, besides its body.
const ENVELOPE_SECTIONS: u32 = 6;

/// Puts messages into batches, none larger than a limit.
///
/// What is pushed is encoded at once, into one buffer. [`finish`](Self::finish) gives the payload
/// of a delivery, which has to say that its message-format is [`BATCH_FORMAT`]; the next batch
/// then begins, with the same limit and the same envelope. [`EncodedMessage::batched_messages`]
/// reads a batch.
///
/// A batch has at most 9,994 messages, so that with its envelope it stays within
/// [`MAX_SECTIONS`].
///
/// ```
/// use amqp_codec::message::BatchError;
/// use amqp_codec::{EncodedMessage, Message, MessageBatch};
///
/// let envelope = Message::builder().message_annotation("x-opt-partition-key", "north").build();
/// let mut batch = MessageBatch::with_envelope(Some(80), envelope);
///
/// let mut payloads = Vec::new();
/// for text in ["one", "two", "three", "four"] {
///     let message = Message::from(text);
///     if let Err(BatchError::Full { .. } | BatchError::TooMany) = batch.push(&message) {
///         payloads.extend(batch.finish());
///         batch.push(&message)?;
///     }
/// }
/// payloads.extend(batch.finish());
/// assert_eq!(payloads.iter().map(|payload| payload.len()).collect::<Vec<_>>(), [75, 48]);
///
/// let received = EncodedMessage::parse(payloads.remove(0))?;
/// assert_eq!(received.message_annotations()?.len(), 1);
/// for (message, sent) in received.batched_messages().zip(["one", "two", "three"]) {
///     assert_eq!(message?.body()?.as_str(), Some(sent));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MessageBatch {
    /// The batch without its footer; empty as long as there is no message in it.
    out: Vec<u8>,
    messages: u32,
    limit: usize,
    /// The sections of the envelope before its body.
    head: Bytes,
    footer: Bytes,
}

impl MessageBatch {
    /// A batch without further sections, of `max_message_size` octets at most, all counted.
    ///
    /// Give the limit that the peer set for the link (§2.7.3); `None` and 0 are none. Then, and
    /// above it, it is 4 GiB less one octet.
    #[must_use]
    pub fn new(max_message_size: Option<u64>) -> Self {
        let octets = max_message_size.filter(|&octets| octets != 0).unwrap_or(u64::MAX);
        let limit = usize::try_from(octets.min(u32::MAX.into())).unwrap_or(usize::MAX);
        Self { out: Vec::new(), messages: 0, limit, head: Bytes::new(), footer: Bytes::new() }
    }

    /// A batch with the sections of `envelope`, for example message-annotations with a partition
    /// key; for the limit see [`new`](Self::new).
    ///
    /// The envelope's body is left out: the messages stand in its place.
    #[must_use]
    pub fn with_envelope(max_message_size: Option<u64>, envelope: impl Into<Message>) -> Self {
        let mut head = Message { body: Body::Empty, ..envelope.into() };
        let footer = Message { body: Body::Empty, footer: core::mem::take(&mut head.footer), ..Message::default() };
        Self { head: head.to_bytes(), footer: footer.to_bytes(), ..Self::new(max_message_size) }
    }

    /// Adds a message.
    ///
    /// # Errors
    /// It does not fit. The batch is as before.
    pub fn push(&mut self, message: &Message) -> Result<(), BatchError> {
        self.begin(message.encoded_len())?;
        message.encode(&mut self.out);
        Ok(())
    }

    /// Adds a message that is encoded already, for example [`EncodedMessage::as_bytes`].
    ///
    /// The octets are copied, and not looked at: they must be all of one message.
    ///
    /// # Errors
    /// It does not fit. The batch is as before.
    pub fn push_encoded(&mut self, message: &[u8]) -> Result<(), BatchError> {
        self.begin(message.len())?;
        self.out.extend_from_slice(message);
        Ok(())
    }

    /// How many messages are in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.messages).unwrap_or(usize::MAX)
    }

    /// Whether there is no message in the batch.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// How many octets [`finish`](Self::finish) would give: never more than the limit, and 0 if
    /// the batch is empty.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        if self.is_empty() { 0 } else { self.out.len().saturating_add(self.footer.len()) }
    }

    /// The payload of the batch, and begins the next; `None` if the batch is empty, since
    /// a message without a body must not be sent (§3.2).
    #[must_use = "the messages are in the payload, and no longer in the batch"]
    pub fn finish(&mut self) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        self.messages = 0;
        let mut out = core::mem::take(&mut self.out);
        out.extend_from_slice(&self.footer);
        Some(out.into())
    }

    /// Writes what comes before a message of `len` octets, if it fits.
    fn begin(&mut self, len: usize) -> Result<(), BatchError> {
        let section = section_len(len);
        self.check(section)?;
        if self.is_empty() {
            self.out.extend_from_slice(&self.head);
        }
        // The footer as well, so that no message's last octets make the buffer grow.
        self.out.reserve(section.saturating_add(self.footer.len()));
        put(&mut self.out, Section::Data.descriptor_octets());
        match u8::try_from(len) {
            Ok(len) => put(&mut self.out, [code::BINARY_8, len]),
            Err(_) => put_constructed::<4, 5>(&mut self.out, code::BINARY_32, binary::wire_len(len).to_be_bytes()),
        }
        self.messages = self.messages.saturating_add(1);
        Ok(())
    }

    /// Whether a section of this length fits.
    fn check(&self, section: usize) -> Result<(), BatchError> {
        let envelope = self.head.len().saturating_add(self.footer.len());
        if let Some(excess) = self.excess(envelope, section) {
            return Err(BatchError::TooLarge { excess });
        }
        if self.messages >= MAX_MESSAGES {
            return Err(BatchError::TooMany);
        }
        // An empty batch has just been tried.
        match self.excess(self.encoded_len(), section) {
            Some(excess) => Err(BatchError::Full { excess }),
            None => Ok(()),
        }
    }

    /// By how many octets a batch of `len` octets would be too large with this section.
    fn excess(&self, len: usize, section: usize) -> Option<usize> {
        len.saturating_add(section).checked_sub(self.limit).filter(|&excess| excess != 0)
    }
}

/// The length of a `data` section that holds `len` octets.
fn section_len(len: usize) -> usize {
    let code = binary::code_for(len, binary::CODES);
    // Descriptor, format code, size and octets.
    binary::sized_len(len, code, binary::CODES).saturating_add(DESCRIPTOR_LEN).saturating_add(1)
}

/// Why a message does not fit into a [`MessageBatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// It fits into an empty batch, but no longer into this one.
    #[error("the batch is full: the message is {excess} octets larger than what is left")]
    Full {
        /// How many octets the batch would be above its limit.
        excess: usize,
    },
    /// It fits into an empty batch; this one has as many messages as a batch may have.
    #[error("the batch has as many messages as it may have")]
    TooMany,
    /// It does not fit into an empty batch either.
    #[error("the message is {excess} octets too large for any batch")]
    TooLarge {
        /// How many octets a batch of this message alone would be above its limit.
        excess: usize,
    },
}

impl BatchError {
    /// Whether the message fits into an empty batch: [`finish`](MessageBatch::finish) this one,
    /// and push again.
    #[must_use]
    pub const fn fits_empty(&self) -> bool {
        match self {
            Self::Full { .. } | Self::TooMany => true,
            Self::TooLarge { .. } => false,
        }
    }
}

/// The messages of a batch, in order: see [`EncodedMessage::batched_messages`].
#[derive(Debug, Clone)]
pub struct BatchedMessages<'a> {
    /// The sections that are left; `None` behind one that is not `data`.
    rest: Option<Decoder<'a>>,
}

impl<'a> BatchedMessages<'a> {
    /// Those in the sections that `body` has to read.
    pub(super) const fn new(body: Decoder<'a>) -> Self {
        Self { rest: Some(body) }
    }
}

impl Iterator for BatchedMessages<'_> {
    type Item = Result<EncodedMessage, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut sections = self.rest.take().filter(|sections| !sections.is_empty())?;
        let limits = *sections.limits();
        let octets = match data(&mut sections) {
            Ok(octets) => octets,
            Err(error) => return Some(Err(error.in_field(Section::Data.name()))),
        };
        self.rest = Some(sections);
        Some(EncodedMessage::parse_with_limits(octets, limits))
    }
}

impl FusedIterator for BatchedMessages<'_> {}

/// Reads a `data` section.
fn data(sections: &mut Decoder<'_>) -> Result<Bytes, DecodeError> {
    sections.expect_descriptor(Section::Data.code(), Section::Data.descriptor())?;
    sections.decode()
}
