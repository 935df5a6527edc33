//! The list of `amqp-async`, its guarantees and the defects that are not to be repeated, on a pump that has a thread.

#[path = "../../amqp-async/tests/defects/list.rs"]
mod defects;
#[path = "../../amqp-async/tests/handles/list.rs"]
mod handles;
#[path = "../../tests/hosts/pump.rs"]
mod host;
#[path = "../../tests/hosts/futures_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;

const HAS_THREAD: bool = true;
