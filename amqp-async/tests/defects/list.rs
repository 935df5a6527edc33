//! Defects of others that are not to be repeated, a test each, named after the ledger that lists them: `b_01_…` to
//! `b_30_…` are those of uAMQP, `peer_01_…` to `peer_15_…` those of other Rust libraries. `tests/README.md` says where
//! those are that are not here.

mod credit;
mod frames;
mod life;
mod messages;
mod peers;
mod requests;
mod sending;
