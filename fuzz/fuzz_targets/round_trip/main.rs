//! Values of any type are encoded and decoded to the same.
//!
//! The first octet says of which type, those behind it choose the value. Values that are of no type of their own are also
//! the elements of lists, the entries of a map or the body of a message; so the fuzzer looks for combinations that take
//! paths not taken before.
#![no_main]

mod messages;
mod octets;
#[path = "../../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;
mod types;
mod values;

use std::fmt::Debug;

use amqp_codec::message::Body;
use amqp_codec::{
    Array, Declare, Decode, DeliveryState, Discharge, Encode, EncodedMessage, Map, Message, Performative, SaslFrame,
    SourceTerminus, TargetTerminus, Value,
};
use libfuzzer_sys::fuzz_target;
use octets::{Made, Octets};
use support::check::{identity, identity_of_a_value};

fuzz_target!(|data: &[u8]| {
    // As much as a large value takes.
    let mut octets = Octets::new(&data[..data.len().min(512)]);
    match octets.below(8) {
        0 => values(&mut octets),
        1 => typed::<Performative>(&mut octets),
        2 => typed::<SaslFrame>(&mut octets),
        3 => typed::<DeliveryState>(&mut octets),
        4 => typed::<SourceTerminus>(&mut octets),
        5 => typed::<TargetTerminus>(&mut octets),
        6 => {
            typed::<Declare>(&mut octets);
            typed::<Discharge>(&mut octets);
        }
        _ => message(&octets.make()),
    }
});

fn typed<T: Made + Decode + Encode + PartialEq + Debug>(octets: &mut Octets<'_>) {
    identity_of_a_value(&octets.make::<T>());
}

fn message(message: &Message) {
    let encoded = EncodedMessage::parse(identity(message)).expect("what we write can be read");
    assert_eq!(encoded.to_message().as_ref(), Ok(message));
}

/// Values one by one, and together what can be made of them: a few are enough for any combination.
fn values(octets: &mut Octets<'_>) {
    let together = octets.below(4);
    let mut values: Vec<Value> = Vec::new();
    while values.len() < 4 && !octets.is_empty() {
        values.push(octets.make());
    }
    values.iter().for_each(identity_of_a_value);
    match together {
        0 => identity_of_a_value(&Map::from_iter(values.chunks(2).map(|pair| (pair[0].clone(), pair.last().cloned())))),
        1 => array(&values),
        2 => message(&Message::from(Value::List(values))),
        _ => message(&Message::from(Body::Sequence(vec![values.clone(), values]))),
    }
}

fn array(values: &[Value]) {
    let lists: Vec<Value> = values.chunks(3).map(|elements| Value::List(elements.to_vec())).collect();
    let Ok(array) = Array::from_values(&lists) else { return };
    identity_of_a_value(&array);
    assert_eq!(array.iter().collect::<Vec<_>>(), lists);
}
