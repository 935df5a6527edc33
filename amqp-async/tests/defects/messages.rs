//! What is written of a message and what is read of it: order, sizes, types, addresses, secrets.

use crate::support::*;
use amqp_async::proto::codec::message::BatchError;
use amqp_async::proto::codec::{
    Array, Described, Encode, Fields, Message, MessageBatch, Open, Symbol, TargetTerminus, Value,
};
use amqp_async::proto::{CreditMode, SaslClient, Secret};
use amqp_async::{Delivery, IncomingLink};

/// Sends a message and gives what the receiver has of it.
fn through(pair: &Pair, message: impl Into<Message>) -> Delivery {
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    drop(pair.world.run(sender.submit(message)).unwrap());
    pair.world.run(receiver.recv()).unwrap()
}

/// The order of §3.2, octet by octet.
#[test]
fn b_05_sections_are_written_in_order() {
    let message = Message::builder()
        .footer("f", "v")
        .data("x")
        .property("k", "v")
        .subject("s")
        .message_annotation("m", "v")
        .delivery_annotation("d", "v")
        .durable(true)
        .build();
    let expected = [
        &b"\0\x53\x70\xc0\x02\x01\x41"[..],
        b"\0\x53\x71\xc1\x07\x02\xa3\x01d\xa1\x01v",
        b"\0\x53\x72\xc1\x07\x02\xa3\x01m\xa1\x01v",
        b"\0\x53\x73\xc0\x07\x04\x40\x40\x40\xa1\x01s",
        b"\0\x53\x74\xc1\x07\x02\xa1\x01k\xa1\x01v",
        b"\0\x53\x75\xa0\x01x",
        b"\0\x53\x78\xc1\x07\x02\xa3\x01f\xa1\x01v",
    ];
    let delivery = through(&Pair::open(), message.clone());
    assert_eq!(delivery.payload().chunks().concat(), expected.concat());
    assert_eq!(delivery.message().unwrap(), message);
}

/// Fills batches with `messages`, as often as it takes; no message is left out.
fn split<'a>(limit: u64, messages: impl IntoIterator<Item = &'a Message>) -> Result<Vec<usize>, BatchError> {
    let mut batch = MessageBatch::new(Some(limit));
    let (mut sizes, mut count) = (Vec::new(), 0);
    let mut finish = |batch: &mut MessageBatch| {
        if let Some(octets) = batch.finish() {
            assert!(octets.len() as u64 <= limit, "{} octets", octets.len());
            sizes.push(octets.len());
        }
    };
    for message in messages {
        match batch.push(message) {
            Ok(()) => {}
            Err(error) if error.fits_empty() => {
                finish(&mut batch);
                batch.push(message)?;
            }
            Err(error) => return Err(error),
        }
        count += 1;
    }
    finish(&mut batch);
    assert_eq!(count, 100);
    Ok(sizes)
}

/// A list of more messages than one batch holds is split as a stream of them is; one that fits no batch is an error.
#[test]
fn b_14_a_batch_over_the_limit_is_split() {
    let list: Vec<Message> = (0..100).map(|number| Message::from(vec![number; 1000])).collect();
    let of_list = split(10_000, &list).unwrap();
    let made: Vec<Message> = (0..100).map(|number| Message::from(vec![number; 1000])).collect();
    assert_eq!(of_list, split(10_000, made.iter().by_ref()).unwrap());
    assert_eq!(of_list.len(), 12);
    assert!(matches!(split(500, &list), Err(BatchError::TooLarge { .. })));
}

/// The limit is of the octets that are written, with everything around the messages.
#[test]
fn b_15_the_limit_of_a_batch_counts_every_octet() {
    let tiny = Message::from("");
    for limit in [20, 100, 1000, 1 << 20] {
        let mut batch = MessageBatch::new(Some(limit));
        while batch.push(&tiny).is_ok() {}
        let (told, octets) = (batch.encoded_len(), batch.finish().unwrap());
        assert_eq!(told, octets.len());
        assert!(octets.len() as u64 <= limit, "{} octets", octets.len());
    }
    let mut batch = MessageBatch::new(Some(1000));
    assert!(matches!(batch.push(&Message::from(vec![0; 1000])), Err(BatchError::TooLarge { .. })));
}

/// Nothing is cut, and nothing becomes another type.
#[test]
fn b_21_values_arrive_as_they_are() {
    let symbols = Array::of(&[Symbol::try_from("a").unwrap(), Symbol::try_from("b").unwrap()]);
    let values = [
        Value::from("a\0b"),
        Value::from("\0"),
        Value::from("ä€𝄞"),
        Value::from(vec![0, 255, 0]),
        Value::from(Symbol::try_from("a symbol").unwrap()),
        Value::from(Described::new(Symbol::try_from("com.example:type").unwrap(), "content")),
        Value::from(Described::new(7_u64, Described::new("inner", vec![1, 2]))),
        Value::from(symbols),
        Value::from(Array::of(&[1_i32, -1, i32::MAX])),
        Value::from(vec![Value::Null, Value::from("x\0"), Value::from(1_u8), Value::from('𝄞')]),
    ];
    let pair = Pair::open();
    for value in values {
        let message = Message::builder().value(value.clone()).message_annotation("x-opt-v", value.clone()).build();
        let received = through(&pair, message.clone()).message().unwrap();
        assert_eq!(received.body.as_value(), Some(&value));
        assert_eq!(received, message);
    }
}

fn has(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

/// Keys of `fields` and annotations are symbols, whatever they were made of.
#[test]
fn b_22_keys_are_symbols() {
    let mut open = Open::new("c");
    open.properties = Some(Fields::from_iter([(Symbol::try_from("product").unwrap(), Value::from("x"))]));
    let mut octets = Vec::new();
    open.encode(&mut octets);
    assert!(has(&octets, b"\xa3\x07product\xa1\x01x"));
    let octets =
        Message::builder().message_annotation("x-opt-key", "x").delivery_annotation("x-d", 1).build().to_bytes();
    assert!(has(&octets, b"\xa3\x09x-opt-key") && has(&octets, b"\xa3\x03x-d"));
}

#[test]
fn b_23_addresses_are_sent_as_they_are() {
    let pair = Pair::open();
    let (ours, theirs) = pair.session();
    for address in ["queue", "/exchange/a b/%2Fkey?x=1#y", "amqps://user@host:5671/queue", "topic://ä", ""] {
        let session = theirs.clone();
        let asked = pair.world.spawn("asked", async move {
            let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
            link.attach().target.clone()
        });
        let error = pair.world.run(ours.sender(address)).unwrap_err();
        assert!(error.condition().is_some(), "dropped unanswered, so refused");
        let Some(Some(TargetTerminus::Target(target))) = asked.take() else { panic!("no target") };
        assert_eq!(target.address.unwrap().as_str(), address);
    }
}

/// What proves who we are shows in nothing that can be printed; the builder's is in `amqp-tokio/tests/tokio.rs`.
#[test]
fn b_28_secrets_are_not_printed() {
    const SECRET: &str = "hunter2";
    let logins = [
        SaslClient::plain("user", SECRET),
        SaslClient::oauthbearer("user", SECRET),
        SaslClient::xoauth2("user", SECRET),
    ];
    for login in logins {
        for shown in [format!("{login:?}"), format!("{login:#?}")] {
            assert!(!shown.contains(SECRET) && !shown.contains("104, 117, 110"), "{shown}");
        }
    }
    let secret = Secret::from(SECRET);
    assert!(!format!("{secret:?}").contains(SECRET));
}
