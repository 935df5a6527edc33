//! Any value survives the wire, and any octets are survived (TY-D-03).

use amqp_codec::{
    Array, Bytes, Dec32, Dec64, Dec128, DecodeErrorKind, Decoder, DeliveryTag, Described, Encode, Flow, FrameHeader,
    Handle, Map, Performative, ProtocolHeader, SaslFrame, SequenceNo, Symbol, Timestamp, Transfer, Uuid, Value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn text(len: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(any::<char>(), len).prop_map(String::from_iter)
}

fn symbol() -> impl Strategy<Value = Symbol> {
    let ascii = vec(0_u8..0x80, 0..20);
    ascii.prop_map(|octets| Symbol::try_from(Bytes::from(octets)).unwrap())
}

fn primitive() -> impl Strategy<Value = Value> {
    let integers = prop_oneof![
        any::<u8>().prop_map(Value::from),
        any::<u16>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        (0_u32..300).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0_u64..300).prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-200_i32..200).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-200_i64..200).prop_map(Value::from),
    ];
    let others = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(|bits| Value::Float(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Value::Double(f64::from_bits(bits))),
        any::<[u8; 4]>().prop_map(|octets| Dec32(octets).into()),
        any::<[u8; 8]>().prop_map(|octets| Dec64(octets).into()),
        any::<[u8; 16]>().prop_map(|octets| Dec128(octets).into()),
        any::<[u8; 16]>().prop_map(|octets| Uuid(octets).into()),
        any::<char>().prop_map(Value::from),
        any::<i64>().prop_map(|millis| Timestamp(millis).into()),
        vec(any::<u8>(), 0..300).prop_map(Value::from),
        text(0..100).prop_map(Value::from),
        symbol().prop_map(Value::from),
    ];
    prop_oneof![integers, others]
}

fn value() -> impl Strategy<Value = Value> {
    primitive().prop_recursive(4, 64, 8, |inner| {
        let pairs = vec((inner.clone(), inner.clone()), 0..8);
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            pairs.prop_map(|pairs| Map::from_iter(pairs).into()),
            (inner.clone(), inner.clone()).prop_map(|(d, v)| Described::new(d, v).into()),
            (inner.clone(), 1..4_usize).prop_map(|(v, n)| Array::from_values(&vec![v; n]).unwrap().into()),
            vec(any::<i32>(), 0..80).prop_map(|numbers| Array::of(&numbers).into()),
        ]
    })
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let tag = vec(any::<u8>(), 0..=32).prop_map(|octets| DeliveryTag::try_from(&octets[..]).unwrap());
    let numbers = (any::<u32>(), option::of(any::<u32>()), option::of(any::<u32>()));
    let flags = (option::of(any::<bool>()), any::<[bool; 4]>());
    (numbers, option::of(tag), flags).prop_map(|((handle, id, format), tag, (settled, flags))| {
        let [more, resume, aborted, batchable] = flags;
        Transfer {
            delivery_id: id.map(SequenceNo),
            delivery_tag: tag,
            message_format: format,
            settled,
            more,
            resume,
            aborted,
            batchable,
            ..Transfer::new(Handle(handle))
        }
    })
}

fn encode(value: &impl Encode) -> Bytes {
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out.len(), value.encoded_len());
    out.into()
}

/// Decodes as everything there is, and says nothing about the result.
fn decode_as_anything(input: &Bytes) {
    let _ = Decoder::new(input).decode::<Performative>();
    let _ = Decoder::new(input).decode::<SaslFrame>();
    let _ = FrameHeader::parse(input, 512);
    let _ = ProtocolHeader::parse(input);
    let skipped = Decoder::new(input).skip();
    let mut decoder = Decoder::new(input);
    if let Ok(value) = decoder.decode::<Value>() {
        assert_eq!(skipped, Ok(()));
        let octets = encode(&value);
        assert_eq!(Decoder::new(&octets).decode::<Value>(), Ok(value.clone()));
        let _ = format!("{value:?}");
    }
}

proptest! {
    #[test]
    fn values_round_trip(value in value()) {
        let octets = encode(&value);
        let mut decoder = Decoder::new(&octets);
        prop_assert_eq!(decoder.decode::<Value>(), Ok(value));
        prop_assert!(decoder.is_empty());
        let mut decoder = Decoder::new(&octets);
        prop_assert_eq!(decoder.skip(), Ok(()));
        prop_assert!(decoder.is_empty());
    }

    #[test]
    fn a_prefix_is_incomplete(value in value(), cut in any::<prop::sample::Index>()) {
        let octets = encode(&value);
        let prefix = octets.slice(..cut.index(octets.len()));
        let error = Decoder::new(&prefix).decode::<Value>().unwrap_err();
        prop_assert_eq!(error.kind(), DecodeErrorKind::Incomplete);
    }

    #[test]
    fn transfers_round_trip(transfer in transfer()) {
        let octets = encode(&transfer);
        let decoded = Decoder::new(&octets).decode::<Performative>();
        prop_assert_eq!(decoded, Ok(Performative::Transfer(transfer)));
    }

    #[test]
    fn flows_round_trip(numbers in any::<[u32; 4]>(), options in any::<[Option<u32>; 4]>()) {
        let [incoming, next, outgoing, expected] = numbers;
        let [handle, count, credit, available] = options;
        let flow = Flow {
            next_incoming_id: Some(SequenceNo(expected)),
            handle: handle.map(Handle),
            delivery_count: count.map(SequenceNo),
            link_credit: credit,
            available,
            ..Flow::new(incoming, SequenceNo(next), outgoing)
        };
        let octets = encode(&flow);
        prop_assert_eq!(Decoder::new(&octets).decode::<Flow>(), Ok(flow));
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..200)) {
        decode_as_anything(&octets.into());
    }

    #[test]
    fn octets_out_of_codes(octets in vec(prop::sample::select(&[
        0x00, 0x01, 0x02, 0x03, 0x10, 0x12, 0x14, 0x40, 0x41, 0x43, 0x45, 0x53, 0x56, 0x70, 0xa0,
        0xa1, 0xa3, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0, 0xff,
    ][..]), 0..60)) {
        decode_as_anything(&octets.into());
    }

    #[test]
    fn values_with_an_octet_changed(
        value in value(),
        at in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut octets = encode(&value).to_vec();
        let at = at.index(octets.len());
        octets[at] = octet;
        decode_as_anything(&octets.into());
    }
}
