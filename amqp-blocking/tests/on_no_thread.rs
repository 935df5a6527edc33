//! The list of `amqp-async`, its guarantees and the defects that are not to be repeated, on a pump that the caller drives.

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

use std::future::poll_fn;
use std::task::Poll;

const HAS_THREAD: bool = false;

fn pump() -> amqp_blocking::Pump {
    amqp_blocking::Pump::new().unwrap()
}

/// Whoever waits drives.
fn turn(pump: &amqp_blocking::Pump, busy: &support::Busy) {
    pump.block_on(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if busy.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }));
}
