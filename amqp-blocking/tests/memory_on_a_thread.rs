//! What a connection holds, on a pump that has a thread; see `handles/memory.rs` of `amqp-async`.

#[path = "../../tests/hosts/pump.rs"]
mod host;
#[path = "../../amqp-async/tests/handles/memory.rs"]
mod memory;
#[path = "../../tests/hosts/futures_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;

const HAS_THREAD: bool = true;
