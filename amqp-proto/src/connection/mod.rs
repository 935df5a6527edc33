//! The connection (§2.4): one protocol machine for either side of a transport.
//!
//! Here are the struct and its public face. [`input`](super::input) leads bytes to frames,
//! [`dispatch`] frames to sessions; [`open`], [`close`] and [`idle`] are the connection's own frames and
//! deadlines, [`security`] what comes before them, [`transmit`] the way out.

mod close;
mod commands;
mod dispatch;
mod idle;
mod open;
mod security;
mod transmit;

pub use transmit::Transmit;

use crate::config::Config;
use crate::context::Context;
use crate::event::Event;
use crate::link::Half;
use crate::sasl::{ClientExchange, Exchange, ListenerExchange, SaslClient, SaslListener};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::store::{Numbers, Store, oldest_first};
use crate::timer::{TimeoutReason, Timers};
use crate::{CloseReason, Instant, ReceiverId};
use alloc::boxed::Box;
use alloc::vec::Vec;
use amqp_codec::{Open, ProtocolHeader};
use bytes::{Bytes, BytesMut};

/// Which side of the transport we are on. It matters until open; sessions and links are symmetric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Listener,
}

/// What the octets of the peer are at this moment.
#[derive(Debug)]
pub(crate) enum Layer {
    /// A protocol header is to come; which ones we can go on with.
    Header(Vec<ProtocolHeader>),
    /// SASL frames (§5.3).
    Sasl(Box<dyn Exchange>),
    /// AMQP frames (§2.3).
    Amqp,
    /// Nothing of the peer is read any more.
    Deaf,
}

/// One AMQP 1.0 connection: bytes in, events and bytes out. It opens no socket and reads no clock.
///
/// The methods are of four kinds:
///
/// * **From the transport**: [`handle_input`](Self::handle_input), [`handle_eof`](Self::handle_eof),
///   [`handle_timeout`](Self::handle_timeout). They never fail: what the peer does wrong is answered on the
///   wire and shown as an event.
/// * **Commands** of the application: [`begin`](Self::begin), [`close`](Self::close) and the views
///   [`session`](Self::session), [`sender`](Self::sender), [`receiver`](Self::receiver). They fail only with
///   [`Misuse`](crate::Misuse) or with "not now". Any number of them may come between polls.
/// * **Polls**: [`poll_transmit`](Self::poll_transmit) for bytes, [`poll_event`](Self::poll_event) for what
///   happened, [`poll_timeout`](Self::poll_timeout) for the next deadline. After anything of the above, poll
///   events until there are none, then bytes, then the deadline.
/// * **Getters**: [`snapshot`](Self::snapshot) and the like.
///
/// `now` must not go backwards by much: if it does, deadlines come late, nothing else happens.
#[derive(Debug)]
pub struct Connection {
    pub(crate) config: Config,
    pub(crate) side: Side,
    pub(crate) layer: Layer,
    /// Authentication, before it happens.
    pub(crate) security: Option<Box<dyn Exchange>>,
    /// Of our open and close: what has been sent.
    pub(crate) local: Half,
    /// Of the peer's open and close: what has come.
    pub(crate) remote: Half,
    pub(crate) remote_open: Option<Box<Open>>,
    pub(crate) sessions: Store<Box<Session>>,
    /// The next session of ours begins on this channel, or the first free one behind it.
    pub(crate) next_channel: u32,
    /// The peer's channels.
    pub(crate) channels: Numbers,
    pub(crate) ctx: Context,
    pub(crate) timers: Timers,
    /// Input that waits for the application to judge a client (§5.3).
    pub(crate) held_back: BytesMut,
    /// Whole frames that wait for the application to take events.
    pub(crate) unread: Bytes,
    /// How long the peer may be without output of ours.
    pub(crate) heartbeat: Option<core::time::Duration>,
    /// Octets of answers that frames of the peer caused since the output was last taken.
    pub(crate) answers: usize,
    pub(crate) frames_in: u64,
    /// When a frame came last.
    pub(crate) last_in: Instant,
    pub(crate) octets_in: u64,
    /// The closed event has been raised.
    pub(crate) gone: bool,
    /// Nothing more will be sent: the transport can end.
    pub(crate) finished: bool,
}

impl Connection {
    /// The side that opened the transport. Its first octets are ready at once. With `sasl` it
    /// authenticates before anything else, and goes no further where the server would go without.
    #[must_use]
    pub fn client(config: Config, sasl: Option<SaslClient>, now: Instant) -> Connection {
        let security = sasl.map(|sasl| Box::new(ClientExchange::AwaitMechanisms(sasl)) as Box<_>);
        let mut connection = Self::new(config, Side::Client, security, now);
        connection.start();
        connection
    }

    /// The side that was connected to. With `sasl` clients have to authenticate, unless it says that
    /// they need not; without, only bare AMQP is spoken.
    #[must_use]
    pub fn listener(config: Config, sasl: Option<SaslListener>, now: Instant) -> Connection {
        let security = sasl.map(|sasl| Box::new(ListenerExchange::AwaitInit(sasl)) as Box<_>);
        let mut connection = Self::new(config, Side::Listener, security, now);
        connection.start();
        connection
    }

    fn new(config: Config, side: Side, security: Option<Box<dyn Exchange>>, now: Instant) -> Self {
        let mut timers = Timers::default();
        if let Some(timeout) = config.handshake_timeout {
            timers.set(TimeoutReason::Handshake, now.saturating_add(timeout));
        }
        Self {
            ctx: Context::new(&config, now),
            config,
            side,
            layer: Layer::Deaf,
            security,
            local: Half::Idle,
            remote: Half::Idle,
            remote_open: None,
            sessions: Store::new(),
            next_channel: 0,
            channels: Numbers::default(),
            timers,
            held_back: BytesMut::new(),
            unread: Bytes::new(),
            heartbeat: None,
            answers: 0,
            frames_in: 0,
            last_in: now,
            octets_in: 0,
            gone: false,
            finished: false,
        }
    }

    /// The next thing that happened, in order. `None`: nothing until there is input, a timeout or a command.
    #[must_use]
    #[inline]
    pub fn poll_event(&mut self) -> Option<Event> {
        if self.ctx.events.len() == 0 {
            // asked four times for a message that comes alone, and once with success
            if self.unread.is_empty() && self.ctx.offers.is_empty() {
                return None;
            }
            self.find_events();
        }
        self.ctx.events.pop()
    }

    /// As [`poll_event`](Self::poll_event), if the next event of those that wait is [`Event::Arrived`], and else `None`: for
    /// who has just had one. Where there are many links their events come in a row.
    pub fn poll_arrived(&mut self) -> Option<ReceiverId> {
        self.ctx.events.pop_arrived()
    }

    /// What waited until the application had taken all events. What is added here `poll_event` has to ask for, too.
    fn find_events(&mut self) {
        if !self.unread.is_empty() {
            self.read_frames(self.ctx.now, self.max_events());
        }
        if !self.ctx.offers.is_empty() {
            self.tell_waiting();
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next, and what for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.timers.next()
    }

    /// The peer's open, once it has come (§2.7.1).
    #[must_use]
    pub fn remote_open(&self) -> Option<&Open> {
        self.remote_open.as_deref()
    }

    /// Whether [`Event::Closed`] has been raised. Output may be left to write.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.gone
    }

    /// When a frame of the peer's came last, heartbeats included; when the connection was begun, if none has (§2.4.5).
    #[must_use]
    pub fn last_in(&self) -> Instant {
        self.last_in
    }

    /// Channels and links in use, windows, credit, counters: see [`Snapshot`].
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self)
    }

    /// Raises the last events: every session with its links, then the connection, each once.
    pub(crate) fn gone(&mut self, reason: CloseReason) {
        if self.gone {
            return;
        }
        self.gone = true;
        for (_, index) in oldest_first(self.sessions.iter().map(|(index, session)| (session.id.generation, index))) {
            if let Some(session) = self.sessions.get_mut(index) {
                session.gone(&mut self.ctx, crate::EndReason::Connection);
                session.local = Half::Ended;
                session.remote = Half::Ended;
            }
        }
        self.ctx.seldom(Event::Closed(Box::new(reason)));
    }
}
