//! The pool as an application holds it.

use super::driver::PoolDriver;
use super::machine::{PoolMachine, SlotId, Ticket};
use super::options::{PoolError, PoolOptions, PoolStats};
use crate::client::{Connector, Random};
use crate::connection::Connection;
use crate::sync::{Mutex, MutexGuard};
use crate::transport::Timer;
use crate::wait::Wakers;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Several connections for many users. Cheap to clone; all clones are the same pool.
///
/// Connections are made when they are needed, lent out as [`Lease`]s, and replaced when they die: one that has is never
/// lent. A [`PoolDriver`] does the work. When the last handle and the last lease are dropped, the connections are closed
/// and the driver ends.
#[derive(Clone)]
pub struct Pool {
    root: Arc<Root>,
}

struct Root {
    shared: Arc<PoolShared>,
}

pub(super) struct PoolShared(Mutex<PoolState>);

pub(super) struct PoolState {
    pub(super) machine: PoolMachine,
    pub(super) connections: BTreeMap<SlotId, Connection>,
    /// Who waits for a lease.
    pub(super) waiting: BTreeMap<Ticket, Waker>,
    /// Who waits for the end.
    pub(super) ending: Wakers,
    pub(super) over: bool,
    pub(super) parked: Option<Waker>,
}

/// How long leases may take to come back when nobody waits for the end of the pool.
const FAREWELL: Duration = Duration::from_secs(5);

impl Drop for Root {
    fn drop(&mut self) {
        self.shared.with(|state| state.machine.close(FAREWELL));
    }
}

impl PoolShared {
    pub(super) fn lock(&self) -> MutexGuard<'_, PoolState> {
        // nothing of the application runs under it, so poison means nothing here
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle's turn: acts under the lock, and afterwards wakes whoever is concerned.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut PoolState) -> R) -> R {
        let mut state = self.lock();
        let result = act(&mut state);
        let mut wake = state.answered();
        if state.machine.wants_pass() {
            wake.extend(state.parked.take());
        }
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        result
    }
}

impl PoolState {
    /// Whose answer has come.
    pub(super) fn answered(&mut self) -> Vec<Waker> {
        let mut wake = Vec::new();
        while let Some(ticket) = self.machine.poll_answered() {
            wake.extend(self.waiting.remove(&ticket));
        }
        wake
    }
}

impl Pool {
    /// A pool whose connections `connector` makes; nothing happens until the driver is polled.
    pub fn new<K: Connector, C: Timer>(options: PoolOptions, connector: K, timer: C) -> (Self, PoolDriver<K, C>) {
        let state = PoolState {
            machine: PoolMachine::new(options),
            connections: BTreeMap::new(),
            waiting: BTreeMap::new(),
            ending: Wakers::default(),
            over: false,
            parked: None,
        };
        let shared = Arc::new(PoolShared(Mutex::new(state)));
        let driver = PoolDriver::new(Arc::clone(&shared), connector, timer, Random::unpredictable());
        (Self { root: Arc::new(Root { shared }) }, driver)
    }

    /// Borrows a connection: at once if one is free, else in the order in which it was asked for.
    ///
    /// Cancel-safe: a dropped future gives its place up, or the lease back.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn acquire(&self) -> Result<Lease, PoolError> {
        self.acquire_keyed(None).await
    }

    /// Borrows a connection for this key: the same one each time for equal keys, as long as it is there and bears another
    /// lease, and the connections stay the same; otherwise the next best. Keys are spread over the connections that there
    /// are, whatever the [strategy](super::PoolStrategy); with [`RoundRobin`](super::PoolStrategy::RoundRobin) there
    /// will soon be as many as there may be.
    ///
    /// Cancel-safe, as [`acquire`](Self::acquire).
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn acquire_for(&self, key: &(impl Hash + ?Sized)) -> Result<Lease, PoolError> {
        self.acquire_keyed(Some(number(key))).await
    }

    async fn acquire_keyed(&self, key: Option<u64>) -> Result<Lease, PoolError> {
        let shared = &self.root.shared;
        let ticket = shared.with(|state| if state.over { None } else { Some(state.machine.acquire(key)) });
        let Some(ticket) = ticket else { return Err(PoolError::Closed) };
        let place = Place { shared, ticket };
        let slot = poll_fn(|cx| {
            shared.with(|state| match state.machine.answer(ticket) {
                Some(answer) => Poll::Ready(answer.map(|slot| (slot, state.connections.get(&slot).cloned()))),
                None if state.over => Poll::Ready(Err(PoolError::Closed)),
                None => {
                    state.waiting.insert(ticket, cx.waker().clone());
                    Poll::Pending
                }
            })
        })
        .await;
        drop(place);
        match slot? {
            (slot, Some(connection)) => Ok(Lease { root: Arc::clone(&self.root), slot, connection }),
            (_, None) => Err(PoolError::Closed),
        }
    }

    /// Another number of connections; those beyond it are closed as they are given back.
    pub fn resize(&self, max_connections: usize) {
        self.root.shared.with(|state| state.machine.resize(max_connections));
    }

    /// What it holds, and what it has done.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.root.shared.lock().machine.stats()
    }

    /// Lends no more, waits until all leases are back, `within` at most, and closes all connections.
    ///
    /// Cancel-safe: once polled the close takes its course.
    pub async fn close(&self, within: Duration) {
        self.root.shared.with(|state| state.machine.close(within));
        poll_fn(|cx| {
            let mut state = self.root.shared.lock();
            if state.over {
                return Poll::Ready(());
            }
            state.ending.register(cx.waker());
            Poll::Pending
        })
        .await;
    }
}

/// A number for a key.
fn number(key: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.stats()).finish()
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a> {
    shared: &'a PoolShared,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.with(|state| {
            state.waiting.remove(&self.ticket);
            state.machine.cancel(self.ticket);
        });
    }
}

/// A connection that is borrowed from a [`Pool`]; given back when dropped. It can be used as the
/// [`Connection`] that it is, with sessions of one's own, which should be over by then.
///
/// Whether it has it to itself depends on the [strategy](super::PoolStrategy). It may die like any connection; the next
/// lease is then of another.
pub struct Lease {
    root: Arc<Root>,
    slot: SlotId,
    connection: Connection,
}

impl Lease {
    /// Which connection of the pool it is.
    #[must_use]
    pub fn slot(&self) -> SlotId {
        self.slot
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.root.shared.with(|state| state.machine.release(self.slot));
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({:?}, {:?})", self.slot, self.connection)
    }
}
