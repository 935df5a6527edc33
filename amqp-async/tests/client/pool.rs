//! A pool of connections to a server that may go.

use crate::broker::Broker;
use crate::support::{TestTimer, World};
use amqp_async::SendError;
use amqp_async::client::Backoff;
use amqp_async::client::pool::{Lease, Pool, PoolError, PoolOptions, PoolStrategy};
use amqp_async::proto::LinkOptions;
use amqp_async::proto::codec::{Condition, Outcome};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn pool(broker: &Broker, options: PoolOptions) -> Pool {
    let timer: TestTimer = broker.world.timer();
    let (pool, driver) = Pool::new(options, broker.connector(), timer);
    broker.world.spawn("pool", driver);
    pool
}

fn acquire(world: &World, pool: &Pool) -> Result<Lease, PoolError> {
    world.run_within(60 * SECOND, pool.acquire()).expect("answered in time")
}

#[test]
fn handles_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Pool>();
    check::<Lease>();
    fn check_send<T: Send>(_: &T) {}
    let _ = |pool: &'static Pool| check_send(&pool.acquire());
}

#[test]
fn s4_6_one_connector_and_its_login_serve_all_connections() {
    let broker = Broker::new();
    let pool = pool(&broker, PoolOptions { strategy: PoolStrategy::Exclusive, ..PoolOptions::default() });
    broker.world.settle();
    assert_eq!(broker.log().attempts.len(), 0, "lazy");
    let leases: Vec<Lease> = (0..5).map(|_| acquire(&broker.world, &pool).unwrap()).collect();
    for lease in &leases {
        broker.world.run(lease.session()).unwrap();
    }
    assert_eq!(broker.log().connections.len(), 5);
    drop(leases);
    let again = acquire(&broker.world, &pool).unwrap();
    assert_eq!((broker.log().connections.len(), pool.stats().idle, pool.stats().busy), (5, 4, 1));
    drop(again);
    broker.world.run_within(SECOND, pool.close(SECOND)).unwrap();
    assert!(matches!(broker.world.run(pool.acquire()), Err(PoolError::Closed)));
    let connections = broker.log().connections.clone();
    assert!(connections.iter().all(|connection| broker.world.run(connection.closed()).is_clean()));
}

#[test]
fn s4_3_connections_that_die_while_idle_are_replaced_and_never_lent() {
    let broker = Broker::new();
    let options = PoolOptions { min_idle: 2, backoff: Backoff::doubling_from_1s(), ..PoolOptions::default() };
    let pool = pool(&broker, options);
    broker.world.settle();
    assert_eq!(pool.stats().idle, 2);
    broker.stop();
    assert_eq!((pool.stats().idle, pool.stats().lost), (0, 2));
    let waiting = broker.world.spawn("acquire", {
        let pool = pool.clone();
        async move { pool.acquire().await }
    });
    broker.world.advance(SECOND);
    assert!(waiting.take().is_none());
    broker.start();
    broker.world.advance(4 * SECOND);
    let lease = waiting.take().unwrap().unwrap();
    broker.world.run(lease.session()).unwrap();
    assert_eq!(pool.stats().connections(), 3, "the reserve is there again, besides the one that is lent");
}

#[test]
fn s4_2_a_waiter_times_out_and_a_cancelled_one_leaves_its_place() {
    let broker = Broker::new();
    let pool = pool(
        &broker,
        PoolOptions {
            strategy: PoolStrategy::Exclusive,
            max_connections: 1,
            acquire_timeout: Some(5 * SECOND),
            ..PoolOptions::default()
        },
    );
    let lease = acquire(&broker.world, &pool).unwrap();
    let wait = || {
        let pool = pool.clone();
        broker.world.spawn("acquire", async move { pool.acquire().await })
    };
    let (cancelled, late) = (wait(), wait());
    broker.world.advance(SECOND);
    cancelled.cancel();
    let served = wait();
    broker.world.advance(4 * SECOND);
    assert!(matches!(late.take(), Some(Err(PoolError::TimedOut))));
    drop(lease);
    broker.world.settle();
    assert!(matches!(served.take(), Some(Ok(_))));
    assert_eq!((pool.stats().waiting, pool.stats().leases), (0, 0), "taken, and dropped by the test");
}

#[test]
fn s4_5_close_waits_for_a_lease_and_no_longer_than_it_was_told() {
    let broker = Broker::new();
    let pool = pool(&broker, PoolOptions::default());
    let lease = acquire(&broker.world, &pool).unwrap();
    let closing = broker.world.spawn("close", {
        let pool = pool.clone();
        async move { pool.close(3 * SECOND).await }
    });
    broker.world.advance(2 * SECOND);
    assert!(closing.take().is_none());
    broker.world.run(lease.session()).unwrap();
    broker.world.advance(SECOND);
    assert!(closing.take().is_some());
    assert!(broker.world.run(lease.closed()).is_clean());
}

/// Whoever polls the driver beside the application, in one task, drops it only when both are done.
#[test]
fn a_close_is_over_before_the_driver_is_dropped() {
    let broker = Broker::new();
    let (pool, driver) = Pool::new(PoolOptions::default(), broker.connector(), broker.world.timer());
    let mut driver = Box::pin(driver);
    let mut closing = Box::pin(async {
        drop(pool.acquire().await.unwrap());
        pool.close(SECOND).await;
    });
    let (mut driven, mut closed) = (false, false);
    broker.world.run(std::future::poll_fn(|cx| {
        driven = driven || driver.as_mut().poll(cx).is_ready();
        closed = closed || closing.as_mut().poll(cx).is_ready();
        if driven && closed { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    }));
}

#[test]
fn the_last_handle_closes_the_pool() {
    let broker = Broker::new();
    let (pool, driver) =
        Pool::new(PoolOptions { min_idle: 1, ..PoolOptions::default() }, broker.connector(), broker.world.timer());
    let driver = broker.world.spawn("pool", driver);
    broker.world.settle();
    drop(pool);
    broker.world.settle();
    assert!(driver.take().is_some());
    let connection = broker.log().connections[0].clone();
    assert!(broker.world.run(connection.closed()).is_clean());
}

#[test]
fn links_of_the_pool_are_attached_when_used_and_again_elsewhere_when_lost() {
    let broker = Broker::new();
    let options = PoolOptions { backoff: Backoff::doubling_from_1s(), ..PoolOptions::default() };
    let pool = pool(&broker, options);
    let (sender, receiver) =
        (pool.sender(LinkOptions::sender("out", "queue")), pool.receiver(LinkOptions::receiver("in", "queue")));
    broker.world.settle();
    assert_eq!((broker.log().attempts.len(), pool.stats().leases), (0, 0), "lazy");
    assert_eq!(broker.world.run_within(SECOND, sender.send("one")).unwrap().unwrap(), Outcome::Accepted);
    assert_eq!(broker.world.run_within(SECOND, sender.clone().send("two")).unwrap().unwrap(), Outcome::Accepted);
    assert_eq!((pool.stats().leases, broker.log().attaches.len()), (1, 1), "one link for all clones");
    broker.log().stock.push("three".to_owned());
    let delivery = broker.world.run_within(SECOND, receiver.recv()).unwrap().unwrap();
    delivery.accept().unwrap();
    assert_eq!((pool.stats().leases, pool.stats().connections()), (2, 1));
    // what is on its way is in doubt, once; what has not left goes by the next link
    broker.log().mute = true;
    let in_doubt = broker.world.spawn("send", {
        let sender = sender.clone();
        async move { sender.send("four").await }
    });
    broker.world.settle();
    broker.stop();
    assert!(matches!(in_doubt.take(), Some(Err(SendError::InDoubt(_)))));
    broker.log().mute = false;
    let waiting = broker.world.spawn("send", {
        let sender = sender.clone();
        async move { sender.send("five").await }
    });
    broker.start();
    broker.log().stock.push("six".to_owned());
    broker.world.advance(4 * SECOND);
    assert!(matches!(waiting.take(), Some(Ok(Outcome::Accepted))));
    let delivery = broker.world.run_within(SECOND, receiver.recv()).unwrap().unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("six"));
    delivery.accept().unwrap();
    assert_eq!(pool.stats().leases, 2);
    drop((sender, receiver));
    broker.world.settle();
    assert_eq!(pool.stats().leases, 0, "given back");
}

#[test]
fn a_link_that_is_lost_again_and_again_is_given_up() {
    let broker = Broker::new();
    let pool = pool(&broker, PoolOptions::default());
    let sender = pool.sender(LinkOptions::sender("out", "queue"));
    broker.log().detach_next = 3;
    let sent = broker.world.run_within(SECOND, sender.send("x")).unwrap();
    assert!(matches!(&sent, Err(SendError::NotSent(error)) if error.condition() == Some(Condition::DETACH_FORCED)));
    assert_eq!(broker.log().attaches.len(), 3);
    assert_eq!(broker.world.run_within(SECOND, sender.send("x")).unwrap().unwrap(), Outcome::Accepted);
}

#[test]
fn whoever_waits_for_a_message_waits_on_however_many_links_that_stand() {
    let broker = Broker::new();
    let pool = pool(&broker, PoolOptions::default());
    let receiver = pool.receiver(LinkOptions::receiver("in", "queue"));
    let waiting = broker.world.spawn("receive", async move { (receiver.recv().await, receiver) });
    let lose = || {
        broker.world.settle();
        let sender = broker.log().senders.pop().expect("a link");
        drop(broker.world.run(sender.close_with(Condition::DETACH_FORCED.into())));
        broker.world.settle();
    };
    for _ in 0..5 {
        broker.world.settle();
        broker.world.advance(2 * SECOND);
        lose();
        assert!(waiting.take().is_none());
    }
    // it stood for no time at all, once; then twice more
    (0..2).for_each(|_| lose());
    let Some((Err(error), receiver)) = waiting.take() else { panic!("three in a row") };
    assert_eq!(error.condition(), Some(Condition::DETACH_FORCED));
    broker.log().stock.push("at last".to_owned());
    let delivery = broker.world.run_within(SECOND, receiver.recv()).unwrap().unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("at last"));
}

#[test]
fn equal_keys_meet_on_one_connection() {
    let broker = Broker::new();
    let options = PoolOptions { strategy: PoolStrategy::RoundRobin, max_connections: 3, ..PoolOptions::default() };
    let pool = pool(&broker, options);
    let warm: Vec<Lease> = (0..6).map(|_| acquire(&broker.world, &pool).unwrap()).collect();
    broker.world.settle();
    drop(warm);
    let slot = |key: &str| broker.world.run_within(SECOND, pool.acquire_for(key)).unwrap().unwrap().slot();
    let slots: Vec<_> = (0..20).map(|key| slot(&format!("customer {key}"))).collect();
    let again: Vec<_> = (0..20).map(|key| slot(&format!("customer {key}"))).collect();
    assert_eq!(slots, again);
    assert!(slots.iter().any(|slot| *slot != slots[0]), "{slots:?}");
}
