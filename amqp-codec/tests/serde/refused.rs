//! What has no counterpart, and what is not of the type that was asked for.

use std::collections::{BTreeMap, HashMap};

use amqp_codec::serde::{Error, ErrorKind, from_bytes, from_value, to_bytes, to_value};
use amqp_codec::{
    Array, ArrayError, Bytes, DecodeErrorKind, Described, Map, SimpleValue, Symbol, Timestamp, Uuid, Value,
};
use serde::{Deserialize, Serialize};

use super::encode;

#[derive(Debug, Serialize, Deserialize)]
struct Line<T> {
    price: T,
}

#[derive(Debug, Serialize, Deserialize)]
struct Order<T> {
    lines: Vec<Line<T>>,
}

fn one<T>(price: T) -> Order<T> {
    Order { lines: vec![Line { price }] }
}

#[track_caller]
fn decode_error(error: &Error) -> DecodeErrorKind {
    match error.kind() {
        ErrorKind::Decode(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn integers_of_128_bits_are_refused() {
    for error in [to_bytes(&one(1_u128)).unwrap_err(), to_bytes(&one(1_i128)).unwrap_err()] {
        assert_eq!(error.kind(), &ErrorKind::Unsupported("integer of 128 bits"));
        assert_eq!(error.to_string(), "lines[0].price: AMQP has no integer of 128 bits");
    }
    let value = to_value(&one(1_u64)).unwrap();
    let error = from_value::<Order<u128>>(value).unwrap_err();
    assert_eq!((error.kind(), error.path()), (&ErrorKind::Unsupported("integer of 128 bits"), "lines[0].price"));
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    from_value::<u8>(256_u16.into()).unwrap_err();
    from_value::<u64>((-1_i8).into()).unwrap_err();
    from_value::<i64>(u64::MAX.into()).unwrap_err();
    from_value::<i8>(128_u8.into()).unwrap_err();
    from_value::<Timestamp>(u64::MAX.into()).unwrap_err();
    from_value::<u8>(1.0.into()).unwrap_err();
    from_value::<u8>("1".into()).unwrap_err();
    from_value::<u8>(Value::Null).unwrap_err();
}

#[test]
fn the_path_leads_to_the_place() {
    let error = from_value::<Order<u8>>(to_value(&one("dear")).unwrap()).unwrap_err();
    assert_eq!(error.path(), "lines[0].price");
    assert_eq!(error.to_string(), "lines[0].price: invalid type: string \"dear\", expected u8");

    #[derive(Debug, Serialize, Deserialize)]
    enum Event<T> {
        Sold(Order<T>),
        Moved { to: T },
        Split(u8, T),
    }
    let path = |event: &Event<&str>| from_value::<Event<u8>>(to_value(event).unwrap()).unwrap_err().path().to_owned();
    assert_eq!(path(&Event::Sold(one("dear"))), "Sold.lines[0].price");
    assert_eq!(path(&Event::Moved { to: "x" }), "Moved.to");
    assert_eq!(path(&Event::Split(1, "x")), "Split[1]");

    let path = |event: &Event<u128>| to_bytes(event).unwrap_err().path().to_owned();
    assert_eq!(path(&Event::Sold(one(1))), "Sold.lines[0].price");
    assert_eq!(path(&Event::Moved { to: 1 }), "Moved.to");
    assert_eq!(path(&Event::Split(1, 1)), "Split[1]");
    assert_eq!(to_bytes(&vec![BTreeMap::from([("k", 1_u128)])]).unwrap_err().path(), "[0].k");
    assert_eq!(to_bytes(&BTreeMap::from([(7_u64, [1_u128])])).unwrap_err().path(), "7[0]");

    let map = Map::from([(7_u64, "x")]);
    assert_eq!(from_value::<HashMap<u64, u8>>(map.into()).unwrap_err().path(), "7");
    let array = Array::of(&[1_u32, 256]);
    assert_eq!(from_value::<Vec<u8>>(array.into()).unwrap_err().path(), "[1]");
}

#[test]
fn missing_and_repeated_fields() {
    let error = from_value::<Order<u8>>(Map::new().into()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::MissingField("lines"));
    let key = Value::from("price");
    let symbol = Value::from(Symbol::from_static("price"));
    let both = Map::from([(key, Value::from(1_u8)), (symbol, 2_u8.into())]);
    from_value::<Line<u8>>(both.into()).unwrap_err();
}

/// req: TY-1.6.23-02
#[test]
fn equal_keys_are_refused_whatever_reads_them() {
    let octets = Bytes::from_static(b"\xc1\x0b\x04\xa1\x01a\x50\x01\xa1\x01a\x50\x02");
    let errors = [
        from_bytes::<HashMap<String, u8>>(&octets).unwrap_err(),
        from_bytes::<Line<Option<u8>>>(&octets).unwrap_err(),
        from_bytes::<Value>(&octets).unwrap_err(),
        from_bytes::<Map>(&octets).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(decode_error(&error), DecodeErrorKind::DuplicateKey);
    }
    let odd = Bytes::from_static(b"\xc1\x04\x01\xa1\x01a");
    assert_eq!(decode_error(&from_bytes::<Line<u8>>(&odd).unwrap_err()), DecodeErrorKind::OddMap);
}

#[test]
fn lengths_have_to_agree() {
    let three = to_bytes(&[1_u8, 2, 3]).unwrap();
    from_bytes::<(u8, u8)>(&three).unwrap_err();
    from_bytes::<(u8, u8, u8, u8)>(&three).unwrap_err();
    // Three nulls of an array, which leave no octets over.
    from_bytes::<((), ())>(&Bytes::from_static(b"\xe0\x02\x03\x40")).unwrap_err();
    from_bytes::<[u8; 2]>(&encode(&Bytes::from_static(b"abc"))).unwrap_err();
    from_bytes::<Uuid>(&encode(&Bytes::from_static(b"abc"))).unwrap_err();
    let two_variants = Map::from([("A", 1_u8), ("B", 2)]);
    from_value::<Result<u8, u8>>(two_variants.into()).unwrap_err();
}

/// serde would take numbers for the places of fields and variants.
#[test]
fn names_are_text() {
    from_value::<Line<u8>>(Map::from([(0_u64, 1_u8)]).into()).unwrap_err();
    from_value::<Line<u8>>(Map::from([(b"price", 1_u8)]).into()).unwrap_err();
    from_value::<Result<u8, u8>>(Map::from([(0_u64, 1_u8)]).into()).unwrap_err();
    #[derive(Debug, Deserialize)]
    enum Unit {
        A,
    }
    from_value::<Unit>(0_u32.into()).unwrap_err();
    from_value::<Unit>("B".into()).unwrap_err();
    assert!(matches!(from_value::<Unit>("A".into()), Ok(Unit::A)));
}

#[test]
fn what_cannot_be_the_type_asked_for_is_not_written() {
    #[derive(Serialize)]
    struct NotAscii(#[serde(with = "amqp_codec::serde::symbol")] &'static str);
    #[derive(Serialize)]
    struct NotText {
        #[serde(with = "amqp_codec::serde::symbol")]
        number: u8,
    }
    #[derive(Serialize)]
    struct Mixed {
        #[serde(with = "amqp_codec::serde::array")]
        elements: (u8, &'static str),
    }
    assert!(matches!(to_bytes(&NotAscii("é")).unwrap_err().kind(), ErrorKind::Symbol(_)));
    let error = to_bytes(&NotText { number: 1 }).unwrap_err();
    assert_eq!(error.to_string(), "number: expected symbol, found ubyte");
    let error = to_bytes(&Mixed { elements: (1, "a") }).unwrap_err();
    assert_eq!((error.kind(), error.path()), (&ErrorKind::Array(ArrayError::Mixed), "elements"));
    from_value::<Symbol>("é".into()).unwrap_err();
    from_value::<SimpleValue>(Map::new().into()).unwrap_err();
    from_value::<Array>(1_u8.into()).unwrap_err();
    from_value::<Described>(Map::from([("descriptor", 1), ("value", 2)]).into()).unwrap_err();
}

/// A point in time that the Rust type cannot hold is an error (req: TY-1.6.17-01).
#[test]
fn times_out_of_range() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Sample(#[serde(with = "amqp_codec::serde::timestamp")] core::time::Duration);
    to_bytes(&Sample(core::time::Duration::MAX)).unwrap_err();
    from_value::<Sample>(Timestamp(-1).into()).unwrap_err();
}

#[test]
fn two_equal_keys_are_not_a_value() {
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("a", 2)])
        }
    }
    assert_eq!(decode_error(&to_value(&Twice).unwrap_err()), DecodeErrorKind::DuplicateKey);
}
