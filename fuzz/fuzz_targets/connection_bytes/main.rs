//! Any bytes into a whole connection, at the start or behind the handshake, in pieces of any size.
//!
//! The first octet says which side we are and how far the handshake has come, the second how large the
//! pieces are and whether time passes between them; the rest is what the peer sends.
#![no_main]

mod handshake;
mod machine;

use handshake::Stage;
use libfuzzer_sys::fuzz_target;
use machine::{Machine, Side};
use std::time::Duration;

fuzz_target!(|data: &[u8]| {
    let [plan, pace, bytes @ ..] = data else { return };
    let side = if plan & 1 == 0 { Side::Listener } else { Side::Client };
    let stage = Stage::ALL[usize::from(plan >> 1) % Stage::ALL.len()];
    let mut machine = Machine::new(side, stage);
    machine.feed(&handshake::of_peer(side, stage));
    if stage.is_behind_open() {
        assert!(machine.is_open(), "{side:?} {stage:?}: the handshake did not work");
    }
    let pause = if pace & 0x80 == 0 { Duration::ZERO } else { Duration::from_secs(20) };
    for piece in bytes.chunks(usize::from(pace & 0x7f).max(1) * 7) {
        machine.feed(piece);
        machine.wait(pause);
    }
    machine.end();
});
