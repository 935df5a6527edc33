//! The octets of a string or symbol.

use alloc::vec::Vec;
use core::cmp::Ordering;

use bytes::Bytes;

use super::binary::{code_for, encode_sized, encode_sized_shortest, is_ascii, sized_len};
use crate::decoder::Decoder;
use crate::write::{has_room, put_constructed};

/// Immutable octets: few are held in place, more are shared.
///
/// Most strings and symbols are short. Held in place they cost no reference
/// count, and do not keep alive the buffer that they came in.
pub(super) enum Octets {
    Short(Short),
    Shared(Bytes),
}

/// Up to 23 octets behind their number; what is behind them is zero.
#[derive(Clone, Copy)]
pub(crate) struct Short([u8; Short::CAPACITY + 1]);

impl Clone for Octets {
    // In one place: whoever is in a hurry has no texts to clone.
    #[inline(never)]
    fn clone(&self) -> Self {
        match self {
            Self::Short(short) => Self::Short(*short),
            Self::Shared(octets) => Self::Shared(octets.clone()),
        }
    }
}

impl Octets {
    pub(super) const EMPTY: Self = Self::Short(Short([0; Short::CAPACITY + 1]));

    pub(super) const fn from_static(octets: &'static [u8]) -> Self {
        Self::Shared(Bytes::from_static(octets))
    }

    #[inline(always)]
    pub(super) fn copy_from(octets: &[u8]) -> Self {
        match Short::new(octets) {
            Some(short) => Self::Short(short),
            None => Self::Shared(Bytes::copy_from_slice(octets)),
        }
    }

    /// Octets that the decoder has read over.
    #[inline(always)]
    pub(super) fn decoded(octets: &[u8], decoder: &Decoder<'_>) -> Self {
        match Short::new(octets) {
            Some(short) => Self::Short(short),
            None => Self::Shared(decoder.share(octets)),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(short) => short.as_slice(),
            Self::Shared(octets) => octets,
        }
    }

    #[inline]
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Short(short) => Bytes::copy_from_slice(short.as_slice()),
            Self::Shared(octets) => octets,
        }
    }

    /// The code of the short or the long form, whichever fits.
    #[inline]
    pub(super) fn shortest(&self, codes: (u8, u8)) -> u8 {
        code_for(self.as_slice().len(), codes)
    }

    /// How many octets follow the code.
    #[inline]
    pub(super) fn data_len(&self, code: u8, codes: (u8, u8)) -> usize {
        sized_len(self.as_slice().len(), code, codes)
    }

    /// Appends what follows the code.
    #[inline]
    pub(super) fn encode_data(&self, code: u8, codes: (u8, u8), out: &mut Vec<u8>) {
        encode_sized(self.as_slice(), code, codes, out);
    }

    /// Appends code, size and octets.
    #[inline(always)]
    pub(super) fn encode_shortest(&self, codes: (u8, u8), out: &mut Vec<u8>) {
        match self {
            Self::Short(short) => short.encode(codes.0, out),
            Self::Shared(octets) => encode_shared(octets, codes, out),
        }
    }
}

/// Appends code, size and octets of a text, as if it were held.
#[inline(always)]
pub(crate) fn encode_text(octets: &[u8], codes: (u8, u8), out: &mut Vec<u8>) {
    match Short::new(octets) {
        Some(short) => short.encode(codes.0, out),
        None => encode_shared(octets, codes, out),
    }
}

impl Short {
    /// What fits beside the number into the room that [`Bytes`] takes.
    const CAPACITY: usize = 23;

    /// The most octets that one takes with code and size.
    const ENCODED_MAX: usize = Self::CAPACITY + 2;

    /// Takes octets in, if they are few enough.
    #[inline(always)]
    fn new(octets: &[u8]) -> Option<Self> {
        let number = u8::try_from(octets.len()).ok()?;
        let unused = Self::CAPACITY.checked_sub(octets.len())?;
        // The first 15 octets stand beside their number.
        let (first, last) = match (octets.first_chunk(), octets.last_chunk::<8>()) {
            (Some(first), Some(last)) => {
                (u128::from_le_bytes(*first), u64::from_le_bytes(*last).checked_shr(bits(unused)).unwrap_or(0))
            }
            _ => (below_16(octets), 0),
        };
        let mut short = [0; Self::CAPACITY + 1];
        let (head, tail) = short.split_first_chunk_mut()?;
        *head = (first << 8 | u128::from(number)).to_le_bytes();
        *tail.first_chunk_mut()? = last.to_le_bytes();
        Some(Self(short))
    }

    /// Reads a size of one octet and as many octets from the start of `input`;
    /// `None` if they are too many, or what follows them is too little to be
    /// loaded as a whole.
    #[inline(always)]
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        let whole: &[u8; Self::CAPACITY + 1] = input.first_chunk()?;
        let [number, ..] = whole;
        let cut = Self::CAPACITY.checked_sub(usize::from(*number))?;
        let kept: &[u8; Self::CAPACITY + 1] = EDGE.as_flattened().get(cut..)?.first_chunk()?;
        Some(Self(and(whole, kept)))
    }

    /// [`read`](Self::read), if all octets are below 0x80; and what follows.
    #[inline(always)]
    pub(crate) fn read_ascii(input: &[u8]) -> Option<(Self, &[u8])> {
        let short = Self::read(input).filter(Self::is_ascii)?;
        let rest = input.get(short.len().saturating_add(1)..)?;
        Some((short, rest))
    }

    #[inline(always)]
    fn equals(&self, other: &Self) -> bool {
        // Number and first octets tell most apart. What is behind is zero in both.
        match (self.0.split_first_chunk::<8>(), other.0.split_first_chunk::<8>()) {
            (Some((first, rest)), Some((other_first, other_rest))) => first == other_first && rest == other_rest,
            _ => false,
        }
    }

    /// How many octets are held.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        let [number, ..] = self.0;
        usize::from(number)
    }

    #[inline(always)]
    pub(crate) fn is_ascii(&self) -> bool {
        // The number of octets is below 0x80 too.
        is_ascii(&self.0)
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        let [number, octets @ ..] = &self.0;
        octets.get(..usize::from(*number)).unwrap_or_default()
    }

    /// Appends code, size and octets. Where there is room, all that may be
    /// held is written, and cut off: a copy of known length needs no call.
    #[inline(always)]
    fn encode(&self, code: u8, out: &mut Vec<u8>) {
        if !has_room(out, Self::ENCODED_MAX) {
            // A copy, so that this one needs no place in memory where there is room.
            let copy = *self;
            return copy.encode_and_grow(code, out);
        }
        let [number, ..] = self.0;
        let end = out.len().saturating_add(usize::from(number)).saturating_add(2);
        put_constructed::<{ Self::CAPACITY + 1 }, { Self::ENCODED_MAX }>(out, code, self.0);
        out.truncate(end);
    }

    #[cold]
    #[inline(never)]
    fn encode_and_grow(&self, code: u8, out: &mut Vec<u8>) {
        let [number, ..] = self.0;
        out.extend_from_slice(&[code, number]);
        out.extend_from_slice(self.as_slice());
    }
}

// Apart, so that the short ones have no registers to save.
#[inline(never)]
fn encode_shared(octets: &[u8], codes: (u8, u8), out: &mut Vec<u8>) {
    encode_sized_shortest(octets, codes, out);
}

/// Ones, then zeros: a window on both is what a run of some length keeps.
const EDGE: &[[u8; Short::CAPACITY + 1]; 2] = &[[0xff; Short::CAPACITY + 1], [0; Short::CAPACITY + 1]];

/// Octet by octet, in words.
#[inline(always)]
fn and(a: &[u8; 24], b: &[u8; 24]) -> [u8; 24] {
    let mut both = [0; 24];
    let (mut to, mut a, mut b) = (both.as_mut_slice(), a.as_slice(), b.as_slice());
    while let (Some((word, rest)), Some((left, next_a)), Some((right, next_b))) =
        (to.split_first_chunk_mut::<8>(), a.split_first_chunk(), b.split_first_chunk())
    {
        *word = (u64::from_ne_bytes(*left) & u64::from_ne_bytes(*right)).to_ne_bytes();
        (to, a, b) = (rest, next_a, next_b);
    }
    both
}

/// Copies up to 32 octets to a place of the same length, without a call: as two runs that overlap.
#[inline(always)]
pub(crate) fn copy_short(octets: &[u8], place: &mut [u8]) {
    let _ = copy_ends::<16>(octets, place)
        || copy_ends::<8>(octets, place)
        || copy_ends::<4>(octets, place)
        || copy_ends::<2>(octets, place)
        || copy_ends::<1>(octets, place);
}

/// Copies the first and the last `N` octets, if there are as many.
#[inline(always)]
fn copy_ends<const N: usize>(octets: &[u8], place: &mut [u8]) -> bool {
    let (Some(first), Some(last)) = (octets.first_chunk::<N>(), octets.last_chunk::<N>()) else {
        return false;
    };
    if let Some(place) = place.first_chunk_mut() {
        *place = *first;
    }
    if let Some(place) = place.last_chunk_mut() {
        *place = *last;
    }
    true
}

/// Fewer than 16 octets as a word, the first one lowest.
#[inline(always)]
fn below_16(octets: &[u8]) -> u128 {
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let place = bits(octets.len().saturating_sub(8));
        return u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (place & 127);
    }
    u128::from(below_8(octets))
}

/// Fewer than eight octets as a word.
#[inline(always)]
pub(super) fn below_8(octets: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        let place = bits(octets.len().saturating_sub(4));
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (place & 63);
    }
    octets.iter().rev().fold(0, |word, octet| word << 8 | u64::from(*octet))
}

/// So many octets in bits; they are few.
#[inline(always)]
fn bits(octets: usize) -> u32 {
    (octets as u32).wrapping_mul(8)
}

impl Default for Octets {
    #[inline]
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<Bytes> for Octets {
    #[inline(never)]
    fn from(octets: Bytes) -> Self {
        match Short::new(&octets) {
            Some(short) => Self::Short(short),
            None => Self::Shared(octets),
        }
    }
}

impl PartialEq for Octets {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Short(a), Self::Short(b)) => a.equals(b),
            _ => self.as_slice() == other.as_slice(),
        }
    }
}

impl Eq for Octets {}

impl Ord for Octets {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl PartialOrd for Octets {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn runs_of_every_length_are_copied() {
        let octets: Vec<u8> = (1..=40).collect();
        for len in 0..=32 {
            let mut copy = [0; 32];
            copy_short(&octets[..len], &mut copy[..len]);
            assert_eq!(copy[..len], octets[..len]);
            assert!(copy[len..].iter().all(|&octet| octet == 0));
        }
    }

    #[test]
    fn short_and_shared_are_alike() {
        let octets: Vec<u8> = (1..=40).collect();
        for len in 0..=40 {
            let copied = Octets::copy_from(&octets[..len]);
            let shared = Octets::Shared(Bytes::copy_from_slice(&octets[..len]));
            assert_eq!(matches!(copied, Octets::Short(_)), len <= Short::CAPACITY);
            assert!(copied == shared);
            assert!(copied == copied.clone());
            for room in [0, 64] {
                let encode = |octets: &Octets| {
                    let mut out = Vec::with_capacity(room);
                    octets.encode_shortest((0xa1, 0xb1), &mut out);
                    out
                };
                assert_eq!(encode(&copied), encode(&shared));
                assert_eq!(encode(&copied).len(), 1 + copied.data_len(0xa1, (0xa1, 0xb1)));
            }
        }
    }

    #[test]
    fn a_string_takes_the_room_of_shared_octets() {
        assert_eq!(size_of::<Octets>(), size_of::<Bytes>());
    }
}
