//! Every row of `tests/requirements` is proved by a test that names it, or listed as open or excepted, and these lists
//! are true. `cargo run -p amqp10-testkit -- coverage` prints them all.

use amqp10_testkit::coverage::Coverage;

#[test]
fn every_row_is_proved_or_accounted_for() {
    let faults = Coverage::of_this_tree().expect("tests/requirements can be read").faults();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
