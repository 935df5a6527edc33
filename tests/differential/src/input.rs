//! The octets that are decoded: well-formed in our form and in any other valid form, the same spoiled, and codes at
//! random.

use amqp_codec::{Bytes, Decoder, Limits, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::change::{changed, simplified};
use crate::form::in_any_form;
use crate::subject::Subject;
use crate::support::check::encode;
use crate::support::mutation::{codes, mutated, sections, spliced};
use crate::support::strategies::{messages, performatives, sasl, values};

/// Octets, and what to decode them as.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) subject: Subject,
    pub(crate) kind: Kind,
    pub(crate) octets: Bytes,
}

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Well-formed, in our form.
    Canonical,
    /// Well-formed, in some other valid form.
    AnyForm,
    /// With other values in some fields, or with fields too many or too few.
    Changed,
    /// With some octets changed, or the halves of two.
    Spoiled,
    /// Octets that are codes more often than not.
    Codes,
    /// From a file.
    Recorded,
}

/// `count` inputs that depend on the seed only.
pub(crate) fn generate(seed: u64, count: usize) -> Vec<Input> {
    let mut seed_octets = [0; 32];
    seed_octets[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed_octets));
    let strategy = prop_oneof![
        6 => values(),
        3 => typed(Subject::Performative, performatives::performative().prop_map(|body| encode(&body)).boxed()),
        1 => typed(Subject::Sasl, sasl::sasl_frame().prop_map(|body| encode(&body)).boxed()),
        2 => typed(Subject::Message, messages::message().prop_map(|message| encode(&message)).boxed()),
    ];
    let mut next = || strategy.new_tree(&mut runner).expect("no strategy refuses").current();
    (0..count).map(|_| next()).collect()
}

fn values() -> BoxedStrategy<Input> {
    let plain = || values::value().prop_map(|value| simplified(&value));
    let value = move || prop_oneof![1 => values::simple(), 3 => plain(), 2 => values::value()];
    let canonical = move || value().prop_map(|value| encode(&value));
    let any_form = move || (value(), any::<u64>()).prop_map(|(value, seed)| in_any_form(&value, seed));
    let well_formed = move || prop_oneof![canonical(), any_form()].boxed();
    let input = |kind| move |octets| Input { subject: Subject::Value, kind, octets };
    prop_oneof![
        2 => canonical().prop_map(input(Kind::Canonical)),
        3 => any_form().prop_map(input(Kind::AnyForm)),
        4 => mutated(well_formed()).prop_map(input(Kind::Spoiled)),
        1 => spliced(well_formed(), well_formed()).prop_map(input(Kind::Spoiled)),
        1 => codes().prop_map(input(Kind::Codes)),
    ]
    .boxed()
}

/// What consists of one or several described values.
fn typed(subject: Subject, canonical: BoxedStrategy<Bytes>) -> BoxedStrategy<Input> {
    let parts = canonical.clone().prop_map(|octets| described_values(&octets));
    let plain = parts.prop_map(|parts| parts.iter().map(simplified).collect::<Vec<Value>>());
    let in_form = |(parts, seed): (Vec<Value>, u64)| -> Bytes {
        let octets: Vec<Bytes> = parts.iter().map(|part| in_any_form(part, seed)).collect();
        octets.concat().into()
    };
    let any_form = (plain.clone(), any::<u64>()).prop_map(in_form).boxed();
    let changed = (changed(plain), any::<u64>()).prop_map(in_form);
    let input = |kind| move |octets| Input { subject, kind, octets };
    let canonical_again = canonical.clone();
    prop_oneof![
        1 => canonical.prop_map(input(Kind::Canonical)),
        3 => any_form.clone().prop_map(input(Kind::AnyForm)),
        4 => changed.prop_map(input(Kind::Changed)),
        2 => mutated(any_form).prop_map(input(Kind::Spoiled)),
        1 => mutated(canonical_again).prop_map(input(Kind::Spoiled)),
        1 => sections().prop_map(input(Kind::Codes)),
    ]
    .boxed()
}

/// The values that follow each other in the octets.
fn described_values(octets: &Bytes) -> Vec<Value> {
    let limits = Limits::new().depth(64);
    let mut decoder = Decoder::with_limits(octets, &limits);
    let mut values = Vec::new();
    while !decoder.is_empty() {
        values.push(decoder.decode().expect("what we write are values"));
    }
    values
}
