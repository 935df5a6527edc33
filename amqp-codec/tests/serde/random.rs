//! Any value of a few types survives, and any octets are survived.

use std::collections::BTreeMap;

use amqp_codec::serde::{from_bytes, from_value, to_bytes, to_value};
use amqp_codec::{Array, Bytes, Dec64, Decoder, Described, Map, Symbol, Timestamp, Uuid, Value};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{encode, round_trip};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    item: String,
    price: Option<f64>,
    lines: Vec<Line>,
    tags: BTreeMap<String, i32>,
    state: State,
    pair: (i8, Option<bool>),
    note: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@list example:line:list 0x4d2f:0x1")]
struct Line {
    sku: Option<String>,
    #[serde(default)]
    count: u16,
    made: Option<Timestamp>,
    by: Option<Uuid>,
    initial: Option<char>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    New,
    Sent(Timestamp),
    #[serde(rename = "@list example:failed")]
    Failed {
        code: i64,
        reason: Option<String>,
    },
    #[serde(rename = "@value 0x4d2f:2")]
    Other(Box<State>),
    Moved(String, u32),
    Split {
        left: Bytes,
        right: Bytes,
    },
}

fn line() -> impl Strategy<Value = Line> {
    let count = prop_oneof![Just(0), any::<u16>()];
    (option::of(".{0,8}"), count, any::<Option<i64>>(), any::<Option<[u8; 16]>>(), any::<Option<char>>()).prop_map(
        |(sku, count, made, by, initial)| Line { sku, count, made: made.map(Timestamp), by: by.map(Uuid), initial },
    )
}

fn state() -> impl Strategy<Value = State> {
    let octets = || vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    let leaf = prop_oneof![
        Just(State::New),
        any::<i64>().prop_map(|millis| State::Sent(Timestamp(millis))),
        (any::<i64>(), option::of(".{0,8}")).prop_map(|(code, reason)| State::Failed { code, reason }),
        (".{0,300}", any::<u32>()).prop_map(|(to, how)| State::Moved(to, how)),
        (octets(), octets()).prop_map(|(left, right)| State::Split { left, right }),
    ];
    leaf.prop_recursive(4, 4, 1, |inner| inner.prop_map(|state| State::Other(Box::new(state))))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        (0_u64..300).prop_map(Value::from),
        any::<u32>().prop_map(|bits| f32::from_bits(bits).into()),
        any::<char>().prop_map(Value::from),
        any::<i64>().prop_map(|millis| Timestamp(millis).into()),
        any::<[u8; 16]>().prop_map(|octets| Uuid(octets).into()),
        any::<[u8; 8]>().prop_map(|octets| Dec64(octets).into()),
        vec(any::<u8>(), 0..300).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[ -~]{0,20}".prop_map(|text| Symbol::try_from(text).unwrap().into()),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec((inner.clone(), inner.clone()), 0..8).prop_map(|entries| Map::from_iter(entries).into()),
            (inner.clone(), inner.clone()).prop_map(|(d, v)| Described::new(d, v).into()),
            (inner, 1..4_usize).prop_map(|(v, n)| Array::from_values(&vec![v; n]).unwrap().into()),
            vec(any::<u64>(), 1..80).prop_map(|numbers| Array::of(&numbers).into()),
        ]
    })
}

prop_compose! {
    fn order()(
        (id, item, price) in (any::<u64>(), ".{0,40}", option::of(-1e9..1e9)),
        lines in vec(line(), 0..20),
        tags in btree_map(".{0,8}", any::<i32>(), 0..20),
        state in state(),
        pair: (i8, Option<bool>),
        note in value(),
    ) -> Order {
        Order { id, item, price, lines, tags, state, pair, note }
    }
}

/// Reads as everything there is; what is read can be written and is the same again.
fn read_as_anything(octets: &Bytes) {
    let _ = from_bytes::<Order>(octets);
    let _ = from_bytes::<BTreeMap<Symbol, Vec<Line>>>(octets);
    let _ = from_bytes::<Vec<Option<(State, Array)>>>(octets);
    let _ = from_bytes::<&str>(octets);
    let _ = from_bytes::<serde_json::Value>(octets);
    let _ = from_bytes::<serde::de::IgnoredAny>(octets);
    let value = from_bytes::<Value>(octets);
    let mut decoder = Decoder::new(octets);
    match decoder.decode::<Value>() {
        Ok(decoded) if decoder.is_empty() => {
            assert_eq!(value.as_ref(), Ok(&decoded));
            from_value::<Value>(decoded).unwrap();
        }
        _ => assert!(value.is_err()),
    }
    if let Ok(state) = from_bytes::<State>(octets) {
        round_trip(&state);
    }
    if let Ok(line) = from_bytes::<Line>(octets) {
        round_trip(&line);
    }
}

proptest! {
    #[test]
    fn structs_round_trip(order in order()) {
        round_trip(&order);
    }

    /// req: TY-1.2-01
    #[test]
    fn values_keep_every_type(value in value()) {
        prop_assert_eq!(&to_value(&value).unwrap(), &value);
        let octets = to_bytes(&value).unwrap();
        prop_assert_eq!(&octets, &encode(&value));
        prop_assert_eq!(&from_bytes::<Value>(&octets).unwrap(), &value);
        prop_assert_eq!(&from_value::<Value>(value.clone()).unwrap(), &value);
    }

    /// A list of values is read element by element, and so are the elements of arrays.
    #[test]
    fn elements_are_the_values(values in vec(value(), 0..4)) {
        let octets = encode(&values);
        prop_assert_eq!(&from_bytes::<Vec<Value>>(&octets).unwrap(), &values);
        for array in values.iter().filter_map(Value::as_array) {
            let elements: Vec<Value> = array.iter().collect();
            prop_assert_eq!(from_bytes::<Vec<Value>>(&encode(array)).unwrap(), elements);
        }
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..200)) {
        read_as_anything(&octets.into());
    }

    #[test]
    fn octets_out_of_codes(octets in vec(prop::sample::select(&[
        0x00, 0x01, 0x02, 0x03, 0x10, 0x12, 0x14, 0x40, 0x41, 0x43, 0x45, 0x53, 0x56, 0x70, 0xa0,
        0xa1, 0xa3, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0, 0xff,
    ][..]), 0..60)) {
        read_as_anything(&octets.into());
    }

    #[test]
    fn structs_with_an_octet_changed(
        order in order(),
        at in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut octets = to_bytes(&order).unwrap().to_vec();
        let at = at.index(octets.len());
        octets[at] = octet;
        read_as_anything(&octets.into());
    }
}
