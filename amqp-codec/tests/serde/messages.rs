//! Rust types as the content of messages.

use std::collections::BTreeMap;

use amqp_codec::serde::ErrorKind;
use amqp_codec::{ApplicationProperties, Body, Bytes, EncodedMessage, Limits, Message, Timestamp, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order<'a> {
    item: &'a str,
    count: u32,
}

fn encoded(body: Body) -> EncodedMessage {
    EncodedMessage::parse(Message::builder().subject("s").body(body).footer("x-f", 1).build().to_bytes()).unwrap()
}

#[test]
fn a_body_is_read_in_place() {
    let order = Order { item: "crate", count: 12 };
    let message = encoded(Body::from_serialize(&order).unwrap());
    let received: Order<'_> = message.deserialize_body().unwrap();
    assert_eq!(received, order);
    assert!(message.as_bytes().as_ptr_range().contains(&received.item.as_ptr()));
}

#[test]
fn sections_of_each_kind() {
    let bodies = [
        (Body::from(vec![Value::from(1_u8), Value::from(2_u64)]), vec![1, 2]),
        (Body::from(vec![1_u8, 2]), vec![1, 2]),
        (Body::from(Value::from_iter([1_i8, 2])), vec![1, 2]),
    ];
    for (body, octets) in bodies {
        assert_eq!(body.deserialize::<Vec<u8>>().unwrap(), octets);
        assert_eq!(encoded(body).deserialize_body::<Vec<u8>>().unwrap(), octets);
    }
}

#[test]
fn no_section_or_several_are_refused() {
    let several =
        [Body::Empty, Body::Data(vec![Bytes::new(), Bytes::new()].into()), Body::Sequence(vec![vec![], vec![]])];
    for body in several {
        assert_eq!(body.deserialize::<Vec<u8>>().unwrap_err().kind(), &ErrorKind::NotOneSection);
        let error = encoded(body).deserialize_body::<Vec<u8>>().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotOneSection);
    }
}

#[test]
fn the_limits_of_the_message_hold() {
    let octets = Message::from(Body::from_serialize(&[[1_u8]]).unwrap()).to_bytes();
    let message = EncodedMessage::parse_with_limits(octets.clone(), Limits::new().depth(1)).unwrap();
    message.deserialize_body::<Vec<Vec<u8>>>().unwrap_err();
    let message = EncodedMessage::parse_with_limits(octets, Limits::new().depth(2)).unwrap();
    assert_eq!(message.deserialize_body::<Vec<Vec<u8>>>().unwrap(), [[1]]);
}

#[test]
fn properties_are_simple() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Routing {
        region: String,
        since: Timestamp,
        retry: Option<u8>,
    }
    let routing = Routing { region: "north".into(), since: Timestamp(7), retry: None };
    let properties = ApplicationProperties::from_serialize(&routing).unwrap();
    assert_eq!(properties.get("since"), Some(Timestamp(7).into()));
    assert_eq!(properties.deserialize::<Routing>().unwrap(), routing);

    let nested = BTreeMap::from([("list", [1])]);
    assert_eq!(ApplicationProperties::from_serialize(&nested).unwrap_err().path(), "list");
    let numbered = BTreeMap::from([(1, 1)]);
    assert!(matches!(ApplicationProperties::from_serialize(&numbered).unwrap_err().kind(), ErrorKind::WrongType(_)));
    assert!(matches!(ApplicationProperties::from_serialize("text").unwrap_err().kind(), ErrorKind::WrongType(_)));
}
