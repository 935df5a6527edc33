//! Which Rust type is which AMQP type, octet for octet.

use std::collections::BTreeMap;

use amqp_codec::serde::{from_bytes, from_value, to_bytes, to_value};
use amqp_codec::{
    Array, Bytes, Dec32, Dec64, Dec128, Described, Map, SimpleValue, Str, Symbol, Timestamp, Uuid, Value,
};
use serde::{Deserialize, Serialize};

use super::{encode, read, round_trip};

#[track_caller]
fn written<T: Serialize + ?Sized>(rust: &T, octets: &[u8]) {
    assert_eq!(to_bytes(rust).unwrap(), octets);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
    express: Option<bool>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Metres(f64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point(i32, i32);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Radius(u8),
    Line(u8, u8),
    Box { w: u8, h: u8 },
}

#[test]
fn numbers_keep_their_width() {
    written(&(), b"\x40");
    written(&None::<u8>, b"\x40");
    written(&true, b"\x41");
    written(&7_u8, b"\x50\x07");
    written(&7_u16, b"\x60\x00\x07");
    written(&7_u32, b"\x52\x07");
    written(&0_u32, b"\x43");
    written(&256_u32, b"\x70\x00\x00\x01\x00");
    written(&7_u64, b"\x53\x07");
    written(&7_usize, b"\x53\x07");
    written(&-1_i8, b"\x51\xff");
    written(&-1_i16, b"\x61\xff\xff");
    written(&-1_i32, b"\x54\xff");
    written(&-1_i64, b"\x55\xff");
    written(&1.5_f32, b"\x72\x3f\xc0\x00\x00");
    written(&1.5_f64, b"\x82\x3f\xf8\x00\x00\x00\x00\x00\x00");
    written(&'é', b"\x73\x00\x00\x00\xe9");
}

#[test]
fn text_octets_and_containers() {
    written("hi", b"\xa1\x02hi");
    written(&Bytes::from_static(b"hi"), b"\xa0\x02hi");
    written(&[1_u8, 2], b"\xc0\x05\x02\x50\x01\x50\x02");
    written(&Vec::<u8>::new(), b"\x45");
    written(&(1_u8, "a"), b"\xc0\x06\x02\x50\x01\xa1\x01a");
    written(&Point(1, -1), b"\xc0\x05\x02\x54\x01\x54\xff");
    written(&BTreeMap::from([("a", 1_u8)]), b"\xc1\x06\x02\xa1\x01a\x50\x01");
    written(&BTreeMap::<u8, u8>::new(), b"\xc1\x01\x00");
    written(&Metres(1.5), b"\x82\x3f\xf8\x00\x00\x00\x00\x00\x00");
    written(&Marker, b"\x40");
    let order = Order { item: "crate".into(), count: 12, express: None };
    written(&order, b"\xc1\x21\x06\xa1\x04item\xa1\x05crate\xa1\x05count\x52\x0c\xa1\x07express\x40");
}

#[test]
fn variants_are_names_or_maps_of_one_entry() {
    written(&Shape::Empty, b"\xa1\x05Empty");
    written(&Shape::Radius(7), b"\xc1\x0b\x02\xa1\x06Radius\x50\x07");
    written(&Shape::Line(1, 2), b"\xc1\x0e\x02\xa1\x04Line\xc0\x05\x02\x50\x01\x50\x02");
    written(&Shape::Box { w: 1, h: 2 }, b"\xc1\x13\x02\xa1\x03Box\xc1\x0b\x04\xa1\x01w\x50\x01\xa1\x01h\x50\x02");
    for shape in [Shape::Empty, Shape::Radius(7), Shape::Line(1, 2), Shape::Box { w: 1, h: 2 }] {
        round_trip(&shape);
    }
}

#[test]
fn long_containers_have_long_forms() {
    let list = vec![7_u16; 100];
    assert_eq!(to_bytes(&list).unwrap()[..9], *b"\xd0\x00\x00\x01\x30\x00\x00\x00\x64");
    round_trip(&list);
    round_trip(&vec![(); 300]);
    round_trip(&(0..300_u16).map(|key| (key, "value".to_owned())).collect::<BTreeMap<_, _>>());
    round_trip(&"é".repeat(200));
}

/// Each of our types stays the AMQP type that it is.
#[test]
fn our_types_keep_their_type() {
    assert_eq!(round_trip(&Symbol::from_static("s")), Value::from(Symbol::from_static("s")));
    assert_eq!(round_trip(&Str::from_static("é")), Value::from("é"));
    assert_eq!(round_trip(&Timestamp(-7)), Value::from(Timestamp(-7)));
    assert_eq!(round_trip(&Uuid([7; 16])), Value::from(Uuid([7; 16])));
    assert_eq!(round_trip(&Dec32([7; 4])), Value::from(Dec32([7; 4])));
    assert_eq!(round_trip(&Dec64([7; 8])), Value::from(Dec64([7; 8])));
    assert_eq!(round_trip(&Dec128([7; 16])), Value::from(Dec128([7; 16])));
    assert_eq!(round_trip(&Bytes::from_static(b"hi")), Value::from(b"hi"));
    assert_eq!(round_trip(&SimpleValue::from(7_u16)), Value::from(7_u16));
    let array = Array::of(&[1_i32, -1]);
    assert_eq!(round_trip(&array), Value::from(array));
    let described = Described::new(1_u64, Described::new(Symbol::from_static("in"), "text"));
    assert_eq!(round_trip(&described), Value::from(described));
    let map = Map::from([(Value::Null, Value::from(1_u8)), (Symbol::from_static("k").into(), Value::Null)]);
    assert_eq!(round_trip(&map), Value::from(map));
}

#[test]
fn our_types_keep_their_type_within_others() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Event {
        at: Timestamp,
        id: Option<Uuid>,
        tags: Vec<Symbol>,
        content: Value,
        seen: BTreeMap<Symbol, Timestamp>,
    }
    let event = Event {
        at: Timestamp(7),
        id: Some(Uuid([7; 16])),
        tags: vec![Symbol::from_static("new")],
        content: Described::new(1_u64, Array::of(&[Timestamp(7)])).into(),
        seen: BTreeMap::from([(Symbol::from_static("n1"), Timestamp(8))]),
    };
    let value = round_trip(&event);
    let map = value.as_map().unwrap();
    assert_eq!(map.get("at"), Some(&Timestamp(7).into()));
    assert_eq!(map.get("id"), Some(&Uuid([7; 16]).into()));
    assert_eq!(map.get("tags"), Some(&Value::List(vec![Symbol::from_static("new").into()])));
    assert_eq!(map.get("content"), Some(&event.content));
    assert_eq!(map.get("seen"), Some(&Map::from([(Symbol::from_static("n1"), Timestamp(8))]).into()));
}

#[test]
fn an_array_without_elements_stays_an_array() {
    let value = to_value(&Array::of::<i32>(&[])).unwrap();
    assert_eq!(value.as_array().map(Array::len), Some(0));
    assert_eq!(read::<Array>(b"\xe0\x02\x00\x71"), Array::of::<i32>(&[]));
}

#[test]
fn fields_of_other_types_by_attribute() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Policy {
        Never,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Fields {
        #[serde(with = "amqp_codec::serde::array")]
        numbers: Vec<u16>,
        #[serde(with = "amqp_codec::serde::array")]
        none: Option<Vec<u16>>,
        #[serde(with = "amqp_codec::serde::symbol")]
        name: String,
        #[serde(with = "amqp_codec::serde::symbol")]
        policy: Option<Policy>,
    }
    let fields = Fields { numbers: vec![1, 2], none: None, name: "n".into(), policy: Some(Policy::Never) };
    let value = round_trip(&fields);
    let expected = Map::from([
        ("numbers", Value::from(Array::of(&[1_u16, 2]))),
        ("none", Value::Null),
        ("name", Symbol::from_static("n").into()),
        ("policy", Symbol::from_static("never").into()),
    ]);
    assert_eq!(value, expected.into());
}

/// Peers vary: whatever holds the number will do.
#[test]
fn integers_of_any_width_that_fit_are_read() {
    let ones: [Value; 8] =
        [1_u8.into(), 1_u16.into(), 1_u32.into(), 1_u64.into(), 1_i8.into(), 1_i16.into(), 1_i32.into(), 1_i64.into()];
    for one in ones {
        let octets = encode(&one);
        assert_eq!(from_bytes::<u8>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<u16>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<u32>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<u64>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<i8>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<i16>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<i32>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<i64>(&octets).unwrap(), 1);
        assert_eq!(from_bytes::<f64>(&octets).unwrap(), 1.0);
        assert_eq!(from_bytes::<Timestamp>(&octets).unwrap(), Timestamp(1));
        from_bytes::<String>(&octets).unwrap_err();
        from_bytes::<bool>(&octets).unwrap_err();
    }
    assert_eq!(from_value::<i64>(Timestamp(7).into()).unwrap(), 7);
}

#[test]
fn text_octets_and_sequences_are_read_from_what_peers_send() {
    assert_eq!(read::<String>(b"\xa3\x02hi"), "hi");
    assert_eq!(read::<Symbol>(b"\xa1\x02hi"), "hi");
    assert_eq!(read::<char>(b"\xa1\x01h"), 'h');
    assert_eq!(read::<Vec<u8>>(b"\xa0\x02hi"), b"hi");
    assert_eq!(read::<[u8; 2]>(b"\xa0\x02hi"), *b"hi");
    assert_eq!(read::<Vec<u8>>(b"\xc0\x05\x02\x53\x01\x50\x02"), [1, 2]);
    assert_eq!(read::<Vec<u64>>(b"\xe0\x04\x02\x53\x01\x02"), [1, 2]);
    assert_eq!(read::<(u8, u64)>(b"\xe0\x04\x02\x53\x01\x02"), (1, 2));
    assert_eq!(read::<Vec<Option<u8>>>(b"\xe0\x02\x03\x40"), [None; 3]);
    assert_eq!(read::<Vec<u8>>(b"\xe0\x01\x00"), [0; 0]);
    assert_eq!(read::<Shape>(b"\xa3\x05Empty"), Shape::Empty);
    assert_eq!(read::<Shape>(b"\xc1\x09\x02\xa3\x05Empty\x40"), Shape::Empty);
    assert_eq!(read::<Uuid>(&to_bytes(&Uuid([7; 16]).to_string()).unwrap()), Uuid([7; 16]));
    assert_eq!(
        read::<Order>(b"\xc0\x0b\x03\xa1\x05crate\x53\x0c\x41"),
        Order { item: "crate".into(), count: 12, express: Some(true) }
    );
    assert_eq!(read::<BTreeMap<String, u8>>(b"\xc1\x06\x02\xa3\x01a\x50\x01"), BTreeMap::from([("a".into(), 1)]));
}

/// Descriptors in the constructor of an array belong to each element.
#[test]
fn elements_of_arrays_may_be_described() {
    let elements = [1_u32, 70_000].map(|number| Value::from(Described::new(Symbol::from_static("n"), number)));
    let array = Array::from_values(&elements).unwrap();
    let octets = encode(&array);
    assert_eq!(from_bytes::<Vec<Value>>(&octets).unwrap(), elements);
    assert_eq!(from_bytes::<Array>(&octets).unwrap(), array);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename = "@value n")]
    struct Number(u32);
    assert_eq!(from_bytes::<Vec<Number>>(&octets).unwrap(), [Number(1), Number(70_000)]);
}

#[test]
fn text_and_octets_are_borrowed() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        text: &'a str,
        name: &'a str,
        octets: &'a [u8],
    }
    let map = Map::from([
        ("text", Value::from("é")),
        ("name", Symbol::from_static("n").into()),
        ("octets", Value::from(b"hi")),
    ]);
    let octets = encode(&map);
    let within = octets.as_ptr_range();
    let borrowed: Borrowed<'_> = from_bytes(&octets).unwrap();
    assert_eq!((borrowed.text, borrowed.name, borrowed.octets), ("é", "n", &b"hi"[..]));
    for place in [borrowed.text.as_ptr(), borrowed.name.as_ptr(), borrowed.octets.as_ptr()] {
        assert!(within.contains(&place));
    }
}

#[test]
fn optional_and_unknown_fields() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Small {
        a: u8,
        b: Option<u8>,
        #[serde(default)]
        c: u8,
    }
    let map =
        Map::from([("x", Value::from(Array::of(&[1_u8]))), ("a", 1_u8.into()), ("y", Described::new(1_u64, 2).into())]);
    assert_eq!(from_value::<Small>(map.into()).unwrap(), Small { a: 1, b: None, c: 0 });
}
