//! Values (§1.6): every primitive type, arrays of anything, described and nested values.

use amqp_codec::{
    Array, Bytes, Condition, Dec32, Dec64, Dec128, DeliveryTag, Described, Error, Fields, Map, Multiple, Str, Symbol,
    Timestamp, Uuid, Value,
};
use proptest::collection::{SizeRange, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;

/// Mostly short; now and then around 255, where sizes and counts begin to take four octets.
fn len() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0..12_usize, 1 => 250..262_usize]
}

pub(crate) fn octets() -> impl Strategy<Value = Bytes> {
    len().prop_flat_map(|len| vec(any::<u8>(), len)).prop_map(Bytes::from)
}

pub(crate) fn text() -> impl Strategy<Value = Str> {
    let short = vec(any::<char>(), 0..12).prop_map(String::from_iter);
    let ascii = len().prop_map(|len| "x".repeat(len));
    prop_oneof![3 => short, 1 => ascii].prop_map(Str::from)
}

pub(crate) fn symbol() -> impl Strategy<Value = Symbol> {
    let ascii = len().prop_flat_map(|len| vec(0_u8..0x80, len));
    ascii.prop_map(|octets| Symbol::try_from(Bytes::from(octets)).expect("ASCII"))
}

/// A strategy for each of the types that are not null, list, map or array.
pub(crate) fn primitives() -> Vec<BoxedStrategy<Value>> {
    let small = || prop_oneof![Just(0_u8), Just(1), Just(0x7f), Just(0x80), Just(0xff)];
    vec![
        any::<bool>().prop_map(Value::from).boxed(),
        any::<u8>().prop_map(Value::from).boxed(),
        any::<u16>().prop_map(Value::from).boxed(),
        prop_oneof![any::<u32>(), small().prop_map(u32::from), Just(256)].prop_map(Value::from).boxed(),
        prop_oneof![any::<u64>(), small().prop_map(u64::from), Just(256)].prop_map(Value::from).boxed(),
        any::<i8>().prop_map(Value::from).boxed(),
        any::<i16>().prop_map(Value::from).boxed(),
        prop_oneof![any::<i32>(), -130..130].prop_map(Value::from).boxed(),
        prop_oneof![any::<i64>(), -130..130_i64].prop_map(Value::from).boxed(),
        any::<u32>().prop_map(|bits| f32::from_bits(bits).into()).boxed(),
        any::<u64>().prop_map(|bits| f64::from_bits(bits).into()).boxed(),
        any::<[u8; 4]>().prop_map(|octets| Dec32(octets).into()).boxed(),
        any::<[u8; 8]>().prop_map(|octets| Dec64(octets).into()).boxed(),
        any::<[u8; 16]>().prop_map(|octets| Dec128(octets).into()).boxed(),
        any::<char>().prop_map(Value::from).boxed(),
        timestamp().prop_map(Value::from).boxed(),
        uuid().prop_map(Value::from).boxed(),
        octets().prop_map(Value::from).boxed(),
        text().prop_map(Value::from).boxed(),
        symbol().prop_map(Value::from).boxed(),
    ]
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

pub(crate) fn uuid() -> impl Strategy<Value = Uuid> {
    any::<[u8; 16]>().prop_map(Uuid)
}

/// Any primitive type but list, map and array; null too.
pub(crate) fn simple() -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 20 => Union::new(primitives())].boxed()
}

/// `elements`, all of one type, as an array.
fn array_of(elements: impl Strategy<Value = Value>) -> impl Strategy<Value = Array> {
    vec(elements, 1..6).prop_map(|elements| Array::from_values(&elements).expect("one type"))
}

/// Elements of one descriptor, or of two: the second describes the first.
fn described_array(elements: BoxedStrategy<Value>) -> impl Strategy<Value = Array> {
    let descriptors = vec(descriptor(), 1..3);
    (descriptors, vec(elements, 1..6)).prop_map(|(descriptors, elements)| {
        let describe = |value, descriptor: &Value| Described::new(descriptor.clone(), value).into();
        let elements: Vec<Value> =
            elements.into_iter().map(|element| descriptors.iter().fold(element, describe)).collect();
        Array::from_values(&elements).expect("one type")
    })
}

/// Arrays of primitives: of each type, of null, and empty.
pub(crate) fn flat_array() -> BoxedStrategy<Array> {
    let of_each_type = primitives().into_iter().map(|elements| array_of(elements).boxed());
    let described = primitives().into_iter().map(|elements| described_array(elements).boxed());
    let nulls = (1..300_usize).prop_map(|count| Array::from_values(&vec![Value::Null; count]).expect("one type"));
    let empty = prop_oneof![Just(Array::of::<u32>(&[])), Just(Array::of::<Symbol>(&[]))];
    let long = vec(any::<u8>(), 250..262).prop_map(|octets| Array::of(&octets));
    let others = [nulls.boxed(), empty.boxed(), long.boxed()];
    Union::new(of_each_type.chain(described).chain(others)).boxed()
}

/// A descriptor: mostly a symbol or ulong, sometimes of a reserved type (§1.5).
pub(crate) fn descriptor() -> BoxedStrategy<Value> {
    prop_oneof![
        3 => any::<u64>().prop_map(Value::from),
        3 => (0..0x100_u64).prop_map(Value::from),
        3 => symbol().prop_map(Value::from),
        1 => simple(),
    ]
    .boxed()
}

fn map_of(keys: impl Strategy<Value = Value>, values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    vec((keys, values), 0..6).prop_map(Map::from_iter)
}

/// Lists around the size and the count where the long form begins.
fn long_list() -> impl Strategy<Value = Value> {
    (simple(), 250..262_usize).prop_map(|(item, count)| Value::List(vec![item; count]))
}

/// A map of more entries than are compared each with each.
fn long_map() -> impl Strategy<Value = Value> {
    (13..140_u32, simple()).prop_map(|(count, value)| {
        let entries = (0..count).map(|key| (key, value.clone()));
        Map::from_iter(entries).into()
    })
}

/// A value of any type, nested up to four times over: a good dozen levels at most.
pub(crate) fn value() -> BoxedStrategy<Value> {
    nested(4, 48)
}

/// A value of any type, nested up to so many times over, and of about so many values in all.
pub(crate) fn nested(depth: u32, size: u32) -> BoxedStrategy<Value> {
    // Made once, and not again for each level of each value.
    let (flat, name) = (flat_array(), descriptor());
    let leaf = prop_oneof![
        12 => simple(),
        3 => flat.clone().prop_map(Value::from),
        1 => long_list(),
        1 => long_map(),
    ];
    let nest = move |inner: BoxedStrategy<Value>| {
        let lists = vec(inner.clone(), 0..6).prop_map(Value::List).boxed();
        let maps = map_of(inner.clone(), inner.clone()).prop_map(Value::from).boxed();
        let arrays = prop_oneof![flat.clone(), array_of(lists.clone())].prop_map(Value::from);
        let described = |(descriptor, value): (Value, Value)| Described::new(descriptor, value).into();
        prop_oneof![
            lists.clone(),
            maps.clone(),
            (name.clone(), inner.clone()).prop_map(described),
            (inner.clone(), inner).prop_map(described),
            array_of(lists.clone()).prop_map(Value::from),
            array_of(maps).prop_map(Value::from),
            array_of(arrays).prop_map(Value::from),
            described_array(lists).prop_map(Value::from),
        ]
    };
    leaf.prop_recursive(depth, size, 6, nest).boxed()
}

pub(crate) fn fields() -> BoxedStrategy<Fields> {
    vec((symbol(), value()), 0..4).prop_map(Fields::from_iter).boxed()
}

pub(crate) fn symbols(count: impl Into<SizeRange>) -> impl Strategy<Value = Multiple<Symbol>> {
    vec(symbol(), count).prop_map(Multiple::from_iter)
}

pub(crate) fn delivery_tag() -> impl Strategy<Value = DeliveryTag> {
    vec(any::<u8>(), 0..=DeliveryTag::MAX_LEN).prop_map(|octets| DeliveryTag::try_from(&octets[..]).expect("short"))
}

/// One of the specification's conditions, or another.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::DECODE_ERROR),
        Just(Condition::DETACH_FORCED),
        Just(Condition::UNSPECIFIED),
        symbol().prop_map(Condition)
    ]
}

pub(crate) fn error() -> BoxedStrategy<Error> {
    let fields = (condition(), option::of(text()), option::of(fields()));
    fields
        .prop_map(|(condition, description, info)| match condition == Condition::UNSPECIFIED {
            true => Error::default(),
            false => Error { condition, description, info: info.map(Into::into) },
        })
        .boxed()
}
