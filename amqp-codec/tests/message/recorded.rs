//! Payloads that foreign peers sent, as recorded on the wire.

use amqp_codec::message::{Body, EncodedMessage, MessageId, Properties, Section};
use amqp_codec::{Bytes, DecodeErrorKind, Message, Timestamp, Uuid, Value};

use super::{decode, encode, hex, refused};

/// Qpid Proton 0.40 (Python): every size in the long form, a uuid as id, a map as body.
const PROTON_MAP: &str = "
    005370 c0090341500370000927c0
    005372 d100000028 00000004 a307782d6f70742d6e 5502
        a30a782d6f70742d6c697374 d000000008 00000002 5501 5502
    005373 c0490c 9800000000000000000000000000000003 40 40 a1097375626a6563742032
        a1077265706c792d32 a003696402 a30a746578742f706c61696e 40 40 830000018bcfe56fd0
        a10167 5202
    005374 d100000062 00000010 a10372756e
        a1203036356534653963373765393432633039356164396162363561633632656632
        a1016e 5502 a10173 a10474657874 a10162 41 a10175 5302 a10166 823ff8000000000000
        a1046e6f6e65 40 a1027473 830000018bcfe56800
    005377 d100000042 00000008 a1016e 5502 a30373796d 415309 d00000000c 00000003 5501
        a10374776f 40 a1066e6573746564 d100000013 00000002 a10464656570 823ff8000000000000";

/// rhea 3.0.5: sections as list32 and map32, three data sections.
const RHEA_DATA: &str = "
    005370 d00000000c 00000003 41 5003 70000927c0
    005372 d10000000f 00000002 a307782d6f70742d6e 5201
    005373 d00000003c 0000000c 5301 40 40 a1097375626a6563742031 a1077265706c792d31 a1026331
        a30a746578742f706c61696e 40 40 830000018bcfe56801 a10167 5201
    005374 d100000052 0000000c a10372756e
        a12434373366393537612d666635332d343261392d623538652d316336303139336232653235
        a1016e 5201 a10173 a10474657874 a10162 41 a10166 823ff8000000000000 a10175 5301
    005375 a0026131 005375 a00162 005375 a00163";

/// RabbitMQ 4.0.5, passing on what Proton sent, with annotations of its own: a sequence.
const RABBITMQ4_SEQUENCE: &str = "
    005370 c00b05 41 5003 70000927c0 41 43
    005372 c14208 a307782d6f70742d6e 5504 a30a782d6f70742d6c697374 c00502 5501 5502
        a30a782d65786368616e6765 a100 a30d782d726f7574696e672d6b6579 a10474657374
    005373 c03b0c a10469642d34 40 40 a1097375626a6563742034 a1077265706c792d34 5304
        a30a746578742f706c61696e 40 40 830000018bcfe577a0 a10167 5204
    005374 d100000062 00000010 a10372756e
        a1203036356534653963373765393432633039356164396162363561633632656632
        a1016e 5504 a10173 a10474657874 a10162 41 a10175 5304 a10166 823ff8000000000000
        a1046e6f6e65 40 a1027473 830000018bcfe56800
    005376 d000000021 00000003 5504 a10a612073657175656e6365
        d10000000a 00000002 a1016b a10176";

/// RabbitMQ 3.10.8, passing on what Proton sent: false.
const RABBITMQ3_VALUE: &str = "
    005370 c00b05 41 5003 70000927c0 41 40
    005372 d100000028 00000004 a307782d6f70742d6e 5503
        a30a782d6f70742d6c697374 d000000008 00000002 5501 5502
    005373 c0330c a003696403 40 40 a1097375626a6563742033 a1077265706c792d33 a10469642d33
        40 40 40 830000018bcfe573b8 a10167 5203
    005374 d100000062 00000010 a10372756e
        a1206264373130373765373361333464313938386537316164656338653038356264
        a1016e 5503 a10173 a10474657874 a10162 41 a10175 5303 a10166 823ff8000000000000
        a1046e6f6e65 40 a1027473 830000018bcfe56800
    005377 42";

/// azure-servicebus 7.15 (pure Python): all fields of each section, booleans of one octet.
const AZURE_DATA: &str = "
    005370 c00c05 5601 5003 70000927c0 40 40
    005372 c10c02 a307782d6f70742d6e 5401
    005373 c03e0d a10469642d31 40 40 a1097375626a6563742031 a1077265706c792d31 a1026331
        a30a746578742f706c61696e 40 40 830000018bcfe56801 a10167 5201 40
    005374 c13e08 a10372756e
        a1203332333539383763636438333437643438373838316331343734653039383830
        a1016e 5401 a10162 5601 a10166 823ff8000000000000
    005375 a0026131 005375 a00162 005375 a00163";

/// Proton again: a message with no body at all.
const PROTON_NO_BODY: &str = "005370 c00201 41 005373 c00801 a105656d707479";

fn properties(octets: &str) -> Properties {
    let view = EncodedMessage::parse(hex(octets)).unwrap();
    view.properties().unwrap().unwrap()
}

fn data(sections: &[&'static str]) -> Body {
    Body::Data(sections.iter().copied().map(Bytes::from).collect())
}

#[test]
fn proton_map() {
    let message: Message = decode(&hex(PROTON_MAP)).unwrap();
    assert!(message.is_durable());
    assert_eq!(message.header.unwrap().ttl, Some(600_000));
    let mut id = [0; 16];
    id[15] = 3;
    assert_eq!(message.message_id(), Some(&Uuid(id).into()));
    let answered = MessageId::Binary(Bytes::from_static(b"id\x02"));
    assert_eq!(message.correlation_id(), Some(&answered));
    assert_eq!(message.message_annotations.get("x-opt-n"), Some(Value::Long(2)));
    assert_eq!(message.property("u").unwrap().as_i64(), Some(2));
    assert_eq!(message.property("none").unwrap(), Value::Null);
    assert_eq!(message.property("ts").unwrap(), Value::from(Timestamp(1_700_000_000_000)));
    let Some(Value::Map(map)) = message.body.as_value() else { panic!("a map: {:?}", message.body) };
    assert_eq!(map.get("n"), Some(&Value::Long(2)));
}

// req: MS-3.2.6-01
#[test]
fn rhea_data() {
    let message: Message = decode(&hex(RHEA_DATA)).unwrap();
    assert_eq!(message.body, data(&["a1", "b", "c"]));
    assert_eq!(message.message_id(), Some(&1.into()));
    assert_eq!(message.subject(), Some("subject 1"));
}

// req: MS-3.2.7-01
#[test]
fn rabbitmq_sequence() {
    let message: Message = decode(&hex(RABBITMQ4_SEQUENCE)).unwrap();
    assert!(message.header.unwrap().first_acquirer);
    assert_eq!(message.message_annotations.get("x-routing-key"), Some("test".into()));
    let Body::Sequence(lists) = &message.body else { panic!("a sequence: {:?}", message.body) };
    assert_eq!(lists[0][..2], [Value::Long(4), "a sequence".into()]);
}

// req: MS-3.2.8-01
#[test]
fn rabbitmq_value() {
    let message: Message = decode(&hex(RABBITMQ3_VALUE)).unwrap();
    assert_eq!(message.body, Body::Value(false.into()));
    assert_eq!(message.correlation_id(), Some(&"id-3".into()));
}

#[test]
fn azure_data() {
    let message: Message = decode(&hex(AZURE_DATA)).unwrap();
    assert_eq!(message.body, data(&["a1", "b", "c"]));
    assert_eq!(message.property("b").unwrap().as_bool(), Some(true));
    assert_eq!(properties(AZURE_DATA).group_sequence.map(|no| no.0), Some(1));
}

#[test]
fn proton_without_a_body() {
    let view = EncodedMessage::parse(hex(PROTON_NO_BODY)).unwrap();
    assert_eq!(view.body_section(), None);
    assert_eq!(view.body().unwrap(), Body::Empty);
    assert_eq!(view.bare(), hex("005373 c00801 a105656d707479"));
}

// req: MS-3.2-05
#[test]
fn bare_messages_survive_as_they_are() {
    for octets in [PROTON_MAP, RHEA_DATA, RABBITMQ4_SEQUENCE, RABBITMQ3_VALUE, AZURE_DATA] {
        let octets = hex(octets);
        let view = EncodedMessage::parse(octets.clone()).unwrap();
        let around = [Section::Header, Section::MessageAnnotations];
        let around: Vec<u8> = around.into_iter().flat_map(|section| view.section(section).unwrap()).collect();
        assert_eq!(view.bare(), octets[around.len()..]);
    }
}

#[test]
fn decoded_encoded_and_decoded_again() {
    let all = [PROTON_MAP, RHEA_DATA, RABBITMQ4_SEQUENCE, RABBITMQ3_VALUE, AZURE_DATA, PROTON_NO_BODY];
    for octets in all {
        let message: Message = decode(&hex(octets)).unwrap();
        let again = encode(&message);
        assert!(again.len() <= hex(octets).len());
        assert_eq!(decode::<Message>(&again).unwrap(), message);
    }
}

// req: MS-3.2-01, MS-3.2-06
#[test]
fn sections_out_of_order_are_refused_whoever_sends_them() {
    // amqp10 3.6.0 (npm) puts message-annotations behind the properties.
    let annotations_late = "
        005370 c00705 41 5004 40 42 43
        005373 c01b0d a10469642d30 40 40 a1077375626a656374 40 40 40 40 40 40 40 40 40
        005372 c10b02 a307782d6f70742d6e 43
        005374 c10e04 a1016e 43 a10173 a10474657874
        005377 a1086120737472696e67";
    refused(annotations_late, DecodeErrorKind::SectionOrder, "message-annotations");
    // rhea 3.0.5 puts the footer before the body.
    let footer_early = "005373 45 005378 c10100 005377 40";
    refused(footer_early, DecodeErrorKind::SectionOrder, "amqp-value");
}
