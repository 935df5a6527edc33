//! A case out of any octets, for the fuzzer: a few for the setup, then five a command.

use super::case::{Case, Command, Setup, Side};
use super::world::MANY_EVENTS;
use amqp10_testkit::pipe::{Cut, Lag};

/// Octets of a [`Setup`].
const SETUP: usize = 6;

/// Commands of one case: more show nothing new, and take long.
const MOST: usize = 400;

/// The case that these octets mean; too few mean none.
pub(crate) fn case(octets: &[u8]) -> Option<Case> {
    let (client, rest) = octets.split_first_chunk::<SETUP>()?;
    let (listener, rest) = rest.split_first_chunk::<SETUP>()?;
    let commands = rest.chunks_exact(5).take(MOST).filter_map(|chunk| <&[u8; 5]>::try_from(chunk).ok());
    let keeps = listener[0] >= 0x80;
    let links = if client[0] >= 0xc0 { 2 } else { 1 };
    let commands = commands.map(|chunk| command(*chunk)).collect();
    Some(Case { setup: [setup(*client), setup(*listener)], links, keeps, commands })
}

fn setup([sizes, window, first, cut, lag, flags]: [u8; SETUP]) -> Setup {
    let max_frame_size = [512, 700, 65_536][usize::from(sizes) % 3];
    Setup {
        max_frame_size,
        high_water: [600, 3000, 262_144][usize::from(sizes / 3) % 3],
        max_unsettled: [1000, 1, 2, 3][usize::from(sizes / 9) % 4],
        incoming_window: 1 + u32::from(window % 16),
        incoming_octets: (window >= 0xc0).then_some(max_frame_size * (1 + u32::from(window / 16 % 4))),
        pipelining: flags & 1 != 0,
        // one in four only: with few, what the core writes is judged less strictly
        max_events: if flags >> 2 & 3 == 3 { 1 + u32::from(flags >> 4 & 3) } else { MANY_EVENTS },
        max_message_size: (flags >= 0xc0).then_some(1 + u32::from(flags >> 4 & 3) * 900),
        first: 0u32.wrapping_sub(u32::from(first)),
        by_pieces: flags & 2 != 0,
        cut: match cut {
            0 => Cut::Nowhere,
            1..0x80 => Cut::Every(usize::from(cut)),
            0x80.. => Cut::Random(u64::from(cut)),
        },
        lag: Lag::Random(u64::from(lag), u32::from(lag % 64)),
    }
}

fn command([kind, which, a, b, flags]: [u8; 5]) -> Command {
    let side = if kind & 0x80 == 0 { Side::Client } else { Side::Listener };
    let flag = |bit: u8| flags & (1 << bit) != 0;
    let credit = flag(4).then_some(1 + b % 6);
    let size = u16::from_be_bytes([a, b]) % 5000;
    let (session, link) = (which, which);
    match kind & 0x1f {
        0 => Command::Begin(side),
        1 => Command::End(side, session),
        2 => Command::Attach { side, session, sends: flag(0), snd: a % 3, rcv: a / 3 % 2, credit },
        3 | 4 => Command::Answer { side, refuse: flag(0), credit },
        5 => Command::Detach { side, link, closed: flag(0) },
        6..=9 => Command::Send { side, link, size, settled: flag(0), more: flag(1) },
        10 | 11 => Command::Write { side, link, size, more: flag(0) },
        12 => Command::Abort(side, link),
        13 | 14 => Command::Credit { side, link, credit: a % 8, drain: flag(0) },
        15 => Command::AutoCredit { side, link, credit: 1 + a % 8 },
        16 => Command::Drained(side, link),
        17 => Command::SenderFlow { side, link, echo: flag(0) },
        18 => Command::SessionFlow { side, session, echo: flag(0) },
        19 => Command::Window { side, session, transfers: a % 10 },
        20 | 21 => Command::Take { side, link, count: 1 + a % 4 },
        22 | 23 => Command::Dispose { side, link, first: a % 8, last: a / 8 % 8, state: b % 6, settled: flag(0) },
        24..=26 => Command::Deliver(side, 1 + a % 16),
        27 => Command::Advance(u16::from(a) * 2),
        28 => Command::Hold(side),
        29 => Command::Release(side),
        30 => Command::Batch { side, link, pattern: a, backwards: flag(0) },
        31 if kind & 0x60 == 0x60 => Command::Reattach { side, link, credit },
        31 if kind & 0x40 != 0 => Command::Round(side, a % 20),
        31 if kind & 0x20 != 0 => {
            Command::DisposeReceived { side, session, first: a % 8, last: a / 8 % 8, state: b % 6, settled: flag(0) }
        }
        _ => Command::Rest,
    }
}
