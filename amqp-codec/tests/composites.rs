//! Composite types: carriers, descriptors, missing fields, limits (§1.3, §1.4).

use amqp_codec::{
    Attach, Bytes, Close, Condition, Decode, DecodeError, DecodeErrorKind, Decoder, DeliveryState, DeliveryTag,
    Described, Detach, Disposition, Encode, Error, Flow, Handle, Multiple, Open, Outcome, Performative, Received,
    ReceiverSettleMode, Rejected, Role, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SenderSettleMode, SequenceNo,
    Source, Symbol, Target, TargetTerminus, Transfer, UnsettledMap, Value, composite,
};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

fn decode<T: Decode>(hex: &str) -> Result<T, DecodeError> {
    let input = bytes(hex);
    let mut decoder = Decoder::new(&input);
    let value = decoder.decode()?;
    assert!(decoder.is_empty(), "{hex}: octets left over");
    Ok(value)
}

fn refused<T: Decode + std::fmt::Debug>(hex: &str) -> (DecodeErrorKind, &'static str) {
    let error = decode::<T>(hex).expect_err(hex);
    (error.kind(), error.expected())
}

fn encode(value: &impl Encode) -> Vec<u8> {
    let mut out = vec![0xaa];
    value.encode(&mut out);
    assert_eq!(out.len() - 1, value.encoded_len());
    out.split_off(1)
}

fn golden<T: Decode + Encode + PartialEq + std::fmt::Debug>(hex: &str, value: &T) {
    assert_eq!(encode(value), bytes(hex), "encoding {value:?}");
    assert_eq!(decode::<T>(hex).as_ref(), Ok(value), "{hex}");
}

#[test]
fn every_carrier_and_descriptor() {
    // req: TY-1.4-01 TY-1.4-02 TY-1.4-03 TY-1.5-02
    let close = Close::default();
    golden("00 53 18 45", &close);
    let symbol = "00 a3 0f 616d71703a636c6f73653a6c697374 45";
    let long_symbol = "00 b3 0000000f 616d71703a636c6f73653a6c697374 c0 01 00";
    let forms = [
        "00 80 0000000000000018 45",
        "00 53 18 c0 01 00",
        "00 53 18 c0 02 01 40",
        "00 53 18 d0 00000004 00000000",
        symbol,
        long_symbol,
    ];
    for form in forms {
        assert_eq!(decode::<Close>(form), Ok(close.clone()), "{form}");
        assert_eq!(decode::<Performative>(form), Ok(close.clone().into()), "{form}");
    }
}

#[test]
fn what_is_no_composite() {
    // req: TY-1.4-04 TY-1.4-05 TY-1.2.3-03 TR-2.3.2-02
    use DecodeErrorKind::*;
    assert_eq!(refused::<Close>("00 53 18 c0 03 02 40 40").0, TooManyFields);
    assert_eq!(refused::<Close>("00 53 18 c1 01 00").0, UnexpectedCode { code: 0xc1 });
    assert_eq!(refused::<Close>("c0 01 00").0, UnexpectedCode { code: 0xc0 });
    assert_eq!(refused::<Close>("00 53 17 45").0, UnknownDescriptor);
    assert_eq!(refused::<Close>("00 80 0000000100000018 45").0, UnknownDescriptor);
    assert_eq!(refused::<Close>("00 52 18 45").0, UnknownDescriptor);
    assert_eq!(refused::<Close>("00 53 18 c0 03 01 40 40").0, TrailingOctets);
    assert_eq!(refused::<Performative>("00 53 41 45").0, UnknownDescriptor);
    assert_eq!(refused::<Performative>("00 a3 01 61 45").0, UnknownDescriptor);
}

#[test]
fn mandatory_fields_and_defaults() {
    // req: TY-1.3.4-01 TY-1.3.4-05 TR-2.7.3-01 TR-2.8.14-01
    use DecodeErrorKind::MissingField;
    assert_eq!(refused::<Open>("00 53 10 45"), (MissingField, "open.container-id"));
    assert_eq!(refused::<Open>("00 53 10 c0 02 01 40"), (MissingField, "open.container-id"));
    assert_eq!(refused::<Attach>("00 53 12 c0 04 01 a1 01 61"), (MissingField, "attach.handle"));
    let nested = "00 53 18 c0 05 01 00 53 1d 45";
    // An error without any field is what RabbitMQ's Erlang client sends for "no error".
    let close = decode::<Close>(nested).unwrap();
    assert!(close.error.unwrap().is_unspecified());
    let open = decode::<Open>("00 53 10 c0 04 01 a1 01 63").unwrap();
    assert_eq!(open, Open::new("c"));
    assert_eq!((open.max_frame_size, open.channel_max), (u32::MAX, 65_535));
    let error = decode::<Open>("00 53 10 c0 04 01 a3 01 63").unwrap_err();
    let text = "open.container-id: unexpected format code 0xa3 (at octet 6)";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.condition(), Condition::DECODE_ERROR);
}

#[test]
fn multiple() {
    // req: TY-1.3.4-02 TY-1.3.4-03 TY-1.3.4-04 SE-5.3.3.1-01
    let one = SaslMechanisms { sasl_server_mechanisms: Symbol::from_static("X").into() };
    golden("00 53 40 c0 07 01 e0 04 01 a3 01 58", &one);
    assert_eq!(decode("00 53 40 c0 04 01 a3 01 58"), Ok(one));
    let two: SaslMechanisms = decode("00 53 40 c0 09 01 e0 06 02 a3 01 58 01 59").unwrap();
    let names = ["X", "Y"].map(Symbol::from_static);
    assert_eq!(two.sasl_server_mechanisms, Multiple::from_iter(names));
    for none in ["45", "c0 02 01 40", "c0 05 01 e0 02 00 a3", "c0 04 01 e0 01 00"] {
        let hex = format!("00 53 40 {none}");
        let field = "sasl-mechanisms.sasl-server-mechanisms";
        assert_eq!(refused::<SaslMechanisms>(&hex), (DecodeErrorKind::MissingField, field));
    }
    let target: Target = decode("00 53 29 c0 0b 07 40 40 40 40 40 40 e0 02 00 a3").unwrap();
    assert!(target.capabilities.is_empty());
}

#[test]
fn choices() {
    // req: TY-1.3.5-01 TR-2.8.1-01 TR-2.7.3-03 SE-5.3.3.5-01
    let error = decode::<Attach>("00 53 12 c0 08 04 a1 01 61 43 41 50 03").unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::InvalidChoice);
    assert_eq!(error.condition(), Condition::INVALID_FIELD);
    assert_eq!(error.expected(), "attach.snd-settle-mode");
    assert!(decode::<SaslFrame>("00 53 44 c0 03 01 50 05").is_err());
    let attach: Attach = decode("00 53 12 c0 0a 05 a1 01 61 43 41 50 01 50 01").unwrap();
    assert_eq!(attach.snd_settle_mode, SenderSettleMode::Settled);
    assert_eq!(attach.rcv_settle_mode, ReceiverSettleMode::Second);
    assert_eq!((attach.role, !attach.role), (Role::Receiver, Role::Sender));
}

#[test]
fn long_lists() {
    // req: TY-1.6-30
    for len in [246, 247, 248, 250, 251, 252, 300] {
        let open = Open::new("x".repeat(len));
        let octets = encode(&open);
        let short = octets.get(3) == Some(&0xc0);
        assert_eq!(short, len <= 252, "{len}");
        assert_eq!(Decoder::new(&octets.into()).decode(), Ok(open));
    }
}

#[test]
fn attach_with_termini() {
    // req: TR-2.7.3-06 TR-2.7.3-07 TR-2.7.3-08
    let mut attach = Attach::new("link", Handle(0), Role::Sender);
    attach.source = Some(Box::new(Source::new("from")));
    attach.target = Some(Target::new("to").into());
    attach.unsettled = Some(UnsettledMap(vec![
        (DeliveryTag::from(1_u32), None),
        (DeliveryTag::from(2_u32), Some(DeliveryState::Accepted)),
    ]));
    attach.initial_delivery_count = Some(SequenceNo(u32::MAX));
    let octets = Bytes::from(encode(&attach));
    assert_eq!(Decoder::new(&octets).decode(), Ok(attach));

    let unknown_target = "00 53 12 c0 0d 07 a1 01 61 43 41 40 40 40 00 53 99 45";
    let error = decode::<Attach>(unknown_target).unwrap_err();
    assert_eq!(error.condition(), Condition::NOT_IMPLEMENTED);
    assert_eq!(error.expected(), "attach.target");
    let coordinator = "00 53 12 c0 0d 07 a1 01 61 43 41 40 40 40 00 53 30 45";
    let attach = decode::<Attach>(coordinator).unwrap();
    assert!(matches!(attach.target, Some(TargetTerminus::Coordinator(_))));
    let null_key = "00 53 12 c0 0f 08 a1 01 61 43 41 40 40 40 40 c1 03 02 40 40";
    assert_eq!(refused::<Attach>(null_key), (DecodeErrorKind::NullKey, "attach.unsettled"));
}

#[test]
fn delivery_states() {
    // req: TR-2.7.6-08 TY-1.5-01
    golden("00 53 24 45", &DeliveryState::Accepted);
    golden("00 53 26 45", &DeliveryState::Released);
    let received = Received { section_number: 1, section_offset: 0 };
    golden("00 53 23 c0 04 02 52 01 44", &DeliveryState::Received(received));
    golden("00 53 25 45", &DeliveryState::from(Rejected { error: None }));
    let unknown = Described::new(Symbol::from_static("x"), Value::from(1_u8));
    golden("00 a3 01 78 50 01", &DeliveryState::Other(Box::new(unknown)));
    assert!(decode::<DeliveryState>("00 52 07 45").is_ok(), "a reserved descriptor is kept");
    assert!(decode::<Outcome>("00 53 24 45").is_ok());
    assert!(decode::<Outcome>("00 53 23 c0 04 02 52 01 44").is_err());
    assert!(size_of::<DeliveryState>() <= 24);
    assert!(size_of::<Performative>() <= 160);
}

#[test]
fn delivery_tags() {
    // req: TR-2.8.7-01 TR-2.8.10-01
    assert_eq!(DeliveryTag::from(0_u32).as_ref(), [0]);
    assert_eq!(DeliveryTag::from(0x0102_u64).as_ref(), [1, 2]);
    assert!(DeliveryTag::try_from(&[0; 33][..]).is_err());
    let hex = |len: usize| format!("00 53 14 c0 {:02x} 03 43 43 a0 {len:02x} {}", len + 5, "00".repeat(len));
    assert!(decode::<Transfer>(&hex(32)).is_ok());
    assert_eq!(refused::<Transfer>(&hex(33)), (DecodeErrorKind::TooLong, "transfer.delivery-tag"));
}

#[test]
fn serial_numbers_wrap() {
    // req: TR-2.8.10-01
    let before = SequenceNo(u32::MAX - 1);
    let after = before + 3;
    assert_eq!(after, SequenceNo(1));
    assert!(before < after, "across the wrap");
    assert_eq!((after.distance_from(before), before.distance_from(after)), (3, -3));
    assert_eq!((after.wrapping_sub(before), after - 3), (3, before));
    assert_eq!(before.partial_cmp(&(before + (1 << 31))), None);
    let mut number = before;
    number += 2;
    assert_eq!(number, SequenceNo(0));
}

#[test]
fn debug_is_one_line_of_set_fields() {
    // req: SE-D-01
    let transfer = Transfer {
        delivery_id: Some(SequenceNo(3)),
        delivery_tag: DeliveryTag::try_from(&[0, 0, 0, 3][..]).ok(),
        settled: Some(false),
        more: true,
        ..Transfer::new(Handle(0))
    };
    let text = "Transfer{handle=0 delivery-id=3 delivery-tag=0x00000003 settled=false more=true}";
    assert_eq!(format!("{:?}", Performative::from(transfer)), text);
    let init = SaslInit {
        mechanism: Symbol::from_static("PLAIN"),
        initial_response: Some(Bytes::from_static(b"\0guest\0guest")),
        hostname: None,
    };
    let text = "SaslInit{mechanism=:PLAIN initial-response=<12 octets>}";
    assert_eq!(format!("{init:?}"), text);
    assert_eq!(format!("{:?}", SaslCode::SysPerm), "sys-perm");
    let error = Error::new(Condition::NOT_FOUND, "no\nqueue");
    assert_eq!(error.to_string(), r"amqp:not-found: no\nqueue");
    let detach = Detach { handle: Handle(1), closed: true, error: Some(error) };
    let text = r#"Detach{handle=1 closed=true error=Error{condition=:amqp:not-found description="no\nqueue"}}"#;
    assert_eq!(format!("{detach:?}"), text);
}

#[test]
fn performatives_round_trip() {
    let flow = Flow {
        link_credit: Some(100),
        handle: Some(Handle(7)),
        drain: true,
        ..Flow::new(2_048, SequenceNo(u32::MAX), 1)
    };
    golden("00 53 13 c0 15 09 40 70 00000800 70 ffffffff 52 01 52 07 40 52 64 40 41", &flow);
    let disposition = Disposition {
        settled: true,
        state: Some(DeliveryState::Accepted),
        ..Disposition::new(Role::Receiver, SequenceNo(5))
    };
    golden("00 53 15 c0 0a 05 41 52 05 40 41 00 53 24 45", &disposition);
}

composite! {
    /// A described type of our own, in a domain of its own.
    #[derive(Clone, PartialEq)]
    struct Point = "example:point:list" 0x0000_4d2f_0000_0001 {
        /// East.
        x: i32, mandatory;
        /// North.
        y: i32 = -1;
        /// Notes.
        tags: Multiple<u64>;
    }
}

#[test]
fn a_type_of_ones_own() {
    let point = Point { x: 0, y: -1, tags: Multiple::from_iter([1, 300]) };
    let array = "e0 12 02 80 0000000000000001 000000000000012c";
    golden(&format!("00 80 00004d2f00000001 c0 18 03 54 00 40 {array}"), &point);
    assert_eq!(format!("{point:?}"), "Point{x=0 tags=[1, 300]}");
    assert_eq!(refused::<Point>("00 80 00004d2f00000001 45").1, "point.x");
}
