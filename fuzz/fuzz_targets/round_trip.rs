//! Values of any type are encoded and decoded to the same.
//!
//! Nine octets make a value: the first says of which type, the others seed the strategies of the property tests. All
//! values of one input together are the elements of a list, the entries of a map and the body of a message; so the
//! fuzzer looks for combinations that take paths not taken before.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use std::fmt::Debug;
use std::thread::LocalKey;

use amqp_codec::message::Body;
use amqp_codec::{Array, DeliveryState, EncodedMessage, Map, Message, Performative, SaslFrame, Value};
use libfuzzer_sys::fuzz_target;
use proptest::strategy::{BoxedStrategy, Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::check::{identity, identity_of_a_value};
use support::strategies::{messages, performatives, sasl, states, values};

thread_local! {
    // To make a strategy takes longer than to make a value with it. Values are small: they are put together here.
    static VALUE: BoxedStrategy<Value> = values::nested(2, 8);
    static PERFORMATIVE: BoxedStrategy<Performative> = performatives::performative();
    static SASL: BoxedStrategy<SaslFrame> = sasl::sasl_frame();
    static STATE: BoxedStrategy<DeliveryState> = states::delivery_state();
    static MESSAGE: BoxedStrategy<Message> = messages::message();
}

fuzz_target!(|data: &[u8]| {
    let mut parts = Vec::new();
    // Nine octets make a large value: a few are enough for any combination.
    for part in data.chunks_exact(9).take(6) {
        let (kind, seed) = (part[0], &part[1..]);
        match kind % 8 {
            0..4 => parts.push(make(&VALUE, seed)),
            4 => identity_of_a_value(&make(&PERFORMATIVE, seed)),
            5 => identity_of_a_value(&make(&SASL, seed)),
            6 => identity_of_a_value(&make(&STATE, seed)),
            _ => message(&make(&MESSAGE, seed)),
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
fn make<T: Debug>(strategy: &'static LocalKey<BoxedStrategy<T>>, seed: &[u8]) -> T {
    // Each part of a value gets a generator of its own, so it is to be one that is quickly made; of zeros it makes none.
    let mut octets = [1; 16];
    octets[..seed.len()].copy_from_slice(seed);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::XorShift, &octets));
    strategy.with(|strategy| strategy.new_tree(&mut runner).expect("no strategy refuses for long").current())
}
