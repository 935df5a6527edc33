//! transfer (§2.7.5).

use crate::composite;
use crate::definition::{DeliveryNumber, DeliveryTag, Handle, ReceiverSettleMode};
use crate::delivery_state::DeliveryState;

composite! {
    /// Sends a message, or with [`more`](Self::more) a part of one; the octets
    /// follow in the frame (§2.7.5).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Transfer = "amqp:transfer:list" 0x14, often {
        /// The link.
        handle: Handle, mandatory;
        /// The number of the delivery; required of its first transfer.
        delivery_id: Option<DeliveryNumber>;
        /// What identifies the delivery on its link; required of its first
        /// transfer.
        delivery_tag: Option<DeliveryTag>;
        /// The format of the message (§2.8.11): 0 is that of §3.2. Required of
        /// the delivery's first transfer.
        message_format: Option<u32>;
        /// Whether the delivery is settled by its sender; if none, as in the
        /// delivery's transfers before, at first not.
        settled: Option<bool>;
        /// Whether more transfers of the delivery follow.
        more: bool = false;
        /// When the receiver settles this delivery, if the link's mode leaves
        /// it open.
        rcv_settle_mode: Option<ReceiverSettleMode>;
        /// The state of the delivery at its sender.
        state: Option<DeliveryState>;
        /// Whether the delivery is one that was unsettled before the link was
        /// attached again.
        resume: bool = false;
        /// Whether the delivery is to be forgotten; its octets do not count.
        aborted: bool = false;
        /// Whether the receiver may hold back its disposition.
        batchable: bool = false;
    }
}

impl Transfer {
    /// A transfer on a link, with the defaults.
    pub const fn new(handle: Handle) -> Self {
        Self {
            handle,
            delivery_id: None,
            delivery_tag: None,
            message_format: None,
            settled: None,
            more: false,
            rcv_settle_mode: None,
            state: None,
            resume: false,
            aborted: false,
            batchable: false,
        }
    }
}
