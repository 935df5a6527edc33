//! The receiver on Tokio, all processors.

use amqp10_bench_e2e::{ReceiverArguments, handles};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    handles::receive(ReceiverArguments::read()).await
}
