//! What the fuzzer gives, and how it becomes values: each takes the octets that it needs. When there are no more, all that is
//! read is zero, which stands for the simplest value of a type; so whatever is made has an end.

use amqp_codec::{Bytes, Multiple, Str, Symbol};

/// How deep values may nest; each level is two of the decoder's at the most, and composite types come on top.
const DEPTH: usize = 8;

/// Octets to be taken from the front.
pub(crate) struct Octets<'a> {
    rest: &'a [u8],
    depth: usize,
}

/// A type of which octets choose a value.
pub(crate) trait Made {
    fn made(octets: &mut Octets<'_>) -> Self;
}

impl<'a> Octets<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest, depth: DEPTH }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn make<T: Made>(&mut self) -> T {
        T::made(self)
    }

    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let (front, rest) = self.rest.split_at(N.min(self.rest.len()));
        taken[..front.len()].copy_from_slice(front);
        self.rest = rest;
        taken
    }

    /// One of so many.
    pub(crate) fn below(&mut self, bound: u8) -> u8 {
        self.make::<u8>() % bound
    }

    /// Mostly short; now and then around 255, where sizes and counts begin to take four octets.
    pub(crate) fn len(&mut self) -> usize {
        match self.make::<u8>() {
            long @ 244.. => usize::from(long) + 6,
            short => usize::from(short % 12),
        }
    }

    /// So many octets of any value: what is long repeats itself.
    pub(crate) fn string(&mut self, len: usize) -> Vec<u8> {
        match len {
            0..64 => (0..len).map(|_| self.make()).collect(),
            _ => {
                let repeated: [u8; 4] = self.take();
                repeated.into_iter().cycle().take(len).collect()
            }
        }
    }

    /// Fewer than `bound`.
    pub(crate) fn several<T: Made>(&mut self, bound: u8) -> Vec<T> {
        (0..self.below(bound)).map(|_| self.make()).collect()
    }

    /// One level further down, unless that is too deep.
    pub(crate) fn nested<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.depth = self.depth.checked_sub(1)?;
        let made = make(self);
        self.depth += 1;
        Some(made)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(impl Made for $number {
        /// Half of them are small: where the short forms of a type end.
        fn made(octets: &mut Octets<'_>) -> Self {
            let small = i16::from_be_bytes(octets.take());
            if small % 2 == 0 { (small / 2) as Self } else { Self::from_be_bytes(octets.take()) }
        }
    })* };
}

numbers! { u16 u32 u64 i16 i32 i64 }

impl Made for u8 {
    fn made(octets: &mut Octets<'_>) -> Self {
        let [octet] = octets.take();
        octet
    }
}

impl Made for bool {
    fn made(octets: &mut Octets<'_>) -> Self {
        octets.below(2) == 1
    }
}

impl Made for Bytes {
    fn made(octets: &mut Octets<'_>) -> Self {
        let len = octets.len();
        octets.string(len).into()
    }
}

impl Made for Str {
    fn made(octets: &mut Octets<'_>) -> Self {
        let len = octets.len();
        String::from_utf8_lossy(&octets.string(len)).into_owned().into()
    }
}

impl Made for Symbol {
    fn made(octets: &mut Octets<'_>) -> Self {
        let len = octets.len();
        let ascii: Vec<u8> = octets.string(len).iter().map(|octet| octet & 0x7f).collect();
        Self::try_from(Bytes::from(ascii)).expect("ASCII")
    }
}

impl<T: Made> Made for Option<T> {
    fn made(octets: &mut Octets<'_>) -> Self {
        octets.make::<bool>().then(|| octets.make())
    }
}

impl<T: Made> Made for Box<T> {
    fn made(octets: &mut Octets<'_>) -> Self {
        Self::new(octets.make())
    }
}

impl Made for Multiple<Symbol> {
    fn made(octets: &mut Octets<'_>) -> Self {
        octets.several(4).into_iter().collect()
    }
}
