//! Sender and receiver through the handles, on a runtime.

mod receiver;
mod sender;

pub use receiver::receive;
pub use sender::send;

use crate::{MAX_FRAME_SIZE, Place};
use amqp_async_std::AsyncIo;
use amqp_async_std::async_std::AsyncStd;
use amqp10::Connection;
use amqp10::connect::{Builder, Runtime};
use amqp10::proto::Config;
use amqp10::tokio::Tokio;
use std::error::Error;
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

type Failure = Box<dyn Error + Send + Sync>;

/// A connection to the receiver, or to a broker.
async fn connect<R: Tasks>(place: &Place, container_id: String) -> Result<Connection, Failure> {
    let config = Config::builder(container_id).max_frame_size(MAX_FRAME_SIZE);
    let builder = Builder::on(R::default(), config).host(&*place.host).port(place.port);
    let builder = if place.is_broker() { builder } else { builder.without_login() };
    Ok(builder.connect().await?)
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
