//! Values of any type are encoded and decoded to the same.
//!
//! Nine octets make a value: the first says of which type, the others seed the strategies of the property tests. All
//! values of one input together are the elements of a list, the entries of a map and the body of a message; so the
//! fuzzer looks for combinations that take paths not taken before.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::message::Body;
use amqp_codec::{Array, EncodedMessage, Map, Message, Value};
use libfuzzer_sys::fuzz_target;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::check::{identity, identity_of_a_value};
use support::strategies::{messages, performatives, sasl, states, values};

fuzz_target!(|data: &[u8]| {
    let mut parts = Vec::new();
    // Nine octets make a large value: a few are enough for any combination.
    for part in data.chunks_exact(9).take(12) {
        let (kind, seed) = (part[0], &part[1..]);
        match kind % 8 {
            0..4 => parts.push(make(values::value(), seed)),
            4 => identity_of_a_value(&make(performatives::performative(), seed)),
            5 => identity_of_a_value(&make(sasl::sasl_frame(), seed)),
            6 => identity_of_a_value(&make(states::delivery_state(), seed)),
            _ => message(&make(messages::message(), seed)),
        }
    }
    parts.iter().for_each(identity_of_a_value);
    identity_of_a_value(&Map::from_iter(parts.chunks(2).map(|pair| (pair[0].clone(), pair.last().cloned()))));
    let lists: Vec<Value> = parts.chunks(3).map(|elements| Value::List(elements.to_vec())).collect();
    if let Ok(array) = Array::from_values(&lists) {
        identity_of_a_value(&array);
        assert_eq!(array.iter().collect::<Vec<_>>(), lists);
    }
    message(&Message::from(Value::List(parts.clone())));
    message(&Message::from(Body::Sequence(vec![parts.clone(), parts])));
});

fn message(message: &Message) {
    let encoded = EncodedMessage::parse(identity(message)).expect("what we write can be read");
    assert_eq!(encoded.to_message().as_ref(), Ok(message));
}

/// The value that the seed stands for.
fn make<T>(strategy: impl Strategy<Value = T>, seed: &[u8]) -> T {
    let mut octets = [0; 32];
    octets[..seed.len()].copy_from_slice(seed);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &octets));
    strategy.new_tree(&mut runner).expect("no strategy refuses for long").current()
}
