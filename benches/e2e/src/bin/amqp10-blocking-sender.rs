//! The sender on plain threads.

use amqp10_bench_e2e::{SenderArguments, blocking};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    blocking::send(&SenderArguments::read())
}
