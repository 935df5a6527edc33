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
    Within(Duration),
    /// `None`: as the step itself has it.
    Until(Option<Instant>),
}

impl Waiting {
    pub(crate) fn on(pump: &Pump) -> Self {
        Self { pump: pump.clone(), limit: Limit::Until(None) }
    }

    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self { pump: self.pump.clone(), limit: Limit::Within(limit) }
    }

    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self { pump: self.pump.clone(), limit: Limit::Until(Some(deadline)) }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.limit {
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
                Self { inner: self.inner.clone(), waiting: self.waiting.until(deadline) }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

/// Handles that applications have of `amqp-async` too, where they build on its client layer.
macro_rules! convertible {
    ($name:ident($inner:ty)) => {
        impl $name {
            /// A handle of `amqp-async`, to be waited for on `pump`: the one that drives its connection.
            pub fn on(pump: &$crate::Pump, inner: impl Into<$inner>) -> Self {
                Self::new(inner, pump)
            }

            /// The handle of `amqp-async` that this one is; [`Pump::within`](crate::Pump::within) waits for what it does.
            #[must_use]
            pub fn inner(&self) -> &$inner {
                &self.inner
            }
        }
    };
}

/// What both ends of a link have in common; `$close` says what closing does.
macro_rules! end_of_link {
    ($(#[$close:meta])* $name:ident) => {
        impl $name {
            /// The peer's attach (§2.7.3); `None` when the link is gone.
            #[must_use]
            pub fn remote_attach(&self) -> Option<amqp_async::proto::codec::Attach> {
                self.inner.remote_attach()
            }

            /// State, credit and counters of the link at this moment; `None` when it is gone.
            #[must_use]
            pub fn snapshot(&self) -> Option<amqp_async::proto::LinkSnapshot> {
                self.inner.snapshot()
            }

            /// The session that the link is attached to.
            #[must_use]
            pub fn session(&self) -> $crate::Session {
                $crate::Session::new(self.inner.session(), &self.waiting.pump)
            }

            /// Detaches the link without closing it (§2.6.4): the peer keeps the terminus, as its expiry-policy says.
            /// Otherwise as [`close`](Self::close).
            ///
            /// # Errors
            /// As for [`close`](Self::close).
            pub fn detach(&self) -> Result<(), Error> {
                self.waiting.wait(Step::Detach, self.inner.detach())
            }

            /// Waits until the link is gone, by default for ever, and says why; `None` if it stands. [`Error::Misuse`]
            /// means that this side closed it.
            #[must_use]
            pub fn detached(&self) -> Option<Error> {
                self.waiting.maybe(self.inner.detached())
            }

            $(#[$close])*
            ///
            /// # Errors
            /// How it ended instead; time-out.
            pub fn close(&self) -> Result<(), Error> {
                self.waiting.wait(Step::Detach, self.inner.close())
            }

            /// As [`close`](Self::close), and tells the peer why.
            ///
            /// # Errors
            /// As for [`close`](Self::close).
            pub fn close_with(&self, error: amqp_async::proto::codec::Error) -> Result<(), Error> {
                self.waiting.wait(Step::Detach, self.inner.close_with(error))
            }
        }
    };
}

/// Verbs that wait for nothing, which are those of `amqp-async`, and take the handle by reference or by value.
macro_rules! same {
    ($handle:ident { $($(#[$attribute:meta])* $name:ident(&self $(, $argument:ident: $type:ty)*) $(-> $result:ty)?;)* }) => {
        impl $handle {
            $(
                $(#[$attribute])*
                ///
                #[doc = concat!("See [`amqp_async::", stringify!($handle), "::", stringify!($name), "`].")]
                pub fn $name(&self $(, $argument: $type)*) $(-> $result)? {
                    self.inner.$name($($argument),*)
                }
            )*
        }
    };
    ($handle:ident { $($(#[$attribute:meta])* $name:ident(self $(, $argument:ident: $type:ty)*) $(-> $result:ty)?;)* }) => {
        impl $handle {
            $(
                $(#[$attribute])*
                ///
                #[doc = concat!("See [`amqp_async::", stringify!($handle), "::", stringify!($name), "`].")]
                pub fn $name(self $(, $argument: $type)*) $(-> $result)? {
                    self.inner.$name($($argument),*)
                }
            )*
        }
    };
}

pub(crate) use {convertible, end_of_link, handle, same};
