//! The handles and the driver, over pipes in memory and a clock that moves when told to.

mod batches;
mod cancel;
mod cancel_more;
mod confirm;
mod connect;
mod credit;
mod deadlines;
mod errors;
mod fairness;
mod flow;
mod life;
mod pieces;
mod support;
