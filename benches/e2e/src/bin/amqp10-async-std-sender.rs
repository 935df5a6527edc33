//! The sender on async-std.

use amqp_async_std::AsyncIo;
use amqp_async_std::async_std::AsyncStd;
use amqp10_bench_e2e::{SenderArguments, handles};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    async_std::task::block_on(handles::send::<AsyncIo<AsyncStd>>(SenderArguments::read()))
}
