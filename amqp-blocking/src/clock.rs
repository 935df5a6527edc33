//! The system's monotonic clock as a [`Timer`].

use crate::reactor::{Alarm, Reactor};
use amqp_async::Timer;
use amqp_async::proto::Instant;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time;

/// Counts from when it was made; its alarm rings through the reactor.
pub struct Clock {
    epoch: time::Instant,
    reactor: Arc<Reactor>,
    alarm: Option<Alarm>,
}

impl Clock {
    pub(crate) fn new(reactor: &Arc<Reactor>) -> Self {
        Self { epoch: time::Instant::now(), reactor: Arc::clone(reactor), alarm: None }
    }

    fn cancel(&mut self) {
        if let Some(alarm) = self.alarm.take() {
            self.reactor.cancel_alarm(alarm);
        }
    }
}

impl Timer for Clock {
    fn now(&self) -> Instant {
        Instant::from_duration(self.epoch.elapsed())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        if self.now() >= at {
            self.cancel();
            return Poll::Ready(());
        }
        match self.epoch.checked_add(at.as_duration()) {
            Some(at) => self.alarm = Some(self.reactor.set_alarm(self.alarm, at, cx.waker())),
            // too far away to be represented: it never comes
            None => self.cancel(),
        }
        Poll::Pending
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.cancel();
    }
}
