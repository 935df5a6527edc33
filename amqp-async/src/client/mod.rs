//! What an application builds on top of one connection, so that it need not: connections that come back, pools of them,
//! an eye on their health, requests with replies, queues and batches of messages.
//!
//! Every decision is a machine of its own that knows no runtime: events, time and random numbers go in, what to do comes
//! out. Tests run them in virtual time. The shells around them carry the decisions out, as [`Driver`](crate::Driver)
//! does for a connection: each is a future to be spawned, with a [`Timer`](crate::Timer) of its own.

mod backoff;
mod budget;
mod classify;
mod escalation;
mod feed;
mod hub;
mod link;
pub mod monitor;
pub mod pool;
mod random;
mod reconnect;
mod resilient;
mod resilient_receiver;
mod resilient_sender;
mod single;
mod supervisor;

pub use backoff::{Backoff, Jitter};
pub use budget::RetryBudget;
pub use classify::{Classifier, classify};
pub use escalation::{Again, Escalation, Level};
pub use feed::{Events, Notice};
pub use hub::Generation;
pub use link::{InFlight, LinkPolicy};
pub use random::Random;
pub use reconnect::{Attempt, ReconnectEvent, ReconnectPolicy, ReconnectStep, Reconnector};
pub use resilient::{ConnectionState, Resilient, ResilientSession};
pub use resilient_receiver::ResilientReceiver;
pub use resilient_sender::{ResilientSender, Submitted};
pub use supervisor::{Connector, Supervisor};
