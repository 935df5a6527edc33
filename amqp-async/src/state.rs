//! What the handles and the driver of one connection share: the machine, and who waits for what, behind
//! one lock.
//!
//! A handle locks, speaks to the machine directly, and wakes the driver only if the driver is parked and
//! there is something for it to do. Wakers are collected under the lock and called outside it.

use crate::deadline::{Deadlines, RunningLimit};
use crate::error::{Error, Step};
use crate::links::Links;
use crate::options::{Incoming, Options, Timeouts};
use crate::outcomes::Outcomes;
use crate::probe::Probes;
use crate::published::{Credit, Look, WatchedWindows, Watching};
use crate::receiver::{Member, Ready};
use crate::resume::Leftovers;
use crate::sender::DrainAnswer;
use crate::slots::Slots;
use crate::sync::{Mutex, MutexGuard};
use crate::transport::READ_SIZE;
use crate::wait::{Turns, Wakers};
use amqp_proto::codec::{self, Attach, Begin};
use amqp_proto::{CloseReason, Connection, LinkId, Misuse, SaslAnswer, SaslRequest, SessionId, Sorted};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// One connection, as its handles and its driver see it.
pub(crate) struct Shared {
    state: Mutex<State>,
    timeouts: Timeouts,
}

/// Everything behind the lock.
pub(crate) struct State {
    pub(crate) machine: Connection,
    pub(crate) phase: Phase,
    /// What is waited for while the phase is [`Phase::Opening`]: login or open.
    pub(crate) opening: Step,
    /// Who waits for the next step of the connection itself, or for a session that the peer begins.
    pub(crate) changed: Wakers,
    /// Listener: the client's wish to be let in, until it is taken.
    pub(crate) login: Option<SaslRequest>,
    pub(crate) requested: VecDeque<(SessionId, Box<Begin>)>,
    pub(crate) sessions: Sorted<SessionId, SessionEntry>,
    pub(crate) links: Links,
    pub(crate) outcomes: Outcomes,
    /// What has come for whoever receives on many links.
    pub(crate) sets: Slots<Ready>,
    /// What links leave behind for those after them.
    pub(crate) leftovers: Leftovers,
    /// Who waits until nothing that a link sent is unsettled.
    pub(crate) flushing: Wakers,
    pub(crate) deadlines: Deadlines,
    pub(crate) incoming: Incoming,
    /// The answer to a login that the driver has to hand to the machine, since it knows the time.
    pub(crate) answer: Option<SaslAnswer>,
    /// A close that the driver has to hand to the machine, since it knows the time.
    pub(crate) closing: Option<Option<codec::Error>>,
    /// The last handle is gone: nobody will see how the connection ends.
    pub(crate) abandoned: bool,
    /// Set while the driver waits for something to do.
    pub(crate) parked: Option<Waker>,
    /// Somebody has waited so that the driver comes by, which it has not since.
    pub(crate) pushed: bool,
    /// To be called when the lock is released.
    pub(crate) wake: Vec<Waker>,
    pub(crate) probes: Probes,
    /// What somebody has looked at, and is shown from then on.
    pub(crate) watching: Option<Box<Watching>>,
    names: u64,
}

/// How far the connection is.
pub(crate) enum Phase {
    Opening,
    Open,
    Closed(Error),
}

/// Why a session or link is gone, once it is. The table sets it, the handles read it.
#[derive(Clone, Default)]
pub(crate) struct Fate(Arc<OnceLock<Error>>);

/// How far a session or link is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The peer has asked, we have not answered.
    Requested,
    /// We have asked, the peer has not answered.
    Proposed,
    /// Both have spoken.
    Up,
}

pub(crate) struct SessionEntry {
    pub(crate) fate: Fate,
    pub(crate) stage: Stage,
    pub(crate) requested: VecDeque<(LinkId, Box<Attach>)>,
    pub(crate) changed: Wakers,
}

/// In 64 octets with its id: each message touches it, and of a thousand links that each have one at a time no cache holds
/// more.
pub(crate) struct LinkEntry {
    /// Receiver: the set that it is in.
    pub(crate) set: Option<Member>,
    /// Who waits, if anybody does or did.
    waiting: Option<Box<Waiting>>,
    /// Somebody may be there to be called: nothing else is fetched for a message that nobody waits for.
    calls: bool,
    pub(crate) fate: Fate,
    pub(crate) stage: Stage,
    pub(crate) drained: bool,
    /// Sender: how a drain is answered.
    pub(crate) drain_answer: DrainAnswer,
}

/// Who waits for something of a link's.
#[derive(Default)]
pub(crate) struct Waiting {
    /// Who waits to send, or for a delivery.
    pub(crate) turns: Turns,
    /// A delivery that is written or read in pieces has the link for itself.
    pub(crate) holder: Option<Holder>,
    /// Who waits for attach, detach, the end of a drain.
    pub(crate) changed: Wakers,
    /// Receiver: deliveries whose sender is to settle, by number, where somebody waits for that.
    pub(crate) confirming: Sorted<u32, Confirming>,
}

/// Who writes or reads a delivery in pieces.
#[derive(Default)]
pub(crate) struct Holder {
    pub(crate) waiting: Option<Waker>,
}

/// The sender's settlement, to come or here (§2.6.12).
pub(crate) enum Confirming {
    Waiting(Option<Waker>),
    Settled,
}

impl Fate {
    /// The error, if it is gone.
    #[inline(never)]
    pub(crate) fn get(&self) -> Option<Error> {
        self.0.get().cloned()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn set(&self, error: Error) {
        // the first cause stands
        let _ = self.0.set(error);
    }

    /// What to answer for a command that the machine refused: why the thing is gone, rather than that
    /// its id is stale.
    #[cold]
    #[inline(never)]
    pub(crate) fn explain(&self, misuse: Misuse) -> Error {
        self.get().unwrap_or(Error::Misuse(misuse))
    }

    /// Success of a detach or end of our own, or what came in its way.
    pub(crate) fn of_own_accord(&self) -> Poll<Result<(), Error>> {
        match self.get() {
            None => Poll::Pending,
            Some(Error::Misuse(_)) => Poll::Ready(Ok(())),
            Some(error) => Poll::Ready(Err(error)),
        }
    }
}

impl SessionEntry {
    pub(crate) fn new(fate: Fate, stage: Stage) -> Self {
        Self { fate, stage, requested: VecDeque::new(), changed: Wakers::default() }
    }
}

impl LinkEntry {
    pub(crate) fn new(fate: Fate, stage: Stage) -> Self {
        Self { set: None, waiting: None, calls: false, fate, stage, drained: false, drain_answer: DrainAnswer::AtOnce }
    }

    /// Who waits, for one more.
    #[inline]
    pub(crate) fn waiting(&mut self) -> &mut Waiting {
        self.calls = true;
        self.waiting.get_or_insert_default()
    }

    /// There is something to take, or room to send.
    #[inline(always)]
    pub(crate) fn ready(&mut self, sets: &mut Slots<Ready>, wake: &mut Vec<Waker>) {
        self.call(wake);
        if let Some(member) = self.set {
            member.tell(sets, wake);
        }
    }

    /// Calls the holder, or whoever is first.
    #[inline]
    fn call(&mut self, wake: &mut Vec<Waker>) {
        if self.calls {
            self.call_waiting(wake);
        }
    }

    fn call_waiting(&mut self, wake: &mut Vec<Waker>) {
        self.calls = self.waiting.as_mut().is_some_and(|waiting| waiting.call(wake));
    }

    /// What somebody waits for besides has changed.
    pub(crate) fn tell_changed(&mut self, wake: &mut Vec<Waker>) {
        let Some(waiting) = &mut self.waiting else { return };
        waiting.changed.call_all(wake);
        if !waiting.is_known() {
            // most links are attached, and that was all
            self.waiting = None;
        }
    }

    /// The delivery in pieces is over: it is anybody's turn again.
    pub(crate) fn let_go(&mut self, wake: &mut Vec<Waker>) {
        let Some(waiting) = &mut self.waiting else { return };
        if waiting.holder.take().is_some() {
            waiting.turns.call(wake);
        }
    }

    /// The sender has settled a delivery.
    pub(crate) fn confirm(&mut self, number: u32, wake: &mut Vec<Waker>) {
        let Some(waiting) = &mut self.waiting else { return };
        if let Some(confirming) = waiting.confirming.get_mut(&number) {
            if let Confirming::Waiting(Some(waker)) = mem::replace(confirming, Confirming::Settled) {
                wake.push(waker);
            }
        }
    }

    /// Calls everybody who waits for anything here.
    pub(crate) fn call_all(&mut self, wake: &mut Vec<Waker>) {
        let Some(waiting) = &mut self.waiting else { return };
        waiting.changed.call_all(wake);
        waiting.turns.call_all(wake);
        wake.extend(waiting.holder.as_mut().and_then(|holder| holder.waiting.take()));
        for (_, confirming) in waiting.confirming.iter_mut() {
            if let Confirming::Waiting(waker) = confirming {
                wake.extend(waker.take());
            }
        }
    }
}

impl Waiting {
    /// Whether there may be somebody to be called the next time, too.
    fn call(&mut self, wake: &mut Vec<Waker>) -> bool {
        match &mut self.holder {
            Some(holder) => wake.extend(holder.waiting.take()),
            None => self.turns.call(wake),
        }
        self.holder.is_some() || !self.turns.is_empty()
    }

    /// Whether anybody may come back to it.
    fn is_known(&self) -> bool {
        self.turns.was_used() || self.holder.is_some() || !self.changed.is_empty() || !self.confirming.is_empty()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn new(machine: Connection, opening: Step, options: &Options) -> Arc<Self> {
        let state = State {
            machine,
            phase: Phase::Opening,
            opening,
            changed: Wakers::default(),
            login: None,
            requested: VecDeque::new(),
            sessions: Sorted::new(),
            links: Links::default(),
            outcomes: Outcomes::default(),
            sets: Slots::default(),
            leftovers: Leftovers::default(),
            flushing: Wakers::default(),
            deadlines: Deadlines::default(),
            incoming: options.incoming,
            answer: None,
            closing: None,
            abandoned: false,
            parked: None,
            pushed: false,
            wake: Vec::new(),
            probes: Probes::default(),
            watching: None,
            names: 0,
        };
        Arc::new(Self { state: Mutex::new(state), timeouts: options.timeouts })
    }

    /// The lock itself. Nothing of the application runs under it, so poison means nothing here.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a step may take.
    pub(crate) fn limit(&self, step: Step) -> Option<Duration> {
        self.timeouts.of(step)
    }

    /// A handle's turn: acts under the lock, and afterwards wakes whoever is concerned.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        self.turn(None, act)
    }

    /// A turn of one link's handle: as [`with`](Self::with), but of what is shown only its credit and its session's windows
    /// are renewed here. Others' may have changed with them only if a frame is to leave, and then the driver comes by.
    pub(crate) fn with_link<R>(
        &self,
        session: SessionId,
        look: &Look<Credit, 1>,
        act: impl FnOnce(&mut State) -> R,
    ) -> R {
        self.turn(Some((session, Some(look))), act)
    }

    /// A turn that changes nothing of what is shown but its session's windows.
    pub(crate) fn with_session<R>(&self, session: SessionId, act: impl FnOnce(&mut State) -> R) -> R {
        self.turn(Some((session, None)), act)
    }

    fn turn<R>(&self, of: Option<OfLink<'_>>, act: impl FnOnce(&mut State) -> R) -> R {
        // what ends the turn is a drop, so that the result is made where the caller wants it and never moved
        let mut turn = Turn { state: self.lock(), calls: None, of };
        act(&mut turn.state)
    }

    /// Waits until `check` answers. It runs under the lock, and registers the waker where the change will
    /// be announced.
    pub(crate) async fn wait<T>(&self, mut check: impl FnMut(&mut State, &Waker) -> Poll<T>) -> T {
        poll_fn(|cx| self.with(|state| check(state, cx.waker()))).await
    }

    /// Waits until `check` answers, at most as long as `step` may take.
    pub(crate) async fn until<T>(
        &self,
        step: Step,
        check: impl FnMut(&mut State, &Waker) -> Poll<Result<T, Error>>,
    ) -> Result<T, Error> {
        self.until_after(step, self.limit(step), check).await
    }

    /// Waits until `check` answers, at most so long.
    pub(crate) async fn until_after<T>(
        &self,
        step: Step,
        limit: Option<Duration>,
        mut check: impl FnMut(&mut State, &Waker) -> Poll<Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut limit = RunningLimit::new(self, limit);
        self.wait(|state, waker| match check(state, waker) {
            Poll::Pending => limit.poll(state, waker).map(|()| Err(Error::Timeout(step))),
            ready => ready,
        })
        .await
    }
}

/// A handle's time under the lock. What it drops last is called without the lock: the order of the fields counts.
struct Turn<'a> {
    state: MutexGuard<'a, State>,
    /// Nobody, mostly.
    calls: Option<Calls>,
    /// The link that it concerns, if it is one alone.
    of: Option<OfLink<'a>>,
}

/// What a link's turn may change of all that is shown: its session's windows, and its credit, if that.
pub(crate) type OfLink<'a> = (SessionId, Option<&'a Look<Credit, 1>>);

/// Who is woken when this is dropped.
struct Calls {
    tasks: Vec<Waker>,
    driver: Option<Waker>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        if state.watching.is_some() {
            state.publish(self.of);
        }
        let driver = if state.parked.is_some() && state.wants_driver() { state.parked.take() } else { None };
        if driver.is_some() || !state.wake.is_empty() {
            self.calls = Some(Calls { tasks: mem::take(&mut state.wake), driver });
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        if !self.tasks.is_empty() {
            self.tasks.drain(..).for_each(Waker::wake);
        }
        if let Some(driver) = self.driver.take() {
            driver.wake();
        }
    }
}

/// How many octets are handed over, about, before the driver has a turn. More than one read takes: who sends a thousand small
/// messages at a time sends two portions, and the second is made while the first is read.
const PORTION: usize = READ_SIZE / 4 * 5;

impl State {
    /// Whether whoever hands over more should wait a moment first, so that what there is leaves: the peer may have a processor
    /// of its own. Not more than once where it cannot leave.
    pub(crate) fn should_push(&self) -> bool {
        self.machine.encoded_output() >= PORTION && !self.pushed
    }

    /// Whether a parked driver would find something to do.
    fn wants_driver(&self) -> bool {
        self.machine.has_output() || self.closing.is_some() || self.answer.is_some() || self.deadlines.wants_driver()
    }

    /// Whether the peer has opened the connection, and closed it without an error at the most.
    pub(crate) fn was_opened(&self) -> bool {
        match &self.phase {
            Phase::Open => true,
            Phase::Closed(Error::Closed(CloseReason::Remote(None))) => self.machine.remote_open().is_some(),
            Phase::Opening | Phase::Closed(_) => false,
        }
    }

    /// Why the connection cannot be used any more.
    #[inline(never)]
    pub(crate) fn closed(&self) -> Option<Error> {
        match &self.phase {
            Phase::Closed(error) => Some(error.clone()),
            Phase::Opening | Phase::Open => None,
        }
    }

    /// Shows what somebody has looked at as it is now; only of this link and its session, if one is given.
    #[cold]
    pub(crate) fn publish(&mut self, of: Option<OfLink<'_>>) {
        if let Some(publish) = self.watching.as_ref().map(|watching| watching.publish) {
            publish(self, of);
        }
    }

    /// What [`publish`](Self::publish) does by a pointer: a program in which nobody looks has none of it.
    pub(crate) fn publish_watched(&mut self, of: Option<OfLink<'_>>) {
        let Self { machine, watching, wake, .. } = self;
        let Some(shown) = watching else { return };
        match of {
            Some((session, look)) => {
                shown.show_session(session, machine, wake);
                if let Some(look) = look {
                    look.show(machine);
                }
            }
            None if shown.show(machine, wake) => {}
            None => *watching = None,
        }
    }

    /// The session's windows, if they are shown.
    pub(crate) fn watched(&mut self, id: SessionId) -> Option<&mut WatchedWindows> {
        self.watching.as_mut()?.sessions.get_mut(&id)
    }

    /// A name for a link that nobody has named; unique on this connection (§2.6.1).
    pub(crate) fn name(&mut self, role: &str) -> String {
        self.names += 1;
        format!("{role}-{}", self.names)
    }

    /// The session's entry, or why there is none.
    pub(crate) fn session(&mut self, id: SessionId, fate: &Fate) -> Result<&mut SessionEntry, Error> {
        self.sessions.get_mut(&id).ok_or_else(|| fate.explain(Misuse::StaleId))
    }

    /// The link's entry, or why there is none.
    pub(crate) fn link(&mut self, id: LinkId, fate: &Fate) -> Result<&mut LinkEntry, Error> {
        self.links.get_mut(&id).ok_or_else(|| fate.explain(Misuse::StaleId))
    }
}
