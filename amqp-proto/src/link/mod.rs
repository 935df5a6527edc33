//! Links (§2.6): one struct for both ends. What differs between sender and receiver is in [`End`].
//!
//! [`attach`] makes and answers attach and detach, [`check`] judges those of the peer, [`credit`] holds the flow state, [`flow`] moves it,
//! [`transfer`] leads deliveries in and out, [`resume`] those that were [`unsettled`] before the link was attached again, which it [`keep`]s if it is asked to; [`sender`] (with [`send`]) and [`receiver`] are the views that the
//! application works with. A link knows its own half of the protocol; tables and windows are the
//! session's.

pub(crate) mod attach;
pub(crate) mod check;
pub(crate) mod credit;
pub(crate) mod flow;
pub(crate) mod keep;
pub(crate) mod options;
pub(crate) mod receiver;
pub(crate) mod resume;
pub(crate) mod send;
pub(crate) mod sender;
pub(crate) mod transfer;
pub(crate) mod unsettled;

use crate::delivery::incoming::{Incoming, Modes};
use crate::delivery::outgoing::Sending;
use crate::delivery::tags::Tags;
use crate::id::LinkKey;
use crate::kept::Kept;
use crate::{CreditMode, CreditRenewal, Instant, LinkId, LinkOptions, ReceiverId, SenderId};
use alloc::boxed::Box;
use amqp_codec::{Attach, DeliveryState, Error, Fields, ReceiverSettleMode, Role, SenderSettleMode, SequenceNo, Str};
use check::Asked;
use credit::Credit;
use resume::Resuming;

/// One direction of a link's life, as of a session's: not yet, now, no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Half {
    /// Neither attach nor begin has been sent (or has come).
    Idle,
    /// attach or begin has been sent (or has come).
    Active,
    /// detach or end has been sent (or has come).
    Ended,
}

/// Those of a session lie in a row ([`Links`](crate::session::table::Links)), and every message touches one: of a thousand
/// links that each have one at a time no cache holds more. So what messages do not touch is in [`Cold`].
/// In this order: what settling touches is in the first line of a cache, what taking touches in the first two.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Link {
    pub(crate) key: LinkKey,
    /// Unsettled deliveries of this link.
    pub(crate) unsettled: u32,
    /// What we have sent.
    pub(crate) local: Half,
    /// What has come.
    pub(crate) remote: Half,
    /// The peer's attach refuses ours; its detach will say why (§2.6.3).
    pub(crate) refused: bool,
    /// The detached event has been raised.
    pub(crate) gone: bool,
    /// The tags of those that are unsettled.
    pub(crate) tags: Tags,
    /// What it kept of a link before, and keeps for one after it.
    pub(crate) resuming: Option<Box<Resuming>>,
    pub(crate) end: End,
    pub(crate) credit: Credit,
    /// A flow is to leave with the next flush.
    pub(crate) flow_due: Option<FlowDue>,
    pub(crate) modes: Modes,
    pub(crate) cold: Box<Cold>,
}

/// What messages do not touch.
#[derive(Debug)]
pub(crate) struct Cold {
    pub(crate) name: Str,
    /// The peer's handle, while it is mapped.
    pub(crate) remote_handle: Option<u32>,
    /// We have detached, and not for good.
    pub(crate) suspended: bool,
    /// The peer closed it then, and so do we, with an attach and a detach that wait for their answers.
    pub(crate) closes_too: bool,
    /// What the answer to our attach has to grant.
    pub(crate) asked: Asked,
    /// Our attach, until it leaves.
    pub(crate) waiting: Option<Box<LinkOptions>>,
    /// A refusal of the peer's attach, until our begin leaves.
    pub(crate) refusal: Option<Box<Refusal>>,
    /// The peer's attach, for those who ask later.
    pub(crate) remote_attach: Option<Kept<Attach>>,
    /// The link state properties that the peer told last.
    pub(crate) remote_properties: Option<Box<Fields>>,
    /// What the flow says that is to leave, if anything.
    pub(crate) flow_properties: Option<Box<Fields>>,
    /// Sender: where the delivery-count begins.
    pub(crate) initial_delivery_count: SequenceNo,
    /// Sender: what a receiver means that settles and names no outcome.
    pub(crate) default_outcome: Option<DeliveryState>,
    /// Sender: since when there has been no credit, while there is none.
    pub(crate) empty_since: Instant,
    /// Receiver: the application has paused: how credit was granted before, and how much there was.
    pub(crate) resumes: Option<(CreditMode, u32)>,
}

/// A refusal that waits.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: Option<Error>,
}

/// What differs between the two ends.
#[derive(Debug)]
pub(crate) enum End {
    Sender(SenderEnd),
    Receiver(ReceiverEnd),
}

#[derive(Debug, Default)]
pub(crate) struct SenderEnd {
    /// The delivery in progress.
    pub(crate) sending: Option<Box<Sending>>,
    /// A send was answered with Blocked: tell when that has passed.
    pub(crate) wants: bool,
    /// Its place in the session's list of those that wait for something of the session's.
    pub(crate) listed: Option<u64>,
    /// Frames of the connection before the delivery that began last.
    pub(crate) began: u64,
    /// The application has detached, but the delivery in progress, which it gave whole, has to leave first.
    pub(crate) leaving: Option<Box<Leaving>>,
    /// The application is done with a drain, but the delivery in progress has to leave first.
    pub(crate) drained: bool,
}

/// A detach that waits.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub(crate) closed: bool,
    pub(crate) error: Option<Error>,
}

#[derive(Debug, Default)]
pub(crate) struct ReceiverEnd {
    pub(crate) mode: CreditMode,
    pub(crate) renewal: CreditRenewal,
    /// No credit is granted until the application has taken something: this link had closed the window for others.
    pub(crate) paused: bool,
    /// Less was granted than automatic credit would: it is in the session's list of such links.
    pub(crate) bounded: bool,
    pub(crate) incoming: Incoming,
}

/// The flow that is to leave for a link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlowDue {
    /// The link is in the session's list of those that owe a flow.
    pub(crate) listed: bool,
    pub(crate) echo: bool,
}

impl Link {
    /// A link on our side, before any frame.
    pub(crate) fn new(key: LinkKey, name: Str, role: Role) -> Self {
        let end = match role {
            Role::Sender => End::Sender(SenderEnd::default()),
            Role::Receiver => End::Receiver(ReceiverEnd { mode: CreditMode::Manual, ..ReceiverEnd::default() }),
        };
        let cold = Cold {
            name,
            remote_handle: None,
            suspended: false,
            closes_too: false,
            asked: Asked::default(),
            waiting: None,
            refusal: None,
            remote_attach: None,
            remote_properties: None,
            flow_properties: None,
            initial_delivery_count: SequenceNo(0),
            default_outcome: None,
            empty_since: Instant::ZERO,
            resumes: None,
        };
        Self {
            key,
            local: Half::Idle,
            remote: Half::Idle,
            refused: false,
            gone: false,
            resuming: None,
            unsettled: 0,
            tags: Tags::default(),
            credit: Credit::new(SequenceNo(0)),
            modes: Modes { snd: SenderSettleMode::Mixed, rcv: ReceiverSettleMode::First, max_message_size: 0 },
            end,
            flow_due: None,
            cold: Box::new(cold),
        }
    }

    pub(crate) fn role(&self) -> Role {
        match self.end {
            End::Sender(_) => Role::Sender,
            End::Receiver(_) => Role::Receiver,
        }
    }

    pub(crate) fn id(&self) -> LinkId {
        match self.end {
            End::Sender(_) => LinkId::Sender(SenderId(self.key)),
            End::Receiver(_) => LinkId::Receiver(ReceiverId(self.key)),
        }
    }

    /// Nobody needs the link any more: both sides have detached (§2.6.2), or never attached, and the
    /// application has taken what had arrived.
    #[inline]
    pub(crate) fn finished(&self) -> bool {
        self.gone && self.nothing_left()
    }

    fn nothing_left(&self) -> bool {
        let empty = match &self.end {
            End::Sender(_) => true,
            End::Receiver(receiver) => receiver.incoming.buffered() == 0,
        };
        empty
            && self.cold.refusal.is_none()
            && self.local != Half::Active
            && self.remote != Half::Active
            && (self.local == Half::Idle || self.remote == Half::Ended)
    }
}
