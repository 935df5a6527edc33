//! A batch is one growing buffer, and is read where it lies.

use amqp_codec::{EncodedMessage, Message, MessageBatch};

use super::allocations;

#[test]
fn a_message_in_a_batch_does_not_allocate_for_itself() {
    let message = Message::from("hello");
    let mut batch = MessageBatch::new(None);
    let growing = allocations(|| {
        for _ in 0..9_000 {
            batch.push(&message).unwrap();
        }
    });
    assert!(growing <= 20, "doubling, not once a message: {growing}");

    let batch = EncodedMessage::parse(batch.finish().unwrap()).unwrap();
    let mut messages = 0;
    let reading = allocations(|| messages = batch.batched_messages().filter(Result::is_ok).count());
    assert_eq!(messages, 9_000);
    assert!(reading <= 1, "the octets are shared: {reading}");
}
