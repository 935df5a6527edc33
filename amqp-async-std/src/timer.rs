//! The reactor's clock as a [`Timer`].

use amqp_async::Timer;
use amqp_async::proto::Instant;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The system's clock, counted from when this was made, with an alarm of the reactor's.
#[derive(Debug)]
pub struct AsyncIoTimer {
    epoch: std::time::Instant,
    alarm: Option<(Instant, async_io::Timer)>,
}

impl Default for AsyncIoTimer {
    /// Starts counting.
    fn default() -> Self {
        Self { epoch: std::time::Instant::now(), alarm: None }
    }
}

impl Timer for AsyncIoTimer {
    fn now(&self) -> Instant {
        Instant::from_duration(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        if self.now() >= at {
            self.alarm = None;
            return Poll::Ready(());
        }
        // an instant too far away to be represented never comes
        let Some(target) = self.epoch.checked_add(at.as_duration()) else { return Poll::Pending };
        let (set, alarm) = self.alarm.get_or_insert_with(|| (at, async_io::Timer::at(target)));
        if *set != at {
            *set = at;
            alarm.set_at(target);
        }
        Pin::new(alarm).poll(cx).map(drop)
    }
}
