//! The list of `amqp-async` that is run on every host.

mod batches;
mod cancel;
mod cancel_more;
mod cancel_rest;
mod confirm;
mod credit;
mod deadlines;
mod errors;
mod fairness;
mod flow;
mod life;
mod pieces;
mod polled;
mod set;
