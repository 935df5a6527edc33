//! The threads of async-std or of smol, whichever the binary names as `Tasks`. Their clock cannot be stopped: drivers see
//! the world's.

use crate::Tasks;
use crate::stream::Pipe;
use crate::support::{Busy, Drives, Never, PipeEnd, World};
use amqp_async_std::{Executor, FuturesIo};
use std::future::Future;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Host;

impl Drives for Host {
    type Stream = FuturesIo<Pipe>;
    type Timer = Never;
    const AT_ONCE: bool = true;

    fn stream(end: PipeEnd) -> Self::Stream {
        FuturesIo::new(Pipe::new(end))
    }

    fn timer(&self) -> Option<Never> {
        None
    }

    fn pass(&self, _: Duration) {}

    fn spawn(&self, _: &World, driver: impl Future<Output = ()> + Send + 'static) {
        Tasks::spawn(driver);
    }

    fn turn(&self, busy: &Busy) {
        busy.wait();
    }
}
