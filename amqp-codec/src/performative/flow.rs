//! flow (§2.7.4).

use crate::composite;
use crate::definition::{Fields, Handle, SequenceNo, TransferNumber};

composite! {
    /// Updates the session's window and, with a handle, a link's credit
    /// (§2.7.4).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Flow = "amqp:flow:list" 0x13, often {
        /// The number of the next transfer that the sender expects; none until
        /// it has seen the peer's begin.
        next_incoming_id: Option<TransferNumber>;
        /// How many transfers the sender can take.
        incoming_window: u32, mandatory;
        /// The number of the next transfer that the sender will send.
        next_outgoing_id: TransferNumber, mandatory;
        /// How many transfers the sender may send.
        outgoing_window: u32, mandatory;
        /// The link that the following fields are about; none: the session.
        handle: Option<Handle>;
        /// The link's delivery-count.
        delivery_count: Option<SequenceNo>;
        /// How many deliveries the link's receiver can take beyond
        /// `delivery_count`.
        link_credit: Option<u32>;
        /// How many deliveries wait at the link's sender.
        available: Option<u32>;
        /// Whether the link's sender is to use up the credit at once.
        drain: bool = false;
        /// Whether the peer is asked for a flow of its own.
        echo: bool = false;
        /// The link's state properties.
        properties: Option<Fields>, rare;
    }
}

impl Flow {
    /// A flow of the session.
    pub fn new(incoming_window: u32, next_outgoing_id: TransferNumber, outgoing_window: u32) -> Self {
        Self {
            next_incoming_id: None,
            incoming_window,
            next_outgoing_id,
            outgoing_window,
            handle: None,
            delivery_count: None,
            link_credit: None,
            available: None,
            drain: false,
            echo: false,
            properties: None,
        }
    }
}
