//! begin (§2.7.2).

use crate::composite;
use crate::definition::{Fields, Handle, TransferNumber};
use crate::types::{Multiple, Symbol};

composite! {
    /// The first frame of a session: its initial window (§2.7.2).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Begin = "amqp:begin:list" 0x11 {
        /// The channel of the begin that this one answers; none if this one
        /// asks for a session.
        remote_channel: Option<u16>;
        /// The number of the first transfer that the sender will send.
        next_outgoing_id: TransferNumber, mandatory;
        /// How many transfers the sender can take.
        incoming_window: u32, mandatory;
        /// How many transfers the sender may send.
        outgoing_window: u32, mandatory;
        /// The highest handle that the sender accepts.
        handle_max: Handle = Handle(u32::MAX);
        /// The extensions that the sender supports.
        offered_capabilities: Multiple<Symbol>;
        /// The extensions that the sender may use if the peer offers them.
        desired_capabilities: Multiple<Symbol>;
        /// Information about the session.
        properties: Option<Fields>;
    }
}

impl Begin {
    /// A begin that asks for a session.
    pub fn new(next_outgoing_id: TransferNumber, incoming_window: u32, outgoing_window: u32) -> Self {
        Self {
            remote_channel: None,
            next_outgoing_id,
            incoming_window,
            outgoing_window,
            handle_max: Handle(u32::MAX),
            offered_capabilities: Multiple::new(),
            desired_capabilities: Multiple::new(),
            properties: None,
        }
    }
}
