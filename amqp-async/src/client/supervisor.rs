//! The future that keeps one connection there: it carries out what the [`Reconnector`] decides.

use super::hub::{Hub, HubPhase};
use super::monitor::{Watch, WatchEvent};
use super::{Attempt, ReconnectEvent, ReconnectStep, Reconnector, observe};
use crate::connection::Connection;
use crate::error::Error;
use crate::transport::Timer;
use amqp_proto::{Instant, Misuse};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Makes connections. Any function from an [`Attempt`] to a future of a [`Connection`] is one.
///
/// The future is to resolve the name, connect, log in, spawn the [`Driver`](crate::Driver), wait until the connection is
/// [open](Connection::opened), and do whatever else has to be done before links are attached, such as putting tokens. It
/// should have a deadline. When it is dropped, so is the connection.
pub trait Connector {
    /// The future of a connection.
    type Connecting: Future<Output = Result<Connection, Error>>;

    /// Begins an attempt.
    fn connect(&mut self, attempt: Attempt) -> Self::Connecting;
}

impl<F, C> Connector for F
where
    F: FnMut(Attempt) -> C,
    C: Future<Output = Result<Connection, Error>>,
{
    type Connecting = C;

    fn connect(&mut self, attempt: Attempt) -> C {
        self(attempt)
    }
}

/// Keeps a connection there; to be spawned, or polled in whatever way the runtime has.
///
/// Nothing happens unless this is polled. It ends when the connection has been closed or given up, and says why:
/// [`Error::Misuse`] means that this side closed it. Dropping it before that ends everything with
/// [`Error::Undriven`].
#[must_use = "a supervised connection does nothing unless its supervisor is polled"]
pub struct Supervisor<K: Connector, C> {
    hub: Arc<Hub>,
    connector: K,
    timer: C,
    machine: Reconnector,
    work: Work<K::Connecting>,
    /// Waits for news of the peer's silence, while somebody wants to know.
    listening: Option<Listening>,
}

type Listening = Pin<Box<dyn Future<Output = (Watch, WatchEvent)> + Send>>;

type Ending = Pin<Box<dyn Future<Output = Error> + Send>>;

/// What is under way.
enum Work<F> {
    Nothing,
    Connecting(Pin<Box<F>>),
    /// The connection is there; this waits for its end.
    Watching(Ending),
    /// The connection is being closed.
    Closing(Ending),
}

impl<K: Connector, C: Timer> Supervisor<K, C> {
    pub(super) fn new(hub: Arc<Hub>, machine: Reconnector, connector: K, timer: C) -> Self {
        Self { hub, connector, timer, machine, work: Work::Nothing, listening: None }
    }

    /// What the handles want.
    fn obey(&mut self, now: Instant) {
        let orders = self.hub.take_orders();
        if let Some(cause) = orders.lost {
            if let Work::Watching(_) = self.work {
                self.lost(now, cause);
            }
        }
        if orders.hurry {
            self.machine.hurry(now);
        }
        if orders.close && self.machine.stop(Error::Misuse(Misuse::ConnectionClosed)) {
            self.close();
        }
    }

    fn close(&mut self) {
        let phase = self.hub.lock().phase.clone();
        self.work = match phase {
            HubPhase::Up(_, connection) => Work::Closing(Box::pin(async move {
                match connection.close().await {
                    Ok(()) => Error::Misuse(Misuse::ConnectionClosed),
                    Err(error) => error,
                }
            })),
            HubPhase::Down | HubPhase::Over(_) => Work::Nothing,
        };
    }

    /// The present connection is lost; whatever is left of it goes.
    fn lost(&mut self, now: Instant, cause: Error) {
        let random = self.hub.random();
        self.work = Work::Nothing;
        self.listening = None;
        self.hub.set_down();
        self.machine.lost(now, cause, random);
    }

    /// Goes on with what is under way; whether anything came of it.
    fn work(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        match &mut self.work {
            Work::Nothing => return false,
            Work::Connecting(connecting) => match connecting.as_mut().poll(cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(connection)) => self.connected(now, connection),
                Poll::Ready(Err(error)) => {
                    self.work = Work::Nothing;
                    let random = self.hub.random();
                    self.machine.failed(now, error, random);
                }
            },
            Work::Watching(ending) => match ending.as_mut().poll(cx) {
                Poll::Pending => return false,
                Poll::Ready(error) => self.lost(now, error),
            },
            Work::Closing(ending) => match ending.as_mut().poll(cx) {
                Poll::Pending => return false,
                Poll::Ready(error) => {
                    self.work = Work::Nothing;
                    self.hub.set_over(error);
                }
            },
        }
        true
    }

    fn connected(&mut self, now: Instant, connection: Connection) {
        self.machine.connected(now);
        self.tell();
        let watched = connection.clone();
        self.work = Work::Watching(Box::pin(async move { watched.closed().await }));
        let mut wake = Vec::new();
        self.hub.set_up(connection, &mut wake);
        wake.into_iter().for_each(Waker::wake);
    }

    /// Passes on whether the peer is heard.
    fn listen(&mut self, cx: &mut Context<'_>) {
        let connection = {
            let mut state = self.hub.lock();
            let is_wanted = state.feed.has_subscribers();
            match &state.phase {
                HubPhase::Up(_, connection) if is_wanted => Some(connection.clone()),
                HubPhase::Up(..) | HubPhase::Down | HubPhase::Over(_) => None,
            }
        };
        let Some(connection) = connection else {
            self.listening = None;
            return;
        };
        let mut listening = self.listening.take().unwrap_or_else(|| next(connection.watch()));
        while let Poll::Ready((watch, event)) = listening.as_mut().poll(cx) {
            let event = match event {
                WatchEvent::HeartbeatMissed(silent) => ReconnectEvent::HeartbeatMissed { silent },
                WatchEvent::Heard => ReconnectEvent::Heard,
                // which is told elsewhere
                WatchEvent::Closed(_) => return,
            };
            observe::reconnect(&event);
            self.hub.tell(&event);
            listening = next(watch);
        }
        self.listening = Some(listening);
    }

    /// Passes the machine's events on.
    fn tell(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            observe::reconnect(&event);
            self.hub.tell(&event);
        }
    }

    /// What the machine says, until it says to wait; until when.
    fn decide(&mut self, now: Instant) -> Decision {
        if let Work::Closing(_) = self.work {
            return Decision::Wait(None);
        }
        match self.machine.poll(now) {
            ReconnectStep::Connect(attempt) => {
                self.work = Work::Connecting(Box::pin(self.connector.connect(attempt)));
                Decision::Again
            }
            ReconnectStep::Wait(until) => Decision::Wait(until),
            ReconnectStep::GaveUp(error) => {
                self.tell();
                self.hub.set_over(error);
                let phase = self.hub.lock().phase.clone();
                match phase {
                    HubPhase::Over(reason) => Decision::Over(reason),
                    HubPhase::Up(..) | HubPhase::Down => Decision::Again,
                }
            }
        }
    }

    /// Lets the deadlines run, and parks; until when.
    fn pass(&self, now: Instant, waker: &Waker) -> Option<Instant> {
        let mut wake = Vec::new();
        let mut state = self.hub.lock();
        state.deadlines.advance(now, &mut wake);
        state.parked = Some(waker.clone());
        let next = state.deadlines.next();
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        next
    }
}

/// The next news, with what watches for it.
fn next(mut watch: Watch) -> Listening {
    Box::pin(async move {
        let event = watch.next().await;
        (watch, event)
    })
}

enum Decision {
    Again,
    Wait(Option<Instant>),
    Over(Error),
}

impl<K: Connector + Unpin, C: Timer + Unpin> Future for Supervisor<K, C> {
    type Output = Error;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Error> {
        let this = self.get_mut();
        loop {
            let now = this.timer.now();
            let deadline = this.pass(now, cx.waker());
            this.obey(now);
            let worked = this.work(now, cx);
            this.listen(cx);
            this.tell();
            let until = match this.decide(now) {
                Decision::Over(reason) => return Poll::Ready(reason),
                Decision::Again => continue,
                Decision::Wait(_) if worked => continue,
                Decision::Wait(until) => until,
            };
            match [until, deadline].into_iter().flatten().min() {
                Some(at) if this.timer.poll_until(cx, at).is_ready() => {}
                Some(_) | None => return Poll::Pending,
            }
        }
    }
}

impl<K: Connector, C> Drop for Supervisor<K, C> {
    fn drop(&mut self) {
        self.hub.set_over(Error::Undriven);
    }
}

impl<K: Connector, C> fmt::Debug for Supervisor<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("machine", &self.machine).finish_non_exhaustive()
    }
}
