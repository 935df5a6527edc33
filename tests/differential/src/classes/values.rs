//! Disagreements about values (Part 1), wherever they stand.

use amqp_codec::{DecodeErrorKind, Value};

use super::{ALL, Class, Right, ours, reads, refused_for};
use crate::features::{any, array, descriptor, key};
use crate::peer::Codec::{Fe2o3, Ntex, Proton};
use crate::peer::Verdict;

/// The code of the value behind its descriptors, if it is a list, map or array, or described by one.
fn begins_with_container(input: &[u8]) -> bool {
    matches!(input, [0x00 | 0xc0 | 0xc1 | 0xd0 | 0xd1 | 0xe0 | 0xf0, ..])
}

fn is_compound(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_) | Value::Array(_) | Value::Described(_))
}

/// Neither symbol nor ulong.
fn is_reserved(descriptor: &Value) -> bool {
    !matches!(descriptor, Value::Symbol(_) | Value::Ulong(_))
}

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "dies",
        codecs: ALL,
        what: "end the process with what we refuse: a panic, a stack that overflows, memory for a count that has not \
               arrived, or a loop over it",
        clause: "§1.2.2, §1.2.3: sizes and counts are checked against the octets that are there (TY-1.2.2-01, \
                 TY-1.2.3-04, TY-D-02)",
        right: Right::We,
        matches: |case| case.ours.is_err() && *case.theirs == Verdict::Died,
    },
    Class {
        name: "equal-keys",
        codecs: ALL,
        what: "read a map that has two equal keys",
        clause: "§1.6.23: such a map is invalid (TY-1.6.23-02)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::DuplicateKey),
    },
    Class {
        name: "odd-map",
        codecs: &[Ntex, Proton],
        what: "read a map whose last key has no value, without that key",
        clause: "§1.6.23: the count is even (TY-1.6.23-01)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::OddMap),
    },
    Class {
        name: "boolean-octet",
        codecs: &[Ntex, Proton],
        what: "take a boolean of any octet but 0 for true",
        clause: "§1.6.2: 0x00 is false and 0x01 is true (TY-1.6.2-02)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::InvalidBoolean),
    },
    Class {
        name: "symbol-octets",
        codecs: ALL,
        what: "read a symbol that is not ASCII (fe2o3 and ntex: one that is UTF-8)",
        clause: "§1.6.21: seven-bit ASCII (TY-1.6.21-01)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::InvalidAscii),
    },
    Class {
        name: "string-octets",
        codecs: &[Proton],
        what: "reads a string that is not UTF-8",
        clause: "§1.6.20: UTF-8 (TY-1.6.20-01)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::InvalidUtf8),
    },
    Class {
        name: "char-number",
        codecs: &[Proton],
        what: "reads a char that is a surrogate or above U+10FFFF",
        clause: "§1.6.16: a Unicode character (TY-1.6.16-02)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::InvalidChar),
    },
    Class {
        name: "deep-nesting",
        codecs: ALL,
        what: "read a value of more than 32 levels",
        clause: "§1.2 has no limit; ours is a decision (TY-D-01)",
        right: Right::Both,
        matches: |case| reads(case, DecodeErrorKind::NestingTooDeep),
    },
    Class {
        name: "container-size",
        codecs: ALL,
        what: "go by the count of a list, map or array, and not by its size: read elements behind its end, or leave \
               octets before it unread",
        clause: "§1.2.3, §1.2.4: the size bounds what is inside, and counts all of it (TY-1.2-07, TY-1.2.3-01, \
                 TY-1.2.3-03, TY-1.2.4-01)",
        right: Right::We,
        matches: |case| {
            begins_with_container(&case.input.octets)
                && (reads(case, DecodeErrorKind::Incomplete)
                    || reads(case, DecodeErrorKind::TrailingOctets)
                    || reads(case, DecodeErrorKind::CountTooLarge))
        },
    },
    Class {
        name: "reserved-descriptor",
        codecs: &[Fe2o3, Ntex],
        what: "refuse a descriptor that is neither symbol nor ulong",
        clause: "§1.2: a descriptor is any value; §1.5 reserves other types, and an unknown descriptor is kept \
                 (TY-1.2-02, TY-1.5-01)",
        right: Right::We,
        matches: |case| ours(case, |value| descriptor(value, is_reserved)),
    },
    Class {
        name: "compound-descriptor",
        codecs: &[Proton],
        what: "refuses a descriptor that is a list, map or array, or described itself",
        clause: "§1.2: a descriptor is any value, itself described (TY-1.2-02)",
        right: Right::We,
        matches: |case| ours(case, |value| descriptor(value, is_compound)),
    },
    Class {
        name: "descriptor-ulong0",
        codecs: &[Ntex],
        what: "refuses a descriptor that is the ulong 0 without data",
        clause: "§1.6.6: each of the three encodings of ulong (TY-1.4-03)",
        right: Right::We,
        matches: |case| ours(case, |value| descriptor(value, |name| *name == Value::Ulong(0))),
    },
    Class {
        name: "described-elements",
        codecs: &[Fe2o3],
        what: "refuses an array whose elements are described, or misreads it",
        clause: "§1.2.4: the constructor of the elements may be described (TY-1.2.4-01)",
        right: Right::We,
        matches: |case| ours(case, |value| array(value, |elements| !elements.descriptors.is_empty())),
    },
    Class {
        name: "elements-described-twice",
        codecs: &[Ntex, Proton],
        what: "read the inner descriptor of an array's elements as if it were an element, or refuse it",
        clause: "§1.2: a constructor may be described more than once (TY-1.2-03, TY-1.2.4-01)",
        right: Right::We,
        matches: |case| ours(case, |value| array(value, |elements| elements.descriptors.len() > 1)),
    },
    Class {
        name: "described-twice",
        codecs: &[Proton],
        what: "puts the elements that follow a value described twice into that value",
        clause: "§1.2: a value may be described more than once (TY-1.2-03)",
        right: Right::We,
        matches: |case| {
            let twice = |part: &Value| match part {
                Value::Described(outer) => matches!(outer.value, Value::Described(_)),
                _ => false,
            };
            matches!(case.theirs, Verdict::Read { .. }) && ours(case, |value| any(value, &twice))
        },
    },
    Class {
        name: "elements-without-octets",
        codecs: &[Fe2o3, Proton],
        what: "refuse an array of elements without octets (proton: of more than 65,535)",
        clause: "§1.2.4: constructors of no width are legal (TY-1.2.4-02)",
        right: Right::We,
        matches: |case| {
            let too_many = |value: &Value| match case.codec {
                Proton => array(value, |elements| elements.code >> 4 == 4 && elements.count > 65_535),
                _ => array(value, |elements| elements.code >> 4 == 4 && elements.count > 0),
            };
            matches!(case.theirs, Verdict::Refused(_)) && ours(case, too_many)
        },
    },
    Class {
        name: "elements-are-containers",
        codecs: &[Fe2o3],
        what: "misreads or refuses an array of lists, maps or arrays, or dies of it",
        clause: "§1.2.4: size and count are repeated for each element (TY-1.2.4-03)",
        right: Right::We,
        matches: |case| ours(case, |value| array(value, |elements| elements.code >= 0xc0)),
    },
    Class {
        name: "empty-array",
        codecs: &[Fe2o3, Ntex],
        what: "do not look at the constructor of an array without elements (fe2o3: and read what follows by it)",
        clause: "§1.2.4: the constructor is part of the array (TY-1.2.4-01, TY-1.2-05)",
        right: Right::We,
        matches: |case| {
            let unread = matches!(case.theirs, Verdict::Read { value, .. } if value.contains("array[]"));
            let invalid = matches!(refused_for(case), Some(DecodeErrorKind::UnexpectedCode { .. }));
            // Such an array is no value of a field, and so is not seen in what we read of a composite.
            let empty = case.input.octets.windows(3).any(|octets| octets == [0xe0, 2, 0])
                || case.input.octets.windows(9).any(|octets| octets == [0xf0, 0, 0, 0, 5, 0, 0, 0, 0]);
            (unread && invalid) || (case.codec == Fe2o3 && empty)
        },
    },
    Class {
        name: "array-without-constructor",
        codecs: &[Ntex, Proton],
        what: "refuse an empty array that has no constructor",
        clause: "§1.2.4 asks for one; real peers leave it out (TY-1.2.4-04)",
        right: Right::They,
        matches: |case| {
            let refused = matches!(case.theirs, Verdict::Refused(_));
            let without = case.input.octets.windows(3).any(|octets| octets == [0xe0, 1, 0])
                || case.input.octets.windows(9).any(|octets| octets == [0xf0, 0, 0, 0, 4, 0, 0, 0, 0]);
            refused && without && ours(case, |value| array(value, |elements| elements.count == 0))
        },
    },
    Class {
        name: "map-in-key",
        codecs: &[Ntex],
        what: "panics at a map whose key is a map, or holds one",
        clause: "§1.6.23: keys are of any type (TY-1.6.23-01)",
        right: Right::We,
        matches: |case| {
            *case.theirs == Verdict::Died && ours(case, |value| key(value, |key| matches!(key, Value::Map(_))))
        },
    },
    Class {
        name: "timestamp-range",
        codecs: &[Ntex],
        what: "refuses a timestamp outside of its calendar, and reads one before 1970 wrongly",
        clause: "§1.6.17: any 64-bit number of milliseconds (TY-1.6.17-01)",
        right: Right::We,
        matches: |case| {
            let beyond = |part: &Value| match part {
                Value::Timestamp(timestamp) => !(0..=8_210_266_876_799_999).contains(&timestamp.0),
                _ => false,
            };
            ours(case, |value| any(value, &beyond))
        },
    },
    Class {
        name: "float-keys",
        codecs: &[Fe2o3, Ntex],
        what: "take 0.0 and -0.0, or all NaNs, for equal keys, and lose entries",
        clause: "§1.6.23: equal in value; §1.6.11: bits are kept. Ours differ by their bits (TY-1.6.23-02, TY-1.6.11-01)",
        right: Right::Both,
        matches: |case| ours(case, |value| key(value, |key| matches!(key, Value::Float(_) | Value::Double(_)))),
    },
    Class {
        name: "after-timestamp",
        codecs: &[Fe2o3],
        what: "reads what follows a timestamp in a map as a timestamp too, or panics at it",
        clause: "§1.2: each value has a constructor of its own (TY-1.2-01)",
        right: Right::We,
        matches: |case| {
            let is_timestamp = |part: &Value| matches!(part, Value::Timestamp(_));
            let in_map = |part: &Value| match part {
                Value::Map(map) => map.iter().any(|(key, value)| is_timestamp(key) || is_timestamp(value)),
                _ => false,
            };
            !matches!(case.theirs, Verdict::Refused(_)) && ours(case, |value| any(value, &in_map))
        },
    },
    Class {
        name: "signalling-nan",
        codecs: &[Proton],
        what: "turns a float that is a signalling NaN into a quiet one: Python does, which has doubles only",
        clause: "§1.6.11: bits are kept (TY-1.6.11-01)",
        right: Right::We,
        matches: |case| {
            let signals = |part: &Value| match part {
                Value::Float(number) => number.is_nan() && number.to_bits() & 0x0040_0000 == 0,
                _ => false,
            };
            matches!(case.theirs, Verdict::Read { .. }) && ours(case, |value| any(value, &signals))
        },
    },
];
