//! The state of a connection in a few numbers.

use crate::connection::Connection;
use crate::error::Error;
use amqp_proto::{Half, LinkId};
use std::time::Duration;

/// How a connection is, as of its driver's last pass.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether it can be used: both sides have opened it and neither has closed it.
    pub is_open: bool,
    /// Why it cannot be used any more.
    pub closed: Option<Error>,
    /// How long the peer has been silent.
    pub silent: Duration,
    /// How much longer it may be, before the connection is given up (§2.4.5); `None`: for ever.
    pub idle_margin: Option<Duration>,
    /// The last round trip that was [probed](crate::Session::probe).
    pub round_trip: Option<Duration>,
    /// Sessions.
    pub sessions: usize,
    /// Links.
    pub links: usize,
    /// Deliveries that are not settled, both ways.
    pub unsettled: usize,
    /// Messages that peers may send us.
    pub credit_granted: u64,
    /// Messages that peers are ready to take.
    pub credit_held: u64,
    /// Octets that wait to be written.
    pub output_pending: usize,
}

impl Connection {
    /// How it is. Cheap, but it counts all links: not to be asked for every message.
    #[must_use]
    pub fn health(&self) -> Health {
        let (snapshot, closed, now, round_trip) = {
            let state = self.shared().lock();
            (state.machine.snapshot(), state.closed(), state.probes.now, state.probes.last)
        };
        let silent = now.saturating_duration_since(snapshot.last_in);
        let links = || snapshot.sessions.iter().flat_map(|session| &session.links);
        let credit = |sends: bool| {
            links()
                .filter(|link| matches!(link.id, LinkId::Sender(_)) == sends)
                .map(|link| u64::from(link.link_credit))
                .sum()
        };
        Health {
            is_open: closed.is_none() && snapshot.local == Half::Active && snapshot.remote == Half::Active,
            closed,
            silent,
            idle_margin: snapshot.idle_time_out.map(|limit| limit.saturating_sub(silent)),
            round_trip,
            sessions: snapshot.sessions.len(),
            links: links().count(),
            unsettled: snapshot.sessions.iter().map(|it| it.unsettled_outgoing + it.unsettled_incoming).sum(),
            credit_granted: credit(false),
            credit_held: credit(true),
            output_pending: snapshot.output_pending,
        }
    }
}
