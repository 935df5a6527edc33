//! The world drives its connections itself, in the order of waking, with no binding.

use super::support::{Busy, Drives, Never, PipeEnd, World};
use std::future::Future;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Host;

impl Drives for Host {
    type Stream = PipeEnd;
    type Timer = Never;
    const AT_ONCE: bool = false;

    fn stream(end: PipeEnd) -> PipeEnd {
        end
    }

    fn timer(&self) -> Option<Never> {
        None
    }

    fn pass(&self, _: Duration) {}

    fn spawn(&self, world: &World, driver: impl Future<Output = ()> + Send + 'static) {
        world.spawn("driver", driver);
    }

    fn turn(&self, _: &Busy) {}
}
