//! The list of `amqp-async`, its guarantees and the defects that are not to be repeated, on Tokio with one thread, in its own paused time.

#[path = "../../amqp-async/tests/defects/list.rs"]
mod defects;
#[path = "../../amqp-async/tests/handles/list.rs"]
mod handles;
#[path = "../../tests/hosts/tokio_one_thread.rs"]
mod host;
#[path = "../../tests/hosts/tokio_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;
