//! The sending end of a link, as the application works with it.

use super::{End, FlowDue, Half, Leaving, Link};
use crate::context::Context;
use crate::delivery::outgoing::Sending;
use crate::id::LinkKey;
use crate::session::Session;
use crate::{Blocked, DeliveryId, Instant, LinkOptions, LinkSnapshot, Misuse, SenderId, SessionId};
use alloc::boxed::Box;
use amqp_codec::{Attach, DeliveryState, Error, Fields, Role, Str};

/// The sending end of a link; see [`Connection::sender`](crate::Connection::sender).
#[derive(Debug)]
pub struct SenderMut<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) session: &'a mut Session,
    pub(crate) key: LinkKey,
}

/// The link fields of our flow, for a sender (§2.7.4).
#[derive(Clone, Debug, Default)]
pub struct SenderFlow {
    /// How many messages wait to be sent; `None` leaves what was said before.
    pub available: Option<u32>,
    /// Ask the receiver for a flow in answer.
    pub echo: bool,
    /// Link state properties.
    pub properties: Option<Fields>,
}

impl SenderMut<'_> {
    /// The name of the link on this connection.
    #[must_use]
    pub fn id(&self) -> SenderId {
        SenderId(self.key)
    }

    /// The session that the link is attached to.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.key.session
    }

    pub(super) fn link(&self) -> Option<&Link> {
        self.session.links.get(self.key.index)
    }

    pub(super) fn link_mut(&mut self) -> Result<&mut Link, Misuse> {
        self.session.link_mut(self.key).ok_or(Misuse::StaleId)
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

    /// The octets of the largest message that the peer takes (§2.7.3); `None`: of any. Known once its attach has come.
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        self.link().map(|link| link.modes.max_message_size).filter(|&max| max != 0)
    }

    /// Deliveries that may be begun now (§2.6.7).
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.link().map_or(0, |link| link.credit.link_credit)
    }

    /// Deliveries that are not settled.
    #[must_use]
    pub fn unsettled(&self) -> u32 {
        self.link().map_or(0, |link| link.unsettled)
    }

    /// The state of the link at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Option<LinkSnapshot> {
        self.link().map(|link| LinkSnapshot::of(link, self.session, self.ctx))
    }

    /// Why [`send`](Self::send) would answer Blocked; `None` if it would not.
    #[must_use]
    pub fn why_blocked(&self) -> Option<Blocked> {
        let full = self.session.is_full(self.ctx);
        self.link().map_or(Some(Blocked::NotAttached), |link| link.why_blocked(self.ctx, &self.session.window, full))
    }

    /// Since when [`why_blocked`](Self::why_blocked) has been so, if it is for the peer to change:
    /// [`NoCredit`](Blocked::NoCredit) or [`WindowClosed`](Blocked::WindowClosed). As exact as the times that the
    /// core was told: a send counts as of the last input, output or deadline before it.
    #[must_use]
    pub fn blocked_since(&self) -> Option<Instant> {
        self.link()?.blocked_since(&self.session.window, self.why_blocked()?)
    }

    /// Asks for a turn without a message in hand: `Ok` if [`send`](Self::send) would take one now, else
    /// why not, and [`Event::Writable`](crate::Event::Writable) follows when that has passed.
    ///
    /// # Errors
    /// [`Blocked`] says what is in the way.
    pub fn ready(&mut self) -> Result<(), Blocked> {
        let Some(blocked) = self.why_blocked() else { return Ok(()) };
        let _ = self.session.wait(self.ctx, self.key.index, blocked);
        Err(blocked)
    }

    /// Takes the peer's attach; the options say what ours answers, but for the name (§2.6.3).
    ///
    /// # Errors
    /// [`Misuse::NothingToAnswer`] unless [`Event::AttachRequested`](crate::Event::AttachRequested) was
    /// raised for this link and has not been answered.
    pub fn accept(&mut self, options: LinkOptions) -> Result<(), Misuse> {
        self.link_mut()?.accept(options)?;
        self.session.try_attach(self.ctx, self.key.index)
    }

    /// Refuses the peer's attach (§2.6.3).
    ///
    /// # Errors
    /// As for [`accept`](Self::accept).
    pub fn refuse(&mut self, error: Error) -> Result<(), Misuse> {
        refuse(self.ctx, self.session, self.key, error)
    }

    /// Detaches the link: for good if `closed`, else it is suspended (§2.6.4, §2.6.6). A message that
    /// [`send`](Self::send) took leaves before, as the peer's window admits; a delivery of which the
    /// application has yet to give the rest is aborted. Before the attach was answered, the answer is
    /// awaited and dropped.
    ///
    /// # Errors
    /// [`Misuse::Detached`] if it is detached already.
    pub fn detach(&mut self, closed: bool, error: Option<Error>) -> Result<(), Misuse> {
        let link = self.link_mut()?;
        if link.is_leaving() {
            return Err(Misuse::Detached);
        }
        if let End::Sender(sender) = &mut link.end {
            if sender.sending.as_deref().is_some_and(Sending::given_whole) {
                sender.leaving = Some(Box::new(Leaving { closed, error }));
                return Ok(());
            }
        }
        if self.session.window.can_send() {
            // Lest the receiver waits for the rest of it (§2.6.14).
            let _ = self.abort();
        }
        detach(self.ctx, self.session, self.key, closed, error)
    }

    /// Reports our own state of a delivery, and settles it or not: the answer to an outcome in
    /// rcv-settle-mode second (§2.6.12, §2.7.6).
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if the delivery is settled already.
    pub fn dispose(&mut self, delivery: DeliveryId, state: Option<DeliveryState>, settled: bool) -> Result<(), Misuse> {
        self.session.dispose(self.ctx, (Role::Sender, self.key), delivery, state, settled)
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
        self.session.dispose_range(self.ctx, (Role::Sender, self.key), (first, last), state, settled)
    }

    /// Sends a flow for this link (§2.7.4).
    ///
    /// # Errors
    /// [`Misuse::Detached`] if the link is detached, [`Misuse::FrameSize`] if the properties are too large.
    pub fn flow(&mut self, flow: SenderFlow) -> Result<(), Misuse> {
        self.ctx.output.carries(flow.properties.as_ref())?;
        let link = self.link_mut()?;
        if link.gone || link.local == Half::Ended {
            return Err(Misuse::Detached);
        }
        link.credit.available = flow.available.unwrap_or(link.credit.available);
        link.cold.flow_properties = flow.properties.map(Box::new);
        link.flow_due = Some(FlowDue { echo: flow.echo, ..FlowDue::default() });
        self.session.flow_if_due(self.ctx, self.key.index);
        Ok(())
    }

    /// Answers [`Event::Drain`](crate::Event::Drain): nothing more is there to send, the credit that is
    /// left is given back (§2.6.7). Waits for the delivery in progress. Without a drain it does nothing.
    ///
    /// # Errors
    /// [`Misuse::StaleId`] if the link is gone.
    pub fn drained(&mut self) -> Result<(), Misuse> {
        let now = self.ctx.now;
        self.link_mut()?.drained(now);
        self.session.flow_if_due(self.ctx, self.key.index);
        Ok(())
    }
}

/// Refuses an attach of the peer, at either end.
pub(crate) fn refuse(ctx: &mut Context, session: &mut Session, key: LinkKey, error: Error) -> Result<(), Misuse> {
    let link = session.link_mut(key).ok_or(Misuse::StaleId)?;
    if !link.is_asked() {
        return Err(Misuse::NothingToAnswer);
    }
    detach(ctx, session, key, true, Some(error))
}

/// Detaches a link, at either end.
pub(crate) fn detach(
    ctx: &mut Context,
    session: &mut Session,
    key: LinkKey,
    closed: bool,
    error: Option<Error>,
) -> Result<(), Misuse> {
    session.flush_dispositions(ctx);
    let channel = session.begun_channel();
    session.link_mut(key).ok_or(Misuse::StaleId)?.detach(ctx, channel, closed, error)?;
    session.suspended(ctx, key.index);
    session.reap(ctx, key.index);
    Ok(())
}
