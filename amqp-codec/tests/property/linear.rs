//! Twice the input costs twice the memory and twice the allocations, and no more.
//!
//! Counted, not timed. What costs time without allocating (comparing the keys of a map) is covered by size: with the
//! many entries of [`a_large_map_is_no_large_task`] a quadratic scan would not come to its end.

use std::sync::mpsc;
use std::time::Duration;

use amqp_codec::{
    Array, Bytes, Decode, DecodeErrorKind, Decoder, Described, Encode, EncodedMessage, Map, Message, Value,
};

use super::support::check::encode;
use super::support::heap::counting::Heap;
use super::support::heap::measure;

/// Makes an input of about `n` times a fixed number of octets.
type Family = (&'static str, fn(u32) -> Value);

/// The kinds of input that cost most.
const FAMILIES: [Family; 9] = [
    ("nulls in a list", |n| Value::List(vec![Value::Null; n as usize])),
    ("empty lists in a list", |n| Value::List(vec![Value::List(Vec::new()); n as usize])),
    ("lists in lists", |n| {
        let column = (0..20).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        Value::List(vec![column; n as usize])
    }),
    ("short strings", |n| Value::List(vec!["x".into(); n as usize])),
    ("described values", |n| {
        let column = (0..20).fold(Value::Null, |inner, _| Described::new(1_u64, inner).into());
        Value::List(vec![column; n as usize])
    }),
    ("one map", |n| Value::Map(map(n))),
    ("many maps", |n| Value::List(vec![Value::Map(map(20)); n as usize])),
    ("one array", |n| Array::of(&vec![0_u8; n as usize]).into()),
    ("arrays in arrays", |n| {
        let row = Array::from_values(&vec![Value::Uint(7); 20]).expect("one type");
        Array::from_values(&vec![row.into(); n as usize]).expect("one type").into()
    }),
];

/// Keys that differ in their last octets only.
fn map(entries: u32) -> Map {
    let keys: Vec<Value> = (0..entries).map(|key| format!("the same beginning {key:08}").into()).collect();
    // `Map` is made by insertion, which looks at every entry; decoding does not.
    let list: Vec<Value> = keys.into_iter().flat_map(|key| [key, Value::Null]).collect();
    let body = encode(&list);
    let body = if body[0] == 0xc0 { [&[0xc1], &body[1..]].concat() } else { [&[0xd1], &body[1..]].concat() };
    Decoder::new(&body.into()).decode().expect("a map")
}

fn decoding<T: Decode>(input: &Bytes) -> Heap {
    let (value, heap) = measure(|| Decoder::new(input).decode::<T>());
    assert!(value.is_ok());
    heap
}

/// The cost of four times as much is at most four times the cost, and a constant. The sizes are powers of two, so
/// that vectors which double are as full for the one as for the other.
fn assert_linear(name: &str, cost: impl Fn(u32) -> Heap) {
    let (small, large) = (cost(1 << 9), cost(1 << 11));
    assert!(large.total <= 4 * small.total + 8192, "{name}: {small:?}, four times as much: {large:?}");
    assert!(large.peak <= 4 * small.peak + 8192, "{name}: {small:?}, four times as much: {large:?}");
    assert!(large.count <= 4 * small.count + 16, "{name}: {small:?}, four times as much: {large:?}");
}

// req: TY-D-02 TY-1.6.23-04
#[test]
fn decoding_is_linear() {
    for (name, family) in FAMILIES {
        assert_linear(name, |n| decoding::<Value>(&encode(&family(n))));
        assert_linear(name, |n| decoding::<Message>(&Message::from(family(n)).to_bytes()));
    }
}

#[test]
fn encoding_is_linear() {
    for (name, family) in FAMILIES {
        let encoding = |n| {
            let value = family(n);
            let mut out = Vec::with_capacity(value.encoded_len());
            measure(|| value.encode(&mut out)).1
        };
        // Nothing at all, if there is room.
        assert_eq!(encoding(1 << 9), Heap::default(), "{name}");
        assert_eq!(measure(|| family(100).encoded_len()).0, encode(&family(100)).len());
    }
}

/// Sections are found without looking into them, however many there are.
// req: MS-3.2-07
#[test]
fn finding_sections_is_free() {
    for (name, family) in FAMILIES {
        let octets = Message::from(vec![family(1 << 9)]).to_bytes();
        let (view, heap) = measure(|| EncodedMessage::parse(octets));
        assert!(view.is_ok());
        assert_eq!(heap, Heap::default(), "{name}");
    }
    let sections: Bytes = [0x00, 0x53, 0x75, 0xa0, 0x00].repeat(10_000).into();
    let copy = sections.clone();
    assert_eq!(measure(|| EncodedMessage::parse(copy).is_ok()), (true, Heap::default()));
    assert_linear("data sections", |n| decoding::<Message>(&sections.slice(..5 * n as usize)));
}

/// Arrays that take few octets and would print many: of elements without octets, with a long descriptor, with descriptors
/// that are such arrays themselves.
#[test]
fn printing_is_linear() {
    let zeros = |descriptor: &[u8]| {
        let constructor = [&[0x00], descriptor, &[0x45]].concat();
        let size = (constructor.len() as u32 + 4).to_be_bytes();
        [&[0xf0], &size[..], &65_536_u32.to_be_bytes(), &constructor].concat()
    };
    let long = [&[0xb3, 0, 0, 0x0f, 0xa0], &[b'x'; 4_000][..]].concat();
    let mut nested = zeros(&[0x44]);
    for _ in 0..10 {
        nested = zeros(&nested);
    }
    for octets in [zeros(&[0x44]), zeros(&long), nested] {
        let octets = Bytes::from(octets);
        let value: Value = Decoder::new(&octets).decode().expect("an array");
        let printed = format!("{value:?}").len();
        assert!(printed < 40 * octets.len(), "{printed} for {} octets", octets.len());
    }
}

/// 200,000 keys: 4 million comparisons if they are sorted, 20 thousand million if each is compared with each. The
/// former take a moment; that they did not come to an end is told after a minute.
// req: TY-1.6.23-02 TY-1.6.23-04
#[test]
fn a_large_map_is_no_large_task() {
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        let map = map(200_000);
        assert_eq!(map.len(), 200_000);
        let mut octets = encode(&map).to_vec();
        let last_digit = octets.len() - 2;
        octets[last_digit] = b'8';
        let error = Decoder::new(&octets.into()).decode::<Map>().expect_err("the last key is that before it");
        assert_eq!(error.kind(), DecodeErrorKind::DuplicateKey);
        done.send(()).expect("the test waits");
    });
    assert_eq!(waiting.recv_timeout(Duration::from_secs(60)), Ok(()), "a scan of each key for each key");
}
