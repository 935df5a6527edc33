//! What an application builds on top of one connection, so that it need not: connections that come back, pools of them,
//! an eye on their health, requests with replies, queues and batches of messages.
//!
//! Every decision is a machine of its own that knows no runtime: events, time and random numbers go in, what to do comes
//! out. Tests run them in virtual time. The shells around them carry the decisions out, as [`Driver`](crate::Driver)
//! does for a connection: each is a future to be spawned, with a [`Timer`](crate::Timer) of its own.
//!
//! With the feature `metrics` the shells count what happens through the crate of that name, with `tracing` they tell it
//! as events of the target `amqp`.

mod adaptive;
mod backoff;
mod batch;
mod budget;
mod byte_credit;
mod classify;
mod correlate;
mod escalation;
mod failure;
mod feed;
mod hub;
mod link;
pub mod monitor;
mod observe;
pub mod pool;
mod profile;
mod queue;
mod random;
mod reconnect;
mod request;
mod resilient;
mod resilient_receiver;
mod resilient_sender;
mod retry;
mod same_tag;
mod settle;
mod single;
mod supervisor;
mod tuned;

pub use crate::watermark::{Crossing, Watermark};
pub use adaptive::AdaptiveCredit;
pub use backoff::{Backoff, Jitter};
pub use batch::{BatchSendError, BatchSender};
pub use budget::RetryBudget;
pub use byte_credit::ByteCredit;
pub use classify::{Classifier, classify};
pub use correlate::Correlator;
pub use escalation::{Again, Escalation, Level};
pub use feed::{Events, Notice};
pub use hub::Generation;
pub use link::{InFlight, LinkPolicy};
pub use profile::Profile;
pub use queue::{FlushReport, QueueError, SendQueue};
pub use random::Random;
pub use reconnect::{Attempt, ReconnectEvent, ReconnectPolicy, ReconnectStep, Reconnector};
pub use request::{RequestClient, RequestError};
pub use resilient::{ConnectionState, Resilient, ResilientSession};
pub use resilient_receiver::ResilientReceiver;
pub use resilient_sender::{ResilientSender, Submitted};
pub use retry::{InDoubt, Retry, RetryPolicy, Verdict};
pub use settle::OnFailure;
pub use supervisor::{Connector, Supervisor};
pub use tuned::TunedReceiver;
