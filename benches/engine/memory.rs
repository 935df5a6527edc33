//! Prints what an idle connection, session and link hold at one end: `cargo bench --bench engine-memory [-- N]`, out of
//! N each (default 200; the session is one of at most 256). `tests/memory.rs` fails where it is too much.

mod pair;

use amqp10::proto::{Connection, Instant, Segments};
use amqp10_testkit::heap::{Counting, live};
use pair::{MAX_FRAME_SIZE, Pair};

#[global_allocator]
static HEAP: Counting = Counting;

/// After a second without output, when the room for it is given back.
fn rested(pair: &mut Pair) -> isize {
    pair.rest();
    for core in [&mut pair.client, &mut pair.listener] {
        let _ = core.poll_transmit(Instant::from_millis(1000), &mut Segments::new());
    }
    live()
}

fn main() {
    let count: u32 = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let mut pairs = Vec::with_capacity(count as usize);
    let before = live();
    for _ in 0..count {
        let mut pair = Pair::new(MAX_FRAME_SIZE);
        rested(&mut pair);
        pairs.push(pair);
    }
    report("connection", before, live(), count, size_of::<Connection>());

    let pair = &mut pairs[0];
    let before = rested(pair);
    (0..count).for_each(|_| _ = pair.begin());
    report("session", before, rested(pair), count, 0);

    let session = pair.begin();
    let before = rested(pair);
    let links = pair.attach(session, count);
    let after = rested(pair);
    report("link", before, after - (size_of_val(&*links) as isize), count, 0);
}

/// What one of so many takes at one end, and what of it is not on the heap.
fn report(what: &str, before: isize, after: isize, count: u32, besides: usize) {
    println!("{what}: {} octets", (after - before) / (2 * count as isize) + besides as isize);
}
