//! Tokio on one thread, whose clock stands still but for what the world lets pass.

use crate::stream::Pipe;
use crate::support::{Busy, Drives, PipeEnd, World};
use amqp_tokio::proto::Instant;
use amqp_tokio::{Io, Timer, TokioTimer};
use std::future::{Future, poll_fn};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

pub(crate) struct Host(Runtime);

impl Default for Host {
    fn default() -> Self {
        Self(Builder::new_current_thread().enable_all().start_paused(true).build().unwrap())
    }
}

/// Tokio's clock, also for who is not within the runtime.
pub(crate) struct Within(Handle, TokioTimer);

impl Timer for Within {
    fn now(&self) -> Instant {
        let _within = self.0.enter();
        self.1.now()
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.1.poll_until(cx, at)
    }
}

impl Drives for Host {
    type Stream = Io<Pipe>;
    type Timer = Within;
    const AT_ONCE: bool = false;

    fn stream(end: PipeEnd) -> Self::Stream {
        Io::new(Pipe::new(end))
    }

    fn timer(&self) -> Option<Within> {
        let _within = self.0.enter();
        Some(Within(self.0.handle().clone(), TokioTimer::default()))
    }

    fn pass(&self, duration: Duration) {
        self.0.block_on(tokio::time::advance(duration));
    }

    fn spawn(&self, _: &World, driver: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(driver);
    }

    fn turn(&self, busy: &Busy) {
        // always woken, so that the runtime never rests, and never moves its clock by itself
        self.0.block_on(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if busy.is_none() { Poll::Ready(()) } else { Poll::Pending }
        }));
    }
}
