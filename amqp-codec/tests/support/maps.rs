//! What must hold of the maps of a message, which are kept encoded: they have the entries of the map that a value of any
//! type is, and change as a vector of entries does.

use std::fmt::Debug;

use amqp_codec::message::{AnnotationKey, Annotations, Footer, Section, SimpleValue};
use amqp_codec::{ApplicationProperties, Bytes, Decoder, EncodedMessage, Limits, Map, Value};

use super::check::identity;

/// How many entries are changed: each change looks at all of them.
const CHANGED: usize = 20;

/// The maps of a message, those that can be read.
pub(crate) fn maps_agree(view: &EncodedMessage) {
    if let (Ok(map), Some(octets)) = (view.delivery_annotations(), view.section(Section::DeliveryAnnotations)) {
        annotations_agree(&map, &octets);
    }
    if let (Ok(map), Some(octets)) = (view.message_annotations(), view.section(Section::MessageAnnotations)) {
        annotations_agree(&map, &octets);
    }
    if let (Ok(map), Some(octets)) = (view.footer(), view.section(Section::Footer)) {
        annotations_agree(&map, &octets);
    }
    if let (Ok(map), Some(octets)) = (view.application_properties(), view.section(Section::ApplicationProperties)) {
        properties_agree(&map, &octets);
    }
}

fn annotations_agree(map: &Annotations, section: &Bytes) {
    let generic = |(key, value): (AnnotationKey, Value)| match key {
        AnnotationKey::Symbol(name) => (Value::Symbol(name), value),
        AnnotationKey::Ulong(number) => (Value::Ulong(number), value),
    };
    assert_eq!(map.iter().map(generic).collect::<Map>(), as_any_map(section));

    let mut changed = map.clone();
    let mut expected: Vec<_> = map.iter().collect();
    for (at, (key, value)) in map.iter().enumerate().take(CHANGED) {
        let found = match &key {
            AnnotationKey::Symbol(name) => changed.get(name.as_str()),
            AnnotationKey::Ulong(number) => changed.get_ulong(*number),
        };
        assert_eq!(found.as_ref(), Some(&value), "{key:?}");
        assert_eq!(changed.insert(key.clone(), at as u64), Some(value), "{key:?}");
        let now = Value::from(at as u64);
        set(&mut expected, &key, now.clone());
        same(changed.iter(), &expected);
        if let (AnnotationKey::Symbol(name), true) = (&key, at % 2 == 1) {
            assert_eq!(changed.remove(name.as_str()), Some(now), "{key:?}");
            assert_eq!(changed.get(name.as_str()), None, "{key:?}");
            expected.retain(|(other, _)| *other != key);
            same(changed.iter(), &expected);
        }
    }
    identity(&Footer::from(changed));
}

fn properties_agree(map: &ApplicationProperties, section: &Bytes) {
    let generic = |(key, value)| (Value::String(key), Value::from(value));
    assert_eq!(map.iter().map(generic).collect::<Map>(), as_any_map(section));

    let mut changed = map.clone();
    let mut expected: Vec<_> = map.iter().collect();
    for (at, (key, value)) in map.iter().enumerate().take(CHANGED) {
        assert_eq!(changed.get(&key).as_ref(), Some(&value), "{key:?}");
        assert_eq!(changed.insert(key.clone(), at as u64), Some(value), "{key:?}");
        let now = SimpleValue::from(at as u64);
        set(&mut expected, &key, now.clone());
        same(changed.iter(), &expected);
        if at % 2 == 1 {
            assert_eq!(changed.remove(&key), Some(now), "{key:?}");
            assert_eq!(changed.get(&key), None, "{key:?}");
            expected.retain(|(other, _)| *other != key);
            same(changed.iter(), &expected);
        }
    }
    identity(&changed);
}

/// A section as a described value of any type, which other code reads.
fn as_any_map(section: &Bytes) -> Map {
    // As a value it has a level more, the descriptor's.
    let limits = Limits::new().depth(64);
    match Decoder::with_limits(section, &limits).decode() {
        Ok(Value::Described(described)) => match described.value {
            Value::Map(map) => map,
            other => panic!("the section is {other:?}"),
        },
        other => panic!("the section is {other:?}"),
    }
}

fn set<K: PartialEq, V>(entries: &mut [(K, V)], key: &K, value: V) {
    if let Some((_, old)) = entries.iter_mut().find(|(other, _)| other == key) {
        *old = value;
    }
}

fn same<K: PartialEq + Debug, V: PartialEq + Debug>(found: impl ExactSizeIterator<Item = (K, V)>, expected: &[(K, V)]) {
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.collect::<Vec<_>>(), expected);
}
