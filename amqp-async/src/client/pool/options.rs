//! What can be chosen about a pool, and what it tells.

use crate::client::reconnect::shown;
use crate::client::{Backoff, Classifier, RetryBudget};
use crate::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a pool is run.
#[derive(Clone)]
pub struct PoolOptions {
    /// How many connections there are at most, counting those that are being made or closed. Default 10.
    pub max_connections: usize,
    /// How many to have ready that nobody uses, made before anybody asks. Default 0: all are made when needed.
    pub min_idle: usize,
    /// Which connection is lent. Default [`PoolStrategy::LeastLoaded`].
    pub strategy: PoolStrategy,
    /// How many leases one connection bears at a time; 0 counts as 1, and so does anything with
    /// [`PoolStrategy::Exclusive`]. Default 8.
    pub max_leases: usize,
    /// After how long without use a connection is closed, if there are more than `min_idle`. `None`: never. Default
    /// 5 minutes.
    pub idle_ttl: Option<Duration>,
    /// How old a connection may get; it is lent no more then, and closed when it has been given back. `None`: any age.
    /// Default: any.
    pub max_lifetime: Option<Duration>,
    /// By how much chance shortens `max_lifetime`, so that not all go at once. Default: zero.
    pub lifetime_jitter: Duration,
    /// How long to wait for a lease. `None`: for ever. Default 30 s.
    pub acquire_timeout: Option<Duration>,
    /// How long to wait after a failure, for the pool as a whole. Default [`Backoff::default`].
    pub backoff: Backoff,
    /// How many attempts all who share it may make. Default: no bound.
    pub budget: Option<RetryBudget>,
    /// Where to connect to: the next one after each failure. Default: one, empty.
    pub endpoints: Vec<Arc<str>>,
    /// Which errors are worth another try; of others those who wait are told at once. Default
    /// [`classify`](crate::client::classify).
    pub classifier: Classifier,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_idle: 0,
            strategy: PoolStrategy::default(),
            max_leases: 8,
            idle_ttl: Some(Duration::from_secs(300)),
            max_lifetime: None,
            lifetime_jitter: Duration::ZERO,
            acquire_timeout: Some(Duration::from_secs(30)),
            backoff: Backoff::default(),
            budget: None,
            endpoints: vec![Arc::from("")],
            classifier: Classifier::default(),
        }
    }
}

/// Endpoints without their passwords.
impl fmt::Debug for PoolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // all of them, so that none is forgotten here
        let Self {
            max_connections,
            min_idle,
            strategy,
            max_leases,
            idle_ttl,
            max_lifetime,
            lifetime_jitter,
            acquire_timeout,
            backoff,
            budget,
            endpoints,
            classifier,
        } = self;
        f.debug_struct("PoolOptions")
            .field("max_connections", max_connections)
            .field("min_idle", min_idle)
            .field("strategy", strategy)
            .field("max_leases", max_leases)
            .field("idle_ttl", idle_ttl)
            .field("max_lifetime", max_lifetime)
            .field("lifetime_jitter", lifetime_jitter)
            .field("acquire_timeout", acquire_timeout)
            .field("backoff", backoff)
            .field("budget", budget)
            .field("endpoints", &shown(endpoints))
            .field("classifier", classifier)
            .finish()
    }
}

impl PoolOptions {
    /// The defaults, connecting to these.
    #[must_use]
    pub fn to<E: Into<Arc<str>>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        Self { endpoints: endpoints.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    pub(super) fn leases(&self) -> usize {
        match self.strategy {
            PoolStrategy::Exclusive => 1,
            PoolStrategy::LeastLoaded | PoolStrategy::RoundRobin => self.max_leases.max(1),
        }
    }
}

/// Which connection is lent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolStrategy {
    /// The one with the fewest leases. Another is made only when all have as many as they bear.
    #[default]
    LeastLoaded,
    /// One after the other. Each lease has one more made, until there are `max_connections`.
    RoundRobin,
    /// One that nobody uses: a lease has its connection to itself.
    Exclusive,
}

/// Why there is no lease.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// No connection became free in time.
    #[error("no connection of the pool became free in time")]
    TimedOut,
    /// The pool is closed.
    #[error("the pool is closed")]
    Closed,
    /// No connection can be made, and another try would fail too.
    #[error("no connection can be made: {0}")]
    Failed(#[source] Error),
}

/// The state of a pool at one moment, and what it has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Connections that are being made.
    pub connecting: usize,
    /// Connections that are there and not lent.
    pub idle: usize,
    /// Connections that are there and lent.
    pub busy: usize,
    /// Connections that are lent, and that will be closed when they have been given back.
    pub retiring: usize,
    /// Connections that are being closed.
    pub closing: usize,
    /// Leases on connections that are there.
    pub leases: usize,
    /// Who waits for a lease.
    pub waiting: usize,
    /// Leases that were granted.
    pub granted: u64,
    /// Requests that were denied, for whatever reason.
    pub denied: u64,
    /// Connections that were made.
    pub made: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Connections that were lost.
    pub lost: u64,
}

impl PoolStats {
    /// All connections that take up a place.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connecting + self.idle + self.busy + self.retiring + self.closing
    }
}
