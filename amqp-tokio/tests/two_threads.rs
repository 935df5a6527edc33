//! The list of `amqp-async`, its guarantees and the defects that are not to be repeated, on Tokio with two threads.

#[path = "../../amqp-async/tests/defects/list.rs"]
mod defects;
#[path = "../../amqp-async/tests/handles/list.rs"]
mod handles;
#[path = "../../tests/hosts/tokio_two_threads.rs"]
mod host;
#[path = "../../tests/hosts/tokio_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;
