//! Batches of any messages: exact sizes, nothing lost, nothing hidden by what is malformed.

use amqp_codec::message::BatchError;
use amqp_codec::{EncodedMessage, Message, MessageBatch};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::support::batches::{message_of, unpack};
use crate::support::strategies::messages;

/// Any message, or one whose encoded length is about the border of the two forms of binary.
fn message() -> impl Strategy<Value = Message> {
    prop_oneof![messages::message(), (250..=260_usize).prop_map(message_of)]
}

proptest! {
    #[test]
    fn sizes_are_exact_and_nothing_is_lost(
        envelope in option::of(messages::message()),
        limit in option::of(0..2_000_u64),
        messages in vec(message(), 0..12),
    ) {
        let mut batch = match envelope {
            Some(envelope) => MessageBatch::with_envelope(limit, envelope),
            None => MessageBatch::new(limit),
        };
        let limit = limit.filter(|&limit| limit != 0).map_or(usize::MAX, |limit| limit as usize);
        let (mut taken, mut received) = (Vec::new(), Vec::new());
        for message in messages {
            let mut empty = batch.clone();
            let before = empty.finish();
            let alone = empty.push(&message).map(|()| empty.finish().unwrap());
            match batch.push(&message) {
                Ok(()) => taken.push(message),
                Err(error) => {
                    prop_assert_eq!(batch.finish(), before.clone(), "as before");
                    prop_assert_eq!(alone.is_ok(), error.fits_empty());
                    if let BatchError::Full { excess } = error {
                        let together = before.as_ref().unwrap().len() + section_len(&message);
                        prop_assert_eq!(together, limit + excess, "it really exceeds the limit");
                        batch.push(&message).unwrap();
                        prop_assert_eq!(batch.clone().finish(), alone.ok());
                        taken.push(message);
                    }
                    received.extend(before.iter().flat_map(unpack));
                }
            }
            let len = batch.encoded_len();
            prop_assert!(len <= limit);
            prop_assert_eq!(batch.clone().finish().map_or(0, |octets| octets.len()), len);
        }
        received.extend(batch.finish().iter().flat_map(unpack));
        prop_assert_eq!(received, taken);
    }

    #[test]
    fn changed_and_cut_batches_are_survived(
        messages in vec(messages::message(), 1..6),
        at: prop::sample::Index,
        octet: u8,
        len: prop::sample::Index,
    ) {
        let mut batch = MessageBatch::new(None);
        for message in &messages {
            batch.push(message).unwrap();
        }
        let mut octets = batch.finish().unwrap().to_vec();
        let at = at.index(octets.len());
        octets[at] = octet;
        octets.truncate(len.index(octets.len()) + 1);
        if let Ok(batch) = EncodedMessage::parse(octets) {
            let all = batch.batched_messages().flatten().map(|message| message.as_bytes().len()).sum::<usize>();
            prop_assert!(all <= batch.as_bytes().len());
        }
    }
}

/// The length of the `data` section around a message, by the rule of §1.6.19 and not by the code under test.
fn section_len(message: &Message) -> usize {
    let len = message.to_bytes().len();
    if len < 256 { len + 5 } else { len + 8 }
}
