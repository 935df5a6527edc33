//! What all handles have in common: a handle of `amqp-async`, the pump to wait on, and how long.

use crate::pump::Pump;
use amqp_async::{Error, SendError, Step};
use std::future::Future;
use std::time::{Duration, Instant};

/// Where and how long a handle waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) pump: Pump,
    limit: Limit,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    /// As the step itself has it.
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
    pub(crate) fn begun(&self) -> Self {
        match self.limit {
            Limit::Within(_) => self.until(self.deadline()),
            Limit::Default | Limit::Until(_) => self.clone(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.limit {
            Limit::Default => None,
            Limit::Within(limit) => Instant::now().checked_add(limit),
            Limit::Until(deadline) => deadline,
        }
    }

    /// Waits as long as the caller has said, or else as long as it takes; `None` if it took longer.
    pub(crate) fn maybe<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.pump.wait(self.deadline(), future)
    }

    /// Waits for a step. It may have a deadline of its own besides.
    pub(crate) fn wait<T>(&self, step: Step, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.maybe(future).unwrap_or(Err(Error::Timeout(step)))
    }

    /// Waits until a message, or a piece of one, is handed over.
    pub(crate) fn send<T>(&self, future: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
        self.maybe(future).unwrap_or(Err(SendError::NotSent(Error::Timeout(Step::Send))))
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

            /// The same handle, none of whose verbs takes longer than `limit`. Handles that it gives out have their own
            /// defaults again.
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
