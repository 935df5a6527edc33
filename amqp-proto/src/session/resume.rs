//! Deliveries that outlive their link, as far as the tables of the session are concerned (§2.6.13).

use super::{Held, Session};
use crate::DeliveryId;
use crate::context::Context;
use crate::event::Event;
use crate::link::transfer::Arrival;
use crate::link::{End, Link};
use amqp_codec::{DeliveryTag, Transfer};

impl Session {
    /// A link is gone: hands over what it leaves unsettled, if it keeps that. Before the tables forget it.
    pub(crate) fn suspended(&mut self, ctx: &mut Context, index: u32) {
        let Some(link) = self.links.get_mut(index).filter(|link| link.gone && link.resuming.is_some()) else { return };
        let key = link.key;
        let table = match link.end {
            End::Sender(_) => &self.sent,
            End::Receiver(_) => &self.received,
        };
        let partial = link.partial().and_then(|number| table.get(number)).map(|held| held.tag);
        let any = link.unsettled > 0;
        let held = |see: &mut dyn FnMut(&Held)| {
            table.show_latest(&mut |held| {
                if any && held.link == key.into() && Some(held.tag) != partial {
                    see(held);
                }
                any
            });
        };
        if let Some(event) = link.suspend(held) {
            ctx.seldom(event);
        }
    }

    /// A delivery that waited for that has been resumed by its sender. What comes of it is held here already, and dropped.
    #[cold]
    pub(super) fn resumed(
        &mut self,
        ctx: &mut Context,
        index: u32,
        (tag, transfer): (DeliveryTag, &Transfer),
        arrival: &Arrival,
    ) {
        let Some(link) = self.links.get_mut(index) else { return };
        let Some(delivery) = link.resuming.as_mut().and_then(|resuming| resuming.take(&tag)) else { return };
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
    fn partial(&self) -> Option<amqp_codec::SequenceNo> {
        match &self.end {
            End::Sender(_) => None,
            End::Receiver(receiver) => receiver.incoming.partial(),
        }
    }
}
