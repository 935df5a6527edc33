//! Numbers that need not be secret: for jitter, so that many clients do not all come at once.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A reproducible stream of random numbers (SplitMix64). Not for secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream that belongs to this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream unlike any other.
    #[must_use]
    pub fn unpredictable() -> Self {
        // the hasher's keys are drawn at random by the standard library
        Self(RandomState::new().build_hasher().finish())
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
