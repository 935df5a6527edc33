//! What happened, in order, with the data inside.

use crate::sasl::SaslRequest;
use crate::{
    CloseReason, Compared, DeliveryId, DetachReason, EndReason, LinkId, ReceiverId, SenderId, SessionId,
    UnsettledDeliveries,
};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use amqp_codec::{Attach, Begin, DeliveryState, DeliveryTag, Fields, Open, ReceiverSettleMode, Symbol};

/// Something that the application may want to know; see [`Connection::poll_event`](crate::Connection::poll_event).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Listener: a client wants to be let in. Answer with
    /// [`sasl_outcome`](crate::Connection::sasl_outcome) or [`sasl_answer`](crate::Connection::sasl_answer); until then
    /// nothing more of it is read (§5.3.3).
    SaslInit(Box<SaslRequest>),
    /// The SASL exchange succeeded (§5.3.3.6).
    Authenticated {
        /// The mechanism that was used.
        mechanism: Symbol,
    },
    /// The peer's open (§2.7.1).
    Open(Box<Open>),
    /// The peer wants a session: [`accept`](crate::SessionMut::accept) it or [`end`](crate::SessionMut::end) it (§2.5.1).
    BeginRequested {
        /// The session, on our side.
        session: SessionId,
        /// The peer's begin.
        begin: Box<Begin>,
    },
    /// The peer has answered our begin (§2.5.1).
    Begun {
        /// The session.
        session: SessionId,
        /// The peer's begin.
        begin: Box<Begin>,
    },
    /// The session is over. Raised exactly once for each session (§2.5.2).
    Ended {
        /// The session; its id is no longer valid.
        session: SessionId,
        /// How it came to its end.
        reason: Box<EndReason>,
    },
    /// The peer wants a link: accept or refuse it (§2.6.3).
    AttachRequested {
        /// The link, on our side.
        link: LinkId,
        /// The peer's attach.
        attach: Box<Attach>,
    },
    /// The peer has answered our attach, and not with a refusal (§2.6.3).
    Attached {
        /// The link.
        link: LinkId,
        /// The peer's attach.
        attach: Box<Attach>,
    },
    /// The link is gone. Raised exactly once for each link, also when its session or connection goes (§2.6.4).
    Detached {
        /// The link; its id is no longer valid.
        link: LinkId,
        /// How it came to its end.
        reason: Box<DetachReason>,
    },
    /// Follows [`Detached`](Self::Detached) of a link that keeps its unsettled deliveries, for whatever reason it is gone
    /// (§2.6.13): [`Resume::with`](crate::Resume::with) them another link of that name and role may go on, on whatever
    /// session or connection of the same two containers. Where the link was closed they are void (§2.6.6).
    ///
    /// A delivery that had not arrived whole is not among them: its sender sends it as a new one.
    Suspended {
        /// The link; its id is no longer valid.
        link: LinkId,
        /// What it leaves.
        unsettled: Box<UnsettledDeliveries>,
    },
    /// Both ends of a link that was attached with [`Resume::with`](crate::Resume::with) have said what is unsettled
    /// (§2.6.13). Follows [`Attached`](Self::Attached), or the acceptance.
    Compared {
        /// The link.
        link: LinkId,
        /// The peer knew the link. Otherwise its attach had no unsettled map: it has lost what it knew, or never knew
        /// anything, and of what only we know nothing can be said.
        remembers: bool,
        /// Our deliveries, in the order of their tags.
        deliveries: Vec<Compared>,
    },
    /// The sender has resumed a delivery that was unsettled before the link was attached again, under a new delivery-id
    /// (§2.6.13). Its octets are here already; they come no second time. Unless its state in our map was
    /// [`Received`](DeliveryState::Received): then they follow as a [`Delivery`](crate::Delivery) of this id, from the point
    /// on that `state` names or from the beginning, and the application skips those that it has.
    Resumed {
        /// The link.
        receiver: ReceiverId,
        /// Its new name, for settling it. No longer valid if it is settled.
        delivery: DeliveryId,
        /// Its tag, as before.
        tag: DeliveryTag,
        /// Its state at the sender.
        state: Option<DeliveryState>,
        /// Whether to settle at once or after the sender, now: the mode is not kept from before (§2.7.5).
        rcv_settle_mode: ReceiverSettleMode,
        /// The sender has settled it; so have we, by that.
        settled: bool,
        /// The sender has given it up: not all of what was missing here is there any more. It is settled by that.
        aborted: bool,
    },
    /// A send that was answered with [`SendError::Blocked`](crate::SendError) may be tried again. Where several wait for
    /// the window, the output or places for unsettled deliveries, whoever began a delivery longest ago comes first, after
    /// all other events; the others only while there is still room when the next event is asked for.
    Writable {
        /// The link.
        sender: SenderId,
    },
    /// The peer's flow for a link, if it changed something: credit, available, drain or the properties (§2.7.4).
    Flow {
        /// The link.
        link: LinkId,
        /// What it said.
        flow: LinkFlow,
    },
    /// The peer's flow of a session alone, the first after one of ours that asked for it
    /// ([`SessionMut::flow`](crate::SessionMut::flow) with echo) has left: most likely the answer (§2.7.4).
    Echo {
        /// The session.
        session: SessionId,
    },
    /// The receiver wants its credit used up or given back, and credit is left: send what there is,
    /// then call [`drained`](crate::SenderMut::drained) (§2.6.7).
    Drain {
        /// The link.
        sender: SenderId,
    },
    /// The drain that we asked for is over: link-credit is 0 (§2.6.7).
    Drained {
        /// The link.
        receiver: ReceiverId,
    },
    /// Something has arrived on a link where nothing was waiting:
    /// [`recv`](crate::ReceiverMut::recv) until there is nothing left.
    Arrived {
        /// The link.
        receiver: ReceiverId,
    },
    /// The peer's disposition of a delivery that we hold unsettled, if it reports another state than before or
    /// settles (§2.7.6). An outcome that was reached does not change.
    Disposition {
        /// The delivery; no longer valid if it is settled.
        delivery: DeliveryId,
        /// The link that it travels on.
        link: LinkId,
        /// The delivery-state that the peer has reported, now or before. On a sender where the receiver settled
        /// and never reported any: the default-outcome of our source, if it has one.
        state: Option<DeliveryState>,
        /// The peer has settled; so have we, by that.
        settled: bool,
        /// The token of the [`Outgoing`](crate::Outgoing) message; 0 for a delivery that we received.
        token: u64,
    },
    /// The connection is over. The last event.
    Closed(Box<CloseReason>),
}

/// The state of a link after a flow of the peer's (§2.7.4).
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFlow {
    /// On a sender: the credit that we have now, after serial arithmetic with what is in flight (§2.6.7).
    /// On a receiver: the credit that is left of what we granted.
    pub link_credit: u32,
    /// On a receiver: how many messages the sender has waiting, as far as it says (§2.6.7). On a sender: `None`.
    pub available: Option<u32>,
    /// On a sender: the receiver wants its credit used up. On a receiver: false.
    pub drain: bool,
    /// Link state properties, if they are others than in the flow before that had any.
    pub properties: Option<Fields>,
}

/// The one queue of events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    queue: VecDeque<Event>,
    /// Where something has arrived, and how many were taken from the queue when all before it are: what comes on many links
    /// in turn makes an event for each, so these take little room.
    arrived: VecDeque<(ReceiverId, u32)>,
    /// How many were taken from the queue, counted round and round.
    taken: u32,
}

impl Events {
    #[inline]
    pub(crate) fn push(&mut self, event: Event) {
        self.queue.push_back(event);
    }

    #[inline]
    pub(crate) fn push_arrived(&mut self, receiver: ReceiverId) {
        let before = self.taken.wrapping_add(self.queue.len() as u32);
        self.arrived.push_back((receiver, before));
    }

    /// Gives the room back, if there is nothing in it.
    pub(crate) fn rest(&mut self) {
        if self.len() == 0 {
            *self = Self::default();
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.queue.len() + self.arrived.len()
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event> {
        if let Some(receiver) = self.pop_arrived() {
            return Some(Event::Arrived { receiver });
        }
        let event = self.queue.pop_front()?;
        self.taken = self.taken.wrapping_add(1);
        Some(event)
    }

    /// The next one, if it is that something has arrived.
    #[inline]
    pub(crate) fn pop_arrived(&mut self) -> Option<ReceiverId> {
        let &(receiver, before) = self.arrived.front()?;
        if before != self.taken {
            return None;
        }
        self.arrived.pop_front();
        Some(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Generation, LinkKey};

    #[test]
    fn what_has_arrived_keeps_its_turn() {
        let session = SessionId { generation: Generation(0), index: 0 };
        let receiver = |index| ReceiverId(LinkKey { generation: Generation(index), session, index });
        let mut events = Events { taken: u32::MAX, ..Events::default() };
        for round in 0..3 {
            events.push_arrived(receiver(0));
            events.push(Event::Echo { session });
            events.push(Event::Echo { session });
            events.push_arrived(receiver(1));
            events.push_arrived(receiver(2));
            events.push(Event::Echo { session });
            assert_eq!(events.len(), 6, "{round}");
            let is_of = |event, index| matches!(event, Some(Event::Arrived { receiver: of }) if of == receiver(index));
            let echoes = |event| matches!(event, Some(Event::Echo { .. }));
            assert!(is_of(events.pop(), 0) && events.pop_arrived().is_none());
            assert!(echoes(events.pop()) && events.pop_arrived().is_none() && echoes(events.pop()));
            assert!(events.pop_arrived() == Some(receiver(1)) && is_of(events.pop(), 2));
            assert!(events.pop_arrived().is_none() && echoes(events.pop()));
            assert!(events.pop().is_none() && events.pop_arrived().is_none() && events.len() == 0);
        }
    }
}
