//! The client layer: connections that come back and what stands on them, over pipes in memory and a clock that moves when
//! told to. Tests named `sN_M_…` prove the criterion of that number in the research note on uamqp, §2.

mod broker;
mod chaos;
mod copies;
mod criteria;
#[path = "../handles/support/alone.rs"]
mod host;
mod monitor;
mod pool;
mod recovery;
mod relay;
mod resuming;
mod sending;
#[path = "../handles/support/mod.rs"]
mod support;
mod threads;
mod tuned;
