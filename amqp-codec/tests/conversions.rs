//! Conversions between values and Rust types, without any feature.

use std::collections::BTreeMap;

use amqp_codec::message::NotSimple;
use amqp_codec::{
    Array, Body, Bytes, Described, Map, Message, MessageId, SimpleValue, Str, Symbol, Timestamp, Uuid, Value,
};

#[test]
fn collections_become_lists_and_maps() {
    let list: Value = [1_u16, 2].into_iter().collect();
    assert_eq!(list, Value::List(vec![Value::Ushort(1), Value::Ushort(2)]));

    let sorted = BTreeMap::from([("b", 2_i64), ("a", 1)]);
    let map = Map::from([("a", 1_i64), ("b", 2)]);
    assert_eq!(Value::from(sorted.clone()), Value::Map(map.clone()));
    assert_eq!(Map::from(sorted), map);
    assert_eq!(Value::from(None::<u8>), Value::Null);
}

#[test]
fn of_equal_keys_the_later_value_stays_in_the_earlier_place() {
    let map = Map::from([("a", 1), ("b", 2), ("a", 3)]);
    assert_eq!(map, Map::from([("a", 3), ("b", 2)]));
    let mut extended = Map::from([("a", 1)]);
    extended.extend([("b", 2), ("a", 3)]);
    assert_eq!(extended, map);
}

/// Collecting does not compare each key with each: 40,000 take milliseconds, not seconds
/// (req: TY-1.6.23-04).
#[test]
fn large_maps_are_collected() {
    let map: Map = (0..40_000_u32).map(|key| (key, Value::Null)).collect();
    assert_eq!(map.len(), 40_000);
}

#[test]
fn octets_are_a_binary() {
    let binary = Value::Binary(Bytes::from_static(b"ab"));
    assert_eq!(Value::from(b"ab"), binary);
    assert_eq!(Value::from(&b"ab"[..]), binary);
    assert_eq!(Vec::<u8>::try_from(binary), Ok(b"ab".to_vec()));
    assert_eq!(Vec::<u8>::try_from(Value::Null), Err(Value::Null));
    assert_eq!(SimpleValue::from(&b"ab"[..]), SimpleValue::from(b"ab".to_vec()));
}

#[test]
fn values_are_borrowed_as_what_they_are() {
    assert_eq!(<&str>::try_from(&Value::from("text")), Ok("text"));
    assert_eq!(<&[u8]>::try_from(&Value::from(b"ab")), Ok(&b"ab"[..]));
    assert_eq!(<&Symbol>::try_from(&Value::from(Symbol::from_static("s"))), Ok(&Symbol::from_static("s")));
    assert_eq!(<&[Value]>::try_from(&Value::List(vec![Value::Null])), Ok(&[Value::Null][..]));
    assert_eq!(<&Map>::try_from(&Value::Map(Map::new())), Ok(&Map::new()));
    assert_eq!(<&Array>::try_from(&Value::from(Array::of(&[1_u8]))), Ok(&Array::of(&[1_u8])));
    assert_eq!(<&Described>::try_from(&Value::from(Described::new(1_u64, 2))), Ok(&Described::new(1_u64, 2)));
    assert_eq!(u32::try_from(&Value::Uint(7)), Ok(7));
    assert_eq!(Timestamp::try_from(&Value::from(Timestamp(7))), Ok(Timestamp(7)));
}

/// Neither narrowed nor widened: whoever wants that says so with `as_u64` (req: TY-1.6.23-02).
#[test]
fn another_type_is_refused_by_name() {
    let wrong = u32::try_from(&Value::Ulong(7)).unwrap_err();
    assert_eq!((wrong.expected, wrong.found), ("uint", "ulong"));
    assert_eq!(u32::try_from(Value::Ulong(7)), Err(Value::Ulong(7)));
    let wrong = <&str>::try_from(&Value::from(Symbol::from_static("s"))).unwrap_err();
    assert_eq!(wrong.to_string(), "expected string, found symbol");
}

#[test]
fn fixed_types_show_their_content() {
    assert_eq!(i64::from(Timestamp::from_millis(-7)), -7);
    assert_eq!(<[u8; 16]>::from(Uuid([7; 16])), [7; 16]);
}

#[test]
fn ids_come_out_of_values_of_their_four_types() {
    let ids = [MessageId::from(7), Uuid([7; 16]).into(), b"ab".to_vec().into(), "order".into()];
    for id in ids {
        assert_eq!(MessageId::try_from(Value::from(id.clone())), Ok(id));
    }
    assert_eq!(MessageId::try_from(Value::Uint(7)), Err(Value::Uint(7)));
    assert_eq!(MessageId::from(Uuid([7; 16])).as_uuid(), Some(Uuid([7; 16])));
    assert_eq!(MessageId::from(b"ab".to_vec()).as_bytes(), Some(&b"ab"[..]));
    assert_eq!(MessageId::from("ab").as_bytes(), None);
}

#[test]
fn bodies_of_any_type_are_values() {
    assert_eq!(Message::from(7_u32).body, Body::Value(Value::Uint(7)));
    assert_eq!(Body::from(Timestamp(7)), Body::Value(Timestamp(7).into()));
    assert_eq!(Body::from(Array::of(&[1_u8])), Body::Value(Array::of(&[1_u8]).into()));
}

#[test]
fn only_simple_values_are_simple() {
    assert_eq!(SimpleValue::try_from(Value::from(Map::new())), Err(NotSimple));
    let simple = SimpleValue::try_from(Value::from(Str::from_static("text"))).unwrap();
    assert_eq!((simple.as_text(), simple.as_i64()), (Some("text"), None));
}
