//! Criteria of the research note on uamqp, §2, that concern the core alone: two cores joined by a line that takes its
//! time, in virtual time. A test named `sN_M_…` proves the criterion of that number; `tests/README.md` says where the
//! others are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod lifecycle;
mod link_credit;
mod sessions;
mod sim;
mod time;
mod windows;
