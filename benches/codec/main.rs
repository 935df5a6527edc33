//! Times the codec's work by the clock: `cargo bench --bench codec [-- NAME]`.
//!
//! Instructions repeat exactly and the clock does not: see `instructions.rs`.

mod values;
#[expect(dead_code, reason = "instructions and allocations are counted elsewhere")]
mod work;

fn main() {
    divan::main();
}

#[divan::bench(args = work::ALL.iter().map(|work| work.name))]
fn codec(bencher: divan::Bencher<'_, '_>, name: &str) {
    let work = work::ALL.iter().find(|work| work.name == name).expect("a name from the list");
    bencher.bench_local((work.start)());
}
