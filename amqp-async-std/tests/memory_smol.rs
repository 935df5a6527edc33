//! What a connection holds, on smol; see `handles/memory.rs` of `amqp-async`.
#![cfg(feature = "smol")]

#[path = "../../tests/hosts/async_io.rs"]
mod host;
#[path = "../../amqp-async/tests/handles/memory.rs"]
mod memory;
#[path = "../../tests/hosts/futures_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;

use amqp_async_std::smol::Smol as Tasks;
