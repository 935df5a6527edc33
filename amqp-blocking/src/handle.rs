//! What all handles have in common: a handle of `amqp-async`, the pump to wait on, and how long.

use crate::pump::Pump;
use amqp_async::{Error, Step};
use std::future::Future;
use std::time::{Duration, Instant};

/// How long sending waits unless the caller says otherwise: for credit, window and room, and for the outcome.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where and how long a handle waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) pump: Pump,
    limit: Limit,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    /// As the verb has it by default.
    Default,
    Within(Duration),
    /// `None`: for ever.
    Until(Option<Instant>),
}

impl Waiting {
    pub(crate) fn on(pump: &Pump) -> Self {
        Self { pump: pump.clone(), limit: Limit::Default }
    }

    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self { pump: self.pump.clone(), limit: Limit::Within(limit) }
    }

    pub(crate) fn until(&self, deadline: Option<Instant>) -> Self {
        Self { pump: self.pump.clone(), limit: Limit::Until(deadline) }
    }

    /// The same for several waits that share one deadline, which begins now.
    pub(crate) fn begun(&self, default: Duration) -> Self {
        self.until(self.deadline(Some(default)))
    }

    fn deadline(&self, default: Option<Duration>) -> Option<Instant> {
        match self.limit {
            Limit::Default => default.and_then(|limit| Instant::now().checked_add(limit)),
            Limit::Within(limit) => Instant::now().checked_add(limit),
            Limit::Until(deadline) => deadline,
        }
    }

    /// Waits as long as the caller has said, or else for at most `default`; `None` if it took longer.
    pub(crate) fn maybe<T>(&self, default: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
        self.pump.wait(self.deadline(default), future)
    }

    /// Waits for what has a deadline of its own, or none, unless the caller has said how long.
    pub(crate) fn wait<T>(&self, step: Step, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.maybe(None, future).unwrap_or(Err(Error::Timeout(step)))
    }
}

/// A handle: `$inner` is that of `amqp-async`, and is dropped before its pump.
macro_rules! handle {
    ($(#[$attribute:meta])* $name:ident($inner:ty)) => {
        $(#[$attribute])*
        #[derive(Clone)]
        pub struct $name {
            inner: $inner,
            waiting: $crate::handle::Waiting,
        }

        impl $name {
            pub(crate) fn new(inner: impl Into<$inner>, pump: &$crate::Pump) -> Self {
                Self { inner: inner.into(), waiting: $crate::handle::Waiting::on(pump) }
            }

            /// The same handle, none of whose verbs takes longer than `limit`; `Duration::MAX` lets them wait for ever.
            /// Handles that it gives out have their own defaults again.
            #[must_use]
            pub fn within(&self, limit: std::time::Duration) -> Self {
                Self { inner: self.inner.clone(), waiting: self.waiting.within(limit) }
            }

            /// The same handle, whose verbs are over by `deadline`, all of them together. Handles that it gives out have
            /// their own defaults again.
            #[must_use]
            pub fn until(&self, deadline: std::time::Instant) -> Self {
                Self { inner: self.inner.clone(), waiting: self.waiting.until(Some(deadline)) }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

pub(crate) use handle;
