//! The receiver on plain threads.

use amqp10_bench_e2e::{ReceiverArguments, blocking};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    blocking::receive(&ReceiverArguments::read())
}
