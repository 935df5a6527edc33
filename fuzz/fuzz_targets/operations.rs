//! Sequences of operations on a pair of whole machines: the cases of the model tests, out of any octets, with all that
//! the models demand. See `tests/model/mod.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/model/mod.rs"]
mod model;

fuzz_target!(|data: &[u8]| {
    let Some(case) = model::octets::case(data) else { return };
    if let Err(failure) = model::failure::play(&case, 0) {
        panic!("{}\n{}", failure.what, failure.trace);
    }
});
