//! Who gets which connection, and when one is made or closed. No clock, no randomness, no connection: the caller says
//! what happens and when, and does what it is told.

use super::options::{PoolError, PoolOptions, PoolStats, PoolStrategy};
use crate::client::Attempt;
use crate::error::{Error, Recovery};
use amqp_proto::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::Duration;

/// The name of a connection in a pool; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(u64);

/// The name of a request for a lease; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolOrder {
    /// Make a connection, and say [`connected`](PoolMachine::connected) or [`failed`](PoolMachine::failed).
    Connect(SlotId, Attempt),
    /// Give up making it.
    Abandon(SlotId),
    /// Close the connection, and say [`closed`](PoolMachine::closed).
    Close(SlotId),
}

/// The machine of a pool.
///
/// What users do (acquire, cancel, release) needs no time; [`pass`](Self::pass) gives the time to what is new, and is
/// due when [`wants_pass`](Self::wants_pass) says so or [`poll_timeout`](Self::poll_timeout) has come.
#[derive(Debug)]
pub struct PoolMachine {
    options: PoolOptions,
    slots: BTreeMap<SlotId, Slot>,
    waiting: VecDeque<Waiting>,
    answers: BTreeMap<Ticket, Result<SlotId, PoolError>>,
    /// Whose answer has come since it was asked last.
    answered: VecDeque<Ticket>,
    orders: VecDeque<PoolOrder>,
    issued: u64,
    /// RoundRobin: the one lent last.
    last: SlotId,
    /// RoundRobin: so many more are wanted.
    growth: usize,
    failures: u32,
    /// No attempt before.
    retry_at: Instant,
    closing: Option<Due>,
    fresh: bool,
    alarm: Option<Instant>,
    stats: PoolStats,
}

/// Who waits for a lease.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    due: Due,
    /// What it is for, if that matters.
    key: Option<u64>,
}

#[derive(Debug)]
struct Slot {
    state: SlotState,
    leases: usize,
    /// When it will have been idle for too long.
    idle: Due,
    /// When it is too old.
    old: Due,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotState {
    Connecting,
    Up,
    /// To be closed when it has been given back.
    Retiring,
    Closing,
}

/// A time that begins to run at the next pass.
#[derive(Clone, Copy, Debug)]
enum Due {
    Never,
    After(Duration),
    At(Instant),
}

impl Due {
    fn after(time: Option<Duration>) -> Self {
        time.map_or(Self::Never, Self::After)
    }

    /// Whether it has come; begins to run if it has not begun.
    fn has_come(&mut self, now: Instant) -> bool {
        if let Self::After(time) = *self {
            *self = Self::At(now.saturating_add(time));
        }
        self.at().is_some_and(|at| at <= now)
    }

    fn at(self) -> Option<Instant> {
        match self {
            Self::At(at) => Some(at),
            Self::Never | Self::After(_) => None,
        }
    }
}

impl PoolMachine {
    /// A pool without connections.
    #[must_use]
    pub fn new(options: PoolOptions) -> Self {
        Self {
            options,
            slots: BTreeMap::new(),
            waiting: VecDeque::new(),
            answers: BTreeMap::new(),
            answered: VecDeque::new(),
            orders: VecDeque::new(),
            issued: 0,
            last: SlotId(0),
            growth: 0,
            failures: 0,
            retry_at: Instant::ZERO,
            closing: None,
            fresh: true,
            alarm: None,
            stats: PoolStats::default(),
        }
    }

    fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    /// Somebody wants a lease, for this key or for anything; the answer is in [`answer`](Self::answer), perhaps at once.
    pub fn acquire(&mut self, key: Option<u64>) -> Ticket {
        let ticket = Ticket(self.issue());
        self.fresh = true;
        if self.closing.is_some() {
            self.reply(ticket, Err(PoolError::Closed));
            return ticket;
        }
        if self.options.strategy == PoolStrategy::RoundRobin {
            self.growth += 1;
        }
        self.waiting.push_back(Waiting { ticket, due: Due::after(self.options.acquire_timeout), key });
        self.serve();
        ticket
    }

    /// The answer to a request, given out once.
    pub fn answer(&mut self, ticket: Ticket) -> Option<Result<SlotId, PoolError>> {
        self.answers.remove(&ticket)
    }

    /// Whose answer has come.
    pub fn poll_answered(&mut self) -> Option<Ticket> {
        self.answered.pop_front()
    }

    /// Nobody waits for this one any more; a lease that was granted goes back.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|waiting| waiting.ticket != ticket);
        if let Some(Ok(slot)) = self.answers.remove(&ticket) {
            self.release(slot);
        }
    }

    /// A lease is given back.
    pub fn release(&mut self, id: SlotId) {
        self.fresh = true;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        slot.leases = slot.leases.saturating_sub(1);
        if slot.leases == 0 {
            slot.idle = Due::after(self.options.idle_ttl);
            if slot.state == SlotState::Retiring {
                self.close_slot(id);
            }
        }
        self.serve();
    }

    /// The connection is there.
    pub fn connected(&mut self, id: SlotId, random: u64) {
        self.fresh = true;
        let lifetime = self.options.max_lifetime.map(|lifetime| {
            let jitter = u64::try_from(self.options.lifetime_jitter.as_nanos()).unwrap_or(u64::MAX);
            let shorter = (u128::from(jitter) * u128::from(random)) >> 64;
            lifetime.saturating_sub(Duration::from_nanos(u64::try_from(shorter).unwrap_or(u64::MAX)))
        });
        let Some(slot) = self.slots.get_mut(&id) else { return };
        slot.state = SlotState::Up;
        slot.idle = Due::after(self.options.idle_ttl);
        slot.old = Due::after(lifetime);
        self.failures = 0;
        self.stats.made += 1;
        self.serve();
    }

    /// It could not be made.
    pub fn failed(&mut self, now: Instant, id: SlotId, error: &Error, random: u64) {
        if self.slots.remove(&id).is_none() {
            return;
        }
        self.fresh = true;
        self.stats.failed += 1;
        self.failures = self.failures.saturating_add(1);
        self.retry_at = self.retry_at.max(now.saturating_add(self.options.backoff.delay(self.failures, random)));
        if self.options.classifier.classify(error) == Recovery::GiveUp {
            self.deny_all(&PoolError::Failed(error.clone()));
        }
    }

    /// It is lost.
    pub fn lost(&mut self, now: Instant, id: SlotId, random: u64) {
        let Some(slot) = self.slots.remove(&id) else { return };
        self.fresh = true;
        if slot.state != SlotState::Closing {
            self.stats.lost += 1;
            self.retry_at = self.retry_at.max(now.saturating_add(self.options.backoff.spread(random)));
        }
    }

    /// The close is over.
    pub fn closed(&mut self, id: SlotId) {
        self.fresh = true;
        self.slots.remove(&id);
    }

    /// Another number of connections: those beyond it are closed as they are given back.
    pub fn resize(&mut self, max_connections: usize) {
        self.options.max_connections = max_connections;
        self.fresh = true;
    }

    /// Lends no more; closes what is idle now, and everything after `within`.
    pub fn close(&mut self, within: Duration) {
        self.fresh = true;
        self.closing.get_or_insert(Due::After(within));
        self.deny_all(&PoolError::Closed);
        let all: Vec<SlotId> = self.slots.keys().copied().collect();
        for id in all {
            self.retire(id);
        }
    }

    /// Whether it has been closed and nothing is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closing.is_some() && self.slots.is_empty()
    }

    /// Whether a pass is due at once.
    #[must_use]
    pub fn wants_pass(&self) -> bool {
        self.fresh || !self.orders.is_empty()
    }

    /// When the next pass is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.alarm
    }

    /// What is to be done.
    pub fn poll_order(&mut self) -> Option<PoolOrder> {
        self.orders.pop_front()
    }

    /// It is now that late: what is new begins to run, and what is due is done.
    pub fn pass(&mut self, now: Instant) {
        self.fresh = false;
        let late = count_due(&mut self.waiting, now);
        for _ in 0..late {
            // all wait equally long, so those that are late are in front
            if let Some(Waiting { ticket, .. }) = self.waiting.pop_front() {
                self.reply(ticket, Err(PoolError::TimedOut));
            }
        }
        self.retire_old(now);
        if self.closing.as_mut().is_some_and(|due| due.has_come(now)) {
            let all: Vec<SlotId> = self.slots.keys().copied().collect();
            all.into_iter().for_each(|id| self.close_slot(id));
        }
        let retry = self.grow(now);
        self.retire_surplus(now);
        self.alarm = self.next_alarm(retry);
    }

    fn next_alarm(&self, retry: Option<Instant>) -> Option<Instant> {
        let waiting = self.waiting.front().and_then(|waiting| waiting.due.at());
        let to_close = self.slots.values().any(|slot| slot.state != SlotState::Closing);
        let closing = self.closing.and_then(Due::at).filter(|_| to_close);
        let spare = self.spare() > self.options.min_idle;
        let slots = self.slots.values().filter(|slot| slot.state == SlotState::Up).flat_map(|slot| {
            let idle = slot.idle.at().filter(|_| slot.leases == 0 && spare);
            [slot.old.at(), idle]
        });
        slots.chain([waiting, closing, retry]).flatten().min()
    }

    /// Connections that are too old are lent no more.
    fn retire_old(&mut self, now: Instant) {
        let old: Vec<SlotId> = self
            .slots
            .iter_mut()
            .filter_map(|(id, slot)| (slot.state == SlotState::Up && slot.old.has_come(now)).then_some(*id))
            .collect();
        old.into_iter().for_each(|id| self.retire(id));
    }

    /// Connections that nobody uses, and that are too many, go.
    fn retire_surplus(&mut self, now: Instant) {
        let idle: Vec<(SlotId, bool)> = self
            .slots
            .iter_mut()
            .filter(|(_, slot)| slot.state == SlotState::Up && slot.leases == 0)
            .map(|(id, slot)| (*id, slot.idle.has_come(now)))
            .collect();
        // the youngest first: leases prefer the old ones
        for (id, is_due) in idle.into_iter().rev() {
            let too_many = self.slots.values().filter(|slot| slot.state != SlotState::Closing).count()
                > self.options.max_connections;
            if too_many || (is_due && self.spare() > self.options.min_idle) {
                self.retire(id);
            }
        }
    }

    /// Orders the connections that are wanted; when to look again, if some have to wait.
    fn grow(&mut self, now: Instant) -> Option<Instant> {
        while self.wanted() > 0 && self.slots.len() < self.options.max_connections {
            if self.retry_at > now {
                return Some(self.retry_at);
            }
            if let Some(Err(later)) = self.options.budget.as_ref().map(|budget| budget.take(now)) {
                return Some(later);
            }
            self.connect();
        }
        self.growth = 0;
        None
    }

    fn connect(&mut self) {
        let id = SlotId(self.issue());
        self.growth = self.growth.saturating_sub(1);
        let state = SlotState::Connecting;
        self.slots.insert(id, Slot { state, leases: 0, idle: Due::Never, old: Due::Never });
        let endpoints = self.options.endpoints.len().max(1);
        let endpoint = usize::try_from(self.failures).unwrap_or_default() % endpoints;
        let endpoint = self.options.endpoints.get(endpoint).cloned().unwrap_or_default();
        self.orders.push_back(PoolOrder::Connect(id, Attempt { number: self.failures + 1, endpoint }));
    }

    /// How many more connections are to be made.
    fn wanted(&self) -> usize {
        if self.closing.is_some() {
            return 0;
        }
        let connecting = self.count(SlotState::Connecting);
        let for_waiting = self.waiting.len().div_ceil(self.options.leases()).saturating_sub(connecting);
        let for_reserve = self.options.min_idle.saturating_sub(self.spare());
        // a server that has just failed is asked by one at a time
        let most = if self.failures > 0 { 1_usize.saturating_sub(connecting) } else { usize::MAX };
        for_waiting.max(for_reserve).max(self.growth).min(most)
    }

    /// Connections that are there or to come, and that nobody uses.
    fn spare(&self) -> usize {
        let unused = |slot: &&Slot| slot.leases == 0 && matches!(slot.state, SlotState::Connecting | SlotState::Up);
        self.slots.values().filter(unused).count()
    }

    fn count(&self, state: SlotState) -> usize {
        self.slots.values().filter(|slot| slot.state == state).count()
    }

    /// Those who wait get what is free, first come first served.
    fn serve(&mut self) {
        while let Some(Waiting { ticket, key, .. }) = self.waiting.front() {
            let (ticket, key) = (*ticket, *key);
            let Some(id) = self.pick(key) else { return };
            self.waiting.pop_front();
            if let Some(slot) = self.slots.get_mut(&id) {
                slot.leases += 1;
            }
            self.last = id;
            self.reply(ticket, Ok(id));
        }
    }

    fn pick(&self, key: Option<u64>) -> Option<SlotId> {
        let leases = self.options.leases();
        let free = || self.slots.iter().filter(|(_, slot)| slot.state == SlotState::Up && slot.leases < leases);
        if let Some(key) = key {
            // each connection has a weight for each key: one that comes or goes changes the place of few
            return free().max_by_key(|(id, _)| weight(key, **id)).map(|(id, _)| *id);
        }
        match self.options.strategy {
            PoolStrategy::LeastLoaded | PoolStrategy::Exclusive => {
                free().min_by_key(|(_, slot)| slot.leases).map(|(id, _)| *id)
            }
            PoolStrategy::RoundRobin => {
                let next = free().find(|(id, _)| **id > self.last).or_else(|| free().next());
                next.map(|(id, _)| *id)
            }
        }
    }

    fn reply(&mut self, ticket: Ticket, answer: Result<SlotId, PoolError>) {
        match &answer {
            Ok(_) => self.stats.granted += 1,
            Err(_) => self.stats.denied += 1,
        }
        self.answers.insert(ticket, answer);
        self.answered.push_back(ticket);
    }

    fn deny_all(&mut self, error: &PoolError) {
        for Waiting { ticket, .. } in mem::take(&mut self.waiting) {
            self.reply(ticket, Err(error.clone()));
        }
    }

    /// Lends it no more, and closes it when it has been given back.
    fn retire(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        match slot.state {
            SlotState::Up if slot.leases > 0 => slot.state = SlotState::Retiring,
            SlotState::Up | SlotState::Connecting => self.close_slot(id),
            SlotState::Retiring | SlotState::Closing => {}
        }
    }

    fn close_slot(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        match slot.state {
            SlotState::Connecting => {
                self.slots.remove(&id);
                self.orders.push_back(PoolOrder::Abandon(id));
            }
            SlotState::Up | SlotState::Retiring => {
                slot.state = SlotState::Closing;
                self.orders.push_back(PoolOrder::Close(id));
            }
            SlotState::Closing => {}
        }
    }

    /// The state at this moment.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let up = |busy: bool| move |slot: &&Slot| slot.state == SlotState::Up && (slot.leases > 0) == busy;
        PoolStats {
            connecting: self.count(SlotState::Connecting),
            idle: self.slots.values().filter(up(false)).count(),
            busy: self.slots.values().filter(up(true)).count(),
            retiring: self.count(SlotState::Retiring),
            closing: self.count(SlotState::Closing),
            leases: self.slots.values().map(|slot| slot.leases).sum(),
            waiting: self.waiting.len(),
            ..self.stats
        }
    }
}

/// How many in front are due; those that have not begun to wait do now.
fn count_due(waiting: &mut VecDeque<Waiting>, now: Instant) -> usize {
    let mut late = 0;
    for waiting in waiting.iter_mut() {
        late += usize::from(waiting.due.has_come(now));
    }
    late
}

/// How much this connection is the one for this key.
fn weight(key: u64, id: SlotId) -> u64 {
    let mixed = (key ^ id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb)
}
