//! A connection that comes back, as an application holds it.

use super::feed::Events;
use super::hub::{Generation, Hub, HubPhase, Root};
use super::link::{LinkPolicy, SessionCell};
use super::supervisor::{Connector, Supervisor};
use super::{Random, ReconnectEvent, ReconnectPolicy, Reconnector, ResilientReceiver, ResilientSender};
use crate::connection::Connection;
use crate::error::Error;
use crate::transport::Timer;
use amqp_proto::{LinkOptions, SessionOptions};
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// A connection that is made again when it is lost, with its links. Cheap to clone; all clones are the same.
///
/// A [`Supervisor`] makes the connection, as the [`ReconnectPolicy`] says; [`sender`](Self::sender) and
/// [`receiver`](Self::receiver) give links that come back on it. Every future may be dropped at any moment.
///
/// ```
/// use amqp_async::client::{Attempt, ReconnectPolicy, Resilient};
/// use amqp_async::proto::LinkOptions;
/// # async fn connect(endpoint: &str) -> Result<amqp_async::Connection, amqp_async::Error> { unimplemented!() }
/// # fn spawn<F: Future>(_: F) {}
///
/// async fn example(timer: impl amqp_async::Timer + Unpin) -> Result<(), Box<dyn std::error::Error>> {
///     let policy = ReconnectPolicy::to(["amqp://one.example", "amqp://two.example"]);
///     let connect = |attempt: Attempt| Box::pin(async move { connect(&attempt.endpoint).await });
///     let (resilient, supervisor) = Resilient::new(policy, connect, timer);
///     spawn(supervisor);
///
///     let sender = resilient.sender(LinkOptions::sender("orders-out", "orders"));
///     sender.send("12 crates").await?; // waits for a connection, however often it takes
///     resilient.close().await?;
///     Ok(())
/// }
/// ```
///
/// When the last handle of any kind is dropped, the connection is closed and the supervisor ends.
#[derive(Clone)]
pub struct Resilient {
    root: Arc<Root>,
}

/// How far a supervised connection is.
#[derive(Clone, Debug)]
pub enum ConnectionState {
    /// It is not there, and is being made or will be.
    Down,
    /// It is there.
    Up(Generation),
    /// It is not there and will not be, for this reason; [`Error::Misuse`] means that this side closed it.
    Over(Error),
}

impl Resilient {
    /// A connection that `connector` makes, as `policy` says; nothing happens until the supervisor is polled.
    ///
    /// Chance is drawn from a stream of its own.
    pub fn new<K: Connector, C: Timer>(policy: ReconnectPolicy, connector: K, timer: C) -> (Self, Supervisor<K, C>) {
        Self::with_random(policy, connector, timer, Random::unpredictable())
    }

    /// As [`new`](Self::new), with the chance that the caller provides.
    pub fn with_random<K: Connector, C: Timer>(
        policy: ReconnectPolicy,
        connector: K,
        timer: C,
        random: Random,
    ) -> (Self, Supervisor<K, C>) {
        let hub = Arc::new(Hub::new(random));
        let supervisor = Supervisor::new(Arc::clone(&hub), Reconnector::new(policy), connector, timer);
        (Self { root: Arc::new(Root { hub }) }, supervisor)
    }

    /// Waits until the connection is there, at most `within`, and says which one it is. Answers at once if it is there,
    /// at the cost of one atomic load; otherwise any number of callers wait for the same attempts.
    ///
    /// Cancel-safe: whoever gives up waiting changes nothing for the others, nor for the attempts.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `within`; why there will be no connection.
    pub async fn ensure_connected(&self, within: Option<Duration>) -> Result<Generation, Error> {
        match self.root.hub.generation() {
            Some(generation) => Ok(generation),
            None => self.root.hub.connection(within).await.map(|(generation, _)| generation),
        }
    }

    /// Waits until the connection is there, at most `within`, and gives it: this one, which does not come back.
    ///
    /// # Errors
    /// As for [`ensure_connected`](Self::ensure_connected).
    pub async fn connection(&self, within: Option<Duration>) -> Result<Connection, Error> {
        self.root.hub.connection(within).await.map(|(_, connection)| connection)
    }

    /// How far it is, without waiting.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        match &self.root.hub.lock().phase {
            HubPhase::Down => ConnectionState::Down,
            HubPhase::Up(generation, _) => ConnectionState::Up(*generation),
            HubPhase::Over(error) => ConnectionState::Over(error.clone()),
        }
    }

    /// Ends the wait before the next attempt: the network is back, say. The budget holds nevertheless.
    pub fn reconnect_now(&self) {
        self.root.hub.with(|state| state.orders.hurry = true);
    }

    /// What happens to the connection from now on. While somebody has these events, the connection is also
    /// [watched](Connection::watch) for silence.
    #[must_use]
    pub fn events(&self) -> Events<ReconnectEvent> {
        self.root.hub.with(|state| {
            state.orders.look = true;
            state.feed.subscribe()
        })
    }

    /// Waits until it is over and says why; [`Error::Misuse`] means that this side closed it. Cancel-safe.
    pub async fn closed(&self) -> Error {
        self.root
            .hub
            .until(|state, waker| match &state.phase {
                HubPhase::Over(error) => Poll::Ready(error.clone()),
                HubPhase::Up(..) | HubPhase::Down => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            })
            .await
    }

    /// Closes the connection, if it is there, and makes no more.
    ///
    /// Cancel-safe: once polled the close takes its course.
    ///
    /// # Errors
    /// How it ended instead.
    pub async fn close(&self) -> Result<(), Error> {
        self.root.hub.with(|state| state.orders.close = true);
        match self.closed().await {
            Error::Misuse(_) => Ok(()),
            error => Err(error),
        }
    }

    /// A session that comes back, for links that share it.
    #[must_use]
    pub fn session(&self, options: SessionOptions) -> ResilientSession {
        ResilientSession { cell: Arc::new(SessionCell::new(Arc::clone(&self.root), options)) }
    }

    /// A link that sends and comes back, on a session of its own; attached when it is first used.
    #[must_use]
    pub fn sender(&self, options: LinkOptions) -> ResilientSender {
        self.session(SessionOptions::default()).sender(options, LinkPolicy::default())
    }

    /// A link that receives and comes back, on a session of its own; attached when it is first used.
    #[must_use]
    pub fn receiver(&self, options: LinkOptions) -> ResilientReceiver {
        self.session(SessionOptions::default()).receiver(options, LinkPolicy::default())
    }
}

impl fmt::Debug for Resilient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resilient").field(&self.state()).finish()
    }
}

/// A session that comes back with its connection, and makes place for links that do. Cheap to clone.
#[derive(Clone)]
pub struct ResilientSession {
    cell: Arc<SessionCell>,
}

impl ResilientSession {
    /// A link that sends and comes back; attached when it is first used.
    #[must_use]
    pub fn sender(&self, options: LinkOptions, policy: LinkPolicy) -> ResilientSender {
        ResilientSender::new(Arc::clone(&self.cell), options, policy)
    }

    /// A link that receives and comes back; attached when it is first used.
    #[must_use]
    pub fn receiver(&self, options: LinkOptions, policy: LinkPolicy) -> ResilientReceiver {
        ResilientReceiver::new(Arc::clone(&self.cell), options, policy)
    }
}

impl fmt::Debug for ResilientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResilientSession")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn s10_2_where_the_connection_is_there_nobody_waits_for_a_lock() {
        let hub = Arc::new(Hub::new(Random::new(0)));
        hub.pretend_up();
        let resilient = Resilient { root: Arc::new(Root { hub: Arc::clone(&hub) }) };
        // would stand still for ever if it took this
        let locked = hub.lock();
        let ready = pin!(resilient.ensure_connected(None)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(ready, Poll::Ready(Ok(_))));
        drop(locked);
    }
}
