//! The list that all bindings run, on both flavours of Tokio.

#[path = "../../tests/adapters/mod.rs"]
mod adapters;

use std::future::Future;
use tokio::runtime::Builder;

mod one_thread {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    crate::adapter_tests!(amqp_tokio::Tokio, run);
}

mod two_threads {
    use super::*;

    /// On a worker, as an application would: so the futures have to be able to move between threads.
    fn run(test: impl Future<Output = ()> + Send + 'static) {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(test).await.unwrap() });
    }

    crate::adapter_tests!(amqp_tokio::Tokio, run);
}
