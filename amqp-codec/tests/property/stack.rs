//! The deepest values that the default limits allow need no more than 128 KiB of stack, whatever is done with them.
//!
//! A stack that overflows ends the process; the name of the thread says with what.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::hint::black_box;

use amqp_codec::{
    Array, Attach, Bytes, Condition, Decode, DecodeErrorKind, Decoder, DeliveryState, Described, Disposition, Encode,
    Error, Fields, Handle, Limits, Map, Message, Performative, Rejected, Role, SequenceNo, Source, Symbol, Transfer,
    Value,
};

const STACK: usize = 128 * 1024;

/// What a value is wrapped in, again and again.
type Shape = (&'static str, fn(Value) -> Value);

/// Where a value of any type may stand: the octets of what is around it.
type Place = (&'static str, fn(Value) -> Bytes);

const SHAPES: [Shape; 7] = [
    ("list", |inner| Value::List(vec![inner])),
    ("value of a map", |inner| Map::from_iter([(Value::Null, inner)]).into()),
    ("key of a map", |inner| Map::from_iter([(inner, Value::Null)]).into()),
    ("described value", |inner| Described::new(Value::Null, inner).into()),
    ("descriptor", |inner| Described::new(inner, Value::Null).into()),
    ("array", |inner| Array::from_values(&[inner]).expect("one element").into()),
    ("list in a described array", |inner| {
        let element = Described::new(1_u64, Value::List(vec![inner]));
        Array::from_values(&[element.into()]).expect("one element").into()
    }),
];

fn octets(value: &impl Encode) -> Bytes {
    let mut out = Vec::new();
    value.encode(&mut out);
    out.into()
}

/// The octets of the deepest value of a shape that is still decoded, and of the next one. What `embed` puts around
/// it counts.
fn deepest<T: Decode>(wrap: fn(Value) -> Value, embed: impl Fn(Value) -> Bytes) -> (Bytes, Bytes) {
    let mut value = Value::Null;
    let mut deepest = embed(value.clone());
    loop {
        value = wrap(value);
        let deeper = embed(value.clone());
        match Decoder::new(&deeper).decode::<T>() {
            Ok(_) => deepest = deeper,
            Err(error) => {
                assert_eq!(error.kind(), DecodeErrorKind::NestingTooDeep);
                return (deepest, deeper);
            }
        }
    }
}

/// Runs on a thread that has no more stack than is promised.
fn on_small_stack(name: String, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name).stack_size(STACK);
    thread.spawn(work).expect("a thread").join().expect("no panic");
}

/// Everything that recurses as deep as the value does.
fn walk<T: Decode + Encode + PartialEq + Clone + std::fmt::Debug>(input: &Bytes) {
    let value = Decoder::new(input).decode::<T>().expect("within the limits");
    black_box(value.encoded_len());
    assert_eq!(octets(&value), *input);
    black_box(format!("{value:?}"));
    let copy = value.clone();
    assert!(copy == value);
    drop(copy);
}

/// `limits.depth` levels, and one more is refused.
// req: TY-D-01 TY-1.2-02 TY-1.2-03
#[test]
fn values() {
    for (name, wrap) in SHAPES {
        on_small_stack(format!("value: {name}"), move || {
            // Made on this stack too: what recurses here recurses in an application.
            let (input, too_deep) = deepest::<Value>(wrap, |value| octets(&value));
            walk::<Value>(&input);
            assert_eq!(Decoder::new(&input).skip(), Ok(()));
            let value: Value = Decoder::new(&input).decode().expect("within the limits");
            assert!(value.cmp(&value.clone()).is_eq());
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            black_box(hasher.finish());
            assert!(Decoder::new(&too_deep).decode::<Value>().is_err());
            // A map that compares its keys to the bottom, to find that they differ.
            let keys = |value: Value| [1, 2].map(|end| Value::List(vec![value.clone(), Value::Int(end)]));
            let entries = |value| keys(value).map(|key| (key, Value::Null));
            let (map, _) = deepest::<Map>(wrap, |value| octets(&Map::from_iter(entries(value))));
            walk::<Map>(&map);
            let shallow = Decoder::with_limits(&input, &Limits::new().depth(1)).decode::<Value>();
            assert!(shallow.is_err());
        });
    }
}

fn fields(value: Value) -> Fields {
    Fields::from_iter([(Symbol::from_static("x"), value)])
}

/// Where a value of any type may stand in a frame.
// req: TY-D-01
#[test]
fn frames() {
    let attach = |value| {
        let mut attach = Attach::new("link", Handle(0), Role::Receiver);
        attach.source = Some(Source { filter: Some(fields(value)), ..Source::default() }.into());
        octets(&attach)
    };
    let disposition = |value| {
        let error = Error { info: Some(fields(value).into()), ..Error::from(Condition::NOT_FOUND) };
        let state = DeliveryState::from(Rejected { error: Some(error) });
        octets(&Disposition { state: Some(state), ..Disposition::new(Role::Receiver, SequenceNo(0)) })
    };
    let unknown_state = |value| {
        let state = Described::new(0x7777_u64, value).into();
        let mut transfer = vec![Value::Null; 8];
        transfer[0] = Value::Uint(0);
        transfer[7] = state;
        octets(&Described::new(Transfer::CODE, Value::List(transfer)))
    };
    let places: [Place; 3] = [("source.filter", attach), ("error.info", disposition), ("unknown state", unknown_state)];
    for (place, embed) in places {
        for (name, wrap) in SHAPES {
            on_small_stack(format!("{place}: {name}"), move || {
                let (input, _) = deepest::<Performative>(wrap, embed);
                walk::<Performative>(&input);
            });
        }
    }
}

/// Where a value of any type may stand in a message.
// req: TY-D-01
#[test]
fn messages() {
    let places: [Place; 3] = [
        ("amqp-value", |value| Message::from(value).to_bytes()),
        ("amqp-sequence", |value| Message::from(vec![value]).to_bytes()),
        ("annotation", |value| Message::builder().message_annotation("x", value).build().to_bytes()),
    ];
    for (place, embed) in places {
        for (name, wrap) in SHAPES {
            on_small_stack(format!("{place}: {name}"), move || {
                let (input, _) = deepest::<Message>(wrap, embed);
                walk::<Message>(&input);
            });
        }
    }
}
