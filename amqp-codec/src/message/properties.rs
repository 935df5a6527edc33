//! The `properties` section (§3.2.4).

use bytes::Bytes;

use super::MessageId;
use crate::{SequenceNo, Str, Symbol, Timestamp, composite};

composite! {
    /// The immutable standard properties of a message (`properties`, §3.2.4).
    ///
    /// Part of the bare message: an intermediary forwards it octet for octet. Every field may be
    /// absent. The codec checks types only; it neither compares `user_id` with who is
    /// authenticated, nor undoes `content_encoding`.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Properties = "amqp:properties:list" 0x73, often {
        /// Identifies the message, uniquely within the sending system.
        message_id: Option<MessageId>;
        /// Identity of the user who produced the message; an intermediary may check it.
        user_id: Option<Bytes>;
        /// Address of the node that the message is meant for.
        to: Option<Str>;
        /// Summary of what the message is about.
        subject: Option<Str>;
        /// Address of the node to send replies to.
        reply_to: Option<Str>;
        /// Identifies what this message belongs to, such as the request that it answers.
        correlation_id: Option<MessageId>;
        /// MIME type of a `data` body (RFC 2046); leave it unset for the other kinds of body.
        content_type: Option<Symbol>;
        /// Encoding of a `data` body beside its type, such as `gzip`; never `identity`, and not
        /// used with the other kinds of body.
        content_encoding: Option<Symbol>;
        /// Moment at which the message expires.
        absolute_expiry_time: Option<Timestamp>;
        /// Moment at which the message was made.
        creation_time: Option<Timestamp>;
        /// Group that the message belongs to.
        group_id: Option<Str>;
        /// Position of the message in its group, a serial number (RFC 1982).
        group_sequence: Option<SequenceNo>;
        /// Group that a reply belongs to.
        reply_to_group_id: Option<Str>;
    }
}
