//! Our types in JSON, and through the buffers of serde itself.

use std::fmt::Debug;

use amqp_codec::serde::{from_bytes, from_value, to_bytes};
use amqp_codec::{Array, Bytes, Dec32, Dec128, Described, Map, Str, Symbol, Timestamp, Uuid, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{encode, round_trip};

#[track_caller]
fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(rust: &T, json: &serde_json::Value) {
    assert_eq!(&serde_json::to_value(rust).unwrap(), json);
    assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), rust);
    let text = serde_json::to_string(rust).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), rust);
}

#[test]
fn json_of_our_types_is_read_back() {
    json(&Symbol::from_static("s"), &json!("s"));
    json(&Str::from_static("é"), &json!("é"));
    json(&Timestamp(-7), &json!(-7));
    json(&Uuid([0x1a; 16]), &json!("1a1a1a1a-1a1a-1a1a-1a1a-1a1a1a1a1a1a"));
    json(&Dec32([0, 1, 2, 0xff]), &json!("0x000102ff"));
    json(&Dec128([0x1a; 16]), &json!("0x1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"));
    json(&Bytes::from_static(b"\x01\x02"), &json!([1, 2]));
    json(&Array::of(&[1_u64, 2]), &json!([1, 2]));
    json(&Described::new("d", 1_u64), &json!({"descriptor": "d", "value": 1}));
    json(&Map::from([("a", Value::from(1_u64)), ("b", Value::Null)]), &json!({"a": 1, "b": null}));
}

/// A value has the type that JSON gives it.
#[test]
fn values_of_the_types_of_json_are_read_back() {
    json(&Value::Null, &json!(null));
    json(&Value::from(true), &json!(true));
    json(&Value::from(u64::MAX), &json!(u64::MAX));
    json(&Value::from(-1_i64), &json!(-1));
    json(&Value::from(1.5), &json!(1.5));
    json(&Value::from("text"), &json!("text"));
    json(&Value::from_iter(["a", "b"]), &json!(["a", "b"]));
    json(&Value::from(Map::from([("a", Value::List(vec![]))])), &json!({"a": []}));
    let others = [
        (Value::from(1_u8), json!(1)),
        (Symbol::from_static("s").into(), json!("s")),
        (Timestamp(7).into(), json!(7)),
        (Described::new(1_u64, 'c').into(), json!({"descriptor": 1, "value": "c"})),
    ];
    for (value, expected) in others {
        assert_eq!(serde_json::to_value(&value).unwrap(), expected);
    }
}

#[test]
fn json_that_our_types_are_not() {
    serde_json::from_value::<Symbol>(json!("é")).unwrap_err();
    serde_json::from_value::<Uuid>(json!("1a1a")).unwrap_err();
    serde_json::from_value::<Dec32>(json!("0x0001")).unwrap_err();
    serde_json::from_value::<Dec32>(json!("000102ff")).unwrap_err();
    serde_json::from_value::<Array>(json!([1, -1])).unwrap_err();
    serde_json::from_value::<Described>(json!({"descriptor": 1})).unwrap_err();
    serde_json::from_str::<Map>(r#"{"a": 1, "a": 2}"#).unwrap_err();
    serde_json::to_value(Map::from([(Value::List(vec![]), 1)])).unwrap_err();
}

/// From octets straight into JSON, without knowing any type.
#[test]
fn amqp_becomes_json() {
    let array = Array::from_values(&[Described::new(2_u64, 3_u8).into()]).unwrap();
    let value = Map::from([
        ("list", Value::from_iter([1_u8, 2])),
        ("symbol", Symbol::from_static("s").into()),
        ("described", Described::new(Symbol::from_static("d"), Timestamp(7)).into()),
        ("array", array.into()),
    ]);
    let octets = encode(&value);
    let json: serde_json::Value = from_bytes(&octets).unwrap();
    let expected = json!({
        "list": [1, 2],
        "symbol": "s",
        "described": {"descriptor": "d", "value": 7},
        "array": [{"descriptor": 2, "value": 3}],
    });
    assert_eq!(json, expected);
    assert_eq!(serde_json::to_value(&value).unwrap(), expected);
    assert_eq!(to_bytes(&json).unwrap().first(), Some(&0xc1));
}

#[test]
fn buffers_of_serde() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        A { at: Timestamp, name: Symbol, id: Uuid },
        B,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
        Described(Described),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        a: u8,
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, Either>,
    }
    round_trip(&Tagged::A { at: Timestamp(7), name: Symbol::from_static("n"), id: Uuid([7; 16]) });
    round_trip(&Tagged::B);
    let rest = [("b", Either::Number(1)), ("c", Either::Text("t".into()))];
    let rest = rest.map(|(key, value)| (key.to_owned(), value));
    round_trip(&Flat { a: 1, rest: rest.into() });
    let described = Described::new(1_u64, 2_u8);
    let either: Either = from_value(described.clone().into()).unwrap();
    assert_eq!(either, Either::Described(described));
}
