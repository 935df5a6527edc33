//! The four types of message-id and correlation-id.

use amqp_codec::message::{MessageId, Properties};
use amqp_codec::{Bytes, Message, Uuid};

use super::{decode, encode, golden, hex};

fn with_id(id: impl Into<MessageId>) -> Properties {
    Properties { message_id: Some(id.into()), ..Properties::default() }
}

// req: MS-3.2.4-01
// scenario: MS-06
#[test]
fn message_ids_of_every_type() {
    golden(&with_id(0), "005373 c00201 44");
    golden(&with_id(255), "005373 c00301 53ff");
    golden(&with_id(u64::MAX), "005373 c00a01 80ffffffffffffffff");
    golden(&with_id(Uuid([0xab; 16])), "005373 c01201 98abababababababababababababababab");
    golden(&with_id(Bytes::from_static(b"id")), "005373 c00501 a0026964");
    golden(&with_id("id"), "005373 c00501 a1026964");
}

// req: MS-3.2.4-01
#[test]
fn correlation_id_keeps_the_type_of_the_id_it_answers() {
    for id in ["44", "98abababababababababababababababab", "a0026964", "a1026964"] {
        let octets = hex(&format!("005373 c0{:02x}01 {id}", 1 + id.len() / 2));
        let request: Properties = decode(&octets).unwrap();
        let reply = Properties { correlation_id: request.message_id.clone(), ..Properties::default() };
        let reply: Properties = decode(&encode(&reply)).unwrap();
        assert_eq!(reply.correlation_id, request.message_id);
    }
}

#[test]
fn ids_print_as_people_write_them() {
    let printed = |id: MessageId| format!("{id}");
    assert_eq!(printed(7.into()), "7");
    assert_eq!(printed("order-7".into()), "order-7");
    assert_eq!(printed(vec![0x0a, 0xff].into()), "0x0aff");
    assert_eq!(printed(Uuid([0x11; 16]).into()), "11111111-1111-1111-1111-111111111111");
}

#[test]
fn accessors_of_a_message() {
    let message = Message::builder().message_id(7).correlation_id("c").reply_to("replies").to("orders").build();
    assert_eq!(message.message_id().and_then(MessageId::as_u64), Some(7));
    assert_eq!(message.correlation_id().and_then(MessageId::as_str), Some("c"));
    assert_eq!((message.to(), message.reply_to()), (Some("orders"), Some("replies")));
    assert_eq!(Message::from("x").to(), None);
}
