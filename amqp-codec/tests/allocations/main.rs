//! What the codec allocates, counted by an allocator of the test's own.

mod batch;
#[path = "../support/heap.rs"]
mod heap;
mod samples;
#[path = "../../../benches/codec/values.rs"]
mod values;
#[path = "../../../benches/codec/work.rs"]
#[expect(dead_code, reason = "instructions are counted by a bench")]
mod work;

use amqp_codec::{Array, Bytes, Dec128, Decode, Decoder, Encode, Map, Performative, Str, Value, composite};

use self::heap::counting::live;
use self::heap::measure;

/// How often `run` allocates memory, or asks for more of what it has.
fn allocations(run: impl FnOnce()) -> u64 {
    let ((), heap) = measure(run);
    heap.count as u64
}

/// How often writing the value into a buffer that has just room for it allocates.
fn to_encode(value: &impl Encode) -> u64 {
    let mut out = Vec::new();
    out.reserve_exact(value.encoded_len());
    allocations(|| value.encode(&mut out))
}

/// How often reading the value allocates, as one of the nine performatives.
fn to_decode(value: &impl Encode) -> u64 {
    let mut octets = Vec::new();
    value.encode(&mut octets);
    let input = Bytes::from(octets);
    allocations(|| assert!(Performative::decode(&mut Decoder::new(&input)).is_ok()))
}

#[test]
fn a_performative_is_encoded_without_allocating() {
    for performative in samples::bare_performatives().iter().chain(&samples::full_performatives()) {
        assert_eq!(to_encode(performative), 0, "{performative:?}");
    }
}

/// Containers within each other, short and long, with and without elements.
#[test]
fn a_value_is_encoded_without_allocating() {
    let mut value = Value::List(Vec::new());
    for level in 0..30_usize {
        let map = Map::from([("empty", Value::List(Vec::new())), ("text", "x".repeat(level).into()), ("inner", value)]);
        value = Value::List(vec![map.into(), Array::of(&[level as u64]).into()]);
        assert_eq!(to_encode(&value), 0, "{level} levels");
    }
}

#[test]
fn a_sasl_frame_is_encoded_without_allocating() {
    for frame in samples::sasl_frames() {
        assert_eq!(to_encode(&frame), 0, "{frame:?}");
    }
}

/// What these three hold is held in place. Not so the content of a state that has some (rejected, modified, declared,
/// transactional), nor properties of a flow.
#[test]
fn a_transfer_flow_or_disposition_is_decoded_without_allocating() {
    assert_eq!(to_decode(&samples::flow(None)), 0);
    for state in samples::plain_states() {
        assert_eq!(to_decode(&samples::transfer(state.clone())), 0, "{state:?}");
        assert_eq!(to_decode(&samples::disposition(state.clone())), 0, "{state:?}");
    }
}

/// Longer than what a string holds in its own place.
fn long_text() -> Str {
    "default".repeat(20).into()
}

composite! {
    /// A type whose defaults own memory, also that of a field that may have no value.
    #[derive(Clone, PartialEq)]
    struct Long = "example:long:list" 0xee {
        /// A text.
        text: Str = long_text();
        /// A note.
        note: Option<Str> = Some(long_text());
        /// What stands behind both, so that they can be read the quick way.
        behind: Option<Dec128>;
        /// More of it.
        more: Option<Dec128>;
    }
}

/// A default is freed when a value takes its place, in a list8 and in a list32.
#[test]
fn a_default_that_owns_memory_is_freed() {
    let some = Some(Dec128([7; 16]));
    let value = Long { text: "a".into(), note: Some("b".into()), behind: some, more: some };
    let mut short = Vec::new();
    value.encode(&mut short);
    let [0x00, 0x53, 0xee, 0xc0, size, count, fields @ ..] = short.as_slice() else {
        panic!("no list8: {short:?}");
    };
    let long = [&[0x00, 0x53, 0xee, 0xd0, 0, 0, 0, size + 3, 0, 0, 0, *count], fields].concat();
    for octets in [short.clone(), long] {
        let input = Bytes::from(octets);
        let before = live();
        for _ in 0..1_000 {
            assert!(Long::decode(&mut Decoder::new(&input)).as_ref() == Ok(&value));
        }
        assert_eq!(live(), before);
    }
}

#[test]
fn the_work_of_the_benches_allocates_no_more_than_it_says() {
    for work in work::ALL {
        let mut operation = (work.start)();
        for time in ["first", "second"] {
            let count = allocations(&mut operation);
            assert!(count <= work.allocations, "{}: {count}, the {time} time", work.name);
        }
    }
}
