//! What connections leave behind, on both flavours of Tokio.
#![cfg(target_os = "linux")]
#![expect(unused_crate_dependencies, reason = "each test uses its part")]

#[path = "../../tests/adapters/life.rs"]
mod life;

use amqp_tokio::Tokio;
use tokio::runtime::{Builder, Handle};

#[test]
fn life() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let one_thread = Builder::new_current_thread().enable_all().build().unwrap();
    one_thread.block_on(life::nothing_is_left::<Tokio>(tasks));
    one_thread.block_on(life::little_is_held::<Tokio>());
    drop(one_thread);
    let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    threads.block_on(life::nothing_is_left::<Tokio>(tasks));
    threads.block_on(life::little_is_held::<Tokio>());
}
