//! A delivery that has come whole and waits to be taken (§2.6.14).

use super::{Delivery, Load, Payload};
use crate::{DeliveryId, SessionId};
use amqp_codec::{DeliveryState, DeliveryTag, ReceiverSettleMode, SequenceNo};

/// A delivery that is whole, in as few octets as that takes: it is moved in and out.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) payload: Payload,
    pub(super) tag: DeliveryTag,
    pub(super) state: Option<DeliveryState>,
    pub(super) number: SequenceNo,
    pub(super) message_format: u32,
    /// Of the window, that it takes.
    pub(super) transfers: u32,
    /// Octets that the window has been given back. The others it still takes.
    pub(super) hidden: u64,
    pub(super) rcv_settle_mode: ReceiverSettleMode,
    pub(super) settled: bool,
    pub(super) batchable: bool,
    pub(super) aborted: bool,
}

impl Arrived {
    /// One that came in pieces.
    pub(super) fn of(delivery: Delivery, load: Load, aborted: bool) -> Self {
        let Delivery { id, tag, message_format, settled, rcv_settle_mode, state, batchable, payload } = delivery;
        let Load { transfers, hidden, .. } = load;
        let number = id.number();
        Self {
            payload,
            tag,
            state,
            number,
            message_format,
            transfers,
            hidden,
            rcv_settle_mode,
            settled,
            batchable,
            aborted,
        }
    }

    /// What it takes of the window.
    #[inline]
    pub(super) fn load(&self) -> Load {
        let octets = (self.payload.len() as u64).saturating_sub(self.hidden);
        Load { transfers: self.transfers, octets, hidden: self.hidden }
    }

    /// The window gets all of it back, although it is here still.
    pub(super) fn hide(&mut self) {
        self.transfers = 0;
        self.hidden = self.payload.len() as u64;
    }

    /// Whether there is nothing to settle of it.
    #[inline]
    pub(super) fn over(&self) -> bool {
        self.settled || self.aborted
    }

    /// As the application takes it.
    #[inline]
    pub(super) fn delivery(self, session: SessionId) -> Delivery {
        let Self { payload, tag, state, number, message_format, rcv_settle_mode, settled, batchable, .. } = self;
        let id = DeliveryId { session, number };
        Delivery { id, tag, message_format, settled, rcv_settle_mode, state, batchable, payload }
    }
}
