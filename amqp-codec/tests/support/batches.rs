//! What tests of batches need.

use amqp_codec::{Bytes, EncodedMessage, Message};

/// The messages of an encoded batch, decoded.
pub(crate) fn unpack(batch: &Bytes) -> Vec<Message> {
    let batch = EncodedMessage::parse(batch.clone()).unwrap();
    batch.batched_messages().map(|message| message.unwrap().to_message().unwrap()).collect()
}

/// A message that is encoded in exactly `len` octets.
pub(crate) fn message_of(len: usize) -> Message {
    let overhead = if len <= 260 { 5 } else { 8 };
    let message = Message::from(vec![7; len - overhead]);
    assert_eq!(message.to_bytes().len(), len);
    message
}
