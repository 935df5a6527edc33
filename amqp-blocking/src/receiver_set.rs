//! Many links' deliveries for one thread.

use crate::connection::Connection;
use crate::handle::Waiting;
use crate::receiver::Receiver;
use amqp_async::proto::ReceiverId;
use amqp_async::{Batch, Delivery, Error, ReceiverGone, Step};
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// Receives on many links of one connection in one thread.
///
/// Links take turns in the order in which something came on them; of one link deliveries keep their order. A link that ends
/// is told once, and is no more in the set then. See [`amqp_async::ReceiverSet`].
///
/// ```no_run
/// use amqp_blocking::{Connection, ReceiverSet, Session};
///
/// # fn example(connection: Connection, session: Session) -> Result<(), Box<dyn std::error::Error>> {
/// let mut set = ReceiverSet::new(&connection);
/// let orders = set.add(session.receiver("orders")?).expect("of this connection");
/// let _ = set.add(session.receiver("returns")?);
/// loop {
///     let delivery = set.recv()?;
///     let what = if delivery.receiver() == orders { "order" } else { "return" };
///     println!("{what}: {:?}", delivery.message()?.body);
///     delivery.accept()?;
/// }
/// # }
/// ```
pub struct ReceiverSet {
    inner: amqp_async::ReceiverSet,
    waiting: Waiting,
}

impl ReceiverSet {
    /// A set of links of this connection, with none yet. It waits for ever, unless told [otherwise](Self::within).
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        Self { inner: amqp_async::ReceiverSet::new(connection.inner()), waiting: Waiting::on(connection.pump()) }
    }

    /// The same set, none of whose verbs takes longer than `limit`.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { waiting: self.waiting.within(limit), ..self }
    }

    /// Adds a link; what has arrived on it already is given out, too.
    ///
    /// # Errors
    /// The receiver itself, if it is of another connection.
    pub fn add(&mut self, receiver: Receiver) -> Result<ReceiverId, Receiver> {
        let added = self.inner.add(receiver.inner().clone());
        added.map_err(|_| receiver)
    }

    /// Takes a link out; what has arrived on it and was not taken stays there.
    pub fn remove(&mut self, id: ReceiverId) -> Option<Receiver> {
        self.inner.remove(id).map(|receiver| Receiver::on(&self.waiting.pump, receiver))
    }

    /// A link of the set.
    #[must_use]
    pub fn get(&self, id: ReceiverId) -> Option<Receiver> {
        self.inner.get(id).map(|receiver| Receiver::on(&self.waiting.pump, receiver.clone()))
    }

    /// How many links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Waits for the next delivery on any of the links; [`Delivery::receiver`] says on which it came. Where there is no link it
    /// waits until the connection is gone.
    ///
    /// # Errors
    /// A link is gone, and why. Without a link: the connection is gone, after all its links; time-out.
    pub fn recv(&mut self) -> Result<Delivery, ReceiverGone> {
        wait(&self.waiting, self.inner.recv())
    }

    /// As [`recv`](Self::recv), and takes at once what else is there, of all links together at most `max` (at least 1).
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    pub fn recv_batch(&mut self, max: usize) -> Result<Batch, ReceiverGone> {
        wait(&self.waiting, self.inner.recv_batch(max))
    }
}

fn wait<T>(waiting: &Waiting, future: impl Future<Output = Result<T, ReceiverGone>>) -> Result<T, ReceiverGone> {
    waiting.maybe(future).unwrap_or_else(|| Err(Error::Timeout(Step::Receive).into()))
}

impl fmt::Debug for ReceiverSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
