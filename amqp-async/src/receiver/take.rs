//! Taking what has arrived on a link, under the connection's lock: one delivery or many, for its own handles or a set.

use super::ReceiverRoot;
use crate::delivery::{Delivery, Hold};
use crate::error::Error;
use crate::links::{Links, Out};
use crate::session::SessionRoot;
use amqp_proto::{Connection, ReceiverId};
use std::sync::Arc;

/// Where deliveries go that are taken.
pub(super) trait Sink {
    /// So many more come, or less.
    fn make_room(&mut self, more: usize);
    fn put(&mut self, delivery: Delivery);
}

impl Sink for Vec<Delivery> {
    #[inline]
    fn make_room(&mut self, more: usize) {
        self.reserve(more);
    }

    #[inline]
    fn put(&mut self, delivery: Delivery) {
        self.push(delivery);
    }
}

/// For one.
impl Sink for Option<Delivery> {
    #[inline]
    fn make_room(&mut self, _: usize) {}

    #[inline]
    fn put(&mut self, delivery: Delivery) {
        *self = Some(delivery);
    }
}

/// How many more are to be taken, and where they go.
pub(super) type Wanted<'a, S> = (&'a mut usize, &'a mut S);

/// A link to be taken from. Its session and id come along, as a set keeps them: so nothing is fetched for each message of what
/// the link's handles share.
pub(super) struct AtHand<'a> {
    pub(super) session: &'a Arc<SessionRoot>,
    pub(super) id: ReceiverId,
    pub(super) link: &'a Arc<ReceiverRoot>,
}

impl AtHand<'_> {
    /// Takes what is there, until no more is to be taken; whether there may be more, or an end to be told.
    ///
    /// # Errors
    /// Why no more can come. Some may have been taken before that.
    #[inline]
    pub(super) fn take(
        self,
        machine: &mut Connection,
        links: &mut Links,
        (left, sink): Wanted<'_, impl Sink>,
    ) -> Result<bool, Error> {
        if let Ok(mut receiver) = machine.receiver(self.id) {
            // mostly nothing is kept beside the machine
            if let Some(out) = links.plain(self.id) {
                if receiver.buffered() > 1 {
                    sink.make_room(receiver.buffered().min(*left));
                }
                while *left > 0 {
                    let Some(delivery) = receiver.recv() else { return self.link.fate.get().map_or(Ok(false), Err) };
                    sink.put(self.delivery(out, delivery));
                    *left -= 1;
                    // cheaper than to take in vain, which asks for the link's fate
                    if receiver.buffered() == 0 {
                        return Ok(receiver.is_over());
                    }
                }
                return Ok(true);
            }
        }
        while *left > 0 {
            let Some(delivery) = self.link.take_next(machine, links)? else { return Ok(false) };
            sink.put(Delivery::new(self.link, links, delivery));
            *left -= 1;
        }
        Ok(true)
    }

    /// As [`Delivery::new`], with nothing touched of what the link's handles share, if it is to be settled.
    #[inline]
    fn delivery(&self, out: &mut Out, delivery: amqp_proto::Delivery) -> Delivery {
        if delivery.settled {
            return Delivery::held(Hold::Held(Arc::clone(self.link)), delivery);
        }
        Delivery::held(Hold::counted(self.session, self.id, out.give()), delivery)
    }
}
