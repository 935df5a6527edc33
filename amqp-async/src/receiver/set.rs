//! Many links' deliveries for one task: a [`ReceiverSet`]. Whatever comes on a link puts it in the set's queue, once; whoever
//! receives takes from the links in that order.

use super::take::{AtHand, Sink, Wanted};
use super::{Batch, Receiver, ReceiverRoot};
use crate::connection::{Connection, ConnectionRoot};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::links::IdHasher;
use crate::session::SessionRoot;
use crate::slots::Slots;
use crate::state::State;
use amqp_proto::{LinkId, ReceiverId};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// Receives on many links of one connection in one task. Where a task for each link would be woken for each message, one is
/// woken for all that have come.
///
/// Links take turns in the order in which something came on them; of one link deliveries keep their order. Credit stays
/// each link's own. A link that ends is told once, when all that had arrived on it is taken, and is no more in the set then;
/// others do not notice.
///
/// Any number of sets can be made of one connection; a receiver is in one at most. It can be used by itself meanwhile
/// ([`get`](Self::get)), for its credit say, but for receiving: what the set gives out would not come there.
///
/// ```no_run
/// use amqp_async::{Connection, Error, IncomingLink, ReceiverSet, Session};
/// use amqp_async::proto::LinkOptions;
///
/// /// Takes what a client sends on all the links of a session.
/// async fn serve(connection: Connection, session: Session) -> Result<(), Error> {
///     let mut set = ReceiverSet::new(&connection);
///     while let Ok(IncomingLink::Receiver(link)) = session.incoming_link().await {
///         let options = LinkOptions::answering(link.attach());
///         let _ = set.add(link.accept(options)?);
///     }
///     loop {
///         match set.recv_batch(64).await {
///             Ok(batch) => {
///                 for delivery in &batch {
///                     println!("{:?}: {} octets", delivery.receiver(), delivery.payload().len());
///                 }
///                 batch.accept()?;
///             }
///             // this link has ended; the others go on
///             Err(gone) if gone.receiver.is_some() => {}
///             Err(gone) => return Err(*gone.error),
///         }
///     }
/// }
/// ```
pub struct ReceiverSet {
    connection: Arc<ConnectionRoot>,
    /// Under which its queue is among the connection's.
    key: usize,
    receivers: Slots<Taken>,
    index: HashMap<ReceiverId, usize, BuildHasherDefault<IdHasher>>,
}

/// A link in a set.
struct Taken {
    /// The link's own, at hand: what all handles share each message would have to fetch from wherever it lies.
    session: Arc<SessionRoot>,
    id: ReceiverId,
    link: Arc<ReceiverRoot>,
    /// Dropped behind it: a receiver asks whether anything else holds its link.
    receiver: Arc<Receiver>,
}

/// Why nothing more comes of a link in a [`ReceiverSet`], or of all.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct ReceiverGone {
    /// The link, which is no longer in the set. `None` if it is about all: the connection is gone and no link is left, or the
    /// time that a caller on plain threads has set is over ([`Error::Timeout`]), which leaves the set as it is.
    pub receiver: Option<ReceiverId>,
    /// Why.
    #[source]
    pub error: Box<Error>,
}

/// Of all links.
impl From<Error> for ReceiverGone {
    fn from(error: Error) -> Self {
        Self { receiver: None, error: Box::new(error) }
    }
}

/// What a set has under the connection's lock.
#[derive(Default)]
pub(crate) struct Ready {
    /// Places of links on which something may have come.
    queue: VecDeque<u32>,
    /// By place, whether it is there.
    queued: Vec<bool>,
    waker: Option<Waker>,
}

/// Where a link is in a set: which one, and at what place. In few octets: it is where each message finds it.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    set: u32,
    place: u32,
}

impl Member {
    fn new(set: usize, place: usize) -> Self {
        // there is no memory for more
        let [set, place] = [set, place].map(|key| u32::try_from(key).unwrap_or(u32::MAX));
        Self { set, place }
    }

    fn is_of(self, set: usize) -> bool {
        self.set as usize == set
    }

    /// Something has come on the link, or it is gone: calls the set.
    #[inline(always)]
    pub(crate) fn tell(self, sets: &mut Slots<Ready>, wake: &mut Vec<Waker>) {
        if let Some(ready) = sets.get_mut(self.set as usize) {
            ready.push(self.place);
            if let Some(waker) = ready.waker.take() {
                wake.push(waker);
            }
        }
    }
}

impl Ready {
    #[inline(always)]
    fn push(&mut self, place: u32) {
        match self.queued.get_mut(place as usize) {
            Some(true) => return,
            Some(queued) => *queued = true,
            None => self.grow(place as usize),
        }
        self.queue.push_back(place);
    }

    /// A place beyond those that were there before.
    #[cold]
    fn grow(&mut self, place: usize) {
        self.queued.resize(place, false);
        self.queued.push(true);
    }

    #[inline]
    fn pop(&mut self) -> Option<u32> {
        let place = self.queue.pop_front()?;
        if let Some(queued) = self.queued.get_mut(place as usize) {
            *queued = false;
        }
        Some(place)
    }
}

impl ReceiverSet {
    /// A set of links of this connection, with none yet.
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        let connection = Arc::clone(connection.root());
        let key = connection.shared.with(|state| state.sets.insert(Ready::default));
        Self { connection, key, receivers: Slots::default(), index: HashMap::default() }
    }

    /// Adds a link; what has arrived on it already is given out, too.
    ///
    /// # Errors
    /// The receiver itself, if it is of another connection.
    pub fn add(&mut self, receiver: impl Into<Arc<Receiver>>) -> Result<ReceiverId, Arc<Receiver>> {
        let receiver = receiver.into();
        if !std::ptr::eq(receiver.link.shared(), &*self.connection.shared) {
            return Err(receiver);
        }
        let id = receiver.id();
        let (session, link) = (Arc::clone(receiver.link.session_root()), Arc::clone(&receiver.link));
        let place = self.receivers.insert(|| Taken { session, id, link, receiver });
        if let Some(before) = self.index.insert(id, place) {
            // the same link a second time
            self.receivers.remove(before);
        }
        let member = Member::new(self.key, place);
        self.connection.shared.with(|state| {
            if let Some(entry) = state.links.get_mut(&LinkId::from(id)) {
                entry.set = Some(member);
            }
            member.tell(&mut state.sets, &mut state.wake);
        });
        Ok(id)
    }

    /// Takes a link out; what has arrived on it and was not taken stays there.
    pub fn remove(&mut self, id: ReceiverId) -> Option<Arc<Receiver>> {
        let place = self.index.remove(&id)?;
        self.connection.shared.with(|state| leave(state, self.key, id));
        self.receivers.remove(place).map(|taken| taken.receiver)
    }

    /// A link of the set.
    #[must_use]
    pub fn get(&self, id: ReceiverId) -> Option<&Arc<Receiver>> {
        self.index.get(&id).and_then(|place| self.receivers.get(*place)).map(|taken| &taken.receiver)
    }

    /// The links of the set, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Receiver>> {
        self.index.values().filter_map(|place| self.receivers.get(*place)).map(|taken| &taken.receiver)
    }

    /// How many links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Waits for the next delivery on any of the links; [`Delivery::receiver`] says on which it came. Where there is no link it
    /// waits until the connection is gone.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// A link is gone, and why; or the connection is, after all its links.
    pub async fn recv(&mut self) -> Result<Delivery, ReceiverGone> {
        poll_fn(|cx| {
            let mut taken = None;
            ready!(self.poll_take(cx, 1, &mut taken))?;
            taken.map_or(Poll::Pending, |delivery| Poll::Ready(Ok(delivery)))
        })
        .await
    }

    /// As [`recv`](Self::recv), and takes at once what else is there, of all links together at most `max` (at least 1).
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub async fn recv_batch(&mut self, max: usize) -> Result<Batch, ReceiverGone> {
        let mut taken = Vec::new();
        poll_fn(|cx| self.poll_take(cx, max.max(1), &mut taken)).await?;
        Ok(Batch::of(taken))
    }

    /// Puts what is there into `sink`, at least one and at most `max`.
    fn poll_take(&mut self, cx: &mut Context<'_>, max: usize, sink: &mut impl Sink) -> Poll<Result<(), ReceiverGone>> {
        let Self { connection, key, receivers, index } = self;
        let mut left = max;
        let gone = connection.shared.with(|state| {
            let ended = take(state, *key, receivers, (&mut left, sink));
            if ended.is_some() || left < max {
                return ended.map(|(place, error)| (Some(place), error));
            }
            if index.is_empty() {
                if let Some(error) = state.closed() {
                    return Some((None, error));
                }
                state.changed.register(cx.waker());
            }
            if let Some(ready) = state.sets.get_mut(*key) {
                ready.waker = Some(cx.waker().clone());
            }
            None
        });
        let Some((place, error)) = gone else { return if left < max { Poll::Ready(Ok(())) } else { Poll::Pending } };
        // dropped here, where there is no lock
        let receiver = place.and_then(|place| self.receivers.remove(place)).map(|taken| taken.id);
        receiver.and_then(|id| self.index.remove(&id));
        Poll::Ready(Err(ReceiverGone { receiver, error: Box::new(error) }))
    }
}

/// Takes what is there, link by link; the place of one that is gone, and why, if that comes first.
fn take(
    state: &mut State,
    key: usize,
    receivers: &Slots<Taken>,
    (left, sink): Wanted<'_, impl Sink>,
) -> Option<(usize, Error)> {
    let max = *left;
    let State { machine, links, sets, .. } = state;
    let ready = sets.get_mut(key)?;
    sink.make_room(ready.queue.len().min(max));
    while *left > 0 {
        let place = ready.pop()?;
        let Some(taken) = receivers.get(place as usize) else { continue };
        match taken.at_hand().take(machine, links, (left, sink)) {
            Ok(false) => {}
            // there may be more: after the others
            Ok(true) => ready.push(place),
            Err(error) if *left == max => return Some((place as usize, error)),
            Err(_) => {
                // what has been taken comes first
                ready.push(place);
                return None;
            }
        }
    }
    None
}

impl Taken {
    #[inline]
    fn at_hand(&self) -> AtHand<'_> {
        AtHand { session: &self.session, id: self.id, link: &self.link }
    }
}

/// A link is in no set any more.
fn leave(state: &mut State, set: usize, id: ReceiverId) {
    if let Some(entry) = state.links.get_mut(&LinkId::from(id)) {
        entry.set = entry.set.filter(|member| !member.is_of(set));
    }
}

impl Drop for ReceiverSet {
    fn drop(&mut self) {
        let Self { connection, key, index, .. } = self;
        connection.shared.with(|state| {
            state.sets.remove(*key);
            index.keys().for_each(|id| leave(state, *key, *id));
        });
    }
}

impl fmt::Debug for ReceiverSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
