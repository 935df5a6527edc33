//! The list of `amqp-async`, its guarantees and the defects that are not to be repeated, on smol.
#![cfg(feature = "smol")]

#[path = "../../amqp-async/tests/defects/list.rs"]
mod defects;
#[path = "../../amqp-async/tests/handles/list.rs"]
mod handles;
#[path = "../../tests/hosts/async_io.rs"]
mod host;
#[path = "../../tests/hosts/futures_stream.rs"]
mod stream;
#[path = "../../amqp-async/tests/handles/support/mod.rs"]
mod support;

use amqp_async_std::smol::Smol as Tasks;
