//! Sessions (§2.5): windows, handles, and the links and unsettled deliveries that live on them.
//!
//! [`begin`] and [`end`] are the session's own frames, [`window`] its flow control, [`dispatch`] leads
//! the other frames to their links, [`flush`] lets leave what was held back, [`turns`] says whose turn it is, [`unread`]
//! and [`credit`] what more may come, [`resume`] what outlives its link; [`table`] finds links, [`view`] is what the application works with.

pub(crate) mod begin;
pub(crate) mod credit;
pub(crate) mod dispatch;
pub(crate) mod end;
pub(crate) mod flush;
pub(crate) mod links;
pub(crate) mod memory;
pub(crate) mod resume;
pub(crate) mod settle;
pub(crate) mod table;
pub(crate) mod turns;
pub(crate) mod unread;
pub(crate) mod view;
pub(crate) mod window;

pub(crate) use window::Window;

use crate::context::Context;
use crate::delivery::arrivals::Arrivals;
use crate::delivery::disposition::Dispositions;
use crate::delivery::unsettled::Unsettled;
use crate::id::{Generation, LinkKey};
use crate::kept::Kept;
use crate::link::Half;
use crate::sorted::Sorted;
use crate::store::Numbers;
use crate::thin::Thin;
use crate::{EndReason, Misuse, SessionId};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use amqp_codec::{Begin, DeliveryState, DeliveryTag, Fields, Handle, Multiple, Role, SequenceNo, Symbol};
use table::Links;
use turns::Waiting;

/// The fields of our begin (§2.7.2).
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Transfer frames that the peer may send before the application has taken any. Default 2048. Where one link's
    /// unread deliveries would keep the window closed for another one, they no longer count, up to
    /// [`PeerLimits::max_unread`](crate::PeerLimits::max_unread); automatic credit of such a link rests until
    /// something of it is taken.
    pub incoming_window: u32,
    /// Octets of payload that the peer may send before the application has taken any: the window is then as many
    /// transfers as fit into what is left, each taken for as large as our max-frame-size, which is the least that
    /// this may be. A message that does not fit into it is taken all the same if nothing else waits, as far as
    /// [`max_message_size`](crate::LinkOptions::max_message_size) allows; and of several links that nobody reads each may
    /// come to hold so much, lest they keep others from theirs. Also bounded by
    /// [`PeerLimits::max_unread`](crate::PeerLimits::max_unread). Default: only by that.
    pub incoming_octets: Option<u64>,
    /// What the peer may have left of the window when a flow reopens it, in transfer frames, if the application keeps
    /// up with it; a low one saves flows, a high one keeps a distant peer busy. Default: half of the window.
    pub low_water: Option<u32>,
    /// Transfer frames that we say we could send; information for the peer. Default 2048.
    pub outgoing_window: u32,
    /// The highest handle that the peer may use; one less than the number of its links. Default 1023.
    pub handle_max: Handle,
    /// Where our transfer-ids begin. Default 0.
    pub next_outgoing_id: SequenceNo,
    /// Where our delivery-ids begin (§2.6.12). Default 0.
    pub initial_delivery_id: SequenceNo,
    /// Extensions that we support. Default: none.
    pub offered_capabilities: Multiple<Symbol>,
    /// Extensions that we would use if the peer has them. Default: none.
    pub desired_capabilities: Multiple<Symbol>,
    /// Session properties. Default: none.
    pub properties: Option<Fields>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            incoming_window: 2048,
            incoming_octets: None,
            low_water: None,
            outgoing_window: 2048,
            handle_max: Handle(1023),
            next_outgoing_id: SequenceNo(0),
            initial_delivery_id: SequenceNo(0),
            offered_capabilities: Multiple::default(),
            desired_capabilities: Multiple::default(),
            properties: None,
        }
    }
}

impl SessionOptions {
    /// A window into which no frame fits would never open.
    pub(crate) fn check(&self, ctx: &Context) -> Result<(), Misuse> {
        match self.incoming_octets {
            Some(octets) if octets < ctx.memory.frame() => Err(Misuse::WindowTooSmall),
            Some(_) | None => Ok(()),
        }
    }
}

/// A delivery that is not settled at our end.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) link: Owner,
    pub(crate) tag: DeliveryTag,
    /// The state that the peer reported last.
    pub(crate) state: Option<DeliveryState>,
    /// The application's own number for it.
    pub(crate) token: u64,
}

/// Which link of the session a delivery is of: what of its key tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    generation: Generation,
    pub(crate) index: u32,
}

impl From<LinkKey> for Owner {
    #[inline]
    fn from(key: LinkKey) -> Self {
        Self { generation: key.generation, index: key.index }
    }
}

impl Held {
    /// A state of the peer's. An outcome that has been reached does not change any more; without a state the one
    /// before holds (req: TR-2.6.12-06). Whether there is something new in it.
    pub(crate) fn report(&mut self, state: Option<&DeliveryState>) -> bool {
        let reached = self.has_outcome();
        let Some(state) = state.filter(|state| !reached && self.state.as_ref() != Some(state)) else { return false };
        self.state = Some(state.clone());
        true
    }

    /// The state that the peer has settled with, by the same rule.
    #[inline]
    pub(crate) fn last(&mut self, state: Option<&DeliveryState>) -> Option<DeliveryState> {
        match state {
            // What nearly all are.
            Some(DeliveryState::Accepted) if self.state.is_none() => Some(DeliveryState::Accepted),
            Some(state) if !self.has_outcome() => Some(state.clone()),
            Some(_) | None => self.state.take(),
        }
    }

    fn has_outcome(&self) -> bool {
        self.state.as_ref().is_some_and(DeliveryState::is_outcome)
    }
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// What we have sent.
    pub(crate) local: Half,
    /// What has come.
    pub(crate) remote: Half,
    /// The channel that the peer uses, while it is mapped.
    pub(crate) remote_channel: Option<u16>,
    /// Our begin, until it leaves.
    pub(crate) waiting: Option<Box<SessionOptions>>,
    pub(crate) remote_begin: Option<Kept<Begin>>,
    /// The highest handle that we may use.
    pub(crate) remote_handle_max: u32,
    /// The highest handle that the peer may use.
    pub(crate) handle_max: u32,
    pub(crate) window: Window,
    pub(crate) links: Links,
    /// What waits on them to be taken.
    pub(crate) arrivals: Arrivals,
    pub(crate) handles: Numbers,
    /// Deliveries that we sent, by delivery-id.
    pub(crate) sent: Unsettled<Held>,
    /// Deliveries that have come, by delivery-id.
    pub(crate) received: Unsettled<Held>,
    /// The delivery-id of our next delivery.
    pub(crate) next_delivery_id: SequenceNo,
    /// The delivery-id that the peer's next delivery must have, once one has come.
    pub(crate) next_remote_delivery_id: Option<SequenceNo>,
    /// What we have to say as sender and as receiver.
    pub(crate) as_sender: Dispositions,
    pub(crate) as_receiver: Dispositions,
    /// A session flow is to leave; with echo or without.
    pub(crate) flow_due: Option<bool>,
    /// A flow with echo has left, and none has come since.
    pub(crate) awaits_echo: bool,
    /// Links for which a flow is to leave.
    pub(crate) flows: Thin<VecDeque<u32>>,
    /// Links with a delivery in progress that could not leave as a whole.
    pub(crate) sending: Thin<VecDeque<u32>>,
    /// Senders that were told to wait.
    pub(crate) blocked: Thin<Sorted<Waiting>>,
    /// The session's place among those that have room for them.
    pub(crate) offered: Option<u64>,
    /// Receivers whose automatic credit the bound of unsettled deliveries holds down.
    pub(crate) bounded: Thin<Vec<u32>>,
    /// The session is among those whose deliveries take turns.
    pub(crate) queued: bool,
    /// The session is in the connection's list of those with something to flush.
    pub(crate) dirty: bool,
    /// The ended event has been raised.
    pub(crate) gone: bool,
    /// begin and end of the peer that are still to come for sessions which had this channel before, and were given
    /// up before the peer had answered them.
    pub(crate) owed: u32,
}

impl Session {
    pub(crate) fn new(id: SessionId) -> Self {
        Self {
            id,
            local: Half::Idle,
            remote: Half::Idle,
            remote_channel: None,
            waiting: None,
            remote_begin: None,
            remote_handle_max: u32::MAX,
            handle_max: SessionOptions::default().handle_max.0,
            window: Window::new(),
            links: Links::new(),
            arrivals: Arrivals::new(),
            handles: Numbers::default(),
            sent: Unsettled::new(),
            received: Unsettled::new(),
            next_delivery_id: SequenceNo(0),
            next_remote_delivery_id: None,
            as_sender: Dispositions::new(Role::Sender),
            as_receiver: Dispositions::new(Role::Receiver),
            flow_due: None,
            awaits_echo: false,
            flows: Thin::new(),
            sending: Thin::new(),
            blocked: Thin::new(),
            offered: None,
            bounded: Thin::new(),
            queued: false,
            dirty: false,
            gone: false,
            owed: 0,
        }
    }

    /// Takes the channel over from a session that was given up, and is over by that.
    pub(crate) fn succeed(&mut self, ctx: &mut Context, id: SessionId) {
        self.gone(ctx, EndReason::Local);
        let owed = self.owed.saturating_add(1);
        *self = Self { owed, ..Self::new(id) };
    }

    /// Nothing has been moving for a while: gives room back that is not in use.
    pub(crate) fn rest(&mut self) {
        self.arrivals.rest();
        self.sent.rest();
        self.received.rest();
    }

    /// Ended by us before the peer has answered its begin: only that answer is awaited, and end behind it.
    pub(crate) fn given_up(&self) -> bool {
        self.local == Half::Ended && self.remote == Half::Idle && self.links.len() == 0
    }

    /// The channel that we send on: the index of the session (§2.5.1).
    pub(crate) fn channel(&self) -> u16 {
        self.id.index
    }

    /// The same, once our begin has left: nothing else may come before it.
    pub(crate) fn begun_channel(&self) -> Option<u16> {
        (self.local != Half::Idle).then(|| self.channel())
    }

    /// Puts the session in the list of those with something to flush.
    pub(crate) fn mark(&mut self, ctx: &mut Context) {
        if !self.dirty {
            self.mark_first(ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn mark_first(&mut self, ctx: &mut Context) {
        self.dirty = true;
        ctx.dirty.push_back(self.id.index);
    }

    /// Whether our end of the session takes commands.
    pub(crate) fn usable(&self) -> bool {
        self.local != Half::Ended && !self.gone
    }

    /// Whether as many deliveries are unsettled as may be.
    pub(crate) fn is_full(&self, ctx: &Context) -> bool {
        self.sent.len() >= ctx.max_unsettled as usize
    }

    /// Nobody needs the session any more: its channels are free (§2.5.2), and the application has
    /// taken what had arrived.
    pub(crate) fn finished(&self) -> bool {
        self.gone
            && self.links.len() == 0
            && self.local != Half::Active
            && self.remote != Half::Active
            && (self.local == Half::Idle || self.remote == Half::Ended)
    }
}
