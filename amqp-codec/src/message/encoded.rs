//! [`EncodedMessage`]: a message as it came, decoded section by section on demand.

use core::ops::Range;

use bytes::{Bytes, BytesMut};

use super::data::short_data;
use super::layout::Layout;
use super::{
    ApplicationProperties, BatchedMessages, Body, DeliveryAnnotations, Footer, Header, Message, MessageAnnotations,
    Properties, Section,
};
use crate::{Decode, DecodeError, Decoder, Limits};

/// An encoded message whose sections are known by place, and decoded when asked for (§3.2).
///
/// [`parse`](Self::parse) finds the sections, and checks that they are in order, none repeated
/// and each carried by the right type; it does not look into them, copies nothing and allocates
/// nothing. An intermediary reads what it routes by and passes on [`bare`](Self::bare), which is
/// octet for octet what the sender wrote.
///
/// Each accessor decodes its section anew, so keep what you need more than once. Binary data,
/// strings and symbols in it are slices of the message.
///
/// ```
/// use amqp_codec::{DecodeError, Encode, Message, message::EncodedMessage};
///
/// let octets = Message::builder().to("orders").durable(true).data("12 crates").build().to_bytes();
///
/// let message = EncodedMessage::parse(octets)?;
/// let mut header = message.header()?.unwrap_or_default();
/// assert!(header.durable);
/// assert_eq!(message.properties()?.and_then(|p| p.to).as_deref(), Some("orders"));
///
/// // Forward it with another header, and the same bare message.
/// header.delivery_count += 1;
/// let mut forwarded = Vec::new();
/// header.encode(&mut forwarded);
/// forwarded.extend_from_slice(&message.bare());
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct EncodedMessage {
    bytes: Bytes,
    layout: Layout,
    limits: Limits,
}

impl EncodedMessage {
    /// Finds the sections of a message, with the default [`Limits`].
    ///
    /// # Errors
    /// A section that is unknown, repeated, out of order, cut off or of the wrong type; octets
    /// behind the footer; more than [`MAX_SECTIONS`](super::MAX_SECTIONS) sections. A message
    /// without a body is let through (see [`Body::Empty`]).
    #[inline]
    pub fn parse(message: impl Into<Bytes>) -> Result<Self, DecodeError> {
        Self::parse_with_limits(message, Limits::new())
    }

    /// Finds the sections of a message; the limits also bind what is decoded later.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn parse_with_limits(message: impl Into<Bytes>, limits: Limits) -> Result<Self, DecodeError> {
        let bytes = message.into();
        let layout = Layout::scan(&bytes, &limits)?;
        Ok(Self { bytes, layout, limits })
    }

    /// Joins the payloads of the transfers of one delivery, and finds the sections.
    ///
    /// A single payload is used as it is; several are copied into one buffer.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn from_payloads(payloads: &[Bytes]) -> Result<Self, DecodeError> {
        Self::join(payloads, Limits::new())
    }

    #[inline]
    pub(super) fn join(payloads: &[Bytes], limits: Limits) -> Result<Self, DecodeError> {
        if let [only] = payloads {
            return Self::parse_with_limits(only.clone(), limits);
        }
        let len = payloads.iter().map(Bytes::len).sum();
        let mut joined = BytesMut::with_capacity(len);
        for payload in payloads {
            joined.extend_from_slice(payload);
        }
        Self::parse_with_limits(joined, limits)
    }

    /// The whole message as it came.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The whole message as it came.
    #[must_use]
    #[inline]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The bare message, from the properties to the body, octet for octet (§3.2).
    #[must_use]
    #[inline]
    pub fn bare(&self) -> Bytes {
        self.bytes.slice(self.layout.bare())
    }

    /// The octets of a section, its descriptor included; all of them where a body is of several
    /// sections. `None` if the message does not have it.
    #[must_use]
    pub fn section(&self, section: Section) -> Option<Bytes> {
        self.range(section).map(|range| self.bytes.slice(range))
    }

    /// Which kind of body the message has; `None` if it has none.
    #[must_use]
    #[inline]
    pub const fn body_section(&self) -> Option<Section> {
        self.layout.body()
    }

    /// Decodes the header; `None` if there is none, which means the defaults of
    /// [`Header`] (§3.2.1).
    ///
    /// # Errors
    /// The section is malformed.
    pub fn header(&self) -> Result<Option<Header>, DecodeError> {
        self.decode(Section::Header)
    }

    /// Decodes the delivery-annotations; none are an empty map (§3.2.2).
    ///
    /// # Errors
    /// The section is malformed.
    pub fn delivery_annotations(&self) -> Result<DeliveryAnnotations, DecodeError> {
        self.decode(Section::DeliveryAnnotations).map(Option::unwrap_or_default)
    }

    /// Decodes the message-annotations; none are an empty map (§3.2.3).
    ///
    /// # Errors
    /// The section is malformed.
    pub fn message_annotations(&self) -> Result<MessageAnnotations, DecodeError> {
        self.decode(Section::MessageAnnotations).map(Option::unwrap_or_default)
    }

    /// Decodes the properties; `None` if there are none (§3.2.4).
    ///
    /// # Errors
    /// The section is malformed.
    pub fn properties(&self) -> Result<Option<Properties>, DecodeError> {
        self.decode(Section::Properties)
    }

    /// Decodes the application-properties; none are an empty map (§3.2.5).
    ///
    /// # Errors
    /// The section is malformed, or holds what is not a simple value.
    pub fn application_properties(&self) -> Result<ApplicationProperties, DecodeError> {
        self.decode(Section::ApplicationProperties).map(Option::unwrap_or_default)
    }

    /// Decodes the body; `data` is shared with the message, not copied.
    ///
    /// # Errors
    /// A value in the body is malformed.
    pub fn body(&self) -> Result<Body, DecodeError> {
        let Some(kind) = self.layout.body() else {
            return Ok(Body::Empty);
        };
        // Most bodies are one short data section.
        let range = self.layout.range(kind);
        if let Some(data) = self.bytes.get(range.clone()).and_then(short_data) {
            return Ok(self.bytes.slice(range.end.saturating_sub(data.len())..range.end).into());
        }
        Body::decode_sections(kind, &mut self.body_decoder())
    }

    /// The messages of a batch, which is what a delivery of message-format
    /// [`BATCH_FORMAT`](super::BATCH_FORMAT) holds: one in each `data` section.
    ///
    /// Each is parsed when its turn comes, with the same [`Limits`], and shares the batch's
    /// octets. One that is malformed is an error in its place, whose offset counts from the start
    /// of that message; those behind it follow. A message that is itself a batch is not
    /// unpacked. A body that is not `data` gives one error; none at all, no messages.
    #[must_use]
    #[inline]
    pub fn batched_messages(&self) -> BatchedMessages<'_> {
        BatchedMessages::new(self.body_decoder())
    }

    /// A decoder for the sections of the body.
    pub(crate) fn body_decoder(&self) -> Decoder<'_> {
        let range = self.layout.body().and_then(|kind| self.range(kind));
        Decoder::within(&self.bytes, range.unwrap_or_default(), &self.limits)
    }

    /// Decodes the footer; none is an empty map (§3.2.9).
    ///
    /// # Errors
    /// The section is malformed.
    pub fn footer(&self) -> Result<Footer, DecodeError> {
        self.decode(Section::Footer).map(Option::unwrap_or_default)
    }

    /// Decodes all sections.
    ///
    /// # Errors
    /// A section is malformed.
    pub fn to_message(&self) -> Result<Message, DecodeError> {
        Decoder::with_limits(&self.bytes, &self.limits).decode()
    }

    #[inline]
    fn decode<T: Decode>(&self, section: Section) -> Result<Option<T>, DecodeError> {
        let Some(range) = self.range(section) else {
            return Ok(None);
        };
        match T::decode(&mut Decoder::within(&self.bytes, range, &self.limits)) {
            Ok(content) => Ok(Some(content)),
            Err(error) => Err(error.in_section(section)),
        }
    }

    #[inline]
    fn range(&self, section: Section) -> Option<Range<usize>> {
        Some(self.layout.range(section)).filter(|range| !range.is_empty())
    }
}

/// Two are equal if their octets are.
impl PartialEq for EncodedMessage {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for EncodedMessage {}

impl TryFrom<Bytes> for EncodedMessage {
    type Error = DecodeError;

    fn try_from(message: Bytes) -> Result<Self, DecodeError> {
        Self::parse(message)
    }
}
