//! What links that come back copy of a message: nothing of its large data.

use crate::broker::Broker;
use crate::support::*;
use amqp_async::SendError;
use amqp_async::client::pool::{Pool, PoolOptions};
use amqp_async::client::{ReconnectPolicy, Resilient};
use amqp_async::proto::LinkOptions;
use amqp10_testkit::heap::{Counting, measure};
use bytes::Bytes;
use std::future::Future;
use std::time::Duration;

#[global_allocator]
static HEAP: Counting = Counting;

const SIZE: usize = 1 << 20;

/// Sends a small message, so that the link is there, then hands a large one over.
fn sends<F: Future<Output = Result<(), SendError>>>(world: &World, send: impl Fn(Bytes) -> F) {
    world.run_within(Duration::from_secs(1), send(Bytes::from_static(b"small"))).unwrap().unwrap();
    let large = Bytes::from(vec![7; SIZE]);
    let (_, heap) = measure(|| poll_at_most(world, 1, send(large)));
    assert!(heap.total < SIZE / 2, "{heap:?}");
}

#[test]
fn a_large_body_is_handed_over_as_it_is() {
    let broker = Broker::new();
    let world = &broker.world;
    let (pool, driver) = Pool::new(PoolOptions::default(), broker.connector(), world.timer());
    world.spawn("pool", driver);
    let pooled = pool.sender(LinkOptions::sender("out", "queue"));
    sends(world, |body| async { pooled.send(body).await.map(drop) });
    let (resilient, supervisor) = Resilient::new(ReconnectPolicy::to(["one"]), broker.connector(), world.timer());
    world.spawn("supervisor", supervisor);
    let sender = resilient.sender(LinkOptions::sender("out", "queue"));
    sends(world, |body| async { sender.submit(body).await.map(drop) });
    sends(world, |body| async { sender.send_retrying(body, Default::default()).await.map(drop) });
}
