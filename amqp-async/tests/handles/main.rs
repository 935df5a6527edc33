//! The handles and the driver, over pipes in memory and a clock that moves when told to.

mod cancel;
mod connect;
mod deadlines;
mod fairness;
mod flow;
mod life;
mod support;
