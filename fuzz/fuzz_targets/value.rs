//! Any octets as one value (Part 1).
//!
//! Decoding keeps to the bounds of memory; what was decoded survives a round trip and ends where skipping ends; the
//! octets that follow make no difference; a limit on nesting refuses exactly what is deeper. The quick way in which fields
//! are read gives what the other gives.
#![no_main]

#[path = "../../amqp-codec/tests/support/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod support;

use amqp_codec::{
    Array, Bytes, Decoder, DeliveryTag, Limits, MessageId, Role, SenderSettleMode, Str, Timestamp, Uuid, Value,
};
use libfuzzer_sys::fuzz_target;
use support::check::{decode_as, encode, ends_as_any_value};

fuzz_target!(|data: &[u8]| {
    let input = Bytes::copy_from_slice(data);
    let decoded = decode_as::<Value>(&input);
    ends_as_any_value::<Value>(&input);
    limits_only_refuse(&input, decoded.as_ref().map(|(value, _)| value));
    quickly(&input);

    let Some((value, rest)) = decoded else { return };
    let whole = input.slice(..input.len() - rest.len());
    assert_eq!(Decoder::new(&whole).decode::<Value>().as_ref(), Ok(&value), "what follows is not looked at");
    if let Value::Array(array) = &value {
        elements_are_values(array);
    }
});

/// Types that fields of a composite have and that are read there in a way of their own; no floats, where a NaN is not equal
/// to itself.
fn quickly(input: &Bytes) {
    macro_rules! each {
        ($($type:ty)*) => { $(decode_as::<$type>(input);)* };
    }
    each! {
        bool u8 u16 u32 u64 i8 i16 i32 i64 Timestamp Uuid Str DeliveryTag Role SenderSettleMode MessageId Option<u32>
    }
}

/// The deeper a decoder may go the more it accepts, and what it accepts does not change.
fn limits_only_refuse(input: &Bytes, expected: Option<&Value>) {
    for depth in [0, 1, 2, 4, 8, 16, 31] {
        let limited = Decoder::with_limits(input, &Limits::new().depth(depth)).decode::<Value>();
        if let Ok(value) = limited {
            assert_eq!(Some(&value), expected, "to a depth of {depth}");
        }
    }
}

/// There are as many elements as the array says, and together they make an array of the same elements.
fn elements_are_values(array: &Array) {
    if array.len() > 1000 {
        return;
    }
    let elements: Vec<Value> = array.iter().collect();
    assert_eq!(elements.len(), array.len());
    if elements.is_empty() {
        return;
    }
    let again = Array::from_values(&elements).expect("elements of one array are of one type");
    assert_eq!(again.iter().collect::<Vec<_>>(), elements);
    encode(&again);
}
