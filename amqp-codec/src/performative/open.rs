//! open (§2.7.1).

use crate::composite;
use crate::definition::Fields;
use crate::types::{Multiple, Str, Symbol};

composite! {
    /// The first frame of a connection: who the sender is, and its limits
    /// (§2.7.1).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Open = "amqp:open:list" 0x10 {
        /// The id of the sender's container.
        container_id: Str, mandatory;
        /// The host that the sender means to reach, as in TLS and SASL.
        hostname: Option<Str>;
        /// The largest frame that the sender accepts, in octets; at least 512.
        max_frame_size: u32 = u32::MAX;
        /// The highest channel that the sender accepts.
        channel_max: u16 = u16::MAX;
        /// How long the sender waits for a frame before it gives up, in
        /// milliseconds.
        idle_time_out: Option<u32>;
        /// The locales (RFC 5646) that the sender can use for text, best first.
        outgoing_locales: Multiple<Symbol>;
        /// The locales that the sender wants text in, best first.
        incoming_locales: Multiple<Symbol>;
        /// The extensions that the sender supports.
        offered_capabilities: Multiple<Symbol>;
        /// The extensions that the sender may use if the peer offers them.
        desired_capabilities: Multiple<Symbol>;
        /// Information about the sender.
        properties: Option<Fields>;
    }
}

impl Open {
    /// An open with the defaults.
    pub fn new(container_id: impl Into<Str>) -> Self {
        Self {
            container_id: container_id.into(),
            hostname: None,
            max_frame_size: u32::MAX,
            channel_max: u16::MAX,
            idle_time_out: None,
            outgoing_locales: Multiple::new(),
            incoming_locales: Multiple::new(),
            offered_capabilities: Multiple::new(),
            desired_capabilities: Multiple::new(),
            properties: None,
        }
    }
}
