//! A look at everything that can be counted, for operators and for tests.

use crate::connection::Connection;
use crate::context::Context;
use crate::link::{End, Half, Link};
use crate::session::Session;
use crate::session::window::Windows;
use crate::{Blocked, Idle, Instant, LinkId, SessionId};
use alloc::vec::Vec;
use amqp_codec::{ReceiverSettleMode, SenderSettleMode, SequenceNo, Str};
use core::time::Duration;

/// The state of a connection at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Our open and close.
    pub local: Half,
    /// The peer's open and close.
    pub remote: Half,
    /// When a frame came last, heartbeats included; the epoch if none has.
    pub last_in: Instant,
    /// After how long without a frame from the peer the connection is given up (§2.4.5); `None`: never.
    pub idle_time_out: Option<Duration>,
    /// Frames that have come, heartbeats included.
    pub frames_in: u64,
    /// Frames that were written or wait to be written, heartbeats included.
    pub frames_out: u64,
    /// Octets that have come, protocol headers included.
    pub octets_in: u64,
    /// Octets handed out by [`poll_transmit`](Connection::poll_transmit).
    pub octets_out: u64,
    /// Octets that wait for it.
    pub output_pending: usize,
    /// Octets that wait to be taken on all sessions, or that incoming-windows admit: of
    /// [`max_unread`](crate::PeerLimits::max_unread).
    pub memory_used: u64,
    /// Events that wait for [`poll_event`](Connection::poll_event).
    pub events: usize,
    /// The sessions, by channel.
    pub sessions: Vec<SessionSnapshot>,
}

/// The state of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SessionSnapshot {
    /// Its name.
    pub id: SessionId,
    /// Our begin and end.
    pub local: Half,
    /// The peer's begin and end.
    pub remote: Half,
    /// The channel that we send on.
    pub channel: u16,
    /// The channel that the peer sends on.
    pub remote_channel: Option<u16>,
    /// The windows, both ways.
    pub windows: Windows,
    /// Deliveries that we sent and that are not settled.
    pub unsettled_outgoing: usize,
    /// Deliveries that have come and that are not settled.
    pub unsettled_incoming: usize,
    /// The links, by handle.
    pub links: Vec<LinkSnapshot>,
}

/// The state of a link.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinkSnapshot {
    /// Its name on this connection.
    pub id: LinkId,
    /// Its name (§2.6.1).
    pub name: Str,
    /// Our attach and detach.
    pub local: Half,
    /// The peer's attach and detach.
    pub remote: Half,
    /// The handle that we use.
    pub handle: u32,
    /// The handle that the peer uses.
    pub remote_handle: Option<u32>,
    /// How the sender settles.
    pub snd_settle_mode: SenderSettleMode,
    /// How the receiver settles.
    pub rcv_settle_mode: ReceiverSettleMode,
    /// The delivery-count (§2.6.7).
    pub delivery_count: SequenceNo,
    /// The link-credit (§2.6.7).
    pub link_credit: u32,
    /// What the sender says it has (§2.6.7).
    pub available: u32,
    /// Whether the receiver drains (§2.6.7).
    pub drain: bool,
    /// Deliveries that are not settled.
    pub unsettled: u32,
    /// Receiver: deliveries that have arrived whole and wait to be taken.
    pub buffered: usize,
    /// Receiver: octets of payload that have arrived and wait to be taken, of whole deliveries or not.
    pub buffered_octets: u64,
    /// A delivery is in progress.
    pub in_progress: bool,
    /// Sender: why it cannot send now.
    pub blocked: Option<Blocked>,
    /// Sender: since when, if it is for the peer to change; see [`SenderMut::blocked_since`](crate::SenderMut::blocked_since).
    pub blocked_since: Option<Instant>,
    /// Receiver: why there is nothing to take; `None` if there is.
    pub idle: Option<Idle>,
}

impl Snapshot {
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            local: connection.local,
            remote: connection.remote,
            last_in: connection.last_in,
            idle_time_out: connection.config.idle_time_out,
            frames_in: connection.frames_in,
            frames_out: connection.ctx.output.frames,
            octets_in: connection.octets_in,
            octets_out: connection.ctx.output.octets,
            output_pending: connection.ctx.output.pending(),
            memory_used: connection.ctx.memory.used(),
            events: connection.ctx.events.len(),
            sessions: connection
                .sessions
                .iter()
                .map(|(_, session)| SessionSnapshot::of(session, &connection.ctx))
                .collect(),
        }
    }
}

impl SessionSnapshot {
    pub(crate) fn of(session: &Session, ctx: &Context) -> Self {
        Self {
            id: session.id,
            local: session.local,
            remote: session.remote,
            channel: session.channel(),
            remote_channel: session.remote_channel,
            windows: session.window.view(),
            unsettled_outgoing: session.sent.len(),
            unsettled_incoming: session.received.len(),
            links: session.links.iter().map(|(_, link)| LinkSnapshot::of(link, session, ctx)).collect(),
        }
    }
}

impl LinkSnapshot {
    pub(crate) fn of(link: &Link, session: &Session, ctx: &Context) -> Self {
        let blocked = match &link.end {
            End::Sender(_) => link.why_blocked(ctx, &session.window, session.is_full(ctx)),
            End::Receiver(_) => None,
        };
        let (buffered, buffered_octets, in_progress) = match &link.end {
            End::Sender(sender) => (0, 0, sender.sending.is_some()),
            End::Receiver(receiver) => {
                let incoming = &receiver.incoming;
                (incoming.buffered(), incoming.buffered_octets(&session.arrivals), incoming.current().is_some())
            }
        };
        Self {
            id: link.id(),
            name: link.cold.name.clone(),
            local: link.local,
            remote: link.remote,
            handle: link.key.index,
            remote_handle: link.cold.remote_handle,
            snd_settle_mode: link.modes.snd,
            rcv_settle_mode: link.modes.rcv,
            delivery_count: link.credit.delivery_count,
            link_credit: link.credit.link_credit,
            available: link.credit.available,
            drain: link.credit.drain,
            unsettled: link.unsettled,
            buffered,
            buffered_octets,
            in_progress,
            blocked,
            blocked_since: blocked.and_then(|blocked| link.blocked_since(&session.window, blocked)),
            idle: match &link.end {
                End::Sender(_) => None,
                End::Receiver(_) => link.why_idle(&session.window),
            },
        }
    }
}
