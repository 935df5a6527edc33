//! Messages of several sizes over few and many links, and large ranges that are settled.

use crate::flow::{BATCH, RANGE, Settle, over, ranges};
use crate::program::Start;

/// Something that two cores do together, again and again.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    /// Prepares it; what that returns does it once.
    pub(crate) start: Start,
    /// Messages that doing it once moves.
    pub(crate) messages: u64,
    /// How often it is done in the two runs whose instructions are compared.
    pub(crate) repetitions: (u64, u64),
}

/// `moved-OCTETS-MODE-LINKS`, values of the message type; and ranges, octets without a codec.
pub(crate) const ALL: [Work; 21] = [
    moved("moved-100-settled-1", || over(1, 100, true)),
    moved("moved-100-settled-100", || over(100, 100, true)),
    moved("moved-100-settled-1000", || over(1_000, 100, true)),
    moved("moved-100-unsettled-1", || over(1, 100, false)),
    moved("moved-100-unsettled-100", || over(100, 100, false)),
    moved("moved-100-unsettled-1000", || over(1_000, 100, false)),
    moved("moved-4096-settled-1", || over(1, 4_096, true)),
    moved("moved-4096-settled-100", || over(100, 4_096, true)),
    moved("moved-4096-settled-1000", || over(1_000, 4_096, true)),
    moved("moved-4096-unsettled-1", || over(1, 4_096, false)),
    moved("moved-4096-unsettled-100", || over(100, 4_096, false)),
    moved("moved-4096-unsettled-1000", || over(1_000, 4_096, false)),
    moved("moved-65536-settled-1", || over(1, 65_536, true)),
    moved("moved-65536-settled-100", || over(100, 65_536, true)),
    moved("moved-65536-settled-1000", || over(1_000, 65_536, true)),
    moved("moved-65536-unsettled-1", || over(1, 65_536, false)),
    moved("moved-65536-unsettled-100", || over(100, 65_536, false)),
    moved("moved-65536-unsettled-1000", || over(1_000, 65_536, false)),
    // Sent settled, for what the next two take beside it.
    range("range-settled", || ranges(None)),
    // All unsettled at once, then each accepted by itself, in order: what leaves is one range all the same.
    range("range-each", || ranges(Some(Settle::Each))),
    // The same, by one call and one disposition; the sender gets an event for each.
    range("range-whole", || ranges(Some(Settle::Whole))),
];

const fn moved(name: &'static str, start: Start) -> Work {
    Work { name, start, messages: BATCH, repetitions: (50, 150) }
}

const fn range(name: &'static str, start: Start) -> Work {
    Work { name, start, messages: RANGE, repetitions: (2, 6) }
}
