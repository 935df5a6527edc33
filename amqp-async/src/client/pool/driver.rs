//! The future that does a pool's work: makes connections, watches them, closes them.

use super::handle::PoolShared;
use super::machine::{PoolOrder, SlotId};
use super::options::PoolStats;
use crate::client::{Connector, Random, observe};
use crate::connection::Connection;
use crate::error::Error;
use crate::transport::Timer;
use amqp_proto::Instant;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Does a pool's work; to be spawned, or polled in whatever way the runtime has.
///
/// Nothing happens unless this is polled. It ends when the pool has been closed, or its last handle dropped. Dropping it
/// before that drops the connections that are not lent.
#[must_use = "a pool does nothing unless its driver is polled"]
pub struct PoolDriver<K: Connector, C> {
    shared: Arc<PoolShared>,
    connector: K,
    timer: C,
    random: Random,
    work: BTreeMap<SlotId, Work<K::Connecting>>,
    /// What operators were told last.
    told: PoolStats,
}

/// What is under way for one connection.
enum Work<F> {
    Connecting(Pin<Box<F>>),
    /// Waits for its end, whoever ends it.
    Watching(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// What came of it.
enum News {
    Connected(Connection),
    Failed(Error),
    Over,
}

impl<F: Future<Output = Result<Connection, Error>>> Work<F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        match self {
            Self::Connecting(connecting) => connecting.as_mut().poll(cx).map(|made| match made {
                Ok(connection) => News::Connected(connection),
                Err(error) => News::Failed(error),
            }),
            Self::Watching(ending) => ending.as_mut().poll(cx).map(|()| News::Over),
        }
    }
}

impl<K: Connector, C: Timer> PoolDriver<K, C> {
    pub(super) fn new(shared: Arc<PoolShared>, connector: K, timer: C, random: Random) -> Self {
        Self { shared, connector, timer, random, work: BTreeMap::new(), told: PoolStats::default() }
    }

    /// Goes on with what is under way.
    fn work(&mut self, now: Instant, cx: &mut Context<'_>) {
        let mut news = Vec::new();
        for (id, work) in &mut self.work {
            if let Poll::Ready(what) = work.poll(cx) {
                news.push((*id, what));
            }
        }
        for (id, what) in news {
            self.work.remove(&id);
            self.tell(now, id, what);
        }
    }

    fn tell(&mut self, now: Instant, id: SlotId, news: News) {
        let random = self.random.next();
        match news {
            News::Connected(connection) => {
                let watched = connection.clone();
                let watching = Work::Watching(Box::pin(async move { drop(watched.closed().await) }));
                self.work.insert(id, watching);
                self.shared.with(|state| {
                    state.connections.insert(id, connection);
                    state.machine.connected(id, random);
                });
            }
            News::Failed(error) => self.shared.with(|state| state.machine.failed(now, id, &error, random)),
            News::Over => {
                let gone = self.shared.with(|state| {
                    state.machine.lost(now, id, random);
                    state.connections.remove(&id)
                });
                drop(gone);
            }
        }
    }

    /// What the machine says; whether there was anything.
    fn obey(&mut self, now: Instant, waker: &Waker) -> Pass {
        let (orders, pass) = {
            let mut state = self.shared.lock();
            state.machine.pass(now);
            let orders: Vec<PoolOrder> = std::iter::from_fn(|| state.machine.poll_order()).collect();
            state.parked = Some(waker.clone());
            let pass = match (state.machine.is_over(), orders.is_empty()) {
                (true, _) => Pass::Over,
                (false, false) => Pass::Again,
                (false, true) => Pass::Wait(state.machine.poll_timeout()),
            };
            let wake = state.answered();
            let stats = state.machine.stats();
            drop(state);
            observe::pool(&self.told, &stats);
            self.told = stats;
            wake.into_iter().for_each(Waker::wake);
            (orders, pass)
        };
        for order in orders {
            match order {
                PoolOrder::Connect(id, attempt) => {
                    self.work.insert(id, Work::Connecting(Box::pin(self.connector.connect(attempt))));
                }
                PoolOrder::Abandon(id) => drop(self.work.remove(&id)),
                PoolOrder::Close(id) => self.close(id),
            }
        }
        pass
    }

    /// Begins a close, of which the watch will tell the end.
    fn close(&mut self, id: SlotId) {
        let connection = self.shared.lock().connections.get(&id).cloned();
        if let Some(connection) = connection {
            // how it went is nobody's business any more
            let closing = async move { drop(connection.close().await) };
            self.work.insert(id, Work::Watching(Box::pin(closing)));
        }
    }
}

enum Pass {
    Again,
    Wait(Option<Instant>),
    Over,
}

impl<K: Connector + Unpin, C: Timer + Unpin> Future for PoolDriver<K, C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            let now = this.timer.now();
            this.work(now, cx);
            match this.obey(now, cx.waker()) {
                Pass::Over => {
                    // whoever polls it may drop it much later
                    this.end();
                    return Poll::Ready(());
                }
                Pass::Again => {}
                Pass::Wait(until) => match until {
                    Some(at) if this.timer.poll_until(cx, at).is_ready() => {}
                    Some(_) | None => return Poll::Pending,
                },
            }
        }
    }
}

impl<K: Connector, C> PoolDriver<K, C> {
    /// Nothing will be done any more.
    fn end(&self) {
        let mut wake = Vec::new();
        let mut state = self.shared.lock();
        state.over = true;
        state.machine.close(Duration::ZERO);
        let connections = std::mem::take(&mut state.connections);
        wake.extend(state.answered());
        wake.extend(std::mem::take(&mut state.waiting).into_values());
        state.ending.call_all(&mut wake);
        drop(state);
        drop(connections);
        wake.into_iter().for_each(Waker::wake);
    }
}

impl<K: Connector, C> Drop for PoolDriver<K, C> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<K: Connector, C> fmt::Debug for PoolDriver<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolDriver").field("at_work", &self.work.len()).finish_non_exhaustive()
    }
}
