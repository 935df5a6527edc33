//! The sender on Tokio, one thread.

use amqp10::tokio::Tokio;
use amqp10_bench_e2e::{SenderArguments, handles};
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    handles::send::<Tokio>(SenderArguments::read()).await
}
