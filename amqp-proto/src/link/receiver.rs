//! The receiving end of a link, as the application works with it.

use super::sender::{detach, refuse};
use super::{End, FlowDue, Half, Link};
use crate::context::Context;
use crate::delivery::Load;
use crate::delivery::arrivals::Arrivals;
use crate::delivery::incoming::Incoming;
use crate::event::Event;
use crate::id::LinkKey;
use crate::session::Session;
use crate::{Chunk, CreditMode, Delivery, DeliveryId, Idle, LinkOptions, LinkSnapshot, Misuse, ReceiverId, SessionId};
use alloc::boxed::Box;
use amqp_codec::{Attach, DeliveryState, Error, Fields, Modified, Rejected, Role, Str};

/// The receiving end of a link; see [`Connection::receiver`](crate::Connection::receiver).
#[derive(Debug)]
pub struct ReceiverMut<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) session: &'a mut Session,
    pub(crate) key: LinkKey,
}

/// The link fields of our flow, for a receiver (§2.7.4).
#[derive(Clone, Debug, Default)]
pub struct ReceiverFlow {
    /// Deliveries that the sender may begin from now on.
    pub link_credit: u32,
    /// The sender is to use the credit up, or give back what it cannot use.
    pub drain: bool,
    /// Ask the sender for a flow in answer.
    pub echo: bool,
    /// Link state properties.
    pub properties: Option<Fields>,
}

impl ReceiverMut<'_> {
    /// The name of the link on this connection.
    #[must_use]
    pub fn id(&self) -> ReceiverId {
        ReceiverId(self.key)
    }

    /// The session that the link is attached to.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.key.session
    }

    fn link(&self) -> Option<&Link> {
        self.session.links.get(self.key.index)
    }

    fn live(&mut self) -> Result<(&mut Link, &mut Context), Misuse> {
        let link = self.session.link_mut(self.key).ok_or(Misuse::StaleId)?;
        if link.gone || link.local == Half::Ended {
            return Err(Misuse::Detached);
        }
        Ok((link, self.ctx))
    }

    /// What has arrived on the link, and the table where that is.
    #[inline]
    fn incoming(&mut self) -> Option<(&mut Incoming, &mut Arrivals)> {
        let Session { links, arrivals, .. } = &mut *self.session;
        let link = links.get_mut(self.key.index).filter(|link| link.key.generation == self.key.generation)?;
        match &mut link.end {
            End::Receiver(receiver) => Some((&mut receiver.incoming, arrivals)),
            End::Sender(_) => None,
        }
    }

    /// The link's name (§2.6.1).
    #[must_use]
    pub fn name(&self) -> Option<&Str> {
        self.link().map(|link| &link.cold.name)
    }

    /// The peer's attach, once it has come, without its `unsettled` (§2.7.3): that is only in the event. It is kept
    /// encoded, and decoded each time.
    #[must_use]
    pub fn remote_attach(&self) -> Option<Attach> {
        self.link()?.remote_attach()
    }

    /// Deliveries that the sender may still begin (§2.6.7).
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.link().map_or(0, |link| link.credit.link_credit)
    }

    /// Deliveries that are not settled.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        self.link().map_or(0, |link| link.unsettled)
    }

    /// Deliveries that have arrived whole and wait to be taken.
    #[must_use]
    pub fn buffered(&self) -> usize {
        match self.link().map(|link| &link.end) {
            Some(End::Receiver(receiver)) => receiver.incoming.buffered(),
            _ => 0,
        }
    }

    /// Whether the link is gone and all that had arrived has been taken: its id is no longer valid.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.link().is_none_or(|link| link.key.generation != self.key.generation)
    }

    /// The state of the link at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Option<LinkSnapshot> {
        self.link().map(|link| LinkSnapshot::of(link, self.session, self.ctx))
    }

    /// Why there is nothing to take; `None` if there is something. For an application that wonders what a receiver
    /// waits for, and whose turn it is.
    #[must_use]
    pub fn why_idle(&self) -> Option<Idle> {
        self.link().map_or(Some(Idle::NotAttached), |link| link.why_idle(&self.session.window))
    }

    /// Takes the peer's attach; the options say what ours answers, but for the name (§2.6.3).
    ///
    /// # Errors
    /// [`Misuse::NothingToAnswer`] unless [`Event::AttachRequested`](crate::Event::AttachRequested) was
    /// raised for this link and has not been answered.
    pub fn accept(&mut self, options: LinkOptions) -> Result<(), Misuse> {
        self.session.link_mut(self.key).ok_or(Misuse::StaleId)?.accept(options)?;
        self.session.try_attach(self.ctx, self.key.index)
    }

    /// Refuses the peer's attach (§2.6.3).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn refuse(&mut self, error: Error) -> Result<(), Misuse> {
        refuse(self.ctx, self.session, self.key, error)
    }

    /// Detaches the link: for good if `closed`, else it is suspended (§2.6.4, §2.6.6). What has arrived
    /// can still be taken; [`forget`](Self::forget) it if it is not wanted. Before the attach was
    /// answered, the answer is awaited and dropped.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if it is detached already.
    pub fn detach(&mut self, closed: bool, error: Option<Error>) -> Result<(), Misuse> {
        detach(self.ctx, self.session, self.key, closed, error)
    }

    /// The oldest message that has arrived whole. Taking it gives the session window back what it
    /// took, and renews the credit if that is automatic. Works on after the link is detached, until
    /// all that had arrived is taken.
    pub fn recv(&mut self) -> Option<Delivery> {
        let mut released = Load::default();
        let session = self.key.session;
        let (incoming, arrivals) = self.incoming()?;
        if incoming.buffered() == 0 {
            return None;
        }
        let delivery = incoming.recv(arrivals, session, &mut released);
        // Also where there was nothing but the mark of an aborted delivery: that is gone now.
        self.taken(released);
        delivery
    }

    /// What has come of the oldest delivery since the last look, whole or not: for messages larger
    /// than memory. Do not mix with [`recv`](Self::recv) in the middle of a delivery.
    pub fn read(&mut self) -> Option<Chunk> {
        let session = self.key.session;
        let (incoming, arrivals) = self.incoming()?;
        let (chunk, load) = incoming.read(arrivals, session)?;
        self.taken(load);
        Some(chunk)
    }

    /// Drops what has come and will come of a delivery that was [`read`](Self::read) in part. It is to be settled all
    /// the same, if the sender has not settled it.
    pub fn skip(&mut self, delivery: DeliveryId) {
        if delivery.session != self.key.session {
            return;
        }
        if let Some((incoming, arrivals)) = self.incoming() {
            let load = incoming.skip(arrivals, delivery.number);
            self.taken(load);
        }
    }

    /// Drops what has arrived and was not taken. An owner that goes away calls it, so that the place of
    /// a detached link is free again.
    pub fn forget(&mut self) {
        while self.recv().is_some() {}
    }

    fn taken(&mut self, load: Load) {
        self.session.release(self.ctx, load);
        if let Some(link) = self.session.link_mut(self.key) {
            if let End::Receiver(receiver) = &mut link.end {
                receiver.paused = false;
            }
            if link.may_renew() {
                self.session.renew(self.ctx, self.key.index);
            }
        }
        self.session.reap(self.ctx, self.key.index);
        if self.session.gone {
            self.session.mark(self.ctx);
        }
    }

    /// Grants this much credit from now on, and leaves automatic credit (§2.6.7).
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached.
    pub fn set_credit(&mut self, link_credit: u32) -> Result<(), Misuse> {
        self.flow(ReceiverFlow { link_credit, ..ReceiverFlow::default() })
    }

    /// Grants so much more credit, and leaves automatic credit (§2.6.7).
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached.
    pub fn add_credit(&mut self, more: u32) -> Result<(), Misuse> {
        self.set_credit(self.credit().saturating_add(more))
    }

    /// How credit is granted from now on (§2.6.7).
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached.
    pub fn set_credit_mode(&mut self, mode: CreditMode) -> Result<(), Misuse> {
        let (link, _) = self.live()?;
        link.cold.resumes = None;
        if let End::Receiver(receiver) = &mut link.end {
            receiver.mode = mode;
            receiver.paused = false;
        }
        self.session.renew(self.ctx, self.key.index);
        Ok(())
    }

    /// Takes the credit back for a while (§2.6.7): what is under way may still come. Whatever grants credit, or asks
    /// for it back, ends the pause.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached.
    pub fn pause(&mut self) -> Result<(), Misuse> {
        let (link, _) = self.live()?;
        let credit = link.credit.link_credit;
        let End::Receiver(receiver) = &link.end else { return Err(Misuse::StaleId) };
        let before = link.cold.resumes.unwrap_or((receiver.mode, credit));
        self.set_credit(0)?;
        if let Some(link) = self.session.link_mut(self.key) {
            link.cold.resumes = Some(before);
        }
        Ok(())
    }

    /// Grants credit as before [`pause`](Self::pause); nothing if there is none to end.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached.
    pub fn resume(&mut self) -> Result<(), Misuse> {
        match self.live()?.0.cold.resumes.take() {
            Some((CreditMode::Manual, credit)) => self.set_credit(credit),
            Some((mode, _)) => self.set_credit_mode(mode),
            None => Ok(()),
        }
    }

    /// Asks the sender to use the credit up or give it back (§2.6.7);
    /// [`Event::Drained`](crate::Event::Drained) follows, at once if there is no credit. Leaves automatic credit.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached, [`Misuse::Draining`] if that has been asked for and is not over.
    pub fn drain(&mut self) -> Result<(), Misuse> {
        self.flow(ReceiverFlow { link_credit: self.credit(), drain: true, ..ReceiverFlow::default() })
    }

    /// Sends a flow for this link: the general form of the above (§2.7.4). A drain may come with more credit
    /// than there is, and is called off by a flow without `drain`.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached. With `drain` [`Misuse::Draining`] if one is not over, and
    /// [`Misuse::CreditTaken`] for less credit than there is: what was granted is to be used up.
    pub fn flow(&mut self, flow: ReceiverFlow) -> Result<(), Misuse> {
        self.ctx.output.carries(flow.properties.as_ref())?;
        let (link, ctx) = self.live()?;
        if flow.drain && link.credit.drain {
            return Err(Misuse::Draining);
        }
        if flow.drain && flow.link_credit < link.credit.link_credit {
            return Err(Misuse::CreditTaken);
        }
        link.cold.resumes = None;
        if let End::Receiver(receiver) = &mut link.end {
            receiver.mode = CreditMode::Manual;
        }
        link.credit.grant(flow.link_credit);
        if flow.drain && flow.link_credit == 0 && !link.credit.in_flight() {
            // The sender has nothing to give back: no frame is needed to know that.
            ctx.seldom(Event::Drained { receiver: ReceiverId(link.key) });
            if !flow.echo && flow.properties.is_none() {
                return Ok(());
            }
        } else {
            link.credit.drain = flow.drain;
        }
        link.cold.flow_properties = flow.properties.map(Box::new);
        link.flow_due = Some(FlowDue { echo: flow.echo, ..FlowDue::default() });
        self.session.flow_if_due(self.ctx, self.key.index);
        Ok(())
    }

    /// Reports the state of a delivery, and settles it or not (§2.6.12, §2.7.6).
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if the delivery is settled already.
    pub fn dispose(&mut self, delivery: DeliveryId, state: Option<DeliveryState>, settled: bool) -> Result<(), Misuse> {
        self.session.dispose(self.ctx, (Role::Receiver, self.key), delivery, state, settled)
    }

    /// The same for all unsettled deliveries of the link from `first` to `last`; says how many.
    ///
    /// # Errors
    /// [`Misuse::NotARange`] if `last` comes before `first`.
    pub fn dispose_range(
        &mut self,
        first: DeliveryId,
        last: DeliveryId,
        state: Option<&DeliveryState>,
        settled: bool,
    ) -> Result<u32, Misuse> {
        self.session.dispose_range(self.ctx, (Role::Receiver, self.key), (first, last), state, settled)
    }

    /// The message was processed (§3.4.2). Settles.
    ///
    /// # Errors
    /// As for [`dispose`](Self::dispose).
    pub fn accept_delivery(&mut self, delivery: DeliveryId) -> Result<(), Misuse> {
        self.dispose(delivery, Some(DeliveryState::Accepted), true)
    }

    /// The message is invalid (§3.4.3). Settles.
    ///
    /// # Errors
    /// As for [`dispose`](Self::dispose).
    pub fn reject_delivery(&mut self, delivery: DeliveryId, error: Option<Error>) -> Result<(), Misuse> {
        self.dispose(delivery, Some(DeliveryState::Rejected(Box::new(Rejected { error }))), true)
    }

    /// The message was not and will not be processed here (§3.4.4). Settles.
    ///
    /// # Errors
    /// As for [`dispose`](Self::dispose).
    pub fn release_delivery(&mut self, delivery: DeliveryId) -> Result<(), Misuse> {
        self.dispose(delivery, Some(DeliveryState::Released), true)
    }

    /// The message was not processed and should be changed (§3.4.5). Settles.
    ///
    /// # Errors
    /// As for [`dispose`](Self::dispose).
    pub fn modify_delivery(&mut self, delivery: DeliveryId, modified: Modified) -> Result<(), Misuse> {
        self.dispose(delivery, Some(DeliveryState::Modified(Box::new(modified))), true)
    }
}
