//! The receiving end of a link (§2.6) as an application holds it: [`recv`] takes deliveries one by one, [`batch`]
//! several at once, [`set`] those of many links, by [`take`]; [`reader`] one in pieces; [`credit`] says how many may come.

mod batch;
mod credit;
mod reader;
mod recv;
mod set;
mod take;

pub use batch::{Batch, BatchOptions};
pub use reader::DeliveryReader;
pub use recv::Recv;
pub(crate) use set::{Member, Ready};
pub use set::{ReceiverGone, ReceiverSet};
use take::{AtHand, Sink};

use crate::deadline::RunningLimit;
use crate::delivery::{Delivery, OnDrop};
use crate::error::Error;
use crate::link::LinkRoot;
use crate::links::Links;
use crate::session::Session;
use crate::state::State;
use crate::wait::{Ticket, Wakers};
use amqp_proto::codec::{self, Attach};
use amqp_proto::{Connection, Idle, Instant, LinkSnapshot, ReceiverId};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Receives messages from one address (§2.6).
///
/// Every method takes `&self`, and a [`Delivery`] is settled by itself, from any task: receiving and
/// settling do not exclude each other. Several tasks may receive at once through an
/// [`Arc`](std::sync::Arc); each delivery goes to one of them.
///
/// No more deliveries wait here than credit was granted for, and no more octets than the session's
/// incoming-window allows; taking deliveries is what opens both again.
///
/// When this and the last [`Delivery`] taken from it are dropped the link is detached. Deliveries that
/// were never taken stay the sender's, unless it sent them settled.
pub struct Receiver {
    pub(crate) link: Arc<ReceiverRoot>,
}

pub(crate) type ReceiverRoot = LinkRoot<ReceiverId>;

/// What the handles of a receiver keep beside the machine. In this order, as in [`LinkRoot`].
#[derive(Default)]
#[repr(C)]
pub(crate) struct Own {
    /// Whether anything is kept, so that whoever only receives has one lock to take. Changed under the connection's lock.
    any: AtomicBool,
    /// The stream has told why there is no more.
    told: AtomicBool,
    /// Locked only under the connection's lock.
    kept: Mutex<Option<Box<Kept>>>,
}

#[derive(Default)]
struct Kept {
    /// Deliveries that a batch had taken and that was given up then, the oldest first.
    deliveries: VecDeque<amqp_proto::Delivery>,
    /// The place of the stream, which stays when nobody polls it.
    place: Option<Ticket>,
    /// A delivery is being read in pieces: nothing else can be taken before its end.
    reading: bool,
    /// Who waits for the end of that although the link is gone: what had arrived behind it can still be taken.
    behind: Wakers,
}

impl Own {
    fn keep<R>(&self, act: impl FnOnce(&mut Kept) -> R) -> R {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(kept.get_or_insert_default());
        kept.take_if(|kept| !kept.any());
        self.any.store(kept.is_some(), Relaxed);
        result
    }
}

impl Kept {
    /// What comes before what the machine has: a delivery, or nothing at all while one is read in pieces.
    fn first(&mut self) -> Option<Option<amqp_proto::Delivery>> {
        if self.reading { Some(None) } else { self.deliveries.pop_front().map(Some) }
    }

    fn any(&self) -> bool {
        self.reading || self.place.is_some() || !self.deliveries.is_empty() || !self.behind.is_empty()
    }
}

impl Receiver {
    pub(crate) fn new(link: ReceiverRoot) -> Self {
        Self { link: Arc::new(link) }
    }

    /// The link's name in this process, which a [`Delivery`] has, too ([`Delivery::receiver`]); unique on its connection.
    #[must_use]
    pub fn id(&self) -> ReceiverId {
        self.link.id
    }

    /// Waits for the next delivery. What had arrived before the link ended is still given out.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why no more can come: the link, its session or the connection is gone.
    pub fn recv(&self) -> Recv<'_> {
        Recv::new(self)
    }

    /// As [`recv`](Self::recv), for at most `limit`; `None` if nothing has come by then.
    ///
    /// Cancel-safe, as [`recv`](Self::recv).
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub async fn recv_timeout(&self, limit: Duration) -> Result<Option<Delivery>, Error> {
        RunningLimit::new(self.link.shared(), Some(limit)).run(self.recv()).await.transpose()
    }

    /// Takes the next delivery if it is here already.
    ///
    /// # Errors
    /// Why no more can come.
    pub fn try_recv(&self) -> Result<Option<Delivery>, Error> {
        let mut taken = None;
        self.link.with(|state| self.take(state, 1, &mut taken)).map(|_| taken)
    }

    /// What becomes of deliveries of this link that are dropped unsettled; holds for those that are taken from now
    /// on. Default [`OnDrop::Release`].
    pub fn set_on_drop(&self, on_drop: OnDrop) {
        if let Some(out) = self.link.shared().lock().links.out(self.link.id) {
            // where the link is gone there is nothing to settle
            out.on_drop = on_drop;
        }
    }

    /// Why nothing is there to take; `None` if something is, or if the link is gone.
    #[must_use]
    pub fn why_idle(&self) -> Option<Idle> {
        let mut state = self.link.shared().lock();
        state.machine.receiver(self.link.id).ok().and_then(|receiver| receiver.why_idle())
    }

    /// How many more messages the sender may send (§2.6.7), as the driver or a handle of this link left it last; 0 when the
    /// link is gone. Credit that is renewed because another link of the session has made room is seen when the driver
    /// sends it.
    ///
    /// Cheap enough to be asked for every message: only the first call on a link waits for the lock that the driver takes
    /// too, all others read a number that is kept up to date from then on.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.link.credit()
    }

    /// How many deliveries have been taken and not settled, or wait to be taken.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        let mut state = self.link.shared().lock();
        state.machine.receiver(self.link.id).map_or(0, |receiver| receiver.unsettled())
    }

    /// State, credit and counters of the link at this moment; `None` when it is gone.
    #[must_use]
    pub fn snapshot(&self) -> Option<LinkSnapshot> {
        self.link.shared().lock().machine.receiver(self.link.id).ok()?.snapshot()
    }

    /// The time as of the driver's last pass, and the last round trip that was measured.
    pub(crate) fn clock(&self) -> (Instant, Option<Duration>) {
        let state = self.link.shared().lock();
        (state.probes.now, state.probes.last)
    }

    /// The session that the link is attached to.
    #[must_use]
    pub fn session(&self) -> Session {
        self.link.session()
    }

    /// The peer's attach (§2.7.3); `None` when the link is gone.
    #[must_use]
    pub fn remote_attach(&self) -> Option<Attach> {
        self.link.remote_attach()
    }

    /// Waits until the link is gone and says why; [`Error::Misuse`] means that this side closed it.
    /// Cancel-safe.
    pub async fn detached(&self) -> Error {
        self.link.gone().await
    }

    /// Detaches the link for good (§2.6.4) and waits for the peer's detach. Deliveries that are not
    /// settled by then go back to the sender.
    ///
    /// Cancel-safe: once polled the detach takes its course; a dropped future only does not see it.
    ///
    /// # Errors
    /// How it ended instead; time-out.
    pub async fn close(&self) -> Result<(), Error> {
        self.link.detach(true, None).await
    }

    /// Detaches the link without closing it (§2.6.4): the peer keeps the terminus, as its expiry-policy says, and a
    /// link of the same name can be attached to it again. Otherwise as [`close`](Self::close).
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn detach(&self) -> Result<(), Error> {
        self.link.detach(false, None).await
    }

    /// As [`close`](Self::close), and tells the peer why.
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.link.detach(true, Some(error)).await
    }

    fn delivery(&self, state: &mut State, delivery: amqp_proto::Delivery) -> Delivery {
        Delivery::new(&self.link, &mut state.links, delivery)
    }

    /// Takes what is there, at most `max`: whether that is any.
    ///
    /// # Errors
    /// Why there is none, and can be no more.
    #[inline]
    fn take(&self, state: &mut State, max: usize, sink: &mut impl Sink) -> Result<bool, Error> {
        let (State { machine, links, .. }, link, mut left) = (state, &self.link, max);
        let taken = AtHand { session: link.session_root(), id: link.id, link }.take(machine, links, (&mut left, sink));
        match taken {
            Err(error) if left == max => Err(error),
            // the next one who takes is told
            Ok(_) | Err(_) => Ok(left < max),
        }
    }

    /// Takes what is there, at most `max`, or else waits for a turn to.
    fn attempt(
        &self,
        state: &mut State,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
        (max, sink): (usize, &mut impl Sink),
    ) -> Poll<Result<(), Error>> {
        match self.take(state, max, sink) {
            Ok(false) => {
                self.wait(state, ticket, waker);
                Poll::Pending
            }
            taken => {
                self.leave(state, ticket);
                Poll::Ready(taken.map(drop))
            }
        }
    }

    /// Waits for a turn to take something.
    fn wait(&self, state: &mut State, ticket: &mut Option<Ticket>, waker: &Waker) {
        let link = &self.link;
        let forgotten = link.kept(&mut state.links, |kept| kept.place.take()).flatten();
        if let Some(entry) = state.links.get_mut(&link.id.into()) {
            let turns = &mut entry.waiting().turns;
            if let Some(forgotten) = forgotten {
                // whoever waits here polls no stream
                turns.leave(forgotten);
            }
            return turns.wait(ticket, waker);
        }
        link.keep(&mut state.links, |kept| kept.behind.register(waker));
    }

    /// Gives the place in the queue up; if there is more to take, the next one is called.
    fn leave(&self, state: &mut State, ticket: &mut Option<Ticket>) {
        let Some(ticket) = ticket.take() else { return };
        let id = self.link.id;
        let is_more = self.link.kept(&mut state.links, |kept| !kept.deliveries.is_empty()).unwrap_or_default()
            || state.machine.receiver(id).is_ok_and(|receiver| receiver.buffered() > 0);
        if let Some(entry) = state.links.get_mut(&id.into()) {
            let turns = &mut entry.waiting().turns;
            if turns.leave(ticket) && is_more {
                turns.call(&mut state.wake);
            }
        }
    }
}

impl ReceiverRoot {
    /// What is kept, if anything is.
    fn kept<R>(&self, links: &mut Links, act: impl FnOnce(&mut Kept) -> R) -> Option<R> {
        // the connection's lock orders this
        self.own.any.load(Relaxed).then(|| self.keep(links, act))
    }

    /// As [`kept`](Self::kept), for whoever may leave something there.
    fn keep<R>(&self, links: &mut Links, act: impl FnOnce(&mut Kept) -> R) -> R {
        let result = self.own.keep(act);
        links.set_keeps(self.id, self.own.any.load(Relaxed));
        result
    }

    /// The next delivery, of those that are kept or from the machine.
    fn take_next(&self, machine: &mut Connection, links: &mut Links) -> Result<Option<amqp_proto::Delivery>, Error> {
        if let Some(first) = self.kept(links, Kept::first).flatten() {
            return Ok(first);
        }
        // what had arrived can be taken even when the link is gone
        let missing = match machine.receiver(self.id) {
            Ok(mut receiver) => match receiver.recv() {
                Some(delivery) => return Ok(Some(delivery)),
                None => None,
            },
            Err(misuse) => Some(Error::Misuse(misuse)),
        };
        self.fate.get().or(missing).map_or(Ok(None), Err)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let link = &self.link;
        let (kept, is_out) = link.with(|state| {
            let is_out = state.links.has_out(link.id);
            let kept = link.kept(&mut state.links, |kept| std::mem::take(&mut kept.deliveries)).unwrap_or_default();
            let kept: Vec<_> = kept.into_iter().map(|delivery| self.delivery(state, delivery)).collect();
            (kept, is_out)
        });
        // outside the lock
        drop(kept);
        if is_out || Arc::strong_count(link) > 1 {
            // deliveries are still out to be settled: the link stays for them, but takes no more
            let _ = self.set_credit(0);
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.link.id.fmt(f)
    }
}
