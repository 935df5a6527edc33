//! Deliveries in and out of one link (§2.6.11 to §2.6.14): credit, modes, and which delivery a
//! transfer belongs to.

use super::{End, Half, Leaving, Link};
use crate::context::Context;
use crate::delivery::Load;
use crate::delivery::arrivals::Arrivals;
use crate::event::Event;
use crate::session::Window;
use crate::violation::{Violation, supported};
use crate::{Blocked, DeliveryId, Idle, Instant, Misuse, Outgoing, SenderId, SessionId};
use amqp_codec::{DeliveryState, DeliveryTag, ReceiverSettleMode, SenderSettleMode, SequenceNo, Transfer};
use bytes::Bytes;

/// What a transfer of the peer amounted to, for the tables of the session.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) number: SequenceNo,
    /// A delivery has begun that is to be settled.
    pub(crate) unsettled: bool,
    /// A delivery that was to be settled no longer is: sent settled after all, or aborted.
    pub(crate) settled: bool,
    /// A delivery has begun with the last of the credit.
    pub(crate) last_credit: bool,
    /// The application should look.
    pub(crate) arrived: bool,
    /// What the session window gets back.
    pub(crate) released: Load,
}

impl Link {
    /// A transfer of the peer. `next` is the delivery-id that a new delivery of the session must have.
    pub(crate) fn received_transfer(
        &mut self,
        (session, arrivals): (SessionId, &mut Arrivals),
        next: &mut Option<SequenceNo>,
        transfer: &Transfer,
        payload: Bytes,
    ) -> Result<Arrival, Violation> {
        let End::Receiver(receiver) = &mut self.end else { return Err(Violation::TransferDirection) };
        let current = receiver.incoming.current();
        let last_credit = current.is_none() && self.credit.link_credit == 1;
        let (number, outcome) = if let Some(current) = current {
            (current.number(), receiver.incoming.transfer(transfer, payload, (&self.modes, arrivals))?)
        } else {
            supported(transfer.state.as_ref())?;
            let number = transfer.delivery_id.ok_or(Violation::DeliveryIdMissing)?;
            let tag = transfer.delivery_tag.as_ref().ok_or(Violation::DeliveryTagMissing)?;
            if let Some(resuming) = &self.resuming {
                resuming.check_incomplete(transfer)?;
            }
            if next.replace(number + 1).is_some_and(|next| next != number) {
                return Err(Violation::DeliveryIdOrder);
            }
            self.credit.check()?;
            self.credit.used();
            self.credit.available = self.credit.available.saturating_sub(1); // req: TR-2.6.7-11
            let id = DeliveryId { session, number };
            let lacks = transfer.resume && self.resuming.as_ref().is_some_and(|resuming| resuming.lacks(tag));
            (number, receiver.incoming.begin(id, (tag, lacks), transfer, payload, (&self.modes, arrivals))?)
        };
        let begins = current.is_none();
        let settled = outcome.settled || outcome.aborted;
        Ok(Arrival {
            number,
            unsettled: begins && !settled && !transfer.resume,
            settled: !begins && settled,
            last_credit,
            arrived: outcome.arrived,
            released: outcome.released,
        })
    }

    /// Receiver: the tag of the delivery that this transfer begins, if it is to be settled.
    #[inline]
    pub(crate) fn begins_unsettled<'t>(&self, transfer: &'t Transfer) -> Option<&'t DeliveryTag> {
        let End::Receiver(receiver) = &self.end else { return None };
        let begins = receiver.incoming.current().is_none();
        let unsettled = transfer.settled != Some(true) && !transfer.aborted && !transfer.resume;
        transfer.delivery_tag.as_ref().filter(|_| begins && unsettled)
    }

    /// Receiver: whether this transfer, with `resume`, resumes a delivery that waits for that.
    #[cold]
    pub(crate) fn resumes(&self, transfer: &Transfer) -> bool {
        let End::Receiver(receiver) = &self.end else { return false };
        let begins = receiver.incoming.current().is_none();
        transfer.delivery_tag.is_some_and(|tag| begins && self.kept().is_some_and(|kept| kept.awaits(&tag)))
    }

    /// A delivery of this link is no longer unsettled.
    #[inline]
    pub(crate) fn settled(&mut self, tag: &DeliveryTag) {
        self.unsettled = self.unsettled.saturating_sub(1);
        self.tags.remove(tag);
        if let Some(resuming) = &mut self.resuming {
            resuming.settled(tag);
        }
    }

    /// Receiver: we have settled a delivery. What that gives back, if it was not whole.
    #[inline]
    pub(crate) fn settled_here(&mut self, number: SequenceNo) -> Option<Load> {
        match &mut self.end {
            End::Sender(_) => None,
            End::Receiver(receiver) => receiver.incoming.settled_here(number),
        }
    }

    /// Sender: why it cannot begin a delivery now. `full`: too many deliveries of the session are unsettled.
    pub(crate) fn why_blocked(&self, ctx: &Context, window: &Window, full: bool) -> Option<Blocked> {
        let End::Sender(sender) = &self.end else { return Some(Blocked::NotAttached) };
        if self.local != Half::Active || self.remote != Half::Active || self.refused {
            Some(Blocked::NotAttached)
        } else if let Some(sending) = &sender.sending {
            Some(sending.why_waiting(ctx, window))
        } else if self.credit.link_credit == 0 {
            Some(Blocked::NoCredit)
        } else if !window.can_begin() {
            Some(Blocked::WindowClosed)
        } else if ctx.output.is_full() {
            Some(Blocked::OutputFull)
        } else {
            full.then_some(Blocked::Unsettled)
        }
    }

    /// Receiver: why there is nothing to take.
    pub(crate) fn why_idle(&self, window: &Window) -> Option<Idle> {
        let End::Receiver(receiver) = &self.end else { return Some(Idle::NotAttached) };
        if receiver.incoming.can_be_taken() {
            None
        } else if self.local != Half::Active || self.remote != Half::Active || self.refused {
            Some(Idle::NotAttached)
        } else if self.credit.link_credit == 0 && receiver.incoming.current().is_none() {
            Some(Idle::NoCredit)
        } else if window.view().incoming_window == 0 {
            Some(Idle::WindowClosed)
        } else {
            Some(Idle::NothingSent)
        }
    }

    /// Sender: since when that reason has been in the way, if the peer is to remove it.
    pub(crate) fn blocked_since(&self, window: &Window, blocked: Blocked) -> Option<Instant> {
        match blocked {
            Blocked::NoCredit => Some(self.cold.empty_since),
            Blocked::WindowClosed => Some(window.closed_since()),
            Blocked::NotAttached | Blocked::Busy | Blocked::OutputFull | Blocked::Unsettled => None,
        }
    }

    /// Sender: whether a message is sent settled, by its own wish and what the link agreed on
    /// (req: TR-2.7.5-10, TR-2.7.5-11, TR-2.7.5-17).
    pub(crate) fn settles(&self, message: &Outgoing) -> Result<bool, Misuse> {
        let second = message.rcv_settle_mode == Some(ReceiverSettleMode::Second);
        if second && !message.settled && self.modes.rcv == ReceiverSettleMode::First {
            return Err(Misuse::ReceiverSettleMode);
        }
        match self.modes.snd {
            SenderSettleMode::Mixed => Ok(message.settled),
            SenderSettleMode::Settled => Ok(true),
            SenderSettleMode::Unsettled if message.settled => Err(Misuse::SettleMode),
            SenderSettleMode::Unsettled => Ok(false),
        }
    }

    /// Sender: its delivery in progress has left as a whole; a drain or a detach may have waited for that.
    pub(crate) fn sent_whole(&mut self, ctx: &mut Context, channel: u16) {
        let End::Sender(sender) = &mut self.end else { return };
        sender.sending = None;
        let leaving = sender.leaving.take();
        if core::mem::take(&mut sender.drained) {
            self.drained(ctx.now);
        }
        if let Some(leaving) = leaving {
            let Leaving { closed, error } = *leaving;
            let _ = self.detach(ctx, Some(channel), closed, error);
        }
    }

    /// Sender: what a receiver means that settles and names no outcome (req: TR-2.7.6-09).
    pub(crate) fn default_outcome(&self) -> Option<&DeliveryState> {
        self.cold.default_outcome.as_ref()
    }

    /// Sender: whether the application has detached, and that waits for a delivery that it gave whole.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(&self.end, End::Sender(sender) if sender.leaving.is_some())
    }

    /// Sender: whether the application was told to wait.
    pub(crate) fn wants(&self) -> bool {
        matches!(&self.end, End::Sender(sender) if sender.wants) && !self.gone
    }

    pub(crate) fn set_wants(&mut self) {
        if let End::Sender(sender) = &mut self.end {
            sender.wants = true;
        }
    }

    /// Sender: enters the session's list of those that wait, if it is not there: by when it began a delivery last.
    pub(crate) fn list(&mut self) -> Option<u64> {
        let End::Sender(sender) = &mut self.end else { return None };
        if sender.listed.is_some() {
            return None;
        }
        sender.listed = Some(sender.began);
        sender.listed
    }

    /// Sender: where it is in that list.
    pub(crate) fn listed(&self) -> Option<u64> {
        match &self.end {
            End::Sender(sender) => sender.listed,
            End::Receiver(_) => None,
        }
    }

    /// Sender: leaves that list.
    pub(crate) fn unlist(&mut self) {
        if let End::Sender(sender) = &mut self.end {
            sender.listed = None;
        }
    }

    /// Sender: frames of the connection before the delivery that began last.
    pub(crate) fn began(&self) -> u64 {
        match &self.end {
            End::Sender(sender) => sender.began,
            End::Receiver(_) => 0,
        }
    }

    /// Sender: tells the application that it may try again.
    pub(crate) fn writable(&mut self, ctx: &mut Context) {
        if let End::Sender(sender) = &mut self.end {
            sender.wants = false;
            ctx.event(Event::Writable { sender: SenderId(self.key) });
        }
    }
}
