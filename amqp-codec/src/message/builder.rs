//! [`MessageBuilder`]: a message in one expression.

use alloc::boxed::Box;
use core::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{AnnotationKey, Body, Header, Message, MessageId, Properties, SimpleValue};
use crate::{SequenceNo, Str, Symbol, Timestamp, Value};

/// Builds a [`Message`], mostly from a body and a few properties.
///
/// Every method returns the builder that it was called on, which is not moved about (a message
/// is large). What takes a message takes a builder too. Setting a field of the header or of the
/// properties creates that section; what is not set is not sent. The body is one empty `data`
/// section unless one is given.
///
/// ```
/// use amqp_codec::{Message, message::Body};
///
/// let message = Message::builder()
///     .message_id("order-1")
///     .to("orders")
///     .subject("new")
///     .durable(true)
///     .property("attempt", 1)
///     .property("region", "north")
///     .data(&b"12 crates"[..])
///     .build();
///
/// assert_eq!(message.subject(), Some("new"));
/// assert_eq!(message.property("attempt").and_then(|value| value.as_i64()), Some(1));
/// assert_eq!(message.body, Body::from(b"12 crates"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct MessageBuilder {
    /// Nothing once it has been built: then nothing is left to drop.
    message: Option<Message>,
    /// Whether the message has a body that was set; if not, it has none.
    has_body: bool,
}

/// What a builder starts with.
#[inline(always)]
const fn empty() -> Message {
    Message::with_body(Body::Empty)
}

impl MessageBuilder {
    /// Starts with an empty message.
    #[inline]
    pub const fn new() -> Self {
        Self { message: Some(empty()), has_body: false }
    }

    /// The finished message; the builder starts anew.
    #[must_use]
    #[inline]
    pub fn build(&mut self) -> Message {
        if !self.has_body {
            self.set_body(Body::default());
        }
        self.has_body = false;
        self.message.take().unwrap_or_else(empty)
    }

    #[inline(always)]
    fn message(&mut self) -> &mut Message {
        self.message.get_or_insert_with(empty)
    }

    #[inline(always)]
    fn set_body(&mut self, body: Body) -> &mut Self {
        let message = self.message.get_or_insert_with(empty);
        if self.has_body {
            message.body = Body::Empty;
        }
        // There is no body now: no call to drop it.
        core::mem::forget(core::mem::replace(&mut message.body, body));
        self.has_body = true;
        self
    }

    #[inline(always)]
    fn set_header(&mut self, set: impl FnOnce(&mut Header)) -> &mut Self {
        set(self.message().header.get_or_insert_default());
        self
    }

    /// Makes the properties first, so that what is set goes straight to its place.
    #[inline(always)]
    fn set_properties(&mut self, set: impl FnOnce(&mut Properties)) -> &mut Self {
        set(self.message().properties.get_or_insert_default());
        self
    }
}

impl Default for MessageBuilder {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

/// The body (§3.2.6 to §3.2.8).
impl MessageBuilder {
    /// Sets the body, replacing what was there.
    #[inline]
    pub fn body(&mut self, body: impl Into<Body>) -> &mut Self {
        self.set_body(body.into())
    }

    /// Sets the body to one `data` section.
    ///
    /// For several sections give [`body`](Self::body) a [`Body::Data`].
    #[inline]
    pub fn data(&mut self, data: impl Into<Bytes>) -> &mut Self {
        self.set_body(Body::Data(SmallVec::from_buf([data.into()])))
    }

    /// Sets the body to one `amqp-value` section.
    #[inline]
    pub fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.set_body(Body::Value(value.into()))
    }

    /// Sets the body to one `amqp-sequence` section with these items.
    ///
    /// For several sections give [`body`](Self::body) a [`Body::Sequence`].
    #[inline]
    pub fn sequence<I>(&mut self, items: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Into<Value>,
    {
        let items = items.into_iter().map(Into::into).collect();
        self.set_body(Body::Sequence(alloc::vec![items]))
    }
}

/// The sections around the bare message: header (§3.2.1), annotations (§3.2.2, §3.2.3) and
/// footer (§3.2.9).
impl MessageBuilder {
    /// Sets the whole header.
    #[inline]
    pub fn header(&mut self, header: Header) -> &mut Self {
        self.message().header = Some(header);
        self
    }

    /// Whether the message must survive a restart of whoever holds it. Default: false.
    #[inline]
    pub fn durable(&mut self, durable: bool) -> &mut Self {
        self.set_header(|header| header.durable = durable)
    }

    /// Relative importance, higher first. Default: 4.
    #[inline]
    pub fn priority(&mut self, priority: u8) -> &mut Self {
        self.set_header(|header| header.priority = priority)
    }

    /// How long the message lives, counted from its arrival. Default: for ever.
    ///
    /// Sent in whole milliseconds; longer than `u32::MAX` of them (49 days) counts as that.
    #[inline]
    pub fn ttl(&mut self, ttl: Duration) -> &mut Self {
        self.set_header(|header| header.ttl = Some(u32::try_from(ttl.as_millis()).unwrap_or(u32::MAX)))
    }

    /// Whether nobody has acquired the message before. Default: false.
    #[inline]
    pub fn first_acquirer(&mut self, first: bool) -> &mut Self {
        self.set_header(|header| header.first_acquirer = first)
    }

    /// Number of earlier delivery attempts that failed. Default: 0.
    #[inline]
    pub fn delivery_count(&mut self, count: u32) -> &mut Self {
        self.set_header(|header| header.delivery_count = count)
    }

    /// Adds an annotation for the next hop, replacing one of the same key.
    #[inline]
    pub fn delivery_annotation(&mut self, key: impl Into<AnnotationKey>, value: impl Into<Value>) -> &mut Self {
        self.message().delivery_annotations.insert(key, value);
        self
    }

    /// Adds an annotation for the infrastructure on every hop, replacing one of the same key.
    ///
    /// Keys that do not start with `x-` are reserved; a peer that does not understand a key
    /// without `x-opt-` has to refuse the message (§3.2.10).
    #[inline]
    pub fn message_annotation(&mut self, key: impl Into<AnnotationKey>, value: impl Into<Value>) -> &mut Self {
        self.message().message_annotations.insert(key, value);
        self
    }

    /// Adds an entry to the footer, replacing one of the same key.
    #[inline]
    pub fn footer(&mut self, key: impl Into<AnnotationKey>, value: impl Into<Value>) -> &mut Self {
        self.message().footer.insert(key, value);
        self
    }
}

/// The properties (§3.2.4) and application-properties (§3.2.5).
impl MessageBuilder {
    /// Sets all properties at once.
    #[inline]
    pub fn properties(&mut self, properties: impl Into<Box<Properties>>) -> &mut Self {
        self.message().properties = Some(properties.into());
        self
    }

    /// Adds an application property, replacing one of the same key.
    #[inline(always)]
    pub fn property(&mut self, key: impl AsRef<str>, value: impl Into<SimpleValue>) -> &mut Self {
        self.message().application_properties.set(key.as_ref(), value);
        self
    }

    /// Identifies the message, uniquely within the sending system.
    #[inline]
    pub fn message_id(&mut self, id: impl Into<MessageId>) -> &mut Self {
        self.set_properties(|properties| properties.message_id = Some(id.into()))
    }

    /// Identity of the user who produced the message.
    #[inline]
    pub fn user_id(&mut self, user: impl Into<Bytes>) -> &mut Self {
        self.set_properties(|properties| properties.user_id = Some(user.into()))
    }

    /// Address of the node that the message is meant for.
    #[inline]
    pub fn to(&mut self, address: impl Into<Str>) -> &mut Self {
        self.set_properties(|properties| properties.to = Some(address.into()))
    }

    /// Summary of what the message is about.
    #[inline]
    pub fn subject(&mut self, subject: impl Into<Str>) -> &mut Self {
        self.set_properties(|properties| properties.subject = Some(subject.into()))
    }

    /// Address of the node to send replies to.
    #[inline]
    pub fn reply_to(&mut self, address: impl Into<Str>) -> &mut Self {
        self.set_properties(|properties| properties.reply_to = Some(address.into()))
    }

    /// Identifies what this message belongs to, such as the request that it answers.
    #[inline]
    pub fn correlation_id(&mut self, id: impl Into<MessageId>) -> &mut Self {
        self.set_properties(|properties| properties.correlation_id = Some(id.into()))
    }

    /// MIME type of a `data` body.
    #[inline]
    pub fn content_type(&mut self, content_type: impl Into<Symbol>) -> &mut Self {
        self.set_properties(|properties| properties.content_type = Some(content_type.into()))
    }

    /// Encoding of a `data` body beside its type, such as `gzip`; never `identity`.
    #[inline]
    pub fn content_encoding(&mut self, encoding: impl Into<Symbol>) -> &mut Self {
        self.set_properties(|properties| properties.content_encoding = Some(encoding.into()))
    }

    /// Moment at which the message expires.
    #[inline]
    pub fn absolute_expiry_time(&mut self, time: impl Into<Timestamp>) -> &mut Self {
        self.set_properties(|properties| properties.absolute_expiry_time = Some(time.into()))
    }

    /// Moment at which the message was made.
    #[inline]
    pub fn creation_time(&mut self, time: impl Into<Timestamp>) -> &mut Self {
        self.set_properties(|properties| properties.creation_time = Some(time.into()))
    }

    /// Group that the message belongs to.
    #[inline]
    pub fn group_id(&mut self, group: impl Into<Str>) -> &mut Self {
        self.set_properties(|properties| properties.group_id = Some(group.into()))
    }

    /// Position of the message in its group.
    #[inline]
    pub fn group_sequence(&mut self, sequence: impl Into<SequenceNo>) -> &mut Self {
        self.set_properties(|properties| properties.group_sequence = Some(sequence.into()))
    }

    /// Group that a reply belongs to.
    #[inline]
    pub fn reply_to_group_id(&mut self, group: impl Into<Str>) -> &mut Self {
        self.set_properties(|properties| properties.reply_to_group_id = Some(group.into()))
    }
}
