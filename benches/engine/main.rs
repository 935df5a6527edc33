//! Times by the clock what two cores do together in one process, the wire a memcpy: `cargo bench --bench engine [--
//! NAME]`. An item is a message, both sides together.
//!
//! Instructions repeat exactly and the clock does not: see `matrix.rs`. The work is in `work.rs`.

#[expect(dead_code, reason = "what has a budget is the other program's")]
mod flow;
mod pair;
#[expect(dead_code, reason = "it is divan that repeats")]
#[path = "../codec/program.rs"]
mod program;
#[expect(dead_code, reason = "instructions are the other program's")]
mod work;

fn main() {
    divan::main();
}

#[divan::bench(args = work::ALL.iter().map(|work| work.name))]
fn engine(bencher: divan::Bencher<'_, '_>, name: &str) {
    let work = work::ALL.iter().find(|work| work.name == name).expect("a name from the list");
    bencher.counter(divan::counter::ItemsCount::new(work.messages)).bench_local((work.start)());
}
