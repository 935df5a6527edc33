//! Several connections for many users: lent out, given back, replaced when they die.
//!
//! `machine` decides, `options` says what there is to choose, `driver` connects and closes, and `handle` is what
//! an application holds; `link` is links on what is lent.

mod driver;
mod handle;
mod link;
mod machine;
mod options;
#[cfg(test)]
mod tests;

pub use driver::PoolDriver;
pub use handle::{Lease, Pool};
pub use link::{PooledReceiver, PooledSender};
pub use machine::{PoolMachine, PoolOrder, SlotId, Ticket};
pub use options::{PoolError, PoolOptions, PoolStats, PoolStrategy};
