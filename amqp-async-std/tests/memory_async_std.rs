//! What a connection holds, on async-std; see `handles/memory.rs` of `amqp-async`.
#![cfg(feature = "async-std")]

#[path = "../../tests/hosts/async_io.rs"]
mod host;
#[path = "../../amqp-async/tests/handles/memory.rs"]
mod memory;
#[path = "../../tests/hosts/futures_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;

use amqp_async_std::async_std::AsyncStd as Tasks;
