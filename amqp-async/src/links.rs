//! The table of a connection's links. It is looked into for each message that somebody waited for, so it hashes ids
//! quickly: they are small numbers that the core deals out one after the other, none is the peer's choice.

use crate::state::LinkEntry;
use amqp_proto::LinkId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Links by id.
pub(crate) type Links = HashMap<LinkId, LinkEntry, BuildHasherDefault<IdHasher>>;

/// An odd number with as many ones as zeros, spread: 2⁶⁴ by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the few small numbers that an id is made of.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(SPREAD);
    }

    fn write_isize(&mut self, discriminant: isize) {
        self.write_u64(discriminant as u64);
    }

    fn finish(&self) -> u64 {
        // the high bits are the mixed ones, the table goes by the low ones
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::Hash;

    #[test]
    fn ids_in_a_row_are_spread() {
        let places: HashSet<u64> = (0..1024_u32)
            .map(|number| {
                let mut hasher = IdHasher::default();
                // as an id is made: direction, generation, session's generation and index, index
                (1_isize, number, 1_u32, 0_u16, number).hash(&mut hasher);
                hasher.finish() % 2048
            })
            .collect();
        // at random it would be 805
        assert!(places.len() > 700, "{} places of 2048 for 1024 ids", places.len());
    }
}
