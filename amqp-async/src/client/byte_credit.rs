//! How much credit a receiver should grant so that what may come is no more than so many octets.

/// Credit for so many octets: as many messages as fit into them, by the size that messages have had.
///
/// A larger message counts at once, smaller ones little by little; so it errs on the side of little credit. Messages larger
/// than any before may exceed the octets until they have been seen: the bound that always holds is the session's
/// [`incoming_octets`](amqp_proto::SessionOptions::incoming_octets).
#[derive(Clone, Debug)]
pub struct ByteCredit {
    octets: u64,
    max: u32,
    /// The size that is reckoned with, in sixteenths of octets.
    size: u64,
    credit: u32,
}

impl ByteCredit {
    /// Credit for so many octets, `max` messages at most, beginning with 1: no size is known yet.
    #[must_use]
    pub fn new(octets: u64, max: u32) -> Self {
        Self { octets, max: max.max(1), size: 0, credit: 1 }
    }

    /// The credit to grant.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.credit
    }

    /// A message of this size has come; the credit to grant from now on, if it is another than before. Less is told at
    /// once, more when it is an eighth more.
    pub fn arrived(&mut self, octets: u64) -> Option<u32> {
        let came = octets.saturating_mul(16);
        self.size = came.max((self.size - self.size / 16).saturating_add(octets));
        let fits = self.octets.saturating_mul(16) / self.size.max(1);
        let fits = u32::try_from(fits).unwrap_or(u32::MAX).clamp(1, self.max);
        let worth = fits < self.credit || fits - self.credit > self.credit / 8;
        worth.then(|| {
            self.credit = fits;
            fits
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_ones_count_at_once_and_smaller_ones_little_by_little() {
        let mut machine = ByteCredit::new(100_000, 1000);
        assert_eq!(machine.credit(), 1);
        assert_eq!(machine.arrived(1000), Some(100));
        assert_eq!(machine.arrived(1000), None);
        assert_eq!(machine.arrived(50_000), Some(2));
        let more: Vec<u32> = (0..100).filter_map(|_| machine.arrived(1000)).collect();
        assert!(
            more.is_sorted() && more.len() < 40 && more.last().is_some_and(|last| (80..=100).contains(last)),
            "{more:?}"
        );
        assert_eq!(machine.arrived(u64::MAX), Some(1), "one is always let in");
        assert_eq!(ByteCredit::new(1 << 20, 10).arrived(0), Some(10), "no more than was said");
    }
}
