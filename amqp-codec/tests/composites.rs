//! Composite types as Rust values (§1.3, §1.4). Their octets are in the folders of `vectors`.

use amqp_codec::transaction::capability;
use amqp_codec::{
    Attach, Bytes, Close, Condition, Decode, DecodeError, DecodeErrorKind, Decoder, DeliveryState, DeliveryTag, Detach,
    Disposition, Encode, Error, Fields, Flow, Handle, Limits, Map, Message, Multiple, NotAnOutcome, Open, Outcome,
    Performative, Received, ReceiverSettleMode, Rejected, Role, SaslCode, SaslInit, SaslMechanisms, SenderSettleMode,
    SequenceNo, Source, SourceTerminus, Symbol, Target, TargetTerminus, TerminusDurability, TerminusExpiryPolicy,
    Transfer, UnsettledMap, composite,
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
fn errors_tell_what_and_where() {
    let error = decode::<Open>("00 53 10 c0 04 01 a3 01 63").unwrap_err();
    let text = "open.container-id (string): unexpected format code 0xa3 (at octet 6)";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.condition(), Condition::DECODE_ERROR);
    let error = decode::<Attach>("00 53 12 c0 08 04 a1 01 61 43 41 50 03").unwrap_err();
    assert_eq!(
        error.to_string(),
        "attach.snd-settle-mode (sender-settle-mode): value is none of the type's choices (at octet 13)"
    );
}

/// What is wrong with a map is told at the key, or the value, that is one too many.
#[test]
fn errors_tell_where_in_a_map() {
    // req: TY-1.6.23-04
    let at = |error: DecodeError| (error.kind(), error.offset());
    assert_eq!(at(decode::<Map>("c1 09 04 a1 01 6b 41 a1 01 6b 41").unwrap_err()), (DecodeErrorKind::DuplicateKey, 7));
    assert_eq!(
        at(decode::<Fields>("c1 09 04 a3 01 6b 41 a3 01 6b 41").unwrap_err()),
        (DecodeErrorKind::DuplicateKey, 7)
    );
    let properties = "00 53 74 c1 09 04 a1 01 6b 41 a1 01 6b 41";
    let error = decode::<Message>(properties).unwrap_err();
    assert_eq!(error.to_string(), "section application-properties: map: map has two equal keys (at octet 10)");
    let octets = bytes("00 53 74 c1 09 04 a1 01 6b 41 a1 01 6c 41");
    let error = Decoder::with_limits(&octets, &Limits::new().total(1)).decode::<Message>().unwrap_err();
    assert_eq!(at(error), (DecodeErrorKind::TooManyValues, 13));
    // Many, of which the last repeats the one before it.
    let keys = (0..100).chain([99]).map(|key| [0x54, key, 0x40]).collect::<Vec<_>>().concat();
    let octets = Bytes::from([&[0xd1, 0, 0, 1, 0x33, 0, 0, 0, 202][..], &keys].concat());
    let error = Decoder::new(&octets).decode::<Map>().unwrap_err();
    assert_eq!(at(error), (DecodeErrorKind::DuplicateKey, 9 + 100 * 3));
}

/// The condition that a refusal is answered with: a value outside its type's choices is not malformed.
#[test]
fn errors_have_conditions() {
    // req: TY-1.3.5-01
    let condition = |hex: &str| decode::<Attach>(hex).unwrap_err().condition();
    assert_eq!(condition("00 53 12 45"), Condition::DECODE_ERROR);
    assert_eq!(condition("00 53 12 c0 08 04 a1 01 61 43 41 50 03"), Condition::INVALID_FIELD);
}

/// An error without any field is what RabbitMQ's Erlang client sends for "no error".
#[test]
fn an_empty_error_is_none() {
    let close = decode::<Close>("00 53 18 c0 05 01 00 53 1d 45").unwrap();
    assert!(close.error.unwrap().is_unspecified());
}

#[test]
fn defaults() {
    // req: TY-1.3.4-05
    let open = decode::<Open>("00 53 10 c0 04 01 a1 01 63").unwrap();
    assert_eq!(open, Open::new("c"));
    assert_eq!((open.max_frame_size, open.channel_max), (u32::MAX, 65_535));
    let attach: Attach = decode("00 53 12 c0 06 03 a1 01 61 43 41").unwrap();
    assert_eq!(attach, Attach::new("a", Handle(0), Role::Receiver));
    assert_eq!(attach.snd_settle_mode, SenderSettleMode::Mixed);
    assert_eq!(attach.rcv_settle_mode, ReceiverSettleMode::First);
    assert_eq!((attach.role, !attach.role), (Role::Receiver, Role::Sender));
    let source: Source = decode("00 53 28 45").unwrap();
    assert_eq!(source.expiry_policy, TerminusExpiryPolicy::SESSION_END);
    assert_eq!((source.durable, source.timeout), (TerminusDurability::None, 0));
}

/// The names of the conditions in the text are those that it gives.
#[test]
fn conditions() {
    // req: TR-2.8.15-01 TR-2.8.16-01 TR-2.8.17-01 TR-2.8.18-01 TX-4.5.8-01
    let conditions = [
        (Condition::INTERNAL_ERROR, "amqp:internal-error"),
        (Condition::NOT_FOUND, "amqp:not-found"),
        (Condition::UNAUTHORIZED_ACCESS, "amqp:unauthorized-access"),
        (Condition::DECODE_ERROR, "amqp:decode-error"),
        (Condition::RESOURCE_LIMIT_EXCEEDED, "amqp:resource-limit-exceeded"),
        (Condition::NOT_ALLOWED, "amqp:not-allowed"),
        (Condition::INVALID_FIELD, "amqp:invalid-field"),
        (Condition::NOT_IMPLEMENTED, "amqp:not-implemented"),
        (Condition::RESOURCE_LOCKED, "amqp:resource-locked"),
        (Condition::PRECONDITION_FAILED, "amqp:precondition-failed"),
        (Condition::RESOURCE_DELETED, "amqp:resource-deleted"),
        (Condition::ILLEGAL_STATE, "amqp:illegal-state"),
        (Condition::FRAME_SIZE_TOO_SMALL, "amqp:frame-size-too-small"),
        (Condition::CONNECTION_FORCED, "amqp:connection:forced"),
        (Condition::FRAMING_ERROR, "amqp:connection:framing-error"),
        (Condition::CONNECTION_REDIRECT, "amqp:connection:redirect"),
        (Condition::WINDOW_VIOLATION, "amqp:session:window-violation"),
        (Condition::ERRANT_LINK, "amqp:session:errant-link"),
        (Condition::HANDLE_IN_USE, "amqp:session:handle-in-use"),
        (Condition::UNATTACHED_HANDLE, "amqp:session:unattached-handle"),
        (Condition::DETACH_FORCED, "amqp:link:detach-forced"),
        (Condition::TRANSFER_LIMIT_EXCEEDED, "amqp:link:transfer-limit-exceeded"),
        (Condition::MESSAGE_SIZE_EXCEEDED, "amqp:link:message-size-exceeded"),
        (Condition::LINK_REDIRECT, "amqp:link:redirect"),
        (Condition::STOLEN, "amqp:link:stolen"),
        (Condition::TRANSACTION_UNKNOWN_ID, "amqp:transaction:unknown-id"),
        (Condition::TRANSACTION_ROLLBACK, "amqp:transaction:rollback"),
        (Condition::TRANSACTION_TIMEOUT, "amqp:transaction:timeout"),
    ];
    for (condition, symbol) in conditions {
        assert_eq!(condition.as_str(), symbol);
    }
}

/// So are the capabilities of a coordinator.
#[test]
fn capabilities() {
    // req: TX-4.5.7-01
    let capabilities = [
        (capability::LOCAL_TRANSACTIONS, "amqp:local-transactions"),
        (capability::DISTRIBUTED_TRANSACTIONS, "amqp:distributed-transactions"),
        (capability::PROMOTABLE_TRANSACTIONS, "amqp:promotable-transactions"),
        (capability::MULTI_TXNS_PER_SSN, "amqp:multi-txns-per-ssn"),
        (capability::MULTI_SSNS_PER_TXN, "amqp:multi-ssns-per-txn"),
    ];
    for (capability, symbol) in capabilities {
        assert_eq!(capability, symbol);
    }
}

#[test]
fn multiple() {
    // req: TY-1.3.4-02 TY-1.3.4-03
    let one = SaslMechanisms { sasl_server_mechanisms: Symbol::from_static("X").into() };
    golden("00 53 40 c0 07 01 e0 04 01 a3 01 58", &one);
    let two = SaslMechanisms { sasl_server_mechanisms: Multiple::from_iter(["X", "Y"].map(Symbol::from_static)) };
    golden("00 53 40 c0 09 01 e0 06 02 a3 01 58 01 59", &two);
    let target = Target { capabilities: Multiple::new(), ..Target::default() };
    golden("00 53 29 45", &target);
}

#[test]
fn attach_with_termini() {
    let mut attach = Attach::new("link", Handle(0), Role::Sender);
    attach.source = Some(Source::new("from").into());
    attach.target = Some(Target::new("to").into());
    attach.unsettled = Some(UnsettledMap(vec![
        (DeliveryTag::from(1_u32), None),
        (DeliveryTag::from(2_u32), Some(DeliveryState::Accepted)),
    ]));
    attach.initial_delivery_count = Some(SequenceNo(u32::MAX));
    let octets = Bytes::from(encode(&attach));
    assert_eq!(Decoder::new(&octets).decode(), Ok(attach));
    let coordinator = "00 53 12 c0 0d 07 a1 01 61 43 41 40 40 40 00 53 30 45";
    let attach = decode::<Attach>(coordinator).unwrap();
    assert!(matches!(attach.target, Some(TargetTerminus::Coordinator(_))));
}

#[test]
fn delivery_states() {
    golden("00 53 24 45", &DeliveryState::Accepted);
    golden("00 53 26 45", &DeliveryState::Released);
    let received = Received { section_number: 1, section_offset: 0 };
    golden("00 53 23 c0 04 02 52 01 44", &DeliveryState::Received(received));
    golden("00 53 25 45", &DeliveryState::from(Rejected { error: None }));
    let received = DeliveryState::from(received);
    assert_eq!(Outcome::try_from(received.clone()), Err(NotAnOutcome(received)));
    assert_eq!(Outcome::try_from(DeliveryState::Accepted), Ok(Outcome::Accepted));
}

/// What has a descriptor of another type is kept as it came: a number of any width, a symbol, or neither. What has none
/// is refused, and so is any other performative.
#[test]
fn other_types_are_kept_where_there_may_be_some() {
    for descriptor in ["53 ff", "44", "80 00004d2f 00000024", "a3 03 666f6f", "b3 00000003 666f6f", "41"] {
        let value = format!("00 {descriptor} 45");
        let Ok(DeliveryState::Other(state)) = decode(&value) else { panic!("{value}: no other state") };
        let Ok(SourceTerminus::Other(source)) = decode(&value) else { panic!("{value}: no other source") };
        assert_eq!([state.as_bytes(), source.as_bytes()], [&bytes(&value); 2]);
        assert_eq!(refused::<Performative>(&value), (DecodeErrorKind::UnknownDescriptor, "performative"));
    }
    for (value, kind) in [("45", DecodeErrorKind::UnexpectedCode { code: 0x45 }), ("00", DecodeErrorKind::Incomplete)] {
        assert_eq!(refused::<DeliveryState>(value), (kind, "delivery-state"));
        assert_eq!(refused::<SourceTerminus>(value), (kind, "source"));
        assert_eq!(refused::<Performative>(value), (kind, "performative"));
    }
}

#[test]
fn states_and_performatives_are_small() {
    assert!(size_of::<DeliveryState>() <= 24);
    assert!(size_of::<Performative>() <= 160);
}

#[test]
fn delivery_tags() {
    // req: TR-2.8.7-01
    assert_eq!(DeliveryTag::from(0_u32).as_ref(), [0]);
    assert_eq!(DeliveryTag::from(0x0102_u64).as_ref(), [1, 2]);
    assert!(DeliveryTag::try_from(&[0; 32][..]).is_ok());
    assert!(DeliveryTag::try_from(&[0; 33][..]).is_err());
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

composite! {
    /// The least descriptor that there is.
    #[derive(Clone, PartialEq)]
    struct Least = "example:least:list" 0x0 {
        /// Anything.
        field: Option<u8>;
    }
}

#[test]
fn a_descriptor_of_zero() {
    golden("00 53 00 45", &Least { field: None });
    golden("00 53 00 c0 03 01 50 07", &Least { field: Some(7) });
    let mut exact = Vec::with_capacity(4);
    Least::default().encode(&mut exact);
    assert_eq!((exact.as_slice(), exact.capacity()), (&[0x00, 0x53, 0x00, 0x45][..], 4));
}

#[test]
fn constants() {
    // req: TR-2.8.19-01
    use amqp_codec::definition::{PORT, SECURE_PORT};
    assert_eq!((PORT, SECURE_PORT, amqp_codec::frame::MIN_MAX_FRAME_SIZE), (5672, 5671, 512));
}
