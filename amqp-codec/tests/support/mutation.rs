//! Octets that were well-formed and are no longer, or only look well-formed.

use amqp_codec::{Bytes, FrameHeader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::check::encode;
use super::strategies::{messages, performatives, sasl, states, values};

/// Bodies of frames that other implementations wrote.
fn recorded() -> impl Strategy<Value = Bytes> {
    let lines = include_str!("../recorded.txt").lines().filter(|line| !line.starts_with('#'));
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    let frames = lines.filter_map(|line| line.split_once(' ')).map(|(_, hex)| hex.as_bytes().chunks(2).map(octet));
    let bodies: Vec<Bytes> = frames.map(|frame| frame.skip(FrameHeader::LEN).collect()).collect();
    select(bodies)
}

/// What is well-formed: a value, a frame body, or a message; mostly as we write it.
pub(crate) fn canonical() -> BoxedStrategy<Bytes> {
    prop_oneof![
        4 => values::value().prop_map(|value| encode(&value)),
        3 => performatives::performative().prop_map(|performative| encode(&performative)),
        1 => sasl::sasl_frame().prop_map(|frame| encode(&frame)),
        1 => states::delivery_state().prop_map(|state| encode(&state)),
        3 => messages::message().prop_map(|message| encode(&message)),
        2 => recorded(),
    ]
    .boxed()
}

/// One change. An index is taken modulo the number of octets.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    /// Copies a run of the same octets to another place.
    Repeat(Index, Index, Index),
    /// Changes a size or a count: what follows an octet that could be a code of variable width.
    Length(Index, Length),
    Cut(Index),
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Add(i8),
    Set(u32),
    CountAdd(i8),
    CountSet(u32),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    let number = select(&[0, 1, 0x7f, 0xff, 0xffff, 0x0001_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX][..]);
    let step = -3..=3_i8;
    let length = prop_oneof![
        step.clone().prop_map(Length::Add),
        number.clone().prop_map(Length::Set),
        step.prop_map(Length::CountAdd),
        number.prop_map(Length::CountSet),
    ];
    prop_oneof![
        1 => (index(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => (index(), any::<u8>()).prop_map(|(at, octet)| Mutation::Set(at, octet)),
        1 => (index(), vec(any::<u8>(), 1..4)).prop_map(|(at, octets)| Mutation::Insert(at, octets)),
        1 => (index(), index()).prop_map(|(from, to)| Mutation::Remove(from, to)),
        1 => (index(), index(), index()).prop_map(|(from, to, at)| Mutation::Repeat(from, to, at)),
        4 => (index(), length).prop_map(|(at, length)| Mutation::Length(at, length)),
        1 => index().prop_map(Mutation::Cut),
    ]
}

impl Mutation {
    fn apply(&self, octets: &mut Vec<u8>) {
        if octets.is_empty() {
            return;
        }
        let len = octets.len();
        match self {
            Self::Flip(at, bit) => octets[at.index(len)] ^= 1 << bit,
            Self::Set(at, octet) => octets[at.index(len)] = *octet,
            Self::Insert(at, inserted) => {
                let at = at.index(len);
                octets.splice(at..at, inserted.iter().copied());
            }
            Self::Remove(from, to) => {
                let (from, to) = (from.index(len), to.index(len));
                octets.drain(from.min(to)..from.max(to));
            }
            Self::Repeat(from, to, at) => {
                let (from, to, at) = (from.index(len), to.index(len), at.index(len));
                let run = octets[from.min(to)..from.max(to)].to_vec();
                octets.splice(at..at, run);
            }
            Self::Length(at, length) => length.apply(*at, octets),
            Self::Cut(at) => octets.truncate(at.index(len)),
        }
    }
}

impl Length {
    fn apply(self, at: Index, octets: &mut [u8]) {
        let is_code = |octet: u8| matches!(octet, 0xa0..=0xa3 | 0xb0..=0xb3 | 0xc0 | 0xc1 | 0xd0 | 0xd1 | 0xe0 | 0xf0);
        let codes: Vec<usize> = (0..octets.len()).filter(|&at| is_code(octets[at])).collect();
        if codes.is_empty() {
            return;
        }
        let code = codes[at.index(codes.len())];
        let width = if matches!(octets[code] >> 4, 0xb | 0xd | 0xf) { 4 } else { 1 };
        let start = match self {
            Self::Add(_) | Self::Set(_) => code + 1,
            Self::CountAdd(_) | Self::CountSet(_) => code + 1 + width,
        };
        let Some(field) = octets.get_mut(start..start + width) else {
            return;
        };
        let old = field.iter().fold(0, |number: u32, &octet| number << 8 | u32::from(octet));
        let new = match self {
            Self::Add(step) | Self::CountAdd(step) => old.wrapping_add_signed(step.into()),
            Self::Set(number) | Self::CountSet(number) => number,
        };
        field.copy_from_slice(&new.to_be_bytes()[4 - width..]);
    }
}

/// What was well-formed, changed in one to three places.
pub(crate) fn mutated(octets: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Bytes> {
    (octets, vec(mutation(), 1..4)).prop_map(|(octets, mutations)| {
        let mut octets = octets.to_vec();
        mutations.iter().for_each(|mutation| mutation.apply(&mut octets));
        octets.into()
    })
}

/// The head of one and the tail of another.
pub(crate) fn spliced(
    heads: impl Strategy<Value = Bytes>,
    tails: impl Strategy<Value = Bytes>,
) -> impl Strategy<Value = Bytes> {
    (heads, tails, any::<Index>(), any::<Index>()).prop_map(|(head, tail, to, from)| {
        let head = &head[..to.index(head.len() + 1)];
        let tail = &tail[from.index(tail.len() + 1)..];
        [head, tail].concat().into()
    })
}

/// Octets that are codes more often than not.
pub(crate) fn codes() -> impl Strategy<Value = Bytes> {
    const CODES: [u8; 27] = [
        0x00, 0x01, 0x02, 0x03, 0x10, 0x12, 0x14, 0x24, 0x40, 0x41, 0x43, 0x45, 0x53, 0x56, 0x70, 0x77, 0xa0, 0xa1,
        0xa3, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0, 0xff,
    ];
    vec(select(&CODES[..]), 0..60).prop_map(Bytes::from)
}

/// Octets that look like sections often enough to get past the first check.
pub(crate) fn sections() -> impl Strategy<Value = Bytes> {
    let piece = prop_oneof![
        (0x6f..0x7a_u8).prop_map(|code| vec![0x00, 0x53, code]),
        Just(vec![0x45]),
        Just(vec![0xc1, 0x01, 0x00]),
        vec(any::<u8>(), 0..6),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat().into())
}
