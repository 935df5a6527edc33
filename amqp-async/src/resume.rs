//! What links leave unsettled, and what comes of it when they are attached again (§2.6.13). Only links whose options say
//! so have an entry here, as long as there are handles of them.

#[cfg(doc)]
use crate::SendError;
use crate::delivery::{Delivery, OnDrop};
use crate::error::Error;
use crate::receiver::Receiver;
use crate::sender::{Load, Sender, Submit};
use crate::state::State;
#[cfg(doc)]
use amqp_proto::Resume;
use amqp_proto::codec::{DeliveryState, DeliveryTag, ReceiverSettleMode};
use amqp_proto::{
    Compared, DeliveryId, Event, LinkId, Outgoing, Payload, ReceiverId, SenderMut, Sent, Sorted, UnsettledDeliveries,
};
use std::collections::VecDeque;
use std::task::Poll;

/// What the two ends of a link that was attached again know of the deliveries before (§2.6.13); see
/// [`Sender::comparison`].
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The peer knew the link. Otherwise it has lost what it knew, and of what only this side knows nothing can be said.
    pub remembers: bool,
    /// The deliveries that were unsettled here, in the order of their tags.
    pub deliveries: Vec<Compared>,
}

/// The entries, by link.
#[derive(Default)]
pub(crate) struct Leftovers(Sorted<LinkId, Leftover>);

#[derive(Default)]
struct Leftover {
    comparison: Option<Comparison>,
    unsettled: Option<UnsettledDeliveries>,
    /// Deliveries that the sender has resumed, to be settled.
    resumed: VecDeque<amqp_proto::Delivery>,
}

impl Leftovers {
    /// A link begins that keeps what it leaves, if it does.
    pub(crate) fn begin(&mut self, link: LinkId, keeps: bool) {
        if keeps {
            self.0.insert(link, Leftover::default());
        }
    }

    /// Nobody will ask any more.
    #[inline(never)]
    pub(crate) fn forget(&mut self, link: LinkId) {
        self.0.remove(&link);
    }
}

impl State {
    /// Brings home what the core says about deliveries from before a link was attached again.
    pub(crate) fn handle_resumption(&mut self, event: Event) {
        match event {
            Event::Suspended { link, unsettled } => {
                if let Some(leftover) = self.leftovers.0.get_mut(&link) {
                    leftover.unsettled = Some(*unsettled);
                }
            }
            Event::Compared { link, remembers, deliveries } => {
                if let Some(leftover) = self.leftovers.0.get_mut(&link) {
                    leftover.comparison = Some(Comparison { remembers, deliveries });
                }
            }
            Event::Resumed { receiver, delivery: id, tag, state, rcv_settle_mode, settled, .. } => {
                self.resumed(receiver, delivery(id, tag, state, (rcv_settle_mode, settled)));
            }
            _ => {}
        }
    }

    fn resumed(&mut self, receiver: ReceiverId, delivery: amqp_proto::Delivery) {
        let id = LinkId::from(receiver);
        if let Some(leftover) = self.leftovers.0.get_mut(&id) {
            leftover.resumed.push_back(delivery);
        }
        if let Some(entry) = self.links.get_mut(&id) {
            entry.tell_changed(&mut self.wake);
        }
    }
}

fn delivery(
    id: DeliveryId,
    tag: DeliveryTag,
    state: Option<DeliveryState>,
    (rcv_settle_mode, settled): (ReceiverSettleMode, bool),
) -> amqp_proto::Delivery {
    let payload = Payload::default();
    amqp_proto::Delivery { id, tag, message_format: 0, settled, rcv_settle_mode, state, batchable: false, payload }
}

/// Hands over what is resumed.
fn resume(sender: &mut SenderMut<'_>, tag: &DeliveryTag, outgoing: Outgoing) -> Result<Sent, amqp_proto::SendError> {
    sender.resume_delivery(tag, outgoing)
}

impl Sender {
    /// What both ends said is unsettled from before (§2.6.13), if the link was attached with
    /// [`Resume::with`]. Known as soon as the link is attached.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison> {
        self.link.shared().lock().leftovers.0.get(&self.link.id.into())?.comparison.clone()
    }

    /// What the link has left unsettled (§2.6.13), once it is gone, if it was attached to keep that ([`Resume`]). Given out
    /// once.
    pub fn take_unsettled(&self) -> Option<UnsettledDeliveries> {
        self.link.shared().lock().leftovers.0.get_mut(&self.link.id.into())?.unsettled.take()
    }

    /// Resumes a delivery from before the link was attached again, as
    /// [`comparison`](Self::comparison) says that it is due (§2.6.13): with the message, or where there is an outcome
    /// without it. Otherwise as [`submit_encoded`](Self::submit_encoded). The tag in `outgoing` does not count.
    ///
    /// # Errors
    /// [`SendError::NotSent`] with the cause; misuse if the delivery does not wait to be resumed.
    pub fn resume_encoded(&self, tag: DeliveryTag, outgoing: Outgoing) -> Submit<'_> {
        Submit::new(self, Load::Resumed(tag, outgoing, resume))
    }

    /// Suspends the link: detaches it without closing, and gives what it leaves unsettled (§2.6.13). Messages that were
    /// handed over leave before, as the peer's window admits.
    ///
    /// # Errors
    /// As for [`detach`](Self::detach); what is unsettled is then given by [`take_unsettled`](Self::take_unsettled).
    pub async fn suspend(&self) -> Result<UnsettledDeliveries, Error> {
        self.detach().await?;
        Ok(self.take_unsettled().unwrap_or_default())
    }
}

impl Receiver {
    /// As [`Sender::comparison`]. On a link that the peer has attached it is known a moment after the acceptance.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison> {
        self.link.shared().lock().leftovers.0.get(&self.link.id.into())?.comparison.clone()
    }

    /// What the link has left unsettled (§2.6.13), once it is gone, if it was attached to keep that ([`Resume`]). Given out
    /// once. Deliveries that have arrived and were not taken are among them: take them
    /// ([`try_recv`](Self::try_recv)), or remove them from it, and they are sent again.
    pub fn take_unsettled(&self) -> Option<UnsettledDeliveries> {
        self.link.shared().lock().leftovers.0.get_mut(&self.link.id.into())?.unsettled.take()
    }

    /// Waits for the next delivery that was here before the link was attached again, and that its sender has resumed
    /// (§2.6.13): to be settled like any, by its tag one of those that were given to [`Resume::with`]. It has no payload,
    /// since that was received then. If it is settled already, the sender has done so.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why no more can come: the link is gone.
    pub async fn resumed(&self) -> Result<Delivery, Error> {
        let link = &self.link;
        let id = LinkId::from(link.id);
        let taken = link.shared().wait(|state, waker| {
            let resumed = state.leftovers.0.get_mut(&id).and_then(|leftover| leftover.resumed.pop_front());
            if let Some(delivery) = resumed {
                let mut delivery = Delivery::new(link, &mut state.links, delivery);
                delivery.set_on_drop(OnDrop::LeaveUnsettled);
                return Poll::Ready(Ok(delivery));
            }
            match state.link(id, &link.fate) {
                Err(error) => Poll::Ready(Err(error)),
                Ok(entry) => {
                    entry.waiting().changed.register(waker);
                    Poll::Pending
                }
            }
        });
        taken.await
    }
}
