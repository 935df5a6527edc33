//! Values (§1.6): every primitive type, arrays of anything, described and nested values.

use amqp_codec::{Array, Dec32, Dec64, Dec128, DeliveryTag, Described, Fields, Map, Symbol, Timestamp, Uuid, Value};

use crate::octets::{Made, Octets};

/// Kinds of value that are not made of others; the others are behind them.
const SIMPLE: u8 = 21;
const LIST: u8 = SIMPLE;
const MAP: u8 = SIMPLE + 1;
const ARRAY: u8 = SIMPLE + 2;
const DESCRIBED: u8 = SIMPLE + 3;
const LONG: u8 = SIMPLE + 4;
const KINDS: u8 = SIMPLE + 5;

impl Made for Value {
    fn made(octets: &mut Octets<'_>) -> Self {
        let kind = octets.below(KINDS);
        of_kind(octets, kind)
    }
}

/// A value of this kind; null instead of what would nest too deep, so that all of one kind and depth are of one type.
fn of_kind(octets: &mut Octets<'_>, kind: u8) -> Value {
    match kind {
        0..SIMPLE => simple(octets, kind),
        _ => octets.nested(|octets| compound(octets, kind)).unwrap_or_default(),
    }
}

/// Any primitive type but list, map and array; null too.
pub(crate) fn any_simple(octets: &mut Octets<'_>) -> Value {
    let kind = octets.below(SIMPLE);
    simple(octets, kind)
}

fn simple(octets: &mut Octets<'_>, kind: u8) -> Value {
    match kind {
        0 => Value::Null,
        1 => Value::Boolean(octets.make()),
        2 => Value::Ubyte(octets.make()),
        3 => Value::Ushort(octets.make()),
        4 => Value::Uint(octets.make()),
        5 => Value::Ulong(octets.make()),
        6 => Value::Byte(i8::from_be_bytes(octets.take())),
        7 => Value::Short(octets.make()),
        8 => Value::Int(octets.make()),
        9 => Value::Long(octets.make()),
        10 => Value::Float(f32::from_be_bytes(octets.take())),
        11 => Value::Double(f64::from_be_bytes(octets.take())),
        12 => Value::Decimal32(Dec32(octets.take())),
        13 => Value::Decimal64(Dec64(octets.take())),
        14 => Value::Decimal128(Dec128(octets.take())),
        15 => Value::Char(char::from_u32(octets.make::<u32>() % 0x11_0000).unwrap_or_default()),
        16 => Value::Timestamp(octets.make()),
        17 => Value::Uuid(octets.make()),
        18 => Value::Binary(octets.make()),
        19 => Value::String(octets.make()),
        _ => Value::Symbol(octets.make()),
    }
}

fn compound(octets: &mut Octets<'_>, kind: u8) -> Value {
    match kind {
        LIST => Value::List(octets.several(6)),
        MAP => Value::from(octets.make::<Map>()),
        ARRAY => Value::from(array(octets)),
        DESCRIBED => {
            let descriptor = descriptor(octets);
            Described::new(descriptor, octets.make::<Value>()).into()
        }
        _ => long(octets),
    }
}

/// Elements of one type and, now and then, of one descriptor.
fn array(octets: &mut Octets<'_>) -> Array {
    let kind = octets.below(KINDS);
    let descriptor = (kind == DESCRIBED).then(|| descriptor(octets));
    let kind = match kind {
        DESCRIBED | LONG => octets.below(DESCRIBED),
        other => other,
    };
    let count = octets.len() % 16;
    let elements: Vec<Value> = (0..count)
        .map(|_| {
            let element = of_kind(octets, kind);
            descriptor.iter().fold(element, |element, descriptor| Described::new(descriptor.clone(), element).into())
        })
        .collect();
    match elements[..] {
        [] => Array::of::<Symbol>(&[]),
        _ => Array::from_values(&elements).expect("one type"),
    }
}

/// What takes the long form for its size or its count, and a map of more entries than are compared each with each.
fn long(octets: &mut Octets<'_>) -> Value {
    let item = any_simple(octets);
    let count = 250 + usize::from(octets.below(12));
    match octets.below(4) {
        0 => Value::List(vec![item; count]),
        1 => Map::from_iter((0..13 + count as u32 % 128).map(|key| (key, item.clone()))).into(),
        2 => Value::from(Array::of(&vec![octets.make::<u8>(); count])),
        _ => Value::from(Array::from_values(&vec![item; count]).expect("one type")),
    }
}

/// Mostly an ulong or a symbol, sometimes of a reserved type (§1.5).
fn descriptor(octets: &mut Octets<'_>) -> Value {
    match octets.below(4) {
        0 => Value::Ulong(octets.make::<u8>().into()),
        1 => Value::Ulong(octets.make()),
        2 => Value::Symbol(octets.make()),
        _ => octets.make(),
    }
}

/// A descriptor of nothing that the specification names.
pub(crate) fn unknown_descriptor(octets: &mut Octets<'_>) -> Value {
    match octets.below(3) {
        0 => Value::Ulong(octets.make::<u64>().max(0x100)),
        1 => Value::Symbol(Symbol::from_static("unknown")),
        _ => Value::Int(octets.make()),
    }
}

impl Made for Map {
    fn made(octets: &mut Octets<'_>) -> Self {
        (0..octets.below(6)).map(|_| (octets.make::<Value>(), octets.make::<Value>())).collect()
    }
}

impl Made for Fields {
    fn made(octets: &mut Octets<'_>) -> Self {
        (0..octets.below(4)).map(|_| (octets.make::<Symbol>(), octets.make::<Value>())).collect()
    }
}

impl Made for Timestamp {
    fn made(octets: &mut Octets<'_>) -> Self {
        Self(octets.make())
    }
}

impl Made for Uuid {
    fn made(octets: &mut Octets<'_>) -> Self {
        Self(octets.take())
    }
}

impl Made for DeliveryTag {
    fn made(octets: &mut Octets<'_>) -> Self {
        let len = usize::from(octets.below(Self::MAX_LEN as u8 + 1));
        Self::try_from(&octets.string(len)[..]).expect("short")
    }
}
