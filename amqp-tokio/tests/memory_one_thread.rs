//! What a connection holds, on Tokio with one thread; see `handles/memory.rs` of `amqp-async`.

#[path = "../../tests/hosts/tokio_one_thread.rs"]
mod host;
#[path = "../../amqp-async/tests/handles/memory.rs"]
mod memory;
#[path = "../../tests/hosts/tokio_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;
