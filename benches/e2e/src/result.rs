//! What a program prints.

use rustix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::io::Write as _;

/// Nanoseconds of `CLOCK_MONOTONIC`, the same in all processes.
#[inline]
#[must_use]
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Says that the receiver listens.
pub fn print_ready() {
    println!("READY");
    std::io::stdout().flush().expect("somebody reads");
}

/// Prints the sender's line: how many were sent and accepted, when, and the round trips if there were any.
pub fn print_sender(sent: u64, accepted: u64, started: u64, ended: u64, mut round_trips: Vec<u64>) {
    let mut line = format!("RESULT role=sender n={sent} acked={accepted} t0={started} t1={ended}");
    round_trips.sort_unstable();
    if let Some(last) = round_trips.len().checked_sub(1) {
        for (name, permille) in [("min", 0), ("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)] {
            let _ = write!(line, " {name}={}", round_trips[last * permille / 1000]);
        }
    }
    println!("{line}");
}
