//! Tokio on two threads of its own, beside the test's. Its clock cannot be stopped: drivers see the world's.

use crate::stream::Pipe;
use crate::support::{Busy, Drives, Never, PipeEnd, World};
use amqp_tokio::Io;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

#[derive(Default)]
pub(crate) struct Host;

impl Drives for Host {
    type Stream = Io<Pipe>;
    type Timer = Never;
    const AT_ONCE: bool = true;

    fn stream(end: PipeEnd) -> Self::Stream {
        Io::new(Pipe::new(end))
    }

    fn timer(&self) -> Option<Never> {
        None
    }

    fn pass(&self, _: Duration) {}

    fn spawn(&self, _: &World, driver: impl Future<Output = ()> + Send + 'static) {
        RUNTIME.spawn(driver);
    }

    fn turn(&self, busy: &Busy) {
        busy.wait();
    }
}
