//! The pool's machine in virtual time.

use super::*;
use crate::client::{Backoff, Random, RetryBudget};
use crate::error::Error;
use amqp_proto::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn refused() -> Error {
    Error::Transport(Arc::new(std::io::ErrorKind::ConnectionRefused.into()))
}

fn machine(options: PoolOptions) -> PoolMachine {
    PoolMachine::new(options)
}

/// Passes, and makes every connection that is ordered.
fn connect_all(pool: &mut PoolMachine, now: u64) -> Vec<SlotId> {
    pool.pass(at(now));
    let mut made = Vec::new();
    while let Some(order) = pool.poll_order() {
        if let PoolOrder::Connect(id, _) = order {
            pool.connected(id, 0);
            made.push(id);
        }
    }
    pool.pass(at(now));
    made
}

#[test]
fn s4_1_never_more_connections_than_allowed_in_a_million_random_steps() {
    for strategy in [PoolStrategy::LeastLoaded, PoolStrategy::RoundRobin, PoolStrategy::Exclusive] {
        let options = PoolOptions {
            max_connections: 5,
            min_idle: 2,
            strategy,
            max_leases: 3,
            idle_ttl: Some(Duration::from_millis(40)),
            max_lifetime: Some(Duration::from_millis(900)),
            lifetime_jitter: Duration::from_millis(300),
            acquire_timeout: Some(Duration::from_millis(60)),
            backoff: Backoff {
                initial: Duration::from_millis(5),
                max: Duration::from_millis(50),
                ..Backoff::default()
            },
            ..PoolOptions::default()
        };
        // a million in all where the compiler helps
        walk(options, if cfg!(debug_assertions) { 40_000 } else { 340_000 });
    }
}

/// What the world around the pool knows.
#[derive(Default)]
struct World {
    now: u64,
    connecting: BTreeSet<SlotId>,
    up: BTreeSet<SlotId>,
    closing: BTreeSet<SlotId>,
    waiting: VecDeque<Ticket>,
    leases: Vec<SlotId>,
    lent: BTreeMap<SlotId, usize>,
    granted: u64,
    denied: u64,
}

impl World {
    fn take(set: &mut BTreeSet<SlotId>, random: &mut Random) -> Option<SlotId> {
        let place = usize::try_from(random.next()).unwrap() % set.len().max(1);
        let id = set.iter().nth(place).copied()?;
        set.remove(&id);
        Some(id)
    }

    fn step(&mut self, pool: &mut PoolMachine, random: &mut Random) {
        match random.next() % 16 {
            0..=4 => {
                // for one of a few keys, or for anything
                let key = Some(random.next() % 8).filter(|key| *key < 4);
                self.waiting.push_back(pool.acquire(key));
            }
            5 => {
                if let Some(ticket) = self.waiting.pop_front() {
                    pool.cancel(ticket);
                }
            }
            6..=9 => {
                if !self.leases.is_empty() {
                    let place = usize::try_from(random.next()).unwrap() % self.leases.len();
                    let id = self.leases.swap_remove(place);
                    *self.lent.get_mut(&id).unwrap() -= 1;
                    pool.release(id);
                }
            }
            10 | 11 => {
                if let Some(id) = Self::take(&mut self.connecting, random) {
                    if random.next() % 4 == 0 {
                        pool.failed(at(self.now), id, &refused(), random.next());
                    } else {
                        self.up.insert(id);
                        pool.connected(id, random.next());
                    }
                }
            }
            12 => {
                if random.next() % 8 == 0 {
                    if let Some(id) = Self::take(&mut self.up, random) {
                        pool.lost(at(self.now), id, random.next());
                    }
                }
            }
            13 => {
                if let Some(id) = Self::take(&mut self.closing, random) {
                    pool.closed(id);
                }
            }
            _ => self.now += random.next() % 20,
        }
        pool.pass(at(self.now));
        self.obey(pool);
    }

    fn obey(&mut self, pool: &mut PoolMachine) {
        while let Some(order) = pool.poll_order() {
            match order {
                PoolOrder::Connect(id, _) => assert!(self.connecting.insert(id)),
                PoolOrder::Abandon(id) => assert!(self.connecting.remove(&id)),
                PoolOrder::Close(id) => {
                    assert!(self.up.remove(&id), "only what is there is closed, once");
                    assert_eq!(self.lent.get(&id).copied().unwrap_or_default(), 0, "not under a lease");
                    self.closing.insert(id);
                }
            }
        }
        while let Some(ticket) = pool.poll_answered() {
            let Some(answer) = pool.answer(ticket) else { continue };
            let place = self.waiting.iter().position(|waiting| *waiting == ticket).unwrap();
            self.waiting.remove(place);
            match answer {
                Ok(id) => {
                    assert_eq!(place, 0, "first come, first served");
                    assert!(self.up.contains(&id), "never a dead one");
                    *self.lent.entry(id).or_default() += 1;
                    self.leases.push(id);
                    self.granted += 1;
                }
                Err(_) => self.denied += 1,
            }
        }
    }

    fn check(&self, pool: &PoolMachine, most: usize, per_connection: usize) {
        let stats = pool.stats();
        let sockets = self.connecting.len() + self.up.len() + self.closing.len();
        assert!(sockets <= most, "{sockets} connections");
        assert_eq!(stats.connections(), sockets);
        assert_eq!((stats.connecting, stats.closing), (self.connecting.len(), self.closing.len()));
        let lent: usize = self.up.iter().filter_map(|id| self.lent.get(id)).sum();
        assert_eq!(stats.leases, lent);
        assert_eq!(stats.waiting, self.waiting.len());
        assert!(stats.granted >= self.granted && stats.denied >= self.denied);
        assert!(self.up.iter().all(|id| self.lent.get(id).is_none_or(|lent| *lent <= per_connection)));
        assert!(pool.poll_timeout().is_none_or(|due| due > at(self.now)), "nothing that is due is left");
    }
}

fn walk(options: PoolOptions, steps: usize) {
    let (most, per_connection) = (options.max_connections, options.leases());
    let mut pool = machine(options);
    let (mut world, mut random) = (World::default(), Random::new(5));
    for _ in 0..steps {
        world.step(&mut pool, &mut random);
        world.check(&pool, most, per_connection);
    }
    assert!(world.granted > 1000 && world.denied > 100, "{} {}", world.granted, world.denied);
    assert!(pool.stats().lost > 10 && pool.stats().failed > 10);
    // all is given back, and all is closed
    pool.close(Duration::from_secs(1));
    for id in std::mem::take(&mut world.leases) {
        *world.lent.get_mut(&id).unwrap() -= 1;
        pool.release(id);
    }
    pool.pass(at(world.now));
    world.obey(&mut pool);
    assert!(world.waiting.is_empty() && world.up.is_empty() && world.connecting.is_empty());
    std::mem::take(&mut world.closing).into_iter().for_each(|id| pool.closed(id));
    assert!(pool.is_over());
}

#[test]
fn s4_2_waiters_are_served_in_order_time_out_when_due_and_leave_nothing_when_cancelled() {
    let options = PoolOptions {
        max_connections: 1,
        strategy: PoolStrategy::Exclusive,
        acquire_timeout: Some(Duration::from_millis(100)),
        ..PoolOptions::default()
    };
    let mut pool = machine(options);
    let first = pool.acquire(None);
    connect_all(&mut pool, 0);
    let lease = pool.answer(first).unwrap().unwrap();
    let waiting = [pool.acquire(None), pool.acquire(None), pool.acquire(None)];
    pool.pass(at(0));
    let late = pool.acquire(None);
    pool.pass(at(50));
    pool.cancel(waiting[1]);
    pool.release(lease);
    let lease = pool.answer(waiting[0]).unwrap().unwrap();
    assert!(pool.answer(waiting[2]).is_none());
    assert_eq!(pool.poll_timeout(), Some(at(100)));
    pool.pass(at(99));
    assert!(pool.answer(waiting[2]).is_none());
    pool.pass(at(100));
    assert!(matches!(pool.answer(waiting[2]), Some(Err(PoolError::TimedOut))));
    assert_eq!(pool.poll_timeout(), Some(at(150)), "the later one has its own time");
    // granted, and cancelled before it was fetched
    pool.release(lease);
    pool.cancel(late);
    pool.pass(at(110));
    assert_eq!((pool.stats().leases, pool.stats().idle, pool.stats().waiting), (0, 1, 0));
}

#[test]
fn s4_3_one_that_died_while_idle_is_never_lent() {
    let mut pool = machine(PoolOptions::default());
    let first = pool.acquire(None);
    let dead = connect_all(&mut pool, 0)[0];
    let lease = pool.answer(first).unwrap().unwrap();
    pool.release(lease);
    pool.lost(at(10), dead, 0);
    let second = pool.acquire(None);
    assert!(pool.answer(second).is_none());
    let alive = connect_all(&mut pool, 20)[0];
    assert_eq!(pool.answer(second).unwrap().unwrap(), alive);
    assert_ne!(alive, dead);
    // a lease on a dead one goes back into nothing
    pool.lost(at(30), alive, 0);
    pool.release(alive);
    assert_eq!(pool.stats().connections(), 0);
}

#[test]
fn s4_4_lazy_unless_told_otherwise_and_no_storm_after_a_mass_failure() {
    let mut pool = machine(PoolOptions::default());
    pool.pass(at(0));
    assert_eq!(pool.poll_order(), None);

    let mut pool = machine(PoolOptions {
        min_idle: 8,
        budget: Some(RetryBudget::new(Duration::from_millis(100), 10)),
        ..PoolOptions::default()
    });
    let ready = connect_all(&mut pool, 0);
    assert_eq!(ready.len(), 8);
    for id in ready {
        pool.lost(at(10_000), id, u64::MAX / 2);
    }
    // the server is away for 20 s
    let (mut attempts, mut random) = (Vec::new(), Random::new(9));
    for now in 10_000..60_000 {
        pool.pass(at(now));
        while let Some(PoolOrder::Connect(id, attempt)) = pool.poll_order() {
            attempts.push(now);
            if now < 30_000 {
                assert!(pool.stats().connecting <= 1 || attempt.number == 1, "one asks for all");
                pool.failed(at(now), id, &refused(), random.next());
            } else {
                pool.connected(id, 0);
            }
        }
    }
    assert_eq!(pool.stats().idle, 8, "the reserve is there again");
    for begin in 10_000..59_000 {
        let within = attempts.iter().filter(|at| (begin..begin + 1000).contains(*at)).count();
        assert!(within <= 20, "{within} attempts in a second");
    }
    let while_away = attempts.iter().filter(|at| **at < 30_000).count();
    assert!(while_away < 40, "{while_away} attempts in vain");
}

#[test]
fn s4_5_close_waits_for_leases_up_to_the_deadline_and_then_closes_all() {
    for given_back in [true, false] {
        let mut pool =
            machine(PoolOptions { strategy: PoolStrategy::Exclusive, max_connections: 3, ..PoolOptions::default() });
        let tickets = [pool.acquire(None), pool.acquire(None)];
        connect_all(&mut pool, 0);
        let leases = tickets.map(|ticket| pool.answer(ticket).unwrap().unwrap());
        pool.release(leases[0]);
        let connecting = [pool.acquire(None), pool.acquire(None), pool.acquire(None)];
        pool.pass(at(1));
        assert!(matches!(pool.poll_order(), Some(PoolOrder::Connect(..))));
        pool.close(Duration::from_secs(2));
        pool.pass(at(1000));
        assert!(connecting[1..].iter().all(|ticket| matches!(pool.answer(*ticket), Some(Err(PoolError::Closed)))));
        let late = pool.acquire(None);
        assert!(matches!(pool.answer(late), Some(Err(PoolError::Closed))));
        assert!(matches!(pool.poll_order(), Some(PoolOrder::Abandon(_))));
        // the one lent just before the close, and the one lent from the beginning
        assert_eq!(pool.poll_order(), None);
        assert_eq!((pool.stats().retiring, pool.stats().connections()), (2, 2));
        if given_back {
            leases.into_iter().for_each(|lease| pool.release(lease));
        } else {
            assert_eq!(pool.poll_timeout(), Some(at(3000)));
            pool.pass(at(3000));
            assert_eq!(pool.poll_timeout(), None, "the rest is for the connections");
        }
        let orders: Vec<_> = std::iter::from_fn(|| pool.poll_order()).collect();
        assert!(leases.iter().all(|lease| orders.contains(&PoolOrder::Close(*lease))), "{orders:?}");
        assert!(!pool.is_over());
        leases.into_iter().for_each(|lease| pool.closed(lease));
        assert!(pool.is_over());
    }
}

#[test]
fn idle_ones_go_after_a_while_and_old_ones_when_given_back() {
    let mut pool = machine(PoolOptions {
        strategy: PoolStrategy::Exclusive,
        min_idle: 1,
        idle_ttl: Some(Duration::from_secs(10)),
        max_lifetime: Some(Duration::from_secs(60)),
        ..PoolOptions::default()
    });
    let tickets = [pool.acquire(None), pool.acquire(None), pool.acquire(None)];
    connect_all(&mut pool, 0);
    let leases = tickets.map(|ticket| pool.answer(ticket).unwrap().unwrap());
    connect_all(&mut pool, 0);
    assert_eq!((pool.stats().busy, pool.stats().idle), (3, 1));
    pool.release(leases[0]);
    pool.release(leases[1]);
    pool.pass(at(5000));
    pool.pass(at(9999));
    assert_eq!(pool.stats().idle, 3);
    pool.pass(at(15_000));
    assert_eq!((pool.stats().idle, pool.stats().closing), (1, 2), "down to the reserve");
    pool.pass(at(60_000));
    assert_eq!(pool.stats().retiring, 1, "the lent one is too old");
    pool.release(leases[2]);
    assert_eq!((pool.stats().retiring, pool.stats().busy), (0, 0));
}

#[test]
fn the_strategies_differ() {
    let lend = |strategy| {
        let mut pool = machine(PoolOptions { strategy, max_connections: 3, max_leases: 2, ..PoolOptions::default() });
        let mut lent = Vec::new();
        for _ in 0..3 {
            let ticket = pool.acquire(None);
            connect_all(&mut pool, 0);
            lent.push(pool.answer(ticket).unwrap().unwrap());
        }
        lent.dedup();
        (lent.len(), pool.stats().connections())
    };
    assert_eq!(lend(PoolStrategy::LeastLoaded), (2, 2), "two on the first, then another");
    // nobody waits for the next one where there is one
    assert_eq!(lend(PoolStrategy::RoundRobin), (2, 3));
    assert_eq!(lend(PoolStrategy::Exclusive), (3, 3));
}

#[test]
fn a_smaller_pool_closes_what_is_too_much() {
    let mut pool = machine(PoolOptions { min_idle: 4, ..PoolOptions::default() });
    connect_all(&mut pool, 0);
    pool.resize(2);
    pool.pass(at(1));
    assert_eq!((pool.stats().idle, pool.stats().closing), (2, 2));
}

#[test]
fn hopeless_failures_are_told_at_once() {
    let mut pool = machine(PoolOptions::default());
    let ticket = pool.acquire(None);
    pool.pass(at(0));
    let Some(PoolOrder::Connect(id, _)) = pool.poll_order() else { panic!("one is wanted") };
    let refused = amqp_proto::CloseReason::Remote(Some(amqp_proto::codec::Condition::UNAUTHORIZED_ACCESS.into()));
    pool.failed(at(1), id, &Error::Closed(refused), 0);
    assert!(matches!(pool.answer(ticket), Some(Err(PoolError::Failed(_)))));
}

#[test]
fn equal_keys_get_the_same_connection_while_it_is_there_and_has_room() {
    let options = PoolOptions { max_connections: 4, strategy: PoolStrategy::RoundRobin, ..PoolOptions::default() };
    let mut pool = machine(options);
    let warm: Vec<Ticket> = (0..4).map(|_| pool.acquire(None)).collect();
    let slots: BTreeSet<SlotId> = connect_all(&mut pool, 0).into_iter().collect();
    assert_eq!(slots.len(), 4);
    warm.into_iter().for_each(|ticket| pool.cancel(ticket));
    let lend = |pool: &mut PoolMachine, key| {
        let ticket = pool.acquire(Some(key));
        pool.answer(ticket).unwrap().unwrap()
    };
    let places: Vec<SlotId> = (0..100)
        .map(|key| {
            let slot = lend(&mut pool, key);
            pool.release(slot);
            slot
        })
        .collect();
    let used: BTreeSet<SlotId> = places.iter().copied().collect();
    assert_eq!(used, slots, "spread over all");
    for (key, place) in (0..100).zip(&places) {
        let leases: Vec<SlotId> = (0..8).map(|_| lend(&mut pool, key)).collect();
        assert!(leases.iter().all(|slot| slot == place), "{key}");
        let other = lend(&mut pool, key);
        assert_ne!(other, *place, "it is full");
        leases.into_iter().chain([other]).for_each(|slot| pool.release(slot));
    }
    // one goes: only its keys move
    let gone = places[0];
    pool.lost(at(1), gone, 0);
    for (key, place) in (0..100).zip(&places).filter(|(_, place)| **place != gone) {
        let slot = lend(&mut pool, key);
        assert_eq!(slot, *place);
        pool.release(slot);
    }
}
