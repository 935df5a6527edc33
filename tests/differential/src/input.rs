//! The octets that are decoded: values in our form and in any other valid form, the same spoiled, and codes at random.

use amqp_codec::{Bytes, Described, Map, Timestamp, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::form::in_any_form;
use crate::support::check::encode;
use crate::support::mutation::{codes, mutated, spliced};
use crate::support::strategies::values;

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value in our form.
    Canonical,
    /// A value in some other valid form.
    AnyForm,
    /// One of the two with a few changes, or the halves of two.
    Spoiled,
    /// Octets that are codes more often than not.
    Codes,
    /// From a file.
    Recorded,
}

/// `count` inputs that depend on the seed only.
pub(crate) fn generate(seed: u64, count: usize) -> Vec<(Kind, Bytes)> {
    let mut seed_octets = [0; 32];
    seed_octets[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed_octets));
    let strategy = input();
    let mut next = || strategy.new_tree(&mut runner).expect("no strategy refuses").current();
    (0..count).map(|_| next()).collect()
}

/// What all codecs read of the simple values.
fn plain_leaf() -> impl Strategy<Value = Value> + Clone {
    values::simple().prop_map(|value| match value {
        Value::Timestamp(timestamp) => Value::Timestamp(Timestamp(timestamp.0.rem_euclid(1 << 42))),
        Value::Float(number) if number.is_nan() => Value::Float(1.5),
        other => other,
    })
}

/// Values that all codecs read, so that what is compared is not hidden by what one of them does not know.
fn plain() -> BoxedStrategy<Value> {
    let key = plain_leaf().prop_filter("which floats are equal is another question", |key| {
        !matches!(key, Value::Float(_) | Value::Double(_))
    });
    let array = values::flat_array().prop_filter_map("elements with octets, not described", |array| {
        let first = array.iter().next()?;
        let odd = matches!(first, Value::Null | Value::Described(_) | Value::Timestamp(_) | Value::Float(_));
        (!odd).then_some(Value::from(array))
    });
    let descriptor = prop_oneof![
        values::symbol().prop_map(Value::from),
        (1..300_u64).prop_map(Value::from),
        (1..u64::MAX).prop_map(Value::from),
    ];
    prop_oneof![6 => plain_leaf(), 1 => array]
        .prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::List),
                vec((key.clone(), inner.clone()), 0..6).prop_map(|entries| Map::from_iter(entries).into()),
                (descriptor.clone(), inner).prop_map(|(name, value)| Described::new(name, value).into()),
            ]
        })
        .boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![1 => values::simple(), 3 => plain(), 2 => values::value()].boxed()
}

fn canonical() -> BoxedStrategy<Bytes> {
    value().prop_map(|value| encode(&value)).boxed()
}

fn any_form() -> BoxedStrategy<Bytes> {
    (value(), any::<u64>()).prop_map(|(value, seed)| in_any_form(&value, seed)).boxed()
}

fn input() -> impl Strategy<Value = (Kind, Bytes)> {
    let well_formed = || prop_oneof![canonical(), any_form()];
    prop_oneof![
        2 => canonical().prop_map(|octets| (Kind::Canonical, octets)),
        3 => any_form().prop_map(|octets| (Kind::AnyForm, octets)),
        4 => mutated(well_formed()).prop_map(|octets| (Kind::Spoiled, octets)),
        1 => spliced(well_formed(), well_formed()).prop_map(|octets| (Kind::Spoiled, octets)),
        1 => codes().prop_map(|octets| (Kind::Codes, octets)),
    ]
}
