//! Sender and receiver through the handles, on a runtime.

mod receiver;
mod sender;

pub use receiver::receive;
pub use sender::send;

use amqp_async_std::AsyncIo;
use amqp_async_std::async_std::AsyncStd;
use amqp10::connect::Runtime;
use amqp10::tokio::Tokio;
use tokio::sync::oneshot;

/// A runtime that polls tasks besides drivers.
pub trait Tasks: Runtime + Default + 'static {
    /// Has the future polled until it ends.
    fn go(future: impl Future<Output = ()> + Send + 'static);
}

impl Tasks for Tokio {
    fn go(future: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(future);
    }
}

impl Tasks for AsyncIo<AsyncStd> {
    fn go(future: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(future);
    }
}

/// A task, and its output to come.
fn start<R: Tasks, T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> oneshot::Receiver<T> {
    let (done, output) = oneshot::channel();
    R::go(async {
        // who asks no more needs no output
        let _ = done.send(future.await);
    });
    output
}
