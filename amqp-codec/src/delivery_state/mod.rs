//! The states of a delivery (§3.4), and those of transactions (§4.5).

mod outcome;
mod state;

pub use self::outcome::{NotAnOutcome, Outcome};
pub use self::state::DeliveryState;
use crate::composite;
use crate::definition::{Error, Fields};

composite! {
    /// How much of the message has been received (§3.4.1); not an outcome.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Received = "amqp:received:list" 0x23 {
        /// The section up to which, from 0.
        section_number: u32, mandatory;
        /// How many octets of that section.
        section_offset: u64, mandatory;
    }
}

composite! {
    /// The message was processed (§3.4.2).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Accepted = "amqp:accepted:list" 0x24 {}
}

composite! {
    /// The message is invalid and cannot be processed (§3.4.3).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Rejected = "amqp:rejected:list" 0x25 {
        /// Why.
        error: Option<Error>;
    }
}

composite! {
    /// The message was not processed, and is as it was (§3.4.4).
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Released = "amqp:released:list" 0x26 {}
}

composite! {
    /// The message was not processed, and is to be changed (§3.4.5).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Modified = "amqp:modified:list" 0x27 {
        /// Whether the transfer counts as an attempt that failed.
        delivery_failed: bool = false;
        /// Whether the message must not come back to this link.
        undeliverable_here: bool = false;
        /// Annotations to be merged into the message's.
        message_annotations: Option<Fields>;
    }
}
