//! A pump, with a thread of its own or driven by the test's; the binary says which. Its clock cannot be stopped: drivers
//! see the world's.

use crate::HAS_THREAD;
use crate::stream::Pipe;
use crate::support::{Busy, Drives, Never, PipeEnd, World};
use amqp_async::FuturesIo;
use amqp_blocking::Pump;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

pub(crate) struct Host(Pump);

impl Default for Host {
    fn default() -> Self {
        Self(if HAS_THREAD { Pump::with_thread() } else { Pump::new() }.unwrap())
    }
}

impl Drives for Host {
    type Stream = FuturesIo<Pipe>;
    type Timer = Never;
    const AT_ONCE: bool = HAS_THREAD;

    fn stream(end: PipeEnd) -> Self::Stream {
        FuturesIo::new(Pipe::new(end))
    }

    fn timer(&self) -> Option<Never> {
        None
    }

    fn pass(&self, _: Duration) {}

    fn spawn(&self, _: &World, driver: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(driver);
    }

    fn turn(&self, busy: &Busy) {
        if HAS_THREAD {
            return busy.wait();
        }
        self.0.block_on(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if busy.is_none() { Poll::Ready(()) } else { Poll::Pending }
        }));
    }
}
