//! Deliveries that outlive their link, as far as the tables of the session are concerned (§2.6.13).

use super::{Held, Session};
use crate::DeliveryId;
use crate::context::Context;
use crate::event::Event;
use crate::link::transfer::Arrival;
use crate::link::{End, Link};
use amqp_codec::Transfer;

impl Session {
    /// A link is gone: hands over what it leaves unsettled, if it keeps that. Before the tables forget it.
    pub(crate) fn suspended(&mut self, ctx: &mut Context, index: u32) {
        let Some(link) = self.links.get_mut(index).filter(|link| link.gone) else { return };
        let Some(kept) = link.resuming.take().and_then(|resuming| resuming.kept) else { return };
        let held = match link.end {
            End::Sender(_) => &self.sent,
            End::Receiver(_) => &self.received,
        };
        ctx.seldom(Event::Suspended { link: link.id(), unsettled: kept.leave(link, held) });
    }

    /// A delivery that waited for that has been resumed by its sender. What comes of it is held here already, and dropped.
    #[cold]
    #[inline(never)]
    pub(super) fn resumed(&mut self, ctx: &mut Context, index: u32, transfer: &Transfer, arrival: &Arrival) {
        let (Some(link), Some(tag)) = (self.links.get_mut(index), transfer.delivery_tag) else { return };
        let Some(delivery) = link.kept_mut().and_then(|kept| kept.take(&tag)) else { return };
        let settled = transfer.settled == Some(true) || transfer.aborted;
        let key = link.key;
        let state = transfer.state.clone();
        let rcv_settle_mode = transfer.rcv_settle_mode.filter(|_| !settled).unwrap_or(link.modes.rcv);
        if settled {
            link.tags.remove(&tag);
        } else {
            link.unsettled += 1;
            link.reported(tag, delivery.state.as_ref());
            if let Some(resuming) = &mut link.resuming {
                resuming.latest = Some(arrival.number);
            }
            self.received.insert(arrival.number, Held { link: key.into(), tag, state: state.clone(), token: 0 });
        }
        ctx.seldom(Event::Resumed {
            receiver: crate::ReceiverId(key),
            delivery: DeliveryId { session: self.id, number: arrival.number },
            tag,
            state,
            rcv_settle_mode,
            settled,
            aborted: transfer.aborted,
        });
    }
}

impl Link {
    /// Receiver: the delivery of which not all has come. Nobody holds it, so it is as if it had not begun (§2.6.14).
    pub(crate) fn partial(&self) -> Option<amqp_codec::SequenceNo> {
        match &self.end {
            End::Sender(_) => None,
            End::Receiver(receiver) => receiver.incoming.partial(),
        }
    }
}
