//! The receiver on Tokio, all processors.

use amqp10::tokio::Tokio;
use amqp10_bench_e2e::{ReceiverArguments, handles};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    handles::receive::<Tokio>(ReceiverArguments::read()).await
}
