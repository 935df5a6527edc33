//! The handles and the driver, over pipes in memory and a clock that moves when told to. Whose executor drives them is
//! said by `host`: here it is nobody's; each binding runs the same list on its own.

#[path = "support/alone.rs"]
mod host;
#[path = "list.rs"]
mod list;
mod support;

// connecting, over a runtime of the tests' own
mod connect;
#[cfg(feature = "futures-io")]
mod futures_io;

// in this world's order of polls
mod portions;
