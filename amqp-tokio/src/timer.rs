//! Tokio's clock as a [`Timer`].

use amqp_async::Timer;
use amqp_async::proto::Instant;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{self, Sleep};

/// Tokio's clock, counted from when this was made; it stands still where Tokio's is paused.
#[derive(Debug)]
pub struct TokioTimer {
    epoch: time::Instant,
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Default for TokioTimer {
    /// Starts counting.
    fn default() -> Self {
        Self { epoch: time::Instant::now(), alarm: None }
    }
}

impl Timer for TokioTimer {
    #[inline(never)]
    fn now(&self) -> Instant {
        Instant::from_duration(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        // an instant too far away to be represented never comes
        let Some(target) = self.epoch.checked_add(at.as_duration()) else { return Poll::Pending };
        let (set, sleep) = self.alarm.get_or_insert_with(|| (at, Box::pin(time::sleep_until(target))));
        if *set != at {
            *set = at;
            sleep.as_mut().reset(target);
        }
        sleep.as_mut().poll(cx)
    }
}
