//! Messages and their sections (§3.2).
//!
//! [`Message`] owns its sections, [`MessageBuilder`] makes one, and [`EncodedMessage`] is one as
//! it came, decoded section by section; [`MessagePieces`] is one that came in pieces, its data not joined. What the sections mean is not interpreted here: nothing
//! expires, is compared with an identity or decompressed.
//!
//! | type | section | specification |
//! | --- | --- | --- |
//! | [`Header`] | header | §3.2.1 |
//! | [`DeliveryAnnotations`] | delivery-annotations | §3.2.2 |
//! | [`MessageAnnotations`] | message-annotations | §3.2.3 |
//! | [`Properties`], [`MessageId`] | properties | §3.2.4 |
//! | [`ApplicationProperties`], [`SimpleValue`] | application-properties | §3.2.5 |
//! | [`Body`] | data, amqp-sequence, amqp-value | §3.2.6 to §3.2.8 |
//! | [`Footer`] | footer | §3.2.9 |
//! | [`Annotations`], [`AnnotationKey`] | | §3.2.10 |
//! | [`MessageBatch`], [`BatchedMessages`] | many messages in the `data` sections of one | Azure's, not OASIS's |

mod annotations;
mod application_properties;
mod batch;
mod body;
mod builder;
mod data;
mod encoded;
mod entries;
mod header;
mod id;
mod key;
mod layout;
mod pieces;
mod properties;
mod section;
mod simple_value;

use alloc::{boxed::Box, vec::Vec};

use bytes::Bytes;

pub use self::annotations::{AnnotationKey, Annotations, DeliveryAnnotations, Footer, MessageAnnotations};
pub use self::application_properties::ApplicationProperties;
pub use self::batch::{BATCH_FORMAT, BatchError, BatchedMessages, MessageBatch};
pub use self::body::Body;
pub use self::builder::MessageBuilder;
pub use self::encoded::EncodedMessage;
pub use self::header::Header;
pub use self::id::MessageId;
pub use self::pieces::MessagePieces;
pub use self::properties::Properties;
pub use self::section::Section;
pub use self::simple_value::{NotSimple, SimpleValue};

use self::layout::Sections;
use crate::{Decode, DecodeError, Decoder, Encode};

/// The message-format of the messages of this module: format 0, version 0 (§3.2.16).
pub const MESSAGE_FORMAT: u32 = 0;

/// How many sections a message may have: 10,000.
///
/// Only bodies of several `data` or `amqp-sequence` sections come near it.
pub const MAX_SECTIONS: u32 = 10_000;

/// A message: a body, and sections that say more about it (§3.2).
///
/// What converts into a [`Body`] converts into a message; a [`builder`](Self::builder) sets the
/// rest. An empty map (annotations, application-properties, footer) and an absent section mean
/// the same, and encode as absent.
///
/// [`Decode`] takes all input that is left for one message, since only that tells where it ends.
///
/// ```
/// use amqp_codec::{DecodeError, Decoder, Message};
///
/// let message = Message::from("hello");
/// let octets = message.to_bytes();
/// let decoded: Message = Decoder::new(&octets).decode()?;
/// assert_eq!(decoded, message);
/// assert_eq!(decoded.body.as_str(), Some("hello"));
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Delivery details; `None` means the defaults of [`Header`].
    pub header: Option<Header>,
    /// For the next hop only; not passed on unless understood.
    pub delivery_annotations: DeliveryAnnotations,
    /// For the infrastructure on every hop.
    pub message_annotations: MessageAnnotations,
    /// The standard properties; apart, so that a message stays cheap to move.
    pub properties: Option<Box<Properties>>,
    /// The properties that the application defines.
    pub application_properties: ApplicationProperties,
    /// The content.
    pub body: Body,
    /// What depends on the whole bare message, such as signatures.
    pub footer: Footer,
}

impl Message {
    /// Starts a message: see [`MessageBuilder`].
    #[inline]
    pub fn builder() -> MessageBuilder {
        MessageBuilder::new()
    }

    /// The encoded message, in a buffer of exactly its length.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.encode(&mut out);
        out.into()
    }

    /// Whether the message must survive a restart of whoever holds it; false without a header.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.header_or_default().durable
    }

    /// Relative importance, higher first; 4 without a header.
    #[must_use]
    pub fn priority(&self) -> u8 {
        self.header_or_default().priority
    }

    /// Number of earlier delivery attempts that failed; 0 without a header.
    #[must_use]
    pub fn delivery_count(&self) -> u32 {
        self.header_or_default().delivery_count
    }

    /// What identifies the message.
    #[must_use]
    pub fn message_id(&self) -> Option<&MessageId> {
        self.properties.as_ref()?.message_id.as_ref()
    }

    /// What the message belongs to, such as the request that it answers.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&MessageId> {
        self.properties.as_ref()?.correlation_id.as_ref()
    }

    /// The node that the message is meant for.
    #[must_use]
    pub fn to(&self) -> Option<&str> {
        self.properties.as_ref()?.to.as_deref()
    }

    /// Summary of what the message is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.properties.as_ref()?.subject.as_deref()
    }

    /// The node to send replies to.
    #[must_use]
    pub fn reply_to(&self) -> Option<&str> {
        self.properties.as_ref()?.reply_to.as_deref()
    }

    /// The value of an application property.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<SimpleValue> {
        self.application_properties.get(key)
    }

    #[inline]
    const fn with_body(body: Body) -> Self {
        Self {
            header: None,
            delivery_annotations: DeliveryAnnotations(Annotations::new()),
            message_annotations: MessageAnnotations(Annotations::new()),
            properties: None,
            application_properties: ApplicationProperties::new(),
            body,
            footer: Footer(Annotations::new()),
        }
    }

    /// Reads a section whose descriptor has been read.
    fn decode_section(&mut self, section: Section, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        match section {
            Section::Header => self.header.insert(Header::default()).fill(decoder)?,
            Section::DeliveryAnnotations => {
                self.delivery_annotations = DeliveryAnnotations::decode_map(decoder)?;
            }
            Section::MessageAnnotations => {
                self.message_annotations = MessageAnnotations::decode_map(decoder)?;
            }
            Section::Properties => {
                self.properties.insert(Box::default()).fill(decoder)?;
            }
            Section::ApplicationProperties => {
                self.application_properties = ApplicationProperties::decode_map(decoder)?;
            }
            Section::Data | Section::AmqpSequence | Section::AmqpValue => self.body.decode_section(section, decoder)?,
            Section::Footer => self.footer = Footer::decode_map(decoder)?,
        }
        Ok(())
    }

    fn header_or_default(&self) -> Header {
        self.header.unwrap_or_default()
    }
}

impl<B: Into<Body>> From<B> for Message {
    #[inline]
    fn from(body: B) -> Self {
        Self::with_body(body.into())
    }
}

impl From<MessageBuilder> for Message {
    #[inline]
    fn from(mut builder: MessageBuilder) -> Self {
        builder.build()
    }
}

impl From<&mut MessageBuilder> for Message {
    #[inline]
    fn from(builder: &mut MessageBuilder) -> Self {
        builder.build()
    }
}

impl Encode for Message {
    fn encoded_len(&self) -> usize {
        let Self {
            header,
            delivery_annotations,
            message_annotations,
            properties,
            application_properties,
            body,
            footer,
        } = self;
        [
            header.as_ref().map_or(0, Encode::encoded_len),
            len_unless(delivery_annotations.is_empty(), delivery_annotations),
            len_unless(message_annotations.is_empty(), message_annotations),
            properties.as_ref().map_or(0, Encode::encoded_len),
            len_unless(application_properties.is_empty(), application_properties),
            body.encoded_len(),
            len_unless(footer.is_empty(), footer),
        ]
        .into_iter()
        .sum()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.encode_sections(out, true);
    }

    fn shared_len(&self, large: usize) -> usize {
        self.body.shared_len(large)
    }

    fn encode_sharing(&self, out: &mut Vec<u8>, large: usize, share: &mut dyn FnMut(usize, &Bytes)) {
        if self.shared_len(large) == 0 {
            return self.encode(out);
        }
        self.encode_sections(out, false);
        self.body.encode_sharing(out, large, share);
        if !self.footer.is_empty() {
            self.footer.encode(out);
        }
    }
}

impl Message {
    /// All sections, or those before the body. In one function, as it is a large one.
    #[inline(never)]
    fn encode_sections(&self, out: &mut Vec<u8>, all: bool) {
        if let Some(header) = &self.header {
            header.encode_here(out);
        }
        if !self.delivery_annotations.is_empty() {
            self.delivery_annotations.encode(out);
        }
        if !self.message_annotations.is_empty() {
            self.message_annotations.encode(out);
        }
        if let Some(properties) = &self.properties {
            properties.encode_here(out);
        }
        if !self.application_properties.is_empty() {
            self.application_properties.encode(out);
        }
        if !all {
            return;
        }
        self.body.encode(out);
        if !self.footer.is_empty() {
            self.footer.encode(out);
        }
    }
}

#[inline]
fn len_unless(absent: bool, section: &impl Encode) -> usize {
    if absent { 0 } else { section.encoded_len() }
}

/// Takes all input that is left. A missing body becomes [`Body::Empty`].
impl Decode for Message {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut message = Self::with_body(Body::Empty);
        let mut sections = Sections::default();
        while !decoder.is_empty() {
            let section = sections.next(decoder)?;
            message.decode_section(section, decoder).map_err(|error| error.in_section(section))?;
        }
        Ok(message)
    }
}
